use std::io;
use std::sync::Arc;

use call_recording::storage::{UploadState, UploadWatch};
use tokio::sync::Notify;

/// Keeps what it is told.
#[derive(Default)]
pub(crate) struct Watch {
    /// As a row of a database would have it.
    pub(crate) kept: Option<String>,
    pub(crate) progress: Vec<(u64, u64)>,
    /// So many parts are kept, and then nothing goes on.
    stop: Option<(usize, Arc<Notify>)>,
    /// Nothing can be kept.
    pub(crate) is_full: bool,
}

impl Watch {
    /// One that lets nothing go on when so many parts are there, and tells that.
    pub(crate) fn stopping_at(parts: usize) -> (Self, Arc<Notify>) {
        let notify = Arc::new(Notify::new());
        let watch = Self {
            stop: Some((parts, Arc::clone(&notify))),
            ..Self::default()
        };
        (watch, notify)
    }

    pub(crate) fn state(&self) -> Option<UploadState> {
        let kept = self.kept.as_ref();
        kept.map(|kept| serde_json::from_str(kept).expect("a state"))
    }
}

impl UploadWatch for Watch {
    async fn save(&mut self, state: Option<&UploadState>) -> io::Result<()> {
        if self.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.kept = state.map(|state| serde_json::to_string(state).unwrap());
        let there = state.map_or(0, |state| state.parts.iter().flatten().count());
        if let Some((parts, notify)) = &self.stop
            && there == *parts
        {
            notify.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    fn progress(&mut self, sent: u64, length: u64) {
        self.progress.push((sent, length));
    }
}
