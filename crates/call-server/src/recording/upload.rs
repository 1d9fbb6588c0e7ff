use std::io;
use std::sync::Arc;

use call_domain::RecordingFault;
use call_engine::JobProgress;
use call_recording::storage::{
    LocalFolder, ObjectKey, Storage, Upload, UploadJournal, UploadState, UploadWatch,
};
use call_store::RecordingFile;
use serde::{Deserialize, Serialize};

use super::files;
use super::jobs::fault;

/// Shows nobody anything: [`Watch`] does.
type Journal = UploadJournal<fn(u64, u64)>;

/// What an upload of several files keeps for its next try.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    /// Files that the store has.
    done: Vec<ObjectKey>,
    /// The one on its way.
    part: Option<UploadState>,
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
                let state = watch.kept.part.clone();
                let state = state.filter(|state| state.key == key);
                watch.journal = Some(UploadJournal::new(folder, &key, |_, _| {}));
                let uploaded = storage.upload(upload, state, &mut watch).await;
                uploaded.map_err(|error| fault(key.recording, &error))?;
            } else {
                // Once all were there they were removed here: only an earlier upload does that.
                tracing::debug!(file = %file.id, "a file is no longer here; it was brought away earlier");
            }
            watch.kept.done.push(key);
            watch.kept.part = None;
            watch.keep().await?;
        }
        watch.before += file.bytes;
        watch.progress(0, 0);
    }
    Ok(())
}

/// Shows how far an upload is, and keeps it.
struct Watch {
    progress: Arc<dyn JobProgress>,
    kept: Kept,
    /// Beside the file as well, where whoever deletes the recording finds what to give up.
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
        self.kept.part = state.cloned();
        let kept = self.keep().await;
        if let Some(journal) = &mut self.journal {
            journal.save(state).await?;
        }
        kept.map_err(|fault| io::Error::other(fault.as_str()))
    }

    fn progress(&mut self, sent: u64, _length: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a share need not be exact")]
        let share = self.before.saturating_add(sent) as f64 / self.total as f64;
        self.progress.done(share.min(1.0));
    }
}
