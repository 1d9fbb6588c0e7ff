//! The recorder inside this server: what the engine wants recorded, on threads that write, and what becomes of the files.

mod config;
mod counters;
mod disk;
mod error;
mod files;
mod inbox;
mod jobs;
mod links;
mod people;
mod sessions;
mod tap;
#[cfg(test)]
mod tests;
mod upload;
mod writer;

use std::fmt;
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use call_domain::{RecordingFault, RecordingId, RecordingPolicy, Timestamp};
use call_engine::{
    Disposition, Engine, Finished, JobProgress, RecordingError, RecordingEvent, RecordingPlane,
    RecordingWish, SignedUrl, StoppedRecording,
};
use call_recording::mix::{Ffmpeg, Mixer};
use call_recording::storage::{self as stored, LocalFolder, Storage};
use call_store::RecordingFile;
use tokio::runtime::Handle;

pub(crate) use config::storage;
pub(crate) use counters::RecordingCounts;
pub(crate) use disk::free_bytes;
pub use error::RecordingStartError;
pub(crate) use links::Links;

use self::counters::Counters;
use self::disk::Disk;
use self::jobs::Jobs;
use self::sessions::Sessions;
use crate::settings::Settings;
use crate::sfu::EmbeddedSfu;

/// The longest that recorders may take to bring everything onto the disk when the server stops.
const CLOSING: Duration = Duration::from_secs(5);

/// Records calls for an engine, until it is stopped.
pub(crate) struct EmbeddedRecorder {
    sessions: Arc<Sessions>,
    jobs: Jobs,
    links: Links,
    disk: Disk,
    min_free_bytes: u64,
    counters: Arc<Counters>,
    engine: Arc<OnceLock<Weak<Engine>>>,
    runtime: Handle,
}

impl EmbeddedRecorder {
    /// Starts it, if the settings want recordings. Without an SFU there is nothing to record from; what was recorded
    /// before is there. Needs a tokio runtime.
    pub(crate) async fn start(
        settings: &Settings,
        sfu: Option<&Arc<EmbeddedSfu>>,
    ) -> Result<Option<Arc<Self>>, RecordingStartError> {
        let recording = &settings.recording;
        if !recording.enabled {
            return Ok(None);
        }
        let folder = LocalFolder::new(settings.recordings_dir());
        if let Err(error) = folder.check().await {
            let error = RecordingStartError::Folder {
                folder: folder.path().to_owned(),
                error,
            };
            // Whoever did not ask for recordings is not to be without a server for want of a place for them.
            if recording.folder.is_some() || settings.policy.recording == RecordingPolicy::Force {
                return Err(error);
            }
            tracing::warn!("{error}; until then no call is recorded");
            return Ok(None);
        }
        let storage = Storage::new(&storage(settings)).map_err(RecordingStartError::Store)?;
        let runtime = Handle::current();
        let counters = Arc::new(Counters::default());
        let engine: Arc<OnceLock<Weak<Engine>>> = Arc::default();
        let (told, inside) = (Arc::clone(&engine), runtime.clone());
        let sessions = Sessions::new(
            folder.path().to_owned(),
            config::limits(recording),
            recording.max_active,
            sfu.map(|sfu| Arc::clone(sfu) as Arc<dyn tap::Rooms>),
            Arc::clone(&counters),
            move |event| {
                let _inside = inside.enter();
                if let Some(engine) = told.get().and_then(Weak::upgrade) {
                    engine.recording_event(event);
                }
            },
        );
        Ok(Some(Arc::new(Self {
            jobs: Jobs {
                sessions: Arc::clone(&sessions),
                folder: folder.clone(),
                storage,
                mixer: mixer(settings).await,
                min_free_bytes: config::min_free_of_mixes(recording),
            },
            links: Links::new(settings, folder.clone())?,
            disk: Disk::watch(folder.path().to_owned()),
            min_free_bytes: recording.min_free_bytes,
            sessions,
            counters,
            engine,
            runtime,
        })))
    }

    /// Tells an engine what becomes of recordings, from now on. Once.
    pub(crate) fn tell(&self, engine: &Arc<Engine>) {
        let _ = self.engine.set(Arc::downgrade(engine));
    }

    /// Gives out the files that are here.
    pub(crate) fn links(&self) -> &Links {
        &self.links
    }

    /// A URL of the store for a file that is not here; `None` if it is nowhere else.
    pub(crate) async fn elsewhere(
        &self,
        recording: RecordingId,
        file: &RecordingFile,
        ttl: Duration,
        disposition: stored::Disposition,
    ) -> Result<Option<String>, RecordingError> {
        let storage = &self.jobs.storage;
        let url = links::elsewhere(storage, recording, file, ttl, disposition).await;
        url.map_err(RecordingError::Files)
    }

    /// What it did and holds.
    pub(crate) fn counts(&self) -> RecordingCounts {
        let free = self.disk.free_bytes();
        self.counters.counts(self.sessions.active(), free)
    }

