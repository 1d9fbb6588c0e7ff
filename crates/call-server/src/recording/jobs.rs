//! What is done about a recording that has stopped.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use call_domain::{RecordingFault, RecordingFileId, RecordingFileKind, RecordingId};
use call_engine::{Finished, JobProgress, StoppedRecording};
use call_recording::mix::Mixer;
use call_recording::storage::{LocalFolder, Storage, StorageError};
use call_recording::{Manifest, RecordingInfo, finish_abandoned};
use call_store::RecordingFile;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::sessions::Sessions;
use super::{disk, files, moment, upload};

/// The longest that a thread which was told to stop may take to let go of its files.
const PATIENCE: Duration = Duration::from_secs(30);

/// Does what is to be done about recordings that have stopped.
#[derive(Debug)]
pub(super) struct Jobs {
    pub(super) sessions: Arc<Sessions>,
    pub(super) folder: LocalFolder,
    pub(super) storage: Storage,
    pub(super) mixer: Option<Mixer>,
    /// Room on the disk that mixes leave to others.
    pub(super) min_free_bytes: u64,
}

/// What a mix keeps for its next try.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MixState {
    file_id: RecordingFileId,
}

impl Jobs {
    /// Closes the files, or repairs what a crash left of them.
    pub(super) async fn finish(
        &self,
        stopped: &StoppedRecording,
    ) -> Result<Finished, RecordingFault> {
        let recording = stopped.recording;
        self.sessions.stop(recording, moment(stopped.stopped_at));
        if let Some(mut done) = self.sessions.done(recording) {
            let let_go = tokio::time::timeout(PATIENCE, done.wait_for(|done| *done)).await;
            // A thread that is gone without a word has let go, too.
            if let_go.is_err() {
                tracing::warn!(%recording, "the disk takes long to take in a recording");
                return Err(RecordingFault::WriteFailed);
            }
        }
        let info = RecordingInfo {
            recording_id: recording,
            call_id: stopped.call,
            mode: stopped.mode,
            started_at: moment(stopped.started_at),
        };
        let (folder, cause) = (self.folder.of(recording), stopped.cause);
        let by = stopped.stopped_by.clone();
        let until = info.at(moment(stopped.stopped_at));
        let finished = blocking(move || {
            let finished = finish_abandoned(&folder, &info, Some(until), cause)?;
            Ok::<_, RecordingFault>(match &by {
                Some(by) => finished.stopped_by(&folder, by),
                None => finished,
            })
        })
        .await??;
        self.sessions.forget(recording);
        Ok(files::finished(&finished))
    }

    /// Makes one file of the whole call.
    pub(super) async fn mix(
        &self,
        stopped: &StoppedRecording,
        stored: &[RecordingFile],
        progress: &Arc<dyn JobProgress>,
    ) -> Result<RecordingFile, RecordingFault> {
        let mixer = (self.mixer.as_ref()).ok_or(RecordingFault::MixingUnavailable)?;
        let recording = stopped.recording;
        let folder = self.folder.of(recording);
        let fetched = self.bring_back(recording, stored).await?;
        let manifest = read_manifest(folder.clone()).await?.ok_or_else(|| {
            tracing::error!(%recording, "the tracks of a recording to be mixed are not here");
            RecordingFault::MixFailed
        })?;
        let file_id = self.mix_id(progress).await?;
        let shown = Arc::clone(progress);
        let tell = move |share: f64| shown.done(share);
        let mix = mixer.mix(&folder, &manifest, file_id, &tell).await;
        let mix = mix.map_err(|error| {
            tracing::error!(%recording, %error, "a recording could not be mixed");
            error.fault()
        })?;
        for track in &mix.left_out {
            tracing::warn!(%recording, %track, "a track could not be decoded, and is left out of the mix");
        }
        // They are where they are kept, still; only the mix is yet to be brought there.
        for path in fetched {
            if let Err(error) = tokio::fs::remove_file(&path).await {
                tracing::warn!(%recording, %error, "a track that was fetched for a mix stays here");
            }
        }
        files::mixed(recording, &mix)
    }

    /// Takes away what tries at a mix have left.
    pub(super) async fn discard_mix(&self, recording: RecordingId) {
        let folder = self.folder.of(recording);
        if let Err(error) = call_recording::mix::discard(&folder).await {
            tracing::warn!(%recording, %error, "what a mix was made of stays on the disk");
        }
    }

