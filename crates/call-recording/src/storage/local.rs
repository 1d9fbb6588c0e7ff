use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use call_domain::RecordingId;
use tokio::fs::{self, File};

use super::{ObjectKey, StorageError};

/// A folder that holds a folder for each recording. The recorder writes there; without another store they stay there.
#[derive(Debug, Clone)]
pub struct LocalFolder {
    path: PathBuf,
}

/// A file that can be read from any place in it.
#[derive(Debug)]
pub struct OpenFile {
    /// At its beginning.
    pub file: File,
    /// Bytes.
    pub length: u64,
    /// When it was changed last.
    pub modified: SystemTime,
    /// A strong entity tag (RFC 9110 section 8.8.3), with its quotes.
    pub etag: String,
}

impl LocalFolder {
    /// The folder at that path; it need not be there yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of a recording.
    pub fn of(&self, recording: RecordingId) -> PathBuf {
        self.path.join(recording.to_string())
    }

    /// Where a file is.
    pub fn file(&self, key: &ObjectKey) -> PathBuf {
        self.of(key.recording).join(key.file.to_string())
    }

    /// Opens a file for reading.
    pub async fn open(&self, key: &ObjectKey) -> Result<OpenFile, StorageError> {
        const WHAT: &str = "opening a file of a recording";
        let file = File::open(self.file(key)).await;
        let file = file.map_err(StorageError::local(WHAT))?;
        let metadata = file.metadata().await.map_err(StorageError::local(WHAT))?;
        if !metadata.is_file() {
            return Err(StorageError::Missing);
        }
        let modified = metadata.modified().map_err(StorageError::local(WHAT))?;
        let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        let length = metadata.len();
        Ok(OpenFile {
            file,
            length,
            modified,
            etag: format!("\"{length:x}-{:x}\"", since.as_nanos()),
        })
    }

    /// Deletes files; those that are not there count as deleted.
    pub async fn delete(&self, keys: &[ObjectKey]) -> Result<(), StorageError> {
        for key in keys {
            absent_is_fine(fs::remove_file(self.file(key)).await)
                .map_err(StorageError::local("deleting a file of a recording"))?;
        }
        Ok(())
    }

    /// Deletes all that there is of a recording; nothing at all counts as deleted.
    pub async fn remove(&self, recording: RecordingId) -> Result<(), StorageError> {
        absent_is_fine(fs::remove_dir_all(self.of(recording)).await)
            .map_err(StorageError::local("deleting the folder of a recording"))
    }

    /// Whether files can be written, read and deleted there; makes the folder if need be.
    pub async fn check(&self) -> Result<(), StorageError> {
        const CONTENT: &[u8] = b"call-server";
        let what = "recording.folder cannot be used";
        let failed = || StorageError::local(what);
        fs::create_dir_all(&self.path).await.map_err(failed())?;
        let probe = self.path.join(format!(".probe-{}", std::process::id()));
        fs::write(&probe, CONTENT).await.map_err(failed())?;
        let read = fs::read(&probe).await;
        fs::remove_file(&probe).await.map_err(failed())?;
        let (expected, found) = (CONTENT.len() as u64, read.map_err(failed())?.len() as u64);
        if expected == found {
            Ok(())
        } else {
            Err(StorageError::Damaged { expected, found })
        }
    }
}

fn absent_is_fine(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