    /// Brings everything onto the disk. What is recorded goes on after the next start.
    pub(crate) async fn stop(&self) {
        let closing = self.sessions.interrupt();
        let closed = tokio::time::timeout(CLOSING, async {
            for mut done in closing {
                // A thread that is gone without a word is done, too.
                let _ = done.wait_for(|done| *done).await;
            }
        });
        if closed.await.is_err() {
            tracing::warn!(patience = ?CLOSING, "not every recording was brought onto the disk in time");
        }
    }

    /// Later, for the engine may be in the middle of something.
    fn tell_later(&self, event: RecordingEvent) {
        let engine = Arc::clone(&self.engine);
        self.runtime.spawn(async move {
            if let Some(engine) = engine.get().and_then(Weak::upgrade) {
                engine.recording_event(event);
            }
        });
    }

    async fn job<T>(
        &self,
        kind: &'static str,
        work: impl Future<Output = Result<T, RecordingFault>>,
    ) -> Result<T, RecordingFault> {
        let running = self.counters.begin(kind);
        let outcome = work.await;
        running.ended(outcome.as_ref().map(drop).map_err(|fault| *fault));
        outcome
    }
}

#[async_trait]
impl RecordingPlane for EmbeddedRecorder {
    fn may_begin(&self) -> Result<(), RecordingFault> {
        if self.sessions.is_full() {
            return Err(RecordingFault::Overloaded);
        }
        match self.disk.free_bytes() {
            Some(free) if free < self.min_free_bytes => Err(RecordingFault::DiskFull),
            Some(_) | None => Ok(()),
        }
    }

    fn mixing_available(&self) -> bool {
        self.jobs.mixer.is_some()
    }

    fn may_mix(&self) -> Result<(), RecordingFault> {
        match self.disk.free_bytes() {
            Some(free) if free < self.jobs.min_free_bytes => Err(RecordingFault::DiskFull),
            Some(_) | None => Ok(()),
        }
    }

    fn keeps_elsewhere(&self) -> bool {
        self.jobs.storage.is_remote()
    }

    fn follow(&self, wish: RecordingWish) {
        let (call, recording) = (wish.call, wish.recording);
        if let Err(fault) = self.sessions.follow(wish, SystemTime::now()) {
            self.counters.fault(fault);
            self.tell_later(RecordingEvent::Failed {
                call,
                recording,
                fault,
            });
        }
    }

    fn stop(&self, recording: RecordingId, at: Timestamp) {
        self.sessions.stop(recording, moment(at));
    }

    async fn finish(&self, recording: &StoppedRecording) -> Result<Finished, RecordingFault> {
        self.job("finish", self.jobs.finish(recording)).await
    }

    async fn mix(
        &self,
        recording: &StoppedRecording,
        files: &[RecordingFile],
        progress: Arc<dyn JobProgress>,
    ) -> Result<RecordingFile, RecordingFault> {
        let mix = self.jobs.mix(recording, files, &progress);
        self.job("mix", mix).await
    }

    async fn discard_mix(&self, recording: RecordingId) {
        self.jobs.discard_mix(recording).await;
    }

    async fn upload(
        &self,
        recording: RecordingId,
        files: &[RecordingFile],
        progress: Arc<dyn JobProgress>,
    ) -> Result<(), RecordingFault> {
        let upload = self.jobs.upload(recording, files, &progress);
        self.job("upload", upload).await
    }

    async fn delete(&self, recording: RecordingId) -> Result<(), RecordingFault> {
        self.job("delete", self.jobs.delete(recording)).await
    }

    fn page(&self, recording: RecordingId) -> String {
        self.links.page(recording)
    }

    async fn url(
        &self,
        recording: RecordingId,
        file: &RecordingFile,
        ttl: Duration,
        disposition: Disposition,
    ) -> Result<SignedUrl, RecordingFault> {
        let now = SystemTime::now();
        let storage = &self.jobs.storage;
        self.links
            .url(storage, recording, file, ttl, disposition, now)
            .await
    }
}

impl fmt::Debug for EmbeddedRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedRecorder")
            .field("sessions", &self.sessions)
            .field("jobs", &self.jobs)
            .finish_non_exhaustive()
    }
}

/// What makes mixes, if this machine can.
async fn mixer(settings: &Settings) -> Option<Mixer> {
    let program = settings.recording.ffmpeg.clone();
    let found = tokio::task::spawn_blocking(move || Ffmpeg::find(&program)).await;
    match found {
        Ok(Ok(ffmpeg)) => Some(Mixer::new(ffmpeg, config::mix(&settings.recording))),
        Ok(Err(missing)) => {
            tracing::warn!(
                "recording.ffmpeg: {missing}; until then calls are recorded as tracks only"
            );
            None
        }
        Err(error) => {
            tracing::error!(%error, "the search for ffmpeg broke off");
            None
        }
    }
}

/// A moment of the engine on the system's clock.
fn moment(at: Timestamp) -> SystemTime {
    let micros = at.as_micros();
    let distance = Duration::from_micros(micros.unsigned_abs());
    if micros < 0 {
        SystemTime::UNIX_EPOCH - distance
    } else {
        SystemTime::UNIX_EPOCH + distance
    }
}
