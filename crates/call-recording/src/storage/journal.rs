use std::io;
use std::path::{Path, PathBuf};

use call_domain::RecordingId;
use tokio::fs;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::local::private_file;
use super::{LocalFolder, ObjectKey, UploadState, UploadWatch};

/// Keeps how far an upload has come beside the file itself, where it goes when the folder of the recording goes.
#[derive(Debug)]
pub struct UploadJournal<Progress> {
    path: PathBuf,
    progress: Progress,
}

const EXTENSION: &str = "upload";

/// The longest state, in bytes: 10,000 parts of a hundred characters.
const MAX_STATE: u64 = 1 << 20;

impl<Progress: FnMut(u64, u64) + Send> UploadJournal<Progress> {
    /// Of a file that was written to that folder. `progress` is told how many bytes of how many the store has.
    pub fn new(folder: &LocalFolder, key: &ObjectKey, progress: Progress) -> Self {
        let mut path = folder.file(key).into_os_string();
        path.push(".");
        path.push(EXTENSION);
        Self {
            path: path.into(),
            progress,
        }
    }

    /// What an earlier attempt came to. None: there was none, or it cannot be read, so that the upload begins anew.
    pub async fn state(&self) -> Option<UploadState> {
        read(&self.path).await
    }
}

impl<Progress: FnMut(u64, u64) + Send> UploadWatch for UploadJournal<Progress> {
    async fn save(&mut self, state: Option<&UploadState>) -> io::Result<()> {
        let Some(state) = state else {
            return match fs::remove_file(&self.path).await {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                other => other,
            };
        };
        // Not flushed to the disk: what a power cut takes is sent again.
        let whole = self.path.with_extension("upload-new");
        let mut file = private_file(&whole).await?;
        file.write_all(&serde_json::to_vec(state)?).await?;
        file.flush().await?;
        fs::rename(&whole, &self.path).await
    }

    fn progress(&mut self, sent: u64, length: u64) {
        (self.progress)(sent, length);
    }
}

impl LocalFolder {
    /// The uploads of a recording that have begun and are not complete, for [`Storage::abort`](super::Storage::abort) before the
    /// folder is deleted.
    pub async fn uploads(&self, recording: RecordingId) -> Vec<UploadState> {
        let mut states = Vec::new();
        let Ok(mut entries) = fs::read_dir(self.of(recording)).await else {
            return states;
        };
        while let Ok(Some(entry)) = entries.next_entry().await {
            let path = entry.path();
            if path
                .extension()
                .is_some_and(|extension| extension == EXTENSION)
            {
                states.extend(read(&path).await);
            }
        }
        states
    }
}

async fn read(path: &Path) -> Option<UploadState> {
    let file = fs::File::open(path).await.ok()?;
    let mut text = Vec::new();
    file.take(MAX_STATE).read_to_end(&mut text).await.ok()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0199c2f4-7a3e-7b10-8f6e-0123456789ab/manifest.json";

    #[tokio::test]
    async fn what_was_kept_is_there_for_the_next_attempt() {
        let top = tempfile::tempdir().unwrap();
        let folder = LocalFolder::new(top.path());
        let key: ObjectKey = KEY.parse().unwrap();
        assert!(folder.uploads(key.recording).await.is_empty());
        std::fs::create_dir(folder.of(key.recording)).unwrap();
        let mut told = Vec::new();
        let mut journal =
            UploadJournal::new(&folder, &key, |sent, length| told.push((sent, length)));
        assert_eq!(journal.state().await, None);
        let mut state = UploadState {
            key,
            upload_id: "id".to_owned(),
            length: 3 << 20,
            modified_ms: 1,
            part_length: 1 << 20,
            parts: vec![None; 3],
        };
        for part in 0..3 {
            state.parts[part] = Some("etag".to_owned());
            journal.save(Some(&state)).await.unwrap();
            journal.progress(state.sent(), state.length);
            assert_eq!(journal.state().await.as_ref(), Some(&state));
            assert_eq!(folder.uploads(key.recording).await, [state.clone()]);
        }
        for _ in 0..2 {
            journal.save(None).await.unwrap();
            assert_eq!(journal.state().await, None);
        }
        assert_eq!(
            told,
            [(1 << 20, 3 << 20), (2 << 20, 3 << 20), (3 << 20, 3 << 20)]
        );
        assert_eq!(
            std::fs::read_dir(folder.of(key.recording)).unwrap().count(),
            0
        );
    }

    #[tokio::test]
    async fn what_cannot_be_read_counts_as_nothing() {
        let top = tempfile::tempdir().unwrap();
        let folder = LocalFolder::new(top.path());
        let key: ObjectKey = KEY.parse().unwrap();
        std::fs::create_dir(folder.of(key.recording)).unwrap();
        let journal = UploadJournal::new(&folder, &key, |_, _| {});
        for content in ["", "{", "{}", "null"] {
            std::fs::write(&journal.path, content).unwrap();
            assert_eq!(journal.state().await, None, "{content}");
            assert!(folder.uploads(key.recording).await.is_empty());
        }
    }
}
