use std::collections::VecDeque;

use super::clock::{Micros, RemoteClock, SECOND};
use super::frame::Frame;

/// When the frames of a stream were captured. They are held until its sender has said what time it is (a Sender Report, RFC 3550 section
/// 6.4.1), for a while.
#[derive(Debug)]
pub(super) struct Timing {
    clock_rate: u32,
    state: State,
    held: VecDeque<Held>,
    bytes: usize,
}

#[derive(Debug)]
struct Held {
    frame: Frame,
    arrived: Micros,
}

#[derive(Debug)]
enum State {
    /// Nothing is known; frames wait.
    Waits,
    /// The sender told.
    Reported {
        report: Report,
        /// What the way of the latest frame took.
        delay: Option<Micros>,
    },
    /// The sender does not tell: the stream's own clock is taken, as its packets arrive.
    Alone {
        clock: RemoteClock,
        /// A timestamp and its moment.
        latest: (u32, Micros),
    },
}

/// A Sender Report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Report {
    /// The sender's wall clock.
    pub(super) wall: Micros,
    /// The RTP timestamp of the same moment.
    pub(super) timestamp: u32,
}

/// How long frames wait for the first report: browsers send the one of sound after two and a half seconds.
const HOLD: Micros = 4 * SECOND;
const HELD_MAX: usize = 1_024;
const HELD_BYTES: usize = 8 << 20;
/// A frame that was later than the one before by that much was not on its way for so long: its sender stopped, and with it its clock of
/// timestamps. The next report tells.
const STOPPED: Micros = 3 * SECOND / 2;
/// Where reports put a frame, as to when it came: what is further off is not believed.
const EARLIEST: Micros = -15 * SECOND;
const LATEST: Micros = SECOND;

impl Timing {
    pub(super) fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            state: State::Waits,
            held: VecDeque::new(),
            bytes: 0,
        }
    }

    /// The sender says what time it is.
    pub(super) fn report(&mut self, report: Report) {
        let delay = match &self.state {
            State::Reported { delay, .. } => *delay,
            State::Waits | State::Alone { .. } => None,
        };
        self.state = State::Reported { report, delay };
    }

    pub(super) fn push(&mut self, frame: Frame, arrived: Micros) {
        self.bytes += frame.data.len();
        self.held.push_back(Held { frame, arrived });
    }

    /// The next frame whose time is known, and that: on our clock.
    pub(super) fn pop(&mut self, now: Micros, sender: &mut RemoteClock) -> Option<(Frame, Micros)> {
        let first = self.held.front()?;
        let (timestamp, arrived) = (first.frame.timestamp, first.arrived);
        if matches!(self.state, State::Waits) {
            let is_late = self.deadline().is_some_and(|deadline| deadline <= now);
            let is_much = self.held.len() > HELD_MAX || self.bytes > HELD_BYTES;
            if !is_late && !is_much {
                return None;
            }
            self.wait_no_more();
        }
        let captured = match &mut self.state {
            State::Waits => return None,
            State::Reported { report, delay } => {
                let since = ticks(timestamp, report.timestamp, self.clock_rate);
                let captured = sender
                    .ours(report.wall.saturating_add(since), arrived)
                    .unwrap_or(arrived);
                let took = arrived.saturating_sub(captured);
                let before = delay.replace(took);
                if before.is_some_and(|before| took.abs_diff(before) > STOPPED.unsigned_abs()) {
                    self.state = State::Waits;
                    return None;
                }
                captured
            }
            State::Alone { clock, latest } => {
                let moment = latest
                    .1
                    .saturating_add(ticks(timestamp, latest.0, self.clock_rate));
                *latest = (timestamp, moment);
                clock.sample(moment, arrived);
                clock.ours(moment, arrived).unwrap_or(arrived)
            }
        };
        let held = self.held.pop_front()?;
        self.bytes -= held.frame.data.len();
        let is_plausible = (EARLIEST..=LATEST).contains(&captured.saturating_sub(arrived));
        Some((held.frame, if is_plausible { captured } else { arrived }))
    }

    /// What is held goes out by the time of its arrival.
    pub(super) fn wait_no_more(&mut self) {
        if let (State::Waits, Some(first)) = (&self.state, self.held.front()) {
            self.state = State::Alone {
                clock: RemoteClock::default(),
                latest: (first.frame.timestamp, first.arrived),
            };
        }
    }

    /// When [`Self::pop`] has something, whatever comes.
    pub(super) fn deadline(&self) -> Option<Micros> {
        match self.state {
            State::Waits => Some(self.held.front()?.arrived.saturating_add(HOLD)),
            State::Reported { .. } | State::Alone { .. } => None,
        }
    }
}

