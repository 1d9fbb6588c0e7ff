use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Finds out which packets of an incoming stream are missing, and when to ask for them (again).
#[derive(Debug)]
pub(crate) struct NackGenerator {
    highest: Option<u64>,
    /// Ascending.
    missing: VecDeque<Missing>,
    gave_up: bool,
    ask: Vec<u16>,
}

#[derive(Debug, Clone, Copy)]
struct Missing {
    sequence: u64,
    since: Instant,
    next: Instant,
    asked: u32,
}

/// What is to be done now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NackRound<'a> {
    /// To be asked for, ascending.
    pub(crate) ask: &'a [u16],
    /// Packets were given up since the last round: only a key frame repairs that.
    pub(crate) gave_up: bool,
}

/// How long a packet may be late by itself: networks reorder.
const REORDERING: Duration = Duration::from_millis(10);
/// Between two requests for a packet at least, whatever the round-trip time is said to be.
const INTERVAL_MIN: Duration = Duration::from_millis(20);
/// After that nobody waits for it any more.
const GIVE_UP: Duration = Duration::from_secs(1);
const ASKED_MAX: u32 = 10;
/// Packets that are waited for at a time; more missing at once is a break, not loss.
const MISSING_MAX: usize = 256;

impl NackGenerator {
    /// Nothing is missing.
    pub(crate) fn new() -> Self {
        Self {
            highest: None,
            missing: VecDeque::new(),
            gave_up: false,
            ask: Vec::new(),
        }
    }

    /// A packet came, by itself or as a retransmission.
    pub(crate) fn received(&mut self, sequence: u64, starts_key_frame: bool, now: Instant) {
        let Some(highest) = self.highest else {
            self.highest = Some(sequence);
            return;
        };
        if sequence <= highest {
            if let Ok(at) = self.find(sequence) {
                self.missing.remove(at);
            }
        } else {
            self.highest = Some(sequence);
            let gap = sequence - highest - 1;
            if gap > MISSING_MAX as u64 {
                self.missing.clear();
                self.gave_up = true;
            } else {
                let missing = |sequence| Missing {
                    sequence,
                    since: now,
                    next: now + REORDERING,
                    asked: 0,
                };
                self.missing.extend((highest + 1..sequence).map(missing));
                while self.missing.len() > MISSING_MAX {
                    self.missing.pop_front();
                    self.gave_up = true;
                }
            }
        }
        if starts_key_frame {
            // What was before it is of no use any more.
            let before = self.find(sequence).unwrap_or_else(|at| at);
            self.missing.drain(..before);
            self.gave_up = false;
        }
    }

    fn find(&self, sequence: u64) -> Result<usize, usize> {
        self.missing
            .binary_search_by_key(&sequence, |missing| missing.sequence)
    }

    /// When to call [`Self::poll`]; none while nothing is missing.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.missing.iter().map(|missing| missing.next).min()
    }

    /// Whether something was given up since the last round, so that [`Self::poll`] is to be called at once.
    pub(crate) fn gave_up(&self) -> bool {
        self.gave_up
    }

    /// What is to be done now.
    pub(crate) fn poll(&mut self, now: Instant, round_trip: Duration) -> NackRound<'_> {
        self.ask.clear();
        let before = self.missing.len();
        self.missing.retain(|missing| {
            missing.asked < ASKED_MAX && now.saturating_duration_since(missing.since) < GIVE_UP
        });
        self.gave_up |= self.missing.len() < before;
        let interval = (round_trip + round_trip / 4).max(INTERVAL_MIN);
        for missing in &mut self.missing {
            if missing.next <= now {
                missing.asked += 1;
                missing.next = now + interval;
                // The lower 16 bits are what is on the wire.
                self.ask.push((missing.sequence & 0xffff) as u16);
            }
        }
        NackRound {
            ask: &self.ask,
            gave_up: std::mem::take(&mut self.gave_up),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(40);

    fn at(start: Instant, milliseconds: u64) -> Instant {
        start + Duration::from_millis(milliseconds)
    }

    #[test]
    fn what_is_missing_is_asked_for_after_a_moment_and_again_after_a_round_trip() {
        let start = Instant::now();
        let mut nacks = NackGenerator::new();
        nacks.received(65_535, false, start);
        nacks.received(65_538, false, start);
        assert_eq!(nacks.poll(start, ROUND_TRIP).ask, [0_u16; 0]);
        assert_eq!(nacks.next_deadline(), Some(at(start, 10)));
        assert_eq!(nacks.poll(at(start, 10), ROUND_TRIP).ask, [0, 1]);
        assert_eq!(nacks.poll(at(start, 30), ROUND_TRIP).ask, [0_u16; 0]);
        nacks.received(65_536, false, at(start, 50));
        assert_eq!(nacks.poll(at(start, 60), ROUND_TRIP).ask, [1]);
        nacks.received(65_537, false, at(start, 61));
        assert_eq!(nacks.next_deadline(), None);
    }

    #[test]
    fn what_does_not_come_is_given_up_and_needs_a_key_frame() {
        let start = Instant::now();
        let mut nacks = NackGenerator::new();
        nacks.received(100, false, start);
        nacks.received(102, false, start);
        let mut asked = 0;
        let mut gave_up = 0;
        for millisecond in 0..2000 {
            let round = nacks.poll(at(start, millisecond), ROUND_TRIP);
            asked += round.ask.len();
            gave_up += usize::from(round.gave_up);
        }
        assert_eq!((asked, gave_up), (10, 1));
    }

    #[test]
    fn nobody_asks_for_what_was_before_a_key_frame() {
        let start = Instant::now();
        let mut nacks = NackGenerator::new();
        nacks.received(100, false, start);
        nacks.received(105, true, start);
        nacks.received(107, false, start);
        assert_eq!(nacks.poll(at(start, 10), ROUND_TRIP).ask, [106]);
    }

    #[test]
    fn a_break_is_not_loss() {
        let start = Instant::now();
        let mut nacks = NackGenerator::new();
        nacks.received(100, false, start);
        nacks.received(5_000, false, start);
        let round = nacks.poll(at(start, 50), ROUND_TRIP);
        assert_eq!(round.ask, [0_u16; 0]);
        assert!(round.gave_up);
    }

    proptest::proptest! {
        #[test]
        fn it_never_waits_for_more_than_it_may(sequences in proptest::collection::vec(0_u64..3000, 0..600)) {
            let start = Instant::now();
            let mut nacks = NackGenerator::new();
            for (step, sequence) in sequences.into_iter().enumerate() {
                let now = at(start, step as u64);
                nacks.received(sequence, sequence % 97 == 0, now);
                proptest::prop_assert!(nacks.poll(now, ROUND_TRIP).ask.len() <= MISSING_MAX);
                proptest::prop_assert!(nacks.missing.len() <= MISSING_MAX);
                let sorted = nacks.missing.iter().zip(nacks.missing.iter().skip(1));
                for (one, next) in sorted {
                    proptest::prop_assert!(one.sequence < next.sequence);
                }
            }
        }
    }
}
