use axum::extract::multipart::{Multipart, MultipartError};
use axum::http::StatusCode;

use crate::claim::proof;
use crate::serve::refusal::{Kind, Refusal};

/// A form as a browser sends it when files may go with it.
#[derive(Debug, Default)]
pub struct Sent {
    /// Names with what was typed, as it was typed.
    texts: Vec<(String, String)>,
    /// Names of files with their contents.
    pub files: Vec<(String, Vec<u8>)>,
}

impl Sent {
    pub async fn of(mut form: Multipart) -> Result<Self, Refusal> {
        let mut sent = Sent::default();
        while let Some(part) = form.next_field().await.map_err(refused)? {
            let name = part.name().unwrap_or_default().to_owned();
            match part.file_name().map(str::to_owned) {
                None => {
                    // Browsers send the end of a line in a text as two characters.
                    let text = part.text().await.map_err(refused)?.replace("\r\n", "\n");
                    sent.texts.push((name, text));
                }
                Some(file) => {
                    let content = part.bytes().await.map_err(refused)?;
                    // A control that no file was chosen for is sent, too.
                    if !(file.is_empty() && content.is_empty()) {
                        sent.files.push((file, content.into()));
                    }
                }
            }
        }
        Ok(sent)
    }

    /// What was typed under this name; nothing when the form has no such control.
    pub fn find(&self, name: &str) -> Option<&str> {
        let found = self.texts.iter().find(|(given, _)| given == name);
        found.map(|(_, text)| &**text)
    }

    /// The same; empty when the form has no such control.
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// The same without blanks at its ends; nothing when that leaves nothing.
    pub fn given(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|text| !text.is_empty())
    }

    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(name, text)| (&**name, &**text))
    }
}

fn refused(error: MultipartError) -> Refusal {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let most = proof::MAX_BYTES >> 20;
            Refusal::new(Kind::TooLarge, "the files together are more than a form may send").advise(format!(
                "Attach at most {} files of at most {most} MB each.",
                proof::MAX_FILES
            ))
        }
        _ => Refusal::bad_request(format!("the form cannot be read: {}", error.body_text()))
            .advise("Open the page again and fill the form in there."),
    }
}