/// How much later one timestamp is than another one.
fn ticks(timestamp: u32, other: u32, clock_rate: u32) -> Micros {
    i64::from(timestamp.wrapping_sub(other).cast_signed()) * SECOND / i64::from(clock_rate)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use bytes::Bytes;

    use super::*;

    const RATE: u32 = 48_000;

    fn frame(timestamp: u32) -> Frame {
        Frame {
            timestamp,
            arrived: Instant::now(),
            key: true,
            after_gap: false,
            size: None,
            data: Bytes::from_static(&[1]),
        }
    }

    fn report(clock: &mut RemoteClock, timing: &mut Timing, at: Micros, timestamp: u32) {
        clock.sample(at, at + 20_000);
        timing.report(Report {
            wall: at,
            timestamp,
        });
    }

    fn drain(timing: &mut Timing, clock: &mut RemoteClock, now: Micros) -> Vec<(u32, Micros)> {
        std::iter::from_fn(|| timing.pop(now, clock))
            .map(|(frame, captured)| (frame.timestamp, captured))
            .collect()
    }

    #[test]
    fn frames_wait_for_the_first_report() {
        let (mut timing, mut clock) = (Timing::new(RATE), RemoteClock::default());
        timing.push(frame(1_000), 50_000);
        timing.push(frame(1_960), 70_000);
        assert_eq!(drain(&mut timing, &mut clock, SECOND), []);
        assert_eq!(timing.deadline(), Some(50_000 + HOLD));
        report(&mut clock, &mut timing, 2 * SECOND, 1_000 + 2 * RATE);
        let told = drain(&mut timing, &mut clock, 2 * SECOND);
        assert_eq!(told, [(1_000, 20_000), (1_960, 40_000)]);
        assert_eq!(timing.deadline(), None);
    }

    #[test]
    fn without_a_report_the_arrival_counts() {
        let (mut timing, mut clock) = (Timing::new(RATE), RemoteClock::default());
        timing.push(frame(u32::MAX), 50_000);
        timing.push(frame(959), 95_000);
        let told = drain(&mut timing, &mut clock, 50_000 + HOLD);
        assert_eq!(told, [(u32::MAX, 50_000), (959, 70_000)]);
        // A report that comes later is the better one.
        report(&mut clock, &mut timing, 5 * SECOND, 5 * RATE);
        timing.push(frame(5 * RATE), 5 * SECOND + 60_000);
        assert_eq!(
            drain(&mut timing, &mut clock, 5 * SECOND + 60_000),
            [(5 * RATE, 5 * SECOND + 20_000)]
        );
    }

    #[test]
    fn a_clock_of_timestamps_that_stood_still_waits_for_a_report() {
        let (mut timing, mut clock) = (Timing::new(RATE), RemoteClock::default());
        report(&mut clock, &mut timing, 0, 0);
        timing.push(frame(960), 60_000);
        assert_eq!(drain(&mut timing, &mut clock, 60_000), [(960, 40_000)]);
        // Nothing for five seconds, and the timestamps go on as if nothing had been.
        timing.push(frame(1_920), 5 * SECOND);
        assert_eq!(drain(&mut timing, &mut clock, 5 * SECOND), []);
        report(&mut clock, &mut timing, 6 * SECOND, 1_920 + RATE);
        assert_eq!(
            drain(&mut timing, &mut clock, 6 * SECOND),
            [(1_920, 5 * SECOND + 20_000)]
        );
    }

    #[test]
    fn a_liar_is_not_believed() {
        let (mut timing, mut clock) = (Timing::new(RATE), RemoteClock::default());
        clock.sample(0, 0);
        timing.report(Report {
            wall: i64::MAX,
            timestamp: 7,
        });
        timing.push(frame(7), 3 * SECOND);
        assert_eq!(
            drain(&mut timing, &mut clock, 3 * SECOND),
            [(7, 3 * SECOND)]
        );
    }

    #[test]
    fn little_is_held() {
        let (mut timing, mut clock) = (Timing::new(RATE), RemoteClock::default());
        for number in 0..=1_024 {
            assert_eq!(drain(&mut timing, &mut clock, 0), []);
            timing.push(frame(number * 960), 0);
        }
        assert_eq!(drain(&mut timing, &mut clock, 0).len(), 1_025);
    }
}