    /// Brings files to where recordings are kept, and then frees the room that they took here.
    pub(super) async fn upload(
        &self,
        recording: RecordingId,
        stored: &[RecordingFile],
        progress: &Arc<dyn JobProgress>,
    ) -> Result<(), RecordingFault> {
        if !self.storage.is_remote() {
            return Ok(());
        }
        upload::upload(&self.storage, &self.folder, stored, progress).await?;
        // From here on they are read from there.
        let removed = self.folder.remove(recording).await;
        removed.map_err(|error| fault(recording, &error))
    }

    /// Deletes everything of a recording, wherever it is.
    pub(super) async fn delete(&self, recording: RecordingId) -> Result<(), RecordingFault> {
        self.sessions.forget(recording);
        let removed = async {
            for upload in self.folder.uploads(recording).await {
                self.storage.abort(&upload).await?;
            }
            self.storage.remove(recording).await?;
            self.folder.remove(recording).await
        };
        removed.await.map_err(|error| fault(recording, &error))
    }

    /// Fetches what was brought away already: the tracks and the manifest. Returns where they are.
    async fn bring_back(
        &self,
        recording: RecordingId,
        stored: &[RecordingFile],
    ) -> Result<Vec<PathBuf>, RecordingFault> {
        let mut brought = Vec::new();
        if !self.storage.is_remote() {
            return Ok(brought);
        }
        let mut away = Vec::new();
        for file in stored {
            match file.kind {
                RecordingFileKind::Track | RecordingFileKind::Manifest => {}
                RecordingFileKind::Mixed => continue,
            }
            let key = files::key(file)?;
            let path = self.folder.file(&key);
            if !tokio::fs::try_exists(&path).await.unwrap_or(false) {
                away.push((key, path, file.bytes));
            }
        }
        let bytes = away.iter().map(|(_, _, bytes)| *bytes);
        let mut coming = bytes.fold(0, u64::saturating_add);
        for (key, path, bytes) in away {
            self.has_room_for(recording, coming).await?;
            coming = coming.saturating_sub(bytes);
            let made = self.folder.make(recording).await;
            made.map_err(|error| fault(recording, &error))?;
            let fetched = self.storage.fetch(&key, &path).await;
            fetched.map_err(|error| fault(recording, &error))?;
            brought.push(path);
        }
        Ok(brought)
    }

    /// Whether so much may be written for a mix.
    async fn has_room_for(&self, recording: RecordingId, bytes: u64) -> Result<(), RecordingFault> {
        let folder = self.folder.of(recording);
        let free = blocking(move || disk::free_bytes(&folder)).await?;
        let least = self.min_free_bytes.saturating_add(bytes);
        match free {
            Some(free) if free < least => {
                tracing::error!(%recording, free, least, "too little room on the disk to fetch the tracks for a mix");
                Err(RecordingFault::DiskFull)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The same id for every try, so that each goes on where the one before ended.
    async fn mix_id(
        &self,
        progress: &Arc<dyn JobProgress>,
    ) -> Result<RecordingFileId, RecordingFault> {
        if let Ok(state) = serde_json::from_value::<MixState>(progress.kept()) {
            return Ok(state.file_id);
        }
        let file_id = RecordingFileId::new(Uuid::new_v4());
        let state = serde_json::to_value(MixState { file_id });
        progress
            .keep(state.map_err(|_| RecordingFault::MixFailed)?)
            .await?;
        Ok(file_id)
    }
}

/// What a recording suffers from when its store does not do what it was asked to.
pub(super) fn fault(recording: RecordingId, error: &StorageError) -> RecordingFault {
    tracing::error!(%recording, %error, "the store of recordings failed");
    match error {
        StorageError::Full(_) => RecordingFault::DiskFull,
        StorageError::Local { .. } => RecordingFault::WriteFailed,
        _ => RecordingFault::StorageUnreachable,
    }
}

async fn read_manifest(folder: PathBuf) -> Result<Option<Manifest>, RecordingFault> {
    blocking(move || Manifest::read(Path::new(&folder))).await?
}

/// Work that waits for the disk, on a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, RecordingFault> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "work on a recording broke off");
        RecordingFault::WriteFailed
    })
}
