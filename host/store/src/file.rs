//! The contents of attached files, each kept once under its SHA-256: in the database, or in a folder beside it. A database remembers of
//! each file where it is, so that the place may change while files are kept.
//!
//! In the folder a file is there whole before the database names it; a file that no
//! database names came with something that was refused, and may be removed.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::digest::Digest;

use crate::{Error, Result, Snapshot, Tx};

/// Where new files are kept.
#[derive(Clone, Debug, Default)]
pub enum Files {
    #[default]
    Database,
    /// Made with the first file.
    Folder(Arc<Path>),
}

#[derive(sqlx::FromRow)]
struct FileRow {
    content: Vec<u8>,
    kept_in: String,
}

impl Tx {
    /// Keeps a file, unless it is kept already, and gives its name.
    pub(crate) async fn keep_file(&mut self, content: &[u8]) -> Result<Digest> {
        let digest = Digest::of(content);
        let (name, at) = (digest.to_string(), self.at);
        let kept: i64 = on_engine!(self, |conn| {
            sqlx::query_scalar("select count(*) from files where digest = $1")
                .bind(&*name)
                .fetch_one(conn)
                .await
        })?;
        if kept > 0 {
            return Ok(digest);
        }
        let (content, kept_in) = match self.files.clone() {
            Files::Database => (content, "database"),
            Files::Folder(folder) => {
                let content = content.to_vec();
                blocking(move || write(&folder, &digest, &content)).await?;
                (&[][..], "folder")
            }
        };
        on_engine!(self, |conn| {
            sqlx::query(
                "insert into files (digest, content, created_at, kept_in) values ($1, $2, $3, $4)
                 on conflict (digest) do nothing",
            )
            .bind(&*name)
            .bind(content)
            .bind(at)
            .bind(kept_in)
            .execute(conn)
            .await?;
        });
        Ok(digest)
    }
}

impl Snapshot {
    /// The content of a file.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when it is not what its digest names. [`Error::Folder`] when it lies in a folder that was not named, or cannot
    /// be read there.
    pub async fn file(&mut self, digest: &Digest) -> Result<Option<Vec<u8>>> {
        let name = digest.to_string();
        let row: Option<FileRow> = on_engine!(self, |conn| {
            sqlx::query_as("select content, kept_in from files where digest = $1")
                .bind(&*name)
                .fetch_optional(conn)
                .await
        })?;
        let content = match (row, self.files.clone()) {
            (None, _) => return Ok(None),
            (Some(row), _) if row.kept_in == "database" => row.content,
            (Some(_), Files::Database) => {
                return Err(Error::Folder(format!(
                    "the file {digest} is kept in a folder of files, and none is named: --files FOLDER, or GTM_FILES"
                )));
            }
            (Some(_), Files::Folder(folder)) => {
                let digest = *digest;
                blocking(move || read(&folder, &digest)).await?
            }
        };
        match Digest::of(&content) == *digest {
            true => Ok(Some(content)),
            false => Err(Error::corrupt(format!("the file {digest} is kept with other contents"))),
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| Error::Folder(format!("a file could not be kept or read: {e}")))?
}

/// Under the first two of its digits, so that no folder grows too large.
fn place(folder: &Path, digest: &Digest) -> PathBuf {
    let digits = digest.to_string();
    folder.join(&digits[..2]).join(digits)
}

fn read(folder: &Path, digest: &Digest) -> Result<Vec<u8>> {
    let path = place(folder, digest);
    fs::read(&path).map_err(|e| Error::Folder(format!("the file `{}` cannot be read: {e}", path.display())))
}

fn write(folder: &Path, digest: &Digest, content: &[u8]) -> Result<()> {
    let path = place(folder, digest);
    written(&path, content).map_err(|e| Error::Folder(format!("the file `{}` cannot be kept: {e}", path.display())))
}

/// Under another name until it is whole and on the disk, so that nobody finds half of it.
fn written(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().expect("a file lies in a folder");
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    fs::File::open(folder)?.sync_all()
}
