use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use call_domain::RecordingFault;
use parking_lot::Mutex;

/// What recorders count, from the start of the server.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) frames: AtomicU64,
    pub(super) bytes: AtomicU64,
    pub(super) lost_packets: AtomicU64,
    faults: Mutex<BTreeMap<&'static str, u64>>,
    jobs: Mutex<BTreeMap<(&'static str, &'static str), Jobs>>,
}

/// Jobs of one kind and outcome.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Jobs {
    /// How many.
    pub(crate) count: u64,
    /// How long they took together.
    pub(crate) time: Duration,
}

/// What recorders did and hold.
#[derive(Debug, Clone)]
pub(crate) struct RecordingCounts {
    /// Calls that are recorded now.
    pub(crate) active: u64,
    /// Frames written.
    pub(crate) frames: u64,
    /// Bytes of frames written.
    pub(crate) bytes: u64,
    /// Packets that no recorder got because it did not keep up.
    pub(crate) lost_packets: u64,
    /// Bytes that are free on the disk, if that is known.
    pub(crate) free_bytes: Option<u64>,
    /// What went wrong, by cause.
    pub(crate) faults: Vec<(&'static str, u64)>,
    /// Jobs tried, by kind and by outcome (`done`, or a cause).
    pub(crate) jobs: Vec<((&'static str, &'static str), Jobs)>,
}

impl Counters {
    pub(super) fn frame(&self, bytes: usize) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn fault(&self, fault: RecordingFault) {
        *self.faults.lock().entry(fault.as_str()).or_default() += 1;
    }

    /// A job was tried, and that came of it.
    pub(super) fn job(
        &self,
        kind: &'static str,
        outcome: Result<(), RecordingFault>,
        took: Duration,
    ) {
        let outcome = outcome.map_or_else(RecordingFault::as_str, |()| "done");
        let mut jobs = self.jobs.lock();
        let jobs = jobs.entry((kind, outcome)).or_default();
        jobs.count += 1;
        jobs.time += took;
    }

    pub(super) fn counts(&self, active: usize, free_bytes: Option<u64>) -> RecordingCounts {
        RecordingCounts {
            active: u64::try_from(active).unwrap_or(u64::MAX),
            frames: self.frames.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            lost_packets: self.lost_packets.load(Ordering::Relaxed),
            free_bytes,
            faults: self.faults.lock().iter().map(|(k, v)| (*k, *v)).collect(),
            jobs: self.jobs.lock().iter().map(|(k, v)| (*k, *v)).collect(),
        }
    }
}
