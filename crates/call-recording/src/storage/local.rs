use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use call_domain::RecordingId;
use tokio::fs::{self, File};

use super::{ObjectKey, StorageError};
use crate::disk;

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

    /// Makes the folder of a recording, if it is not there, for nobody but the user that this runs as.
    pub async fn make(&self, recording: RecordingId) -> Result<(), StorageError> {
        let made = disk::make_folder_async(&self.of(recording)).await;
        made.map_err(StorageError::local("making the folder of a recording"))
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
        disk::make_folder_async(&self.path)
            .await
            .map_err(failed())?;
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

/// A new file, or one that is written anew, which nobody but the user that this runs as may read.
pub(super) async fn private_file(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    options.mode(disk::PRIVATE_FILE).open(path).await
}

fn absent_is_fine(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

    use super::*;
    use crate::storage::{Disposition, Storage, StorageConfig, Upload, UploadState, UploadWatch};

    const KEY: &str =
        "0199c2f4-7a3e-7b10-8f6e-0123456789ab/00112233-4455-4677-8899-aabbccddeeff.webm";

    /// A folder with one file, "hello".
    fn kept() -> (tempfile::TempDir, LocalFolder, ObjectKey) {
        let top = tempfile::tempdir().unwrap();
        let folder = LocalFolder::new(top.path());
        let key: ObjectKey = KEY.parse().unwrap();
        std::fs::create_dir(folder.of(key.recording)).unwrap();
        std::fs::write(folder.file(&key), "hello").unwrap();
        (top, folder, key)
    }

    #[tokio::test]
    async fn a_file_is_read_from_any_place_in_it() {
        let (top, folder, key) = kept();
        assert_eq!(folder.file(&key), top.path().join(KEY));
        let mut open = folder.open(&key).await.unwrap();
        assert_eq!(open.length, 5);
        let mut rest = String::new();
        open.file.seek(std::io::SeekFrom::Start(2)).await.unwrap();
        open.file.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "llo");

        let again = folder.open(&key).await.unwrap();
        assert_eq!(open.etag, again.etag);
        let file = std::fs::File::options()
            .write(true)
            .open(folder.file(&key))
            .unwrap();
        file.set_modified(open.modified + Duration::from_micros(1))
            .unwrap();
        let changed = folder.open(&key).await.unwrap();
        assert_ne!(open.etag, changed.etag);
        assert!(changed.etag.starts_with('"') && changed.etag.ends_with('"'));
    }

    #[tokio::test]
    async fn what_is_not_there_is_missing() {
        let (_top, folder, key) = kept();
        folder.delete(&[key]).await.unwrap();
        assert!(matches!(
            folder.open(&key).await,
            Err(StorageError::Missing)
        ));
        // Nor is what only has its name.
        std::fs::create_dir(folder.file(&key)).unwrap();
        assert!(matches!(
            folder.open(&key).await,
            Err(StorageError::Missing)
        ));
    }

    #[tokio::test]
    async fn deleting_twice_is_deleting_once() {
        let (top, folder, key) = kept();
        for _ in 0..2 {
            folder.delete(&[key]).await.unwrap();
            assert!(!folder.file(&key).exists());
        }
        for _ in 0..2 {
            folder.remove(key.recording).await.unwrap();
            assert_eq!(std::fs::read_dir(top.path()).unwrap().count(), 0);
        }
    }

    #[tokio::test]
    async fn a_check_makes_the_folder_and_leaves_nothing_in_it() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("a/b");
        LocalFolder::new(&path).check().await.unwrap();
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 0);
        let file = top.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = LocalFolder::new(file).check().await.unwrap_err();
        assert!(error.to_string().contains("recording.folder"), "{error}");
    }

    struct Progress(Vec<(u64, u64)>);

    impl UploadWatch for Progress {
        async fn save(&mut self, _: Option<&UploadState>) -> std::io::Result<()> {
            panic!("there is nothing to go on with");
        }

        fn progress(&mut self, sent: u64, length: u64) {
            self.0.push((sent, length));
        }
    }

    #[tokio::test]
    async fn what_is_local_is_where_it_stays() {
        let (_top, folder, key) = kept();
        let config = StorageConfig::Local {
            folder: folder.path().to_owned(),
        };
        let store = Storage::new(&config).unwrap();
        assert!(!store.is_remote());
        let file = folder.file(&key);
        let upload = Upload {
            file: &file,
            key,
            content_type: "video/webm",
        };
        let mut progress = Progress(Vec::new());
        let kept = store.upload(upload, None, &mut progress).await.unwrap();
        assert_eq!((kept, progress.0), (5, vec![(5, 5)]));
        let ttl = Duration::from_mins(1);
        let url = store.signed_url(&key, ttl, Disposition::Inline, "video/webm");
        assert_eq!(url.await.unwrap(), None);
        store.verify(&key, 5).await.unwrap();
        let damaged = store.verify(&key, 6).await;
        assert!(matches!(damaged, Err(StorageError::Damaged { .. })));
        store.delete(&[key]).await.unwrap();
        let missing = store.verify(&key, 5).await;
        assert!(matches!(missing, Err(StorageError::Missing)));
        let gone = store.upload(upload, None, &mut Progress(Vec::new())).await;
        assert!(matches!(gone, Err(StorageError::Missing)));
    }
}
