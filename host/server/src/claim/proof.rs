//! Files that prove a claim. What a file is, its content says, not its name. Nothing is unpacked or opened, so that what is packed in it stays
//! where it is.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use domain::adjudication::{Proof, proof_kind};
use domain::claim::file_name;
use store::claim::attachment::{Attachment, NewAttachment};

/// Of one file.
pub const MAX_BYTES: u64 = 10 << 20;
pub const MAX_FILES: usize = 20;

/// What may be attached: what a person can look at.
const ALLOWED: [&str; 11] = [
    "application/pdf",
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/tiff",
    "image/heif",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.text",
    TEXT,
];
const TEXT: &str = "text/plain";

/// Reads files, each given as FILE or KIND=FILE.
pub fn read(files: &[String]) -> Result<Vec<NewAttachment>> {
    not_too_many(files.len())?;
    files.iter().map(|file| read_one(file)).collect()
}

pub fn not_too_many(files: usize) -> Result<()> {
    ensure!(
        files <= MAX_FILES,
        "{files} files are too many: attach at most {MAX_FILES}"
    );
    Ok(())
}

fn read_one(file: &str) -> Result<NewAttachment> {
    let (kind, path) = match file.split_once('=') {
        Some((kind, path)) if is_kind(kind) => (Some(kind), path),
        _ => (None, file),
    };
    let size = std::fs::metadata(Path::new(path))
        .with_context(|| format!("cannot read `{path}`"))?
        .len();
    ensure!(
        size <= MAX_BYTES,
        "`{path}` has {size} bytes: attach files of at most {MAX_BYTES}"
    );
    let content = std::fs::read(path).with_context(|| format!("cannot read `{path}`"))?;
    attachment(kind, path, content)
}

/// A file by the name that the claimant gives it.
///
/// # Errors
/// A sentence that names the file: empty, too large, of a type that is not taken, or without a name.
pub fn attachment(kind: Option<&str>, path: &str, content: Vec<u8>) -> Result<NewAttachment> {
    let name = file_name(path)?;
    ensure!(!content.is_empty(), "`{name}` is empty: attach the file itself");
    ensure!(
        content.len() as u64 <= MAX_BYTES,
        "`{name}` has {} bytes: attach files of at most {MAX_BYTES}",
        content.len()
    );
    let media_type = media_type(&content);
    let Some(media_type) = ALLOWED.into_iter().find(|allowed| *allowed == media_type) else {
        bail!(
            "`{name}` is of the type {media_type} by its content, which is not taken: attach a PDF, a picture, a text or a spreadsheet"
        )
    };
    Ok(NewAttachment {
        kind: kind.map_or_else(|| proof_kind(&name), str::to_owned),
        media_type: media_type.to_owned(),
        name,
        content,
    })
}

/// What a ruling is told of files.
pub fn proofs(kept: &[Attachment], new: &[NewAttachment]) -> Vec<Proof> {
    let kept = kept.iter().map(|file| (&file.kind, &file.name, &file.media_type));
    let new = new.iter().map(|file| (&file.kind, &file.name, &file.media_type));
    kept.chain(new)
        .map(|(kind, name, media_type)| Proof {
            kind: kind.clone(),
            name: name.clone(),
            media_type: media_type.clone(),
        })
        .collect()
}

pub fn is_kind(kind: &str) -> bool {
    !kind.is_empty()
        && kind
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn media_type(content: &[u8]) -> &'static str {
    match infer::get(content) {
        Some(found) => found.mime_type(),
        // What has no mark of its own and reads as text is one.
        None => {
            let readable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
            match std::str::from_utf8(content).is_ok_and(|text| text.chars().all(readable)) {
                true => TEXT,
                false => "application/octet-stream",
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_what_a_file_is() {
        for (name, content, media_type, kind) in [
            ("Invoice-7.pdf", &b"%PDF-1.7\n"[..], "application/pdf", "invoice"),
            ("photo.txt", b"\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg", "photo"),
            ("../../etc/passwd", b"root:x:0:0\n", "text/plain", "passwd"),
            ("sales.csv", "sku,menge\nA,é\n".as_bytes(), "text/plain", "sales"),
        ] {
            let attached = attachment(None, name, content.to_vec()).unwrap();
            assert_eq!((&*attached.media_type, &*attached.kind), (media_type, kind), "{name}");
            assert!(!attached.name.contains('/'));
        }
        assert_eq!(
            attachment(Some("photo"), "x.pdf", b"%PDF-1.7".to_vec()).unwrap().kind,
            "photo"
        );
        let refused = |name, content: &[u8]| attachment(None, name, content.to_vec()).unwrap_err().to_string();
        assert_eq!(
            refused("invoice.pdf", b"PK\x03\x04\x14\0\0\0\x08\0"),
            "`invoice.pdf` is of the type application/zip by its content, which is not taken: attach a PDF, a picture, a text or a spreadsheet"
        );
        let program = [&b"\x7fELF\x02\x01\x01"[..], &[0; 60]].concat();
        assert!(refused("invoice.pdf", &program).contains("is of the type application/x-executable"));
        assert!(refused("invoice.txt", b"\0\x01\x02").contains("application/octet-stream"));
        assert_eq!(refused("a.pdf", b""), "`a.pdf` is empty: attach the file itself");
    }
}
