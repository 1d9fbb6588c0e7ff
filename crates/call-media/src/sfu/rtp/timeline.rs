use std::time::{Duration, Instant};

/// Further from where the time of arrival puts it, a packet's own idea of its time is not believed.
const TOLERANCE: Duration = Duration::from_secs(3);

/// How the clock of a stream relates to its sender's wall clock: the latest Sender Report (RFC 3550 section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SenderClock {
    /// The sender's wall clock, in 2^-32 s (NTP format).
    pub(crate) ntp: u64,
    /// The RTP timestamp of the same moment.
    pub(crate) rtp: u32,
}

/// How the timestamps of an incoming stream become those of the outgoing one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// To be added to a timestamp, wrapping.
    pub(super) offset: u32,
    /// How much of it only keeps time from standing still: the rest is what the clocks say.
    ahead: u32,
}

impl Shift {
    /// What the clocks say.
    fn exact(self) -> u32 {
        self.offset.wrapping_sub(self.ahead)
    }
}

/// The time of one outgoing stream, which goes on however often what it is made of changes.
#[derive(Debug)]
pub(super) struct Timeline {
    clock_rate: u32,
    /// The sender's wall clock on the outgoing stream's.
    anchor: Option<SenderClock>,
    newest: Option<Newest>,
}

#[derive(Debug, Clone, Copy)]
struct Newest {
    timestamp: u32,
    arrived: Instant,
}

impl Timeline {
    pub(super) fn new(clock_rate: u32) -> Self {
        Self {
            clock_rate,
            anchor: None,
            newest: None,
        }
    }

    /// A packet was sent on. Only the newest matters.
    pub(super) fn sent(&mut self, timestamp: u32, arrived: Instant) {
        if self
            .newest
            .is_none_or(|newest| is_after(timestamp, newest.timestamp))
        {
            self.newest = Some(Newest { timestamp, arrived });
        }
    }

    /// A stream that was being sent ends, with its latest Sender Report.
    pub(super) fn end(&mut self, shift: Shift, clock: Option<SenderClock>) {
        if let Some(clock) = clock {
            self.anchor = Some(SenderClock {
                ntp: clock.ntp,
                rtp: clock
                    .rtp
                    .wrapping_add(shift.offset)
                    .wrapping_sub(shift.ahead),
            });
        }
    }

    /// Another stream is sent from a packet with this timestamp on; `before` is its shift if it was sent before. Its time
    /// is, from the best to the worst: what it was before, what the Sender Reports say, when it arrived.
    pub(super) fn begin(
        &self,
        timestamp: u32,
        clock: Option<SenderClock>,
        arrived: Instant,
        before: Option<Shift>,
    ) -> Shift {
        let Some(newest) = self.newest else {
            return Shift {
                offset: 0,
                ahead: 0,
            };
        };
        let elapsed = self.ticks(arrived.saturating_duration_since(newest.arrived));
        let by_arrival = newest.timestamp.wrapping_add(elapsed);
        let plausible = |out: &u32| {
            let difference = out.wrapping_sub(by_arrival).cast_signed().unsigned_abs();
            difference <= self.ticks(TOLERANCE)
        };
        let by_clock = || Some(self.by_clock(timestamp, self.anchor?, clock?));
        let out = before
            .map(|shift| timestamp.wrapping_add(shift.exact()))
            .filter(plausible)
            .or_else(|| by_clock().filter(plausible))
            .unwrap_or(by_arrival);
        // Never back, and never two pictures at one time.
        let earliest = newest.timestamp.wrapping_add(1);
        let ahead = if is_after(earliest, out) {
            earliest.wrapping_sub(out)
        } else {
            0
        };
        Shift {
            offset: out.wrapping_add(ahead).wrapping_sub(timestamp),
            ahead,
        }
    }

    fn by_clock(&self, timestamp: u32, anchor: SenderClock, clock: SenderClock) -> u32 {
        let difference = i128::from(clock.ntp.wrapping_sub(anchor.ntp).cast_signed());
        // Wraps as timestamps do.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let ticks = ((difference * i128::from(self.clock_rate)) >> 32) as u32;
        anchor
            .rtp
            .wrapping_add(ticks)
            .wrapping_add(timestamp.wrapping_sub(clock.rtp))
    }

    fn ticks(&self, time: Duration) -> u32 {
        // Wraps as timestamps do.
        #[expect(clippy::cast_possible_truncation)]
        let ticks = (time.as_nanos() * u128::from(self.clock_rate) / 1_000_000_000) as u32;
        ticks
    }
}

