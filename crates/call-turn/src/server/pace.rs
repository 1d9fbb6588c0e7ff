use std::time::{Duration, Instant};

/// How long a busy thread lets datagrams gather before it looks again, as network cards do with
/// their interrupts: far below what a call notices.
pub(super) const PAUSE: Duration = Duration::from_micros(50);

/// Rate from which on several datagrams come in a pause.
const BUSY_PER_SECOND: f64 = 15_000.0;
/// Datagrams that go out in one system call on average when pausing pays: where destinations
/// change with every datagram, nothing can be merged, and a pause only costs time.
const MERGED: f64 = 1.5;
const WINDOW: Duration = Duration::from_millis(5);

/// Tells whether a thread gains by pauses.
#[derive(Debug)]
pub(super) struct Pace {
    since: Instant,
    datagrams: u32,
    runs: u32,
    pauses: bool,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            since: now,
            datagrams: 0,
            runs: 0,
            pauses: false,
        }
    }

    /// Counts what was sent: datagrams and the runs that they made. Idle threads never pause.
    pub(super) fn pauses(&mut self, (datagrams, runs): (usize, usize), now: Instant) -> bool {
        let add = |sum: u32, n: usize| sum.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
        self.datagrams = add(self.datagrams, datagrams);
        self.runs = add(self.runs, runs);
        let took = now.saturating_duration_since(self.since);
        if took >= WINDOW {
            let (datagrams, runs) = (f64::from(self.datagrams), f64::from(self.runs));
            self.pauses =
                datagrams >= BUSY_PER_SECOND * took.as_secs_f64() && datagrams >= MERGED * runs;
            *self = Self {
                pauses: self.pauses,
                ..Self::new(now)
            };
        }
        self.pauses
    }
}
