use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ObjectKey;

/// A file on its way into a store.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// Where it is now. It must not change meanwhile.
    pub file: &'a Path,
    /// Where it goes.
    pub key: ObjectKey,
    /// Its media type, which the store tells those who read it.
    pub content_type: &'a str,
}

/// How far an upload in parts has come; enough to go on after a crash without sending anything twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadState {
    /// Where the file goes.
    pub key: ObjectKey,
    /// What the store calls the upload.
    pub upload_id: String,
    /// How long the file is, in bytes.
    pub length: u64,
    /// When it was changed last, in milliseconds since 1970.
    pub modified_ms: u64,
    /// How long each part but the last is, in bytes.
    pub part_length: u64,
    /// What the store called the parts that it has, in their order; None: it does not have this one.
    pub parts: Vec<Option<String>>,
}

impl UploadState {
    /// Bytes that the store has.
    pub fn sent(&self) -> u64 {
        let parts = (0u64..).zip(&self.parts);
        parts
            .filter(|(_, part)| part.is_some())
            .map(|(at, _)| {
                let begin = at.saturating_mul(self.part_length);
                self.length.saturating_sub(begin).min(self.part_length)
            })
            .fold(0, u64::saturating_add)
    }
}

/// Who looks on while a file is uploaded.
pub trait UploadWatch: Send {
    /// Keeps the state, so that the next attempt can begin with it. None: there is nothing to go on with (any more).
    ///
    /// When it cannot be kept the upload goes on; only the next attempt sends again what this one has sent.
    fn save(&mut self, state: Option<&UploadState>) -> impl Future<Output = io::Result<()>> + Send;

    /// `sent` of `length` bytes are in the store.
    fn progress(&mut self, sent: u64, length: u64);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_sent_is_no_more_than_there_is(
            length: u64,
            part_length: u64,
            there in prop::collection::vec(any::<bool>(), 0..100),
        ) {
            let state = UploadState {
                key: "0199c2f4-7a3e-7b10-8f6e-0123456789ab/manifest.json".parse().unwrap(),
                upload_id: "id".to_owned(),
                length,
                modified_ms: 0,
                part_length,
                parts: there.iter().map(|&there| there.then(String::new)).collect(),
            };
            prop_assert!(state.sent() <= length);
            let text = serde_json::to_string(&state).unwrap();
            prop_assert_eq!(serde_json::from_str::<UploadState>(&text).unwrap(), state);
        }
    }

    #[test]
    fn the_last_part_is_as_long_as_the_rest() {
        let mut state = UploadState {
            key: "0199c2f4-7a3e-7b10-8f6e-0123456789ab/manifest.json"
                .parse()
                .unwrap(),
            upload_id: "id".to_owned(),
            length: 25,
            modified_ms: 0,
            part_length: 10,
            parts: vec![Some("a".to_owned()), None, Some("c".to_owned())],
        };
        assert_eq!(state.sent(), 15);
        state.parts[1] = Some("b".to_owned());
        assert_eq!(state.sent(), 25);
    }
}
