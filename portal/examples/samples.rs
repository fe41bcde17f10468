//! Writes the sample of every page, with the assets, into a folder: to look at, and for the browser tests.
//!
//! `cargo run -p portal --example samples -- FOLDER`

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use portal::{
    ApprovalsPage, ClaimPage, ClaimsPage, DocumentPage, DocumentsPage, FilingPage, FundPage, FundsPage, ProgramPage,
    ProgramsPage, RefusalPage, ReplayFragment, StatementPage,
};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(
        env::args()
            .nth(1)
            .ok_or_else(|| io::Error::other("say which folder to write to"))?,
    );
    fs::create_dir_all(&folder)?;
    let statement = StatementPage::sample();
    let pages = [
        ("programs.html", ProgramsPage::sample().to_string()),
        ("program.html", ProgramPage::sample().to_string()),
        ("statement.html", statement.to_string()),
        ("statement-replayed.html", StatementPage::sample_replayed().to_string()),
        (
            "statement-differs.html",
            StatementPage::sample_that_differs().to_string(),
        ),
        (
            "statement-quarantine.html",
            StatementPage::sample_in_quarantine().to_string(),
        ),
        ("replay.html", ReplayFragment::sample().to_string()),
        ("claims.html", ClaimsPage::sample().to_string()),
        ("claim.html", ClaimPage::sample().to_string()),
        ("claim-decided.html", ClaimPage::sample_decided().to_string()),
        ("claim-held.html", ClaimPage::sample_held().to_string()),
        ("claim-split.html", ClaimPage::sample_split().to_string()),
        ("filing.html", FilingPage::sample().to_string()),
        ("funds.html", FundsPage::sample().to_string()),
        ("fund.html", FundPage::sample().to_string()),
        ("approvals.html", ApprovalsPage::sample().to_string()),
        ("documents.html", DocumentsPage::sample().to_string()),
        ("document.html", DocumentPage::sample().to_string()),
        ("refusal.html", RefusalPage::sample().to_string()),
    ];
    for (name, page) in pages {
        fs::write(folder.join(name), page)?;
    }
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("assets"),
        &folder.join("assets"),
    )
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
