//! Recordings of calls: what is asked of the plane that writes them while they run, and the durable jobs that make their
//! files afterwards. Nothing here ever holds up a call.

mod alert;
mod backlog;
mod delete;
mod event;
mod finish;
mod follow;
mod job;
mod lookout;
mod mix;
mod outcome;
mod retention;
mod shown;
mod sweep;
mod upload;
mod work;

use std::sync::Arc;

use call_domain::RecordingId;
use call_store::JobKind;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::deadline::Deadlines;
use alert::Alerts;

pub use alert::AlertCount;
pub(crate) use backlog::count_jobs;
pub(crate) use follow::Followed;
pub(crate) use outcome::has_tracks;
pub(crate) use retention::retain;
pub(crate) use sweep::sweep_recordings;
pub(crate) use work::start as start_work;

/// What an engine knows of recordings and the store does not.
#[derive(Debug)]
pub(crate) struct Recordings {
    /// When the recording of a live call wants to be looked after.
    pub(crate) deadlines: Deadlines,
    alerts: Alerts,
    /// How many jobs there were when they were last counted.
    backlog: Mutex<Vec<(JobKind, u64)>>,
    /// Changes when there may be new work.
    work: watch::Sender<()>,
    /// Which jobs this process is at.
    at_work: Mutex<Vec<(RecordingId, JobKind)>>,
    /// Whose turn it is to conclude: what one job makes of a recording, another is not to overwrite.
    turns: Arc<tokio::sync::Mutex<()>>,
}

impl Default for Recordings {
    fn default() -> Self {
        Self {
            deadlines: Deadlines::default(),
            alerts: Alerts::default(),
            backlog: Mutex::default(),
            work: watch::Sender::new(()),
            at_work: Mutex::default(),
            turns: Arc::default(),
        }
    }
}

impl Recordings {
    /// There may be a new job.
    pub(crate) fn wake(&self) {
        self.work.send_replace(());
    }
}
