//! Files into the database: accounts, contacts, products, transactions and exchange rates from CSV, by a profile that says which column is what.
//!
//! One thread reads and checks; the caller's writes, batch by batch, some of them committed as a whole. Every transaction has a key, so
//! a line that comes again is counted and not kept: importing a file twice adds nothing, and an import that was broken off
//! is finished by starting it again. Lines that cannot be kept go to a file of their own, as they stood, with the reason.
//! Start at [`import_transactions`], then [`profile`].

pub mod profile;
pub mod report;

mod attributes;
mod batch;
mod companies;
mod field;
mod key;
mod newcomers;
mod products;
mod rates;
mod repeats;
mod rows;
mod table;
mod transactions;

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::actor::Actor;
use domain::digest::Digest;
use domain::id::ImportId;
use sha2::{Digest as _, Sha256};
use store::account::Added;
use store::import::{ImportCounts, NewImport};
use store::{Store, Tx};

use batch::{Batch, read_batches};
use companies::{AccountReader, ContactReader};
use field::Refusal;
use products::ProductReader;
use rates::RateReader;
use report::ReasonCounts;
use rows::RefusedFile;
use table::Table;
use transactions::TransactionReader;

pub use profile::{Profile, Records};
pub use report::{ImportReport, Reason};

/// Why an import could not begin or go on, as a sentence. What was committed before stays, and starting again goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The profile is wrong, or does not fit the file.
    #[error("{0}")]
    Profile(String),
    /// A file cannot be read or written.
    #[error("{0}")]
    File(String),
    #[error(transparent)]
    Store(#[from] store::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How to import.
#[derive(Clone)]
pub struct ImportOptions {
    /// Read and check everything against the database, and keep nothing: the counts are those of an import. The database
    /// is held for writing meanwhile.
    pub dry_run: bool,
    pub actor: Actor,
    /// Where refused lines go; a file of that name is replaced. Not written in a dry run.
    pub refused_file: PathBuf,
    /// Told after each batch.
    pub progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub lines: u64,
    /// Read so far, of the file as it is on the disk.
    pub bytes: u64,
    pub of_bytes: u64,
}

impl fmt::Debug for ImportOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            dry_run,
            actor,
            refused_file,
            progress: _,
        } = self;
        f.debug_struct("ImportOptions")
            .field("dry_run", dry_run)
            .field("actor", actor)
            .field("refused_file", refused_file)
            .finish_non_exhaustive()
    }
}

/// Imports transactions, and the accounts and products that they name where the profile says so.
///
/// # Errors
/// When the file or the database fails, and when the profile does not fit the file. A line that is wrong is no error: it is
/// refused, counted and written to the file of refused lines.
pub async fn import_transactions(
    store: &Store,
    profile: &Profile,
    path: &Path,
    options: &ImportOptions,
) -> Result<ImportReport> {
    let table = open(profile, Records::Transactions, path)?;
    let mut reader =
        TransactionReader::bind(profile, &table.header).map_err(|reason| misfit(profile, path, &reason))?;
    let mut import = Import::begin(store, profile, path, &table, options).await?;
    let mut batches = read_batches(table, move |line, newcomers| reader.read(line, newcomers));
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        let mut tx = import.unit().await?;
        let (accounts, products) = (&batch.newcomers.accounts, &batch.newcomers.products);
        if !accounts.is_empty() {
            import.report.accounts_created += tx.add_accounts(accounts).await?.new as u64;
        }
        if !products.is_empty() {
            import.report.products_created += tx.add_products(products).await?.new as u64;
        }
        let appended = tx.append(&import.id, &batch.records).await?;
        import.keep(tx).await?;
        import.settle(
            &batch,
            Added {
                new: appended.accepted,
                existing: appended.duplicates,
                refused: appended.refused,
            },
        )?;
    }
    import.finish().await
}

