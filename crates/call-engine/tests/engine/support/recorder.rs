//! A recording plane that writes nothing: it remembers what it was told, and does or fails as it is asked to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use call_domain::{
    RecordingFault, RecordingFileId, RecordingFileKind, RecordingId, Timestamp, UserId,
};
use call_engine::{
    Disposition, Finished, JobProgress, RecordingPlane, RecordingWish, SignedUrl, StoppedRecording,
};
use call_store::RecordingFile;
use parking_lot::Mutex;
use serde_json::json;
use uuid::Uuid;

use super::user;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    Finish,
    Mix,
    Upload,
    Delete,
    Url,
}

/// What the plane will do.
#[derive(Debug, Default)]
pub struct Will {
    /// Begins nothing more, because of this.
    pub full: Option<RecordingFault>,
    pub no_mixing: bool,
    /// Mixes nothing more, because of this.
    pub no_room: Option<RecordingFault>,
    pub elsewhere: bool,
    /// What will fail, so often and because of this.
    pub fails: BTreeMap<Work, (u32, RecordingFault)>,
    /// What will never end.
    pub hangs: BTreeSet<Work>,
    /// What will not end as long as it is in here.
    pub waits: BTreeSet<Work>,
    /// What was recorded is incomplete because of this.
    pub cause: Option<RecordingFault>,
    /// Nobody sent anything.
    pub silent: bool,
}

/// What the plane was last told of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Last {
    Follow(RecordingWish),
    Stop(Timestamp),
}

#[derive(Debug, Default)]
pub struct FakeRecorder {
    pub will: Mutex<Will>,
    last: Mutex<BTreeMap<RecordingId, Last>>,
    /// Every wish, in the order of coming.
    wishes: Mutex<Vec<RecordingWish>>,
    /// What was asked for, and how far it came.
    log: Mutex<Vec<String>>,
    /// What it was asked to close.
    pub finished: Mutex<Vec<StoppedRecording>>,
    /// The keys of what is kept.
    pub kept: Mutex<BTreeSet<String>>,
    /// The keys of what is kept elsewhere.
    pub uploaded: Mutex<BTreeSet<String>>,
}

impl FakeRecorder {
    pub fn last(&self, recording: RecordingId) -> Option<Last> {
        self.last.lock().get(&recording).cloned()
    }

    pub fn is_stopped(&self, recording: RecordingId) -> bool {
        matches!(self.last(recording), Some(Last::Stop(_)))
    }

    pub fn wish(&self, recording: RecordingId) -> RecordingWish {
        match self.last(recording) {
            Some(Last::Follow(wish)) => wish,
            other => panic!("nothing is recorded: {other:?}"),
        }
    }

    /// Whom the plane may record at the moment.
    pub fn heard(&self, recording: RecordingId) -> Vec<String> {
        let wish = self.wish(recording);
        wish.heard().map(ToString::to_string).collect()
    }

    /// What was wished since the last look.
    pub fn wishes(&self) -> Vec<RecordingWish> {
        std::mem::take(&mut self.wishes.lock())
    }

    /// What jobs did since the last look.
    pub fn worked(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock())
    }

    pub fn has_worked(&self, what: &str) -> bool {
        self.log.lock().iter().any(|done| done == what)
    }

    pub fn fails(&self, work: Work, times: u32, fault: RecordingFault) {
        self.will.lock().fails.insert(work, (times, fault));
    }

    async fn begin(&self, work: Work) -> Result<(), RecordingFault> {
        self.log.lock().push(format!("{work:?}"));
        let hangs = self.will.lock().hangs.contains(&work);
        if hangs {
            std::future::pending::<()>().await;
        }
        while self.will.lock().waits.contains(&work) {
            tokio::task::yield_now().await;
        }
        match self.will.lock().fails.get_mut(&work) {
            Some((times, fault)) if *times > 0 => {
                *times -= 1;
                Err(*fault)
            }
            _ => Ok(()),
        }
    }

    fn keep(&self, files: &[RecordingFile]) {
        let keys = files.iter().map(|file| file.object_key.clone());
        self.kept.lock().extend(keys);
    }
}

#[async_trait]
impl RecordingPlane for FakeRecorder {
    fn may_begin(&self) -> Result<(), RecordingFault> {
        self.will.lock().full.map_or(Ok(()), Err)
    }

    fn mixing_available(&self) -> bool {
        !self.will.lock().no_mixing
    }

