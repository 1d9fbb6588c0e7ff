use std::io;
use std::path::PathBuf;

use call_recording::storage::StorageError;

/// Why recordings cannot be made; names the key that is to blame.
#[derive(Debug, thiserror::Error)]
pub enum RecordingStartError {
    /// The folder cannot be written.
    #[error(
        "recording.folder: {} cannot be used: {error}; choose another one, or set recording.enabled = \
         false",
        folder.display()
    )]
    Folder {
        /// Which folder.
        folder: PathBuf,
        /// What is wrong with it.
        error: StorageError,
    },
    /// The store cannot be used.
    #[error("recording.store: {0}")]
    Store(StorageError),
    /// URLs cannot be signed.
    #[error("recording.url_ttl: the secret that URLs are signed with cannot be used: {0}")]
    Secret(io::Error),
}
