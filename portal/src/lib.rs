//! The pages of `gtm`, as HTML.
//!
//! A page is a struct that says everything it shows; `page.to_string()` is the whole document, and every page has a
//! `sample()` with believable figures. Amounts come in as micros (one millionth of a unit) and become text here; everything
//! else comes in as the text to show and is escaped by the templates; names in backticks inside a sentence are set as code. The folder `assets` is part of the binary.
//!
//! What the crate deliberately does not know: where a figure comes from, who is asking, HTTP, files and clocks. It works
//! without script; where script runs, htmx puts the answer of a form into the page. No page has an inline script, an inline
//! style or an event handler, so that `content-security-policy: default-src 'self'` holds.
//!
//! Start with [`ProgramsPage`], the first page anybody sees; then [`StatementPage`], the one everything is about. The
//! addresses that pages link to are in [`path`], the spelling of amounts in [`amount`].

mod frame;
pub mod path;
mod asset;

mod programs;
mod program;
mod statement;
mod progress;
mod receipt;
mod replay;
mod claims;
mod claim;
mod filing;
mod control;
mod funds;
mod approvals;
mod documents;
mod refusal;

pub mod amount;
mod sentence;

pub use amount::{Figure, Unit};
pub use approvals::{ApprovalLine, ApprovalsPage, Vote};
pub use asset::{Asset, asset};
pub use claim::{Act, Acts, ClaimEvent, ClaimFile, ClaimPage, ClaimedLine, ClaimedPart, Consent, Moved, Why};
pub use claims::{ClaimLine, ClaimsPage};
pub use control::{Choice, Control, Input};
pub use documents::{DocumentLine, DocumentPage, DocumentsPage, OwedLine, PaymentLine, SettledLine};
pub use filing::{FilingLine, FilingPage, ProofFile, Wrong};
pub use frame::{Flash, Frame};
pub use funds::{FundLine, FundMovement, FundPage, FundsPage};
pub use program::{Outcome, ParticipantLine, ProgramPage, Totals};
pub use programs::{Plugin, ProgramLine, ProgramsPage};
pub use progress::Milestone;
pub use receipt::{DecisionReceipt, Receipt};
pub use refusal::RefusalPage;
pub use replay::{Difference, Replay, ReplayFragment, Verdict};
pub use statement::{Line, Lines, Marking, Period, Reduction, Revision, StatementPage, Step, Transfer};