    fn may_mix(&self) -> Result<(), RecordingFault> {
        self.will.lock().no_room.map_or(Ok(()), Err)
    }

    fn keeps_elsewhere(&self) -> bool {
        self.will.lock().elsewhere
    }

    fn follow(&self, wish: RecordingWish) {
        self.wishes.lock().push(wish.clone());
        self.last.lock().insert(wish.recording, Last::Follow(wish));
    }

    fn stop(&self, recording: RecordingId, at: Timestamp) {
        self.last.lock().insert(recording, Last::Stop(at));
    }

    async fn finish(&self, recording: &StoppedRecording) -> Result<Finished, RecordingFault> {
        self.finished.lock().push(recording.clone());
        self.begin(Work::Finish).await?;
        let (cause, silent) = {
            let will = self.will.lock();
            (will.cause, will.silent)
        };
        let mut files = Vec::new();
        if !silent {
            files.push(track(recording.recording, 1, "alice", "audio"));
            files.push(track(recording.recording, 2, "bob", "video"));
        }
        files.push(file(recording.recording, 9, RecordingFileKind::Manifest));
        self.keep(&files);
        Ok(Finished {
            files,
            duration: recording.stopped_at.since(recording.started_at),
            cause,
        })
    }

    async fn mix(
        &self,
        recording: &StoppedRecording,
        files: &[RecordingFile],
        progress: Arc<dyn JobProgress>,
    ) -> Result<RecordingFile, RecordingFault> {
        assert!(
            files
                .iter()
                .any(|file| file.kind == RecordingFileKind::Track)
        );
        progress.done(0.5);
        self.begin(Work::Mix).await?;
        let mixed = file(recording.recording, 10, RecordingFileKind::Mixed);
        self.keep(std::slice::from_ref(&mixed));
        Ok(mixed)
    }

    async fn discard_mix(&self, _recording: RecordingId) {
        self.log.lock().push("DiscardMix".to_owned());
    }

    async fn upload(
        &self,
        _recording: RecordingId,
        files: &[RecordingFile],
        progress: Arc<dyn JobProgress>,
    ) -> Result<(), RecordingFault> {
        let before = progress.kept();
        if !before.is_null() {
            self.log.lock().push(format!("goes on from {before}"));
        }
        progress.keep(json!({"parts": 1})).await?;
        self.begin(Work::Upload).await?;
        let keys = files.iter().map(|file| file.object_key.clone());
        self.uploaded.lock().extend(keys);
        Ok(())
    }

    async fn delete(&self, recording: RecordingId) -> Result<(), RecordingFault> {
        self.begin(Work::Delete).await?;
        let folder = format!("{recording}/");
        for place in [&self.kept, &self.uploaded] {
            place.lock().retain(|key| !key.starts_with(&folder));
        }
        Ok(())
    }

    fn page(&self, recording: RecordingId) -> String {
        format!("/recordings/{recording}")
    }

    async fn url(
        &self,
        recording: RecordingId,
        file: &RecordingFile,
        ttl: Duration,
        disposition: Disposition,
    ) -> Result<SignedUrl, RecordingFault> {
        self.begin(Work::Url).await?;
        assert!(file.object_key.starts_with(&recording.to_string()));
        Ok(SignedUrl {
            url: format!("/media/{}?{disposition:?}", file.id),
            expires_at: super::START + ttl,
        })
    }
}

/// The id that a file of a recording has: the same again when the recording is finished again.
fn file_id(recording: RecordingId, n: u128) -> RecordingFileId {
    RecordingFileId::new(Uuid::from_u128(recording.as_uuid().as_u128() ^ n))
}

fn file(recording: RecordingId, n: u128, kind: RecordingFileKind) -> RecordingFile {
    let id = file_id(recording, n);
    RecordingFile {
        id,
        kind,
        user_id: None,
        source: None,
        codec: None,
        content_type: "video/webm".into(),
        object_key: format!("{recording}/{id}.webm"),
        bytes: 100,
        offset: Duration::ZERO,
        duration: Some(Duration::from_secs(1)),
        width: None,
        height: None,
    }
}

fn track(recording: RecordingId, n: u128, of: &str, source: &str) -> RecordingFile {
    let of: UserId = user(of);
    RecordingFile {
        user_id: Some(of),
        source: Some(source.into()),
        codec: Some("opus".into()),
        ..file(recording, n, RecordingFileKind::Track)
    }
}
