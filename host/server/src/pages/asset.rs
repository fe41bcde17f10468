use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::serve::asked::Asked;
use crate::serve::refusal::Refusal;

/// Digits of the digest that are enough to tell contents apart in an address.
const LEAST_DIGITS: usize = 8;

/// A stylesheet, the script, a font or a picture. Kept for ever where the address names the content, asked for again otherwise.
pub async fn asset(Path(name): Path<String>, uri: Uri, headers: HeaderMap) -> Result<Response, Refusal> {
    let found = portal::asset(&name).ok_or_else(|| Refusal::not_found(format!("there is no file `{name}`")))?;
    let asked = Asked::of(&uri)?;
    let named = asked
        .get("v")
        .is_some_and(|version| version.len() >= LEAST_DIGITS && found.sha256.starts_with(version));
    let keep = if named {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    // Weak, because a compressed answer has other bytes.
    let tag = format!("W/\"{}\"", found.sha256);
    let known = headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|tags| tags.to_str().ok());
    if known.flat_map(|tags| tags.split(',')).any(|known| known.trim() == tag) {
        return Ok((
            StatusCode::NOT_MODIFIED,
            [(CACHE_CONTROL, keep.to_owned()), (ETAG, tag)],
        )
            .into_response());
    }
    let media_type = match &*found.media_type {
        text if text.starts_with("text/") => format!("{text}; charset=utf-8"),
        other => other.to_owned(),
    };
    Ok((
        [
            (CACHE_CONTROL, keep.to_owned()),
            (ETAG, tag),
            (CONTENT_TYPE, media_type),
        ],
        found.bytes,
    )
        .into_response())
}

#[cfg(test)]
mod tests {
    use axum::http::header::{CACHE_CONTROL, ETAG};

    use crate::serve::story::Served;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_asset_is_kept_for_ever_only_where_its_address_names_its_content() {
        let served = Served::new().await;
        let named = served.get(&portal::path::asset("portal.css")).await;
        assert_eq!(
            (named.status, named.header(CACHE_CONTROL)),
            (200, "public, max-age=31536000, immutable")
        );
        assert_eq!(named.header("content-type"), "text/css; charset=utf-8");
        for other in [
            "/assets/portal.css",
            "/assets/portal.css?v=0000000000",
            "/assets/portal.css?v=",
        ] {
            let answer = served.get(other).await;
            assert_eq!(
                (answer.status, answer.header(CACHE_CONTROL)),
                (200, "no-cache"),
                "{other}"
            );
        }
        let tag = named.header(ETAG).to_owned();
        let again = served.get_with("/assets/portal.css", &[("if-none-match", &tag)]).await;
        assert_eq!((again.status, &*again.body), (304, ""));
        assert_eq!(served.get("/assets/../Cargo.toml").await.status, 404);
        assert_eq!(served.get("/assets/nothing.css").await.status, 404);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn text_is_compressed_and_fonts_are_not() {
        let served = Served::new().await;
        let gzip = [("accept-encoding", "gzip")];
        let style = served.get_with("/assets/portal.css", &gzip).await;
        assert_eq!(style.header("content-encoding"), "gzip");
        let font = served
            .get_with("/assets/plex/ibm-plex-sans-latin-wght-normal.woff2", &gzip)
            .await;
        assert_eq!((font.status, font.headers.get("content-encoding")), (200, None));
    }
}
