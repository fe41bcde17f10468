//! Who may ask. Until sign-on exists: whoever is on this machine, by one of its own names, and from no other site.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Result, ensure};
use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::refusal::{Kind, Refusal};

/// Refuses an address that other machines reach.
pub fn only_this_machine(listen: SocketAddr) -> Result<()> {
    ensure!(
        listen.ip().is_loopback(),
        "{listen} can be reached from other machines, and there is no sign-on yet that would keep strangers out: \
         listen on 127.0.0.1 or [::1], and reach it from elsewhere by an SSH tunnel"
    );
    Ok(())
}

/// The names under which the server answers.
#[derive(Clone, Debug)]
pub struct Names(Arc<[String]>);

impl Names {
    pub fn of(address: SocketAddr) -> Self {
        let port = address.port();
        let mut names = vec![address.to_string()];
        for host in ["127.0.0.1", "localhost", "[::1]"] {
            names.push(format!("{host}:{port}"));
            // Browsers leave out the port that is usual.
            if port == 80 {
                names.push(host.to_owned());
            }
        }
        Self(names.into())
    }

    fn include(&self, name: &str) -> bool {
        self.0.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// Refuses requests for another name: a site can point its own name at 127.0.0.1, and its scripts would then be of one origin
/// with this server.
pub async fn by_own_name(State(names): State<Names>, request: Request, next: Next) -> Response {
    let header = request
        .headers()
        .get(HOST)
        .map(|name| name.to_str().unwrap_or_default().to_owned());
    let target = request.uri().authority().map(|name| name.to_string());
    let given: Vec<String> = [header, target].into_iter().flatten().collect();
    if !given.is_empty() && given.iter().all(|name| names.include(name)) {
        return next.run(request).await;
    }
    let asked = given.first().map_or("", |name| name);
    let own = names.0.first().map(|name| format!("http://{name}")).unwrap_or_default();
    Refusal::new(
        Kind::ForeignHost,
        format!("the request names the host `{asked}`, which is not this machine"),
    )
    .advise(format!("Open `{own}` instead."))
    .into_response()
}

/// What a form or script of another site gets for an answer.
pub fn from_elsewhere() -> Refusal {
    Refusal::new(Kind::ForeignOrigin, "the request was sent by a page of another site")
        .advise("Open the page here and press the button again.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        assert!(only_this_machine("127.0.0.1:8080".parse().unwrap()).is_ok());
        assert!(only_this_machine("[::1]:8080".parse().unwrap()).is_ok());
        let refused = only_this_machine("0.0.0.0:8080".parse().unwrap())
            .unwrap_err()
            .to_string();
        assert!(
            refused.starts_with("0.0.0.0:8080 can be reached from other machines, and there is no sign-on yet"),
            "{refused}"
        );
    }

    #[test]
    fn a_name_counts_only_with_the_port() {
        let names = Names::of("127.0.0.1:8080".parse().unwrap());
        for own in ["127.0.0.1:8080", "localhost:8080", "LocalHost:8080", "[::1]:8080"] {
            assert!(names.include(own), "{own}");
        }
        for foreign in [
            "localhost",
            "127.0.0.1:80",
            "evil.example:8080",
            "localhost:8080.evil.example",
            "localhost:80800",
            "",
        ] {
            assert!(!names.include(foreign), "{foreign}");
        }
        assert!(Names::of("127.0.0.1:80".parse().unwrap()).include("localhost"));
    }
}
