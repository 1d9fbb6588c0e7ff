use std::io;
use std::path::Path;
use std::sync::Arc;

use call_domain::RecordingFault;
use call_engine::JobProgress;
use call_recording::storage::{
    LocalFolder, ObjectKey, Storage, StorageError, Upload, UploadJournal, UploadState, UploadWatch,
};
use call_store::RecordingFile;
use serde::{Deserialize, Serialize};

use super::files;
use super::jobs::fault;

/// Shows nobody anything: [`Watch`] does.
type Journal = UploadJournal<fn(u64, u64)>;

/// What an upload of several files keeps for its next try. How far the one on its way is stands in a journal beside it, for that may
/// be much.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    /// Files that the store has.
    done: Vec<ObjectKey>,
}

/// Brings files into a store, one after the other; goes on where an earlier try ended.
pub(super) async fn upload(
    storage: &Storage,
    folder: &LocalFolder,
    stored: &[RecordingFile],
    progress: &Arc<dyn JobProgress>,
) -> Result<(), RecordingFault> {
    let kept: Kept = serde_json::from_value(progress.kept()).unwrap_or_default();
    let mut watch = Watch {
        progress: Arc::clone(progress),
        kept,
        journal: None,
        before: 0,
        total: stored.iter().map(|file| file.bytes).sum::<u64>().max(1),
    };
    for file in stored {
        let key = files::key(file)?;
        if !watch.kept.done.contains(&key) {
            let path = folder.file(&key);
            let here = tokio::fs::try_exists(&path).await.unwrap_or(true);
            if here {
                let upload = Upload {
                    file: &path,
                    key,
                    content_type: &file.content_type,
                };
                let journal: Journal = UploadJournal::new(folder, &key, |_, _| {});
                let state = journal.state().await.filter(|state| state.key == key);
                watch.journal = Some(journal);
                let uploaded = storage.upload(upload, state, &mut watch).await;
                uploaded.map_err(|error| fault(key.recording, &error))?;
            } else {
                // Once all were there they were removed here. Whether it was that only the store knows.
                brought_away(storage, &path, &key, file).await?;
            }
            watch.kept.done.push(key);
            watch.keep().await?;
        }
        watch.before += file.bytes;
        watch.progress(0, 0);
    }
    Ok(())
}

/// Whether a file that is not here is in the store, and all of it.
async fn brought_away(
    storage: &Storage,
    path: &Path,
    key: &ObjectKey,
    file: &RecordingFile,
) -> Result<(), RecordingFault> {
    storage.verify(key, file.bytes).await.map_err(|error| {
        if matches!(error, StorageError::Missing) {
            tracing::error!(
                path = %path.display(),
                "a file of a recording is neither where it was written nor in the store: was recording.folder changed, and what was in \
                 it left behind? Once it is there it is uploaded"
            );
        }
        fault(key.recording, &error)
    })
}

/// Shows how far an upload is, and keeps it.
struct Watch {
    progress: Arc<dyn JobProgress>,
    kept: Kept,
    /// Beside the file, where whoever deletes the recording finds what to give up.
    journal: Option<Journal>,
    /// Bytes of the files before.
    before: u64,
    total: u64,
}

impl Watch {
    async fn keep(&self) -> Result<(), RecordingFault> {
        let kept = serde_json::to_value(&self.kept);
        let kept = kept.map_err(|_| RecordingFault::StorageUnreachable)?;
        self.progress.keep(kept).await
    }
}

impl UploadWatch for Watch {
    async fn save(&mut self, state: Option<&UploadState>) -> io::Result<()> {
        match &mut self.journal {
            Some(journal) => journal.save(state).await,
            None => Ok(()),
        }
    }

