//! Files on their way into a claim. A browser sends a file once and does not fill it in again when a form comes back, so that the server
//! keeps it, in memory and by its digest, until newer ones need the room.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use domain::digest::Digest;

/// What is kept of all forms that are being filled in.
const MOST_BYTES: usize = 256 << 20;

/// The newest files, in the order in which they came.
#[derive(Debug, Default)]
pub struct Uploads(Mutex<VecDeque<(Digest, Arc<[u8]>)>>);

impl Uploads {
    /// Keeps a file, and lets go of the oldest where they are too much together.
    pub fn keep(&self, content: &[u8]) -> Digest {
        let digest = Digest::of(content);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(other, _)| *other != digest);
        kept.push_back((digest, content.into()));
        let mut bytes: usize = kept.iter().map(|(_, content)| content.len()).sum();
        while bytes > MOST_BYTES
            && let Some((_, oldest)) = kept.pop_front()
        {
            bytes -= oldest.len();
        }
        digest
    }

    /// Nothing when it was let go of.
    pub fn get(&self, digest: &Digest) -> Option<Arc<[u8]>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(other, _)| other == digest)?;
        Some(found.1.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_file_is_let_go_of_when_there_are_too_many() {
        let uploads = Uploads::default();
        let file = |first: u8| {
            let mut content = vec![0; MOST_BYTES / 3];
            content[0] = first;
            content
        };
        let kept: Vec<Digest> = (0..4).map(|first| uploads.keep(&file(first))).collect();
        let there: Vec<bool> = kept.iter().map(|digest| uploads.get(digest).is_some()).collect();
        assert_eq!(there, [false, true, true, true]);
        // The same again is kept once, as the newest.
        uploads.keep(&file(1));
        uploads.keep(&file(4));
        assert!(uploads.get(&kept[1]).is_some() && uploads.get(&kept[2]).is_none());
    }
}
