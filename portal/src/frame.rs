/// What every page has around its own content. `Frame::default()` is a page without news.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// What just happened, shown once above the page.
    pub flash: Option<Flash>,
    /// A sentence for the foot of the page, such as `served on this machine only`.
    pub notice: Option<String>,
}

/// One sentence about what the person just did.
#[derive(Clone, Debug)]
pub enum Flash {
    Done(String),
    Refused(String),
}

impl Frame {
    pub(crate) fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}