/// Whether a timestamp is later than another one, wrapping.
pub(super) fn is_after(timestamp: u32, other: u32) -> bool {
    timestamp.wrapping_sub(other).cast_signed() > 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: u32 = 90_000;
    /// One second of wall clock.
    const SECOND: u64 = 1 << 32;

    #[test]
    fn the_first_stream_keeps_its_time() {
        let timeline = Timeline::new(RATE);
        let shift = timeline.begin(12_345, None, Instant::now(), None);
        assert_eq!(shift.offset, 0);
    }

    #[test]
    fn sender_reports_put_two_streams_on_one_line() {
        let start = Instant::now();
        let mut timeline = Timeline::new(RATE);
        let ntp = 0xe000_0000 * SECOND;
        let low = SenderClock { ntp, rtp: 1_000 };
        // Reported half a second later, on a clock that began elsewhere.
        let high = SenderClock {
            ntp: ntp + SECOND / 2,
            rtp: 4_000_000_000,
        };
        let first = timeline.begin(1_000, Some(low), start, None);
        timeline.sent(1_000u32.wrapping_add(first.offset), start);
        timeline.end(first, Some(low));
        // A picture taken one second after the first, which arrived late.
        let arrived = start + Duration::from_millis(1_300);
        let taken = high.rtp + RATE / 2;
        let second = timeline.begin(taken, Some(high), arrived, None);
        assert_eq!(taken.wrapping_add(second.offset), 1_000 + RATE);
    }

    #[test]
    fn without_reports_the_arrival_counts() {
        let start = Instant::now();
        let mut timeline = Timeline::new(RATE);
        timeline.sent(500, start);
        let arrived = start + Duration::from_millis(100);
        let shift = timeline.begin(77, None, arrived, None);
        assert_eq!(77u32.wrapping_add(shift.offset), 500 + 9_000);
    }

    #[test]
    fn a_report_that_cannot_be_true_is_not_believed() {
        let start = Instant::now();
        let mut timeline = Timeline::new(RATE);
        let clock = SenderClock {
            ntp: 5 * SECOND,
            rtp: 500,
        };
        let first = timeline.begin(500, Some(clock), start, None);
        timeline.sent(500, start);
        timeline.end(first, Some(clock));
        let liar = SenderClock {
            ntp: 9_000 * SECOND,
            rtp: 500,
        };
        let arrived = start + Duration::from_secs(1);
        let shift = timeline.begin(500, Some(liar), arrived, None);
        assert_eq!(500u32.wrapping_add(shift.offset), 500 + RATE);
    }

    #[test]
    fn an_older_picture_is_put_just_behind_and_the_error_does_not_stay() {
        let start = Instant::now();
        let mut timeline = Timeline::new(RATE);
        let clock = SenderClock {
            ntp: 5 * SECOND,
            rtp: 10_000,
        };
        let first = timeline.begin(10_000, Some(clock), start, None);
        timeline.sent(10_000, start);
        timeline.end(first, Some(clock));
        // The same clock, a picture taken 33 ms earlier.
        let second = timeline.begin(7_000, Some(clock), start, None);
        assert_eq!(7_000u32.wrapping_add(second.offset), 10_001);
        timeline.sent(10_001, start);
        timeline.end(second, Some(clock));
        let third = timeline.begin(
            19_000,
            Some(clock),
            start + Duration::from_millis(100),
            None,
        );
        assert_eq!(19_000u32.wrapping_add(third.offset), 19_000);
    }

    #[test]
    fn a_stream_that_comes_back_is_where_it_was() {
        let start = Instant::now();
        let mut timeline = Timeline::new(RATE);
        timeline.sent(1_000, start);
        let before = Shift {
            offset: 400,
            ahead: 0,
        };
        let arrived = start + Duration::from_mins(1);
        // A little off what the arrival says: its own clock is the better one.
        let timestamp = 1_000 + 60 * RATE + 50;
        assert_eq!(
            timeline.begin(timestamp, None, arrived, Some(before)),
            before
        );
        // Far off: its clock was set anew.
        let reset = timeline.begin(3, None, arrived, Some(before));
        assert_eq!(3u32.wrapping_add(reset.offset), 1_000 + 60 * RATE);
    }

    proptest! {
        #[test]
        fn time_never_stands_still_nor_runs_away(
            switches in proptest::collection::vec(
                (any::<u32>(), any::<Option<(u64, u32)>>(), 0u64..5_000, any::<bool>()),
                1..50,
            ),
        ) {
            let mut now = Instant::now();
            let mut timeline = Timeline::new(RATE);
            let mut last: Option<(u32, Shift)> = None;
            for (timestamp, clock, millis, again) in switches {
                now += Duration::from_millis(millis);
                let clock = clock.map(|(ntp, rtp)| SenderClock { ntp, rtp });
                let before = last.map(|(_, shift)| shift).filter(|_| again);
                let shift = timeline.begin(timestamp, clock, now, before);
                let out = timestamp.wrapping_add(shift.offset);
                if let Some((last, _)) = last {
                    prop_assert!(is_after(out, last));
                    let elapsed = u64::from(out.wrapping_sub(last)) * 1_000 / u64::from(RATE);
                    prop_assert!(elapsed <= millis + 3_001, "{} after {}", elapsed, millis);
                }
                timeline.sent(out, now);
                timeline.end(shift, clock);
                last = Some((out, shift));
            }
        }
    }
}
