use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

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
    running: Mutex<BTreeMap<&'static str, u64>>,
}

/// A job that is being done; it ends when this is dropped.
pub(super) struct Running<'a> {
    counters: &'a Counters,
    kind: &'static str,
    since: Instant,
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
    /// Jobs that are being done now, by kind.
    pub(crate) running: Vec<(&'static str, u64)>,
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

    /// A job begins.
    pub(super) fn begin(&self, kind: &'static str) -> Running<'_> {
        *self.running.lock().entry(kind).or_default() += 1;
        Running {
            counters: self,
            kind,
            since: Instant::now(),
        }
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
            running: self.running.lock().iter().map(|(k, v)| (*k, *v)).collect(),
        }
    }
}

impl Running<'_> {
    /// It came to an end; one that is dropped without was broken off.
    pub(super) fn ended(self, outcome: Result<(), RecordingFault>) {
        let outcome = outcome.map_or_else(RecordingFault::as_str, |()| "done");
        let mut jobs = self.counters.jobs.lock();
        let jobs = jobs.entry((self.kind, outcome)).or_default();
        jobs.count += 1;
        jobs.time += self.since.elapsed();
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let mut running = self.counters.running.lock();
        let running = running.entry(self.kind).or_default();
        *running = running.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_runs_until_it_ends_or_is_broken_off() {
        let counters = Counters::default();
        let running = |counters: &Counters| counters.counts(0, None).running;
        let one = counters.begin("mix");
        let other = counters.begin("mix");
        assert_eq!(running(&counters), [("mix", 2)]);
        one.ended(Err(RecordingFault::MixFailed));
        drop(other);
        let counts = counters.counts(0, None);
        assert_eq!(counts.running, [("mix", 0)]);
        let jobs: Vec<_> = counts
            .jobs
            .iter()
            .map(|(k, jobs)| (*k, jobs.count))
            .collect();
        assert_eq!(jobs, [(("mix", "mix_failed"), 1)]);
    }
}