    fn progress(&mut self, sent: u64, _length: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
        let share = self.before.saturating_add(sent) as f64 / self.total as f64;
        self.progress.done(share.min(1.0));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use async_trait::async_trait;
    use call_domain::RecordingFileKind;
    use call_recording::storage::StorageConfig;
    use parking_lot::Mutex;
    use serde_json::Value;
    use tempfile::TempDir;

    use super::*;

    const KEYS: [&str; 2] = [
        "0199c2f4-7a3e-7b10-8f6e-0123456789ab/00112233-4455-4677-8899-aabbccddeeff.webm",
        "0199c2f4-7a3e-7b10-8f6e-0123456789ab/manifest.json",
    ];

    #[derive(Debug, Default)]
    struct Notebook {
        kept: Mutex<Value>,
        share: Mutex<f64>,
    }

    #[async_trait]
    impl JobProgress for Notebook {
        fn done(&self, share: f64) {
            *self.share.lock() = share;
        }

        fn kept(&self) -> Value {
            self.kept.lock().clone()
        }

        async fn keep(&self, state: Value) -> Result<(), RecordingFault> {
            *self.kept.lock() = state;
            Ok(())
        }
    }

    /// Files of five bytes that are to be in a store, which another folder stands for.
    struct Scene {
        here: TempDir,
        there: TempDir,
        notebook: Arc<Notebook>,
        files: Vec<RecordingFile>,
    }

    impl Scene {
        fn new() -> Self {
            let (here, there) = (tempfile::tempdir(), tempfile::tempdir());
            Self {
                here: here.expect("a folder"),
                there: there.expect("a folder"),
                notebook: Arc::default(),
                files: KEYS.map(file).to_vec(),
            }
        }

        fn put(place: &TempDir, key: &str, content: &str) {
            let path = place.path().join(key);
            let folder = path.parent().expect("a folder");
            std::fs::create_dir_all(folder).expect("made");
            std::fs::write(path, content).expect("written");
        }

        async fn upload(&self) -> Result<(), RecordingFault> {
            let config = StorageConfig::Local {
                folder: self.there.path().to_owned(),
            };
            let storage = Storage::new(&config).expect("a store");
            let here = LocalFolder::new(self.here.path());
            let progress: Arc<dyn JobProgress> = Arc::<Notebook>::clone(&self.notebook) as _;
            upload(&storage, &here, &self.files, &progress).await
        }
    }

    fn file(key: &str) -> RecordingFile {
        RecordingFile {
            id: "00112233-4455-4677-8899-aabbccddeeff"
                .parse()
                .expect("an id"),
            kind: RecordingFileKind::Track,
            user_id: None,
            source: None,
            codec: None,
            content_type: "video/webm".to_owned(),
            object_key: key.to_owned(),
            bytes: 5,
            offset: Duration::ZERO,
            duration: None,
            width: None,
            height: None,
        }
    }

    #[tokio::test]
    async fn what_is_neither_here_nor_in_the_store_is_not_taken_for_uploaded() {
        let scene = Scene::new();
        Scene::put(&scene.there, KEYS[0], "hello");
        let fault = Err(RecordingFault::StorageUnreachable);
        for _ in 0..2 {
            assert_eq!(scene.upload().await, fault);
        }
        Scene::put(&scene.there, KEYS[1], "hell");
        assert_eq!(scene.upload().await, fault, "not all of it");
        Scene::put(&scene.there, KEYS[1], "hello");
        assert_eq!(scene.upload().await, Ok(()), "an earlier upload did it");
        assert!((*scene.notebook.share.lock() - 1.0).abs() < f64::EPSILON);
    }

    #[tokio::test]
    async fn the_parts_of_a_long_file_are_kept_beside_it_and_not_in_the_database() {
        let scene = Scene::new();
        Scene::put(&scene.here, KEYS[0], "hello");
        let folder = LocalFolder::new(scene.here.path());
        let key: ObjectKey = KEYS[0].parse().expect("a key");
        let progress: Arc<dyn JobProgress> = Arc::<Notebook>::clone(&scene.notebook) as _;
        let mut watch = Watch {
            progress,
            kept: Kept::default(),
            journal: Some(UploadJournal::new(&folder, &key, |_, _| {})),
            before: 0,
            total: 1,
        };
        let state = UploadState {
            key,
            upload_id: "id".to_owned(),
            length: 50 << 30,
            modified_ms: 1,
            part_length: 5 << 20,
            parts: vec![Some("an entity tag of a part".to_owned()); 10_000],
        };
        watch.save(Some(&state)).await.expect("saved");
        watch.keep().await.expect("kept");
        let kept = scene.notebook.kept.lock().to_string();
        assert!(kept.len() < 1_000, "{kept}");
        let journal: Journal = UploadJournal::new(&folder, &key, |_, _| {});
        assert_eq!(journal.state().await, Some(state));
    }
}
