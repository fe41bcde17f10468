//! What can go wrong with what is kept, in words: a conflict with what is there already, or damage.

/// The text is a lowercase sentence that names the thing and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else changed it since it was read: read again and decide again.
    #[error("{0}")]
    Stale(String),
    /// It cannot be kept beside what is there already.
    #[error("{0}")]
    Conflict(String),
    /// What was kept is not what was written.
    #[error("{what}")]
    Corrupt { what: String },
    #[error(transparent)]
    Refused(#[from] domain::Error),
    /// Somebody else is writing: the same call may succeed a moment later.
    #[error("the database is busy with another change: try again")]
    Busy,
    #[error("the database `{url}` cannot be opened: {reason}")]
    Open { url: String, reason: String },
    /// The folder of files does not do what is asked of it.
    #[error("{0}")]
    Folder(String),
    #[error("the database failed: {0}")]
    Database(sqlx::Error),
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Error::Corrupt { what: what.into() }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match is_busy(&error) {
            true => Error::Busy,
            false => Error::Database(error),
        }
    }
}

/// Whether somebody else is writing.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    // SQLite: busy and locked, with their extended forms; PostgreSQL: serialization failure, deadlock, lock not available.
    const BUSY: [&str; 9] = ["5", "6", "261", "262", "517", "773", "40001", "40P01", "55P03"];
    match error {
        sqlx::Error::Database(database) => database.code().is_some_and(|code| BUSY.contains(&&*code)),
        sqlx::Error::PoolTimedOut => true,
        _ => false,
    }
}

/// Reads what was kept: what does not parse was not written by this program.
pub(crate) fn read<T, E: std::fmt::Display>(parsed: std::result::Result<T, E>) -> Result<T> {
    parsed.map_err(|e| Error::corrupt(format!("what was kept cannot be read: {e}")))
}
