//! Saying what is wrong.

use crate::Problem;

impl Problem {
    /// `code` stays the same when the words change: kebab-case, such as `tier-overlap`. `message` is one sentence in lowercase,
    /// without a full stop, that names the thing and says what to do.
    ///
    /// ```
    /// use gtm_sdk::Problem;
    ///
    /// let problem = Problem::new("tier-order", "tier 2 begins at 500 and tier 1 at 1000: give them in ascending order").at("/tiers/1/from");
    /// assert_eq!(problem.path.as_deref(), Some("/tiers/1/from"));
    /// ```
    pub fn new(code: &str, message: &str) -> Self {
        Problem {
            code: code.to_owned(),
            message: message.to_owned(),
            path: None,
            row: None,
        }
    }

    /// The place in the terms that is to blame, as a JSON Pointer such as `/tiers/1/from`.
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same problem seen from further out: `/from` becomes `/tiers/1/from` within `/tiers/1`.
    pub fn within(mut self, path: &str) -> Self {
        self.path = Some(format!("{path}{}", self.path.unwrap_or_default()));
        self
    }

    /// The row that is to blame, by its position in the journal.
    pub fn in_row(mut self, position: u64) -> Self {
        self.row = Some(position);
        self
    }
}