/// Imports accounts. A parent may stand anywhere in the file, or be known already; an account that is known stays as it is.
///
/// # Errors
/// As [`import_transactions`].
pub async fn import_accounts(
    store: &Store,
    profile: &Profile,
    path: &Path,
    options: &ImportOptions,
) -> Result<ImportReport> {
    let table = open(profile, Records::Accounts, path)?;
    let reader = AccountReader::bind(profile, &table.header).map_err(|reason| misfit(profile, path, &reason))?;
    let mut import = Import::begin(store, profile, path, &table, options).await?;
    let mut batches = read_batches(table, move |line, _| reader.read(line));
    let mut waiting = Batch::default();
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        let mut tx = import.unit().await?;
        let mut added = tx.add_accounts(&batch.records).await?;
        import.keep(tx).await?;
        // Their parents may stand further down.
        added.refused.retain(|(record, _)| {
            let waits = batch.records[*record].parent.is_some();
            if waits {
                waiting.places.push(waiting.rows.len());
                waiting.rows.push_from(&batch.rows, batch.places[*record]);
                waiting.records.push(batch.records[*record].clone());
            }
            !waits
        });
        import.settle(&batch, added)?;
    }
    if !waiting.records.is_empty() {
        let mut tx = import.unit().await?;
        let added = tx.add_accounts(&waiting.records).await?;
        import.keep(tx).await?;
        import.settle(&waiting, added)?;
    }
    import.finish().await
}

/// Imports people at accounts that are known. Somebody whose address is known at the account stays as they are.
///
/// # Errors
/// As [`import_transactions`].
pub async fn import_contacts(
    store: &Store,
    profile: &Profile,
    path: &Path,
    options: &ImportOptions,
) -> Result<ImportReport> {
    let table = open(profile, Records::Contacts, path)?;
    let reader = ContactReader::bind(profile, &table.header).map_err(|reason| misfit(profile, path, &reason))?;
    let mut import = Import::begin(store, profile, path, &table, options).await?;
    let mut batches = read_batches(table, move |line, _| reader.read(line));
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        let mut tx = import.unit().await?;
        let added = tx.add_contacts(&batch.records).await?;
        import.keep(tx).await?;
        import.settle(&batch, added)?;
    }
    import.finish().await
}

/// Imports products; one that is known stays as it is.
///
/// # Errors
/// As [`import_transactions`].
pub async fn import_products(
    store: &Store,
    profile: &Profile,
    path: &Path,
    options: &ImportOptions,
) -> Result<ImportReport> {
    let table = open(profile, Records::Products, path)?;
    let reader = ProductReader::bind(profile, &table.header).map_err(|reason| misfit(profile, path, &reason))?;
    let mut import = Import::begin(store, profile, path, &table, options).await?;
    let mut batches = read_batches(table, move |line, _| reader.read(line));
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        let mut tx = import.unit().await?;
        let added = tx.add_products(&batch.records).await?;
        import.keep(tx).await?;
        import.settle(&batch, added)?;
    }
    import.finish().await
}

/// Imports exchange rates; one that was recorded before is not recorded again, also where it was corrected since.
///
/// # Errors
/// As [`import_transactions`].
pub async fn import_rates(
    store: &Store,
    profile: &Profile,
    path: &Path,
    options: &ImportOptions,
) -> Result<ImportReport> {
    let table = open(profile, Records::Rates, path)?;
    let mut reader = RateReader::bind(profile, &table.header).map_err(|reason| misfit(profile, path, &reason))?;
    let mut import = Import::begin(store, profile, path, &table, options).await?;
    let mut batches = read_batches(table, move |line, _| reader.read(line));
    while let Some(batch) = batches.recv().await {
        let batch = batch?;
        let mut tx = import.unit().await?;
        let added = tx.add_rates(&batch.records).await?;
        import.keep(tx).await?;
        import.settle(&batch, added)?;
    }
    import.finish().await
}

/// Batches that are committed together at most.
const AT_ONCE: usize = 8;

/// One file on its way in.
struct Import<'a> {
    store: &'a Store,
    options: &'a ImportOptions,
    id: ImportId,
    /// What the next batch is written into as well. Of a dry run it holds everything, and is dropped in the end.
    open: Option<Tx>,
    /// Batches in it, and those that were committed.
    written: usize,
    committed: usize,
    refused_file: Option<RefusedFile>,
    reasons: ReasonCounts,
    report: ImportReport,
    taken: Arc<AtomicU64>,
    size: u64,
}

