//! The commands around settlement.

mod show;

use anyhow::Result;
use serde_json::json;

use super::End;
use crate::host::Host;
use crate::output::{Format, print};
use crate::{cli, document, hold, journal, payee, payment, posting, settlement};

pub async fn payee(host: &Host, of: cli::Payee, format: Format) -> Result<End> {
    match of {
        cli::Payee::Set(of) => print(format, &payee::set(host, &of).await?, show::payee)?,
        cli::Payee::Show { account } => print(format, &payee::show(host, &account).await?, show::payee)?,
        cli::Payee::List => print(format, &payee::list(host).await?, |payees| show::payees(payees))?,
        cli::Payee::Import { file } => print(format, &payee::import(host, &file).await?, |imported| {
            format!("{} lines, {} payees changed", imported.lines, imported.changed)
        })?,
    }
    Ok(End::Done)
}

pub async fn issuer(host: &Host, of: cli::Issuer, format: Format) -> Result<End> {
    let issuer = match of {
        cli::Issuer::Set(of) => payee::set_issuer(host, &of).await?,
        cli::Issuer::Show => payee::issuer(&mut host.store.read().await?).await?,
    };
    print(format, &issuer, show::issuer).map(|()| End::Done)
}

pub async fn policy(host: &Host, of: cli::Policy, format: Format) -> Result<End> {
    let policy = match of {
        cli::Policy::Set {
            threshold,
            debit_memos,
            due_days,
            rate_type,
        } => settlement::set_policy(host, &threshold, debit_memos, due_days, rate_type).await?,
        cli::Policy::Show => host.store.read().await?.settlement_policy().await?,
    };
    print(format, &policy, show::policy).map(|()| End::Done)
}

pub async fn settle(host: &Host, of: &cli::Settle, format: Format) -> Result<End> {
    let settled = settlement::settle(host, of).await?;
    print(format, &settled, show::settled)?;
    Ok(if settled.stopped.is_empty() {
        End::Done
    } else {
        End::Held
    })
}

pub async fn document(host: &Host, of: cli::Document, format: Format) -> Result<End> {
    match of {
        cli::Document::List {
            account,
            currency,
            limit,
            after,
        } => {
            let page = document::list(host, account.as_deref(), currency, after.as_deref(), limit).await?;
            print(format, &page, show::documents)?;
        }
        cli::Document::Show { document } => print(format, &document::show(host, &document).await?, show::document)?,
        cli::Document::Files { documents, folder } => {
            print(format, &document::files(host, &documents, &folder).await?, |files| {
                show::files(files)
            })?
        }
        cli::Document::Cancel {
            document,
            reason,
            folder,
        } => {
            let issued = document::cancel(host, &document, &reason).await?;
            document::write_files(std::slice::from_ref(&issued), &folder)?;
            print(format, &document::Summary::of(&issued), |summary| {
                show::summaries(std::slice::from_ref(summary))
            })?;
        }
    }
    Ok(End::Done)
}

pub async fn payment(host: &Host, of: cli::Payment, format: Format) -> Result<End> {
    match of {
        cli::Payment::Batch {
            currency,
            execution,
            format: version,
            folder,
        } => {
            let made = payment::batch(host, currency, execution, version, &folder).await?;
            print(format, &made, show::batch)?;
        }
        cli::Payment::List { batch } => print(format, &payment::list(host, batch.as_deref()).await?, |payments| {
            show::payments(payments)
        })?,
        cli::Payment::File {
            batch,
            format: version,
            folder,
        } => {
            let file = payment::file(host, &batch, version, &folder).await?;
            print(format, &[file], |files| show::files(files))?;
        }
        cli::Payment::Answer { file } => print(format, &payment::answer(host, &file).await?, show::answered)?,
    }
    Ok(End::Done)
}

pub async fn hold(host: &Host, of: cli::Hold, format: Format) -> Result<End> {
    match of {
        cli::Hold::Add {
            account,
            program,
            reason,
        } => {
            let number = hold::add(host, account.as_deref(), program.as_deref(), &reason).await?;
            print(format, &json!({ "hold": number }), |_| {
                format!("hold {number} is in force: `gtm hold lift {number}` lets go")
            })?;
        }
        cli::Hold::Lift { hold: number } => {
            hold::lift(host, number).await?;
            print(format, &json!({ "lifted": number }), |_| {
                format!("hold {number} is lifted")
            })?;
        }
        cli::Hold::List { all } => print(format, &hold::list(host, all).await?, |holds| show::holds(holds))?,
    }
    Ok(End::Done)
}

pub async fn posting(host: &Host, of: cli::Posting, format: Format) -> Result<End> {
    let cli::Posting::Profile(of) = of;
    let shown = match of {
        cli::PostingProfile::Set { program, file } => posting::set_profile(host, &program, &file).await?,
        cli::PostingProfile::Show { program } => posting::show_profile(host, &program).await?,
    };
    print(format, &shown, show::posting_profile).map(|()| End::Done)
}

pub async fn journal(host: &Host, of: cli::Journal, format: Format) -> Result<End> {
    let closed = match of {
        cli::Journal::Export {
            from,
            to,
            format: written,
            up_to,
            file,
        } => {
            let exported = journal::export(host, (from, to), written, up_to, &file).await?;
            return print(format, &exported, show::exported).map(|()| End::Done);
        }
        cli::Journal::Close { period } => journal::set_closed(host, &period, true).await?,
        cli::Journal::Open { period } => journal::set_closed(host, &period, false).await?,
    };
    print(format, &json!({ "closed": closed }), |_| show::closed(&closed)).map(|()| End::Done)
}
