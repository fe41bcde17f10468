//! The addresses of the portal. The server routes these; pages link to nothing else.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Letters, digits and the marks that need no escape anywhere in an address.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The first page: every program.
pub const PROGRAMS: &str = "/programs";

/// The route of [`program`] as axum spells it. Query: `period`, `account`, `after`.
pub const PROGRAM_ROUTE: &str = "/programs/{code}";

/// The route of [`claims`]. Query: `status`, `after`.
pub const CLAIMS_ROUTE: &str = "/programs/{code}/claims";

/// The route of [`filing`]: the form by GET, with `kind`, `account` and `request` in the query; what was typed by POST.
pub const FILING_ROUTE: &str = "/programs/{code}/claims/new";

/// The route of [`claim`]. Query: `done`, what was just done to it.
pub const CLAIM_ROUTE: &str = "/claims/{id}";

/// The route of [`claim_act`]: POST, answered by the way back to the claim, or by its page with why it cannot be.
pub const CLAIM_ACT_ROUTE: &str = "/claims/{id}/{act}";

/// The route of [`claim_replay`]: POST, as [`REPLAY_ROUTE`].
pub const CLAIM_REPLAY_ROUTE: &str = "/claims/{id}/replay";

/// The route of [`claim_file`].
pub const CLAIM_FILE_ROUTE: &str = "/claims/{id}/files/{number}";

/// The route of [`funds`]. Query: `account`, `after`.
pub const FUNDS_ROUTE: &str = "/programs/{code}/funds";

/// The route of [`fund`].
pub const FUND_ROUTE: &str = "/programs/{code}/funds/{account}";

/// What waits for consent. Query: `done`, the approval that was just voted on.
pub const APPROVALS: &str = "/approvals";

/// The route of [`vote`]: POST.
pub const VOTE_ROUTE: &str = "/approvals/{name}";

/// The route of [`statement`]. Query: `after`, a place among the lines.
pub const STATEMENT_ROUTE: &str = "/statements/{id}";

/// The route of [`replay`]: POST, answered by the whole statement page, or by a [`crate::ReplayFragment`] alone when the
/// request carries `HX-Request: true`.
pub const REPLAY_ROUTE: &str = "/statements/{id}/replay";

/// Settlement documents. Query: `account`, `after`.
pub const DOCUMENTS: &str = "/documents";

/// The route of [`document`].
pub const DOCUMENT_ROUTE: &str = "/documents/{name}";

/// The route of [`document_file`].
pub const DOCUMENT_FILE_ROUTE: &str = "/documents/{name}/{format}";

/// The route of [`asset`].
pub const ASSET_ROUTE: &str = "/assets/{*name}";

pub fn program(code: &str) -> String {
    format!("{PROGRAMS}/{}", escaped(code))
}

pub fn claims(code: &str) -> String {
    format!("{}/claims", program(code))
}

pub fn filing(code: &str) -> String {
    format!("{}/new", claims(code))
}

pub fn claim(id: &str) -> String {
    format!("/claims/{}", escaped(id))
}

/// Where something is done to a claim: `approve`, `withdraw`.
pub fn claim_act(id: &str, act: &str) -> String {
    format!("{}/{}", claim(id), escaped(act))
}

pub fn claim_replay(id: &str) -> String {
    format!("{}/replay", claim(id))
}

/// One of its files, by its number from 1.
pub fn claim_file(id: &str, number: i64) -> String {
    format!("{}/files/{number}", claim(id))
}

pub fn funds(code: &str) -> String {
    format!("{}/funds", program(code))
}

/// One participant's fund, by account number.
pub fn fund(code: &str, account: &str) -> String {
    format!("{}/{}", funds(code), escaped(account))
}

/// Where an approval is voted on, by its name such as `A-7`.
pub fn vote(name: &str) -> String {
    format!("{APPROVALS}/{}", escaped(name))
}

pub fn statement(id: &str) -> String {
    format!("/statements/{}", escaped(id))
}

pub fn replay(id: &str) -> String {
    format!("{}/replay", statement(id))
}

pub fn document(name: &str) -> String {
    format!("{DOCUMENTS}/{}", escaped(name))
}

/// One of its files: `pdf`, `xml` or `csv`.
pub fn document_file(name: &str, format: &str) -> String {
    format!("{}/{}", document(name), escaped(format))
}

/// With the first bytes of the content's digest, so that a browser may keep it for ever. Slashes stay as they are.
pub fn asset(name: &str) -> String {
    match crate::asset(name) {
        Some(asset) => format!("/assets/{name}?v={}", &asset.sha256[..12]),
        None => format!("/assets/{name}"),
    }
}

/// `path` with a query of those parameters that have a value.
pub fn with_query(path: String, parameters: &[(&str, Option<&str>)]) -> String {
    let mut address = path;
    let mut mark = '?';
    for (name, value) in parameters {
        if let Some(value) = value {
            address.push(mark);
            address.push_str(name);
            address.push('=');
            address.push_str(&escaped(value));
            mark = '&';
        }
    }
    address
}

/// As one part of an address, or as an id on a page.
pub fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_cannot_leave_its_place_in_the_address() {
        assert_eq!(program("spring/../x?y#z"), "/programs/spring%2F..%2Fx%3Fy%23z");
        assert_eq!(statement("0192-ab"), "/statements/0192-ab");
    }

    #[test]
    fn a_query_leaves_out_what_is_not_asked_for() {
        let query = [("period", Some("2011-Q1")), ("account", None), ("after", Some("a b&c"))];
        assert_eq!(
            with_query(program("volume"), &query),
            "/programs/volume?period=2011-Q1&after=a%20b%26c"
        );
    }
}