impl<'a> Import<'a> {
    async fn begin(
        store: &'a Store,
        profile: &Profile,
        path: &Path,
        table: &Table,
        options: &'a ImportOptions,
    ) -> Result<Self> {
        let refused_file = match options.dry_run {
            true => None,
            false => Some(RefusedFile::create(
                &options.refused_file,
                profile.delimiter(),
                &table.header,
            )?),
        };
        let new = NewImport {
            file_name: path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned(),
            file_digest: digest(path)?,
            profile: profile.name.clone(),
            source: profile.source.clone().unwrap_or_default(),
        };
        let mut tx = store.begin(&options.actor).await?;
        let id = tx.begin_import(&new).await?;
        let report = ImportReport {
            dry_run: options.dry_run,
            ..ImportReport::default()
        };
        let (taken, size) = (table.taken.clone(), table.size);
        let mut import = Self {
            store,
            options,
            id,
            open: None,
            written: 0,
            committed: 0,
            refused_file,
            reasons: ReasonCounts::default(),
            report,
            taken,
            size,
        };
        import.keep(tx).await?;
        Ok(import)
    }

    async fn unit(&mut self) -> Result<Tx> {
        match self.open.take() {
            Some(tx) => Ok(tx),
            None => Ok(self.store.begin(&self.options.actor).await?),
        }
    }

    /// Keeps what was written. The further an import has come, the more batches are committed at once: a commit writes every page that was
    /// touched, and where many accounts are sold to one batch touches nearly as many pages as eight.
    async fn keep(&mut self, tx: Tx) -> Result<()> {
        self.written += 1;
        let at_once = (self.committed / 4).clamp(1, AT_ONCE);
        if self.options.dry_run || self.written < at_once {
            self.open = Some(tx);
            return Ok(());
        }
        tx.commit().await?;
        self.committed += std::mem::take(&mut self.written);
        Ok(())
    }

    /// Counts what became of a batch, after it was written, and puts aside what was refused, in the order of the file.
    fn settle<T>(&mut self, batch: &Batch<T>, added: Added) -> Result<()> {
        let refused_by_store = added
            .refused
            .iter()
            .map(|(record, reason)| (batch.places[*record], reason));
        let mut refused: Vec<(usize, &Refusal)> = batch
            .refused
            .iter()
            .map(|(row, reason)| (*row, reason))
            .chain(refused_by_store)
            .collect();
        refused.sort_unstable_by_key(|(row, _)| *row);
        for (row, reason) in &refused {
            self.reasons.count(reason);
            if let Some(file) = &mut self.refused_file {
                file.add(&batch.rows, *row, reason)?;
            }
        }
        let report = &mut self.report;
        report.accepted += added.new as u64;
        report.duplicates += added.existing as u64;
        report.refused += refused.len() as u64;
        report.lines = report.accepted + report.duplicates + report.refused;
        if let Some(progress) = &self.options.progress {
            progress(Progress {
                lines: report.lines,
                bytes: self.taken.load(Ordering::Relaxed),
                of_bytes: self.size,
            });
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<ImportReport> {
        let count = |lines: u64| i64::try_from(lines).unwrap_or(i64::MAX);
        let counts = ImportCounts {
            accepted: count(self.report.accepted),
            duplicates: count(self.report.duplicates),
            refused: count(self.report.refused),
        };
        let mut tx = self.unit().await?;
        tx.finish_import(&self.id, counts).await?;
        if !self.options.dry_run {
            tx.commit().await?;
        }
        if let Some(file) = self.refused_file.take() {
            self.report.refused_file = file.finish()?;
        }
        self.report.reasons = self.reasons.most_frequent();
        Ok(self.report)
    }
}

fn open(profile: &Profile, records: Records, path: &Path) -> Result<Table> {
    if profile.records != records {
        let (has, wants) = (profile.records.as_str(), records.as_str());
        return Err(Error::Profile(format!(
            "profile `{}` reads {has}, not {wants}: name another one",
            profile.name
        )));
    }
    Table::open(path, profile.delimiter())
}

fn misfit(profile: &Profile, path: &Path, reason: &str) -> Error {
    Error::Profile(format!(
        "profile `{}` does not fit `{}`: {reason}",
        profile.name,
        path.display()
    ))
}

/// SHA-256 of the file as it is on the disk.
fn digest(path: &Path) -> Result<Digest> {
    let fail = |e: &dyn fmt::Display| Error::File(format!("`{}` cannot be read: {e}", path.display()));
    let mut file = std::fs::File::open(path).map_err(|e| fail(&e))?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut buffer).map_err(|e| fail(&e))? {
            0 => break,
            count => hash.update(&buffer[..count]),
        }
    }
    hex::encode(hash.finalize()).parse().map_err(|e| fail(&e))
}
