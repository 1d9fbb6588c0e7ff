use std::time::{Duration, SystemTime};

use call_domain::{CallId, RecordingId, RecordingMode};

/// Which recording, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingInfo {
    /// Which recording (UUID version 7).
    pub recording_id: RecordingId,
    /// Of which call.
    pub call_id: CallId,
    /// What was asked for.
    pub mode: RecordingMode,
    /// When it began: zero of every time that is passed to the recorder.
    pub started_at: SystemTime,
}

impl RecordingInfo {
    /// How long after the recording's beginning a moment lies; zero for what lies before it.
    pub fn at(&self, moment: SystemTime) -> Duration {
        moment
            .duration_since(self.started_at)
            .unwrap_or(Duration::ZERO)
    }
}

/// What a recorder keeps to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// So much room stays free on the disk, in bytes: with less the recording stops with [`RecordingFault::DiskFull`](crate::RecordingFault::DiskFull).
    pub min_free_bytes: u64,
    /// How often what was written is forced onto the disk, so that a power failure takes no more than that; `None`: when the system
    /// likes. A crash of the process alone takes what came since the last [`Recorder::flush`](crate::Recorder::flush) either way.
    pub sync_every: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min_free_bytes: 1 << 30,
            sync_every: Some(Duration::from_secs(5)),
        }
    }
}
