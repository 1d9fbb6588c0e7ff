use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a packet may be late by itself: networks reorder.
const REORDERING: Duration = Duration::from_millis(10);
/// Between two requests for a packet at least, whatever the round-trip time is said to be.
const INTERVAL_MIN: Duration = Duration::from_millis(20);
/// After that nobody waits for it any more.
const GIVE_UP: Duration = Duration::from_secs(1);
const ASKED_MAX: u32 = 10;
/// Packets that are waited for at a time; more missing at once is a break, not loss.
const MISSING_MAX: usize = 256;

/// Finds out which packets of an incoming stream are missing, and when to ask for them (again).
#[derive(Debug)]
pub(crate) struct NackGenerator {
    highest: Option<u64>,
    /// Ascending.
    missing: VecDeque<Missing>,
    /// The highest number that was given up since that was told.
    given_up: Option<u64>,
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

impl NackGenerator {
    /// Nothing is missing.
    pub(crate) fn new() -> Self {
        Self {
            highest: None,
            missing: VecDeque::new(),
            given_up: None,
            ask: Vec::new(),
        }
    }

    /// A packet came, by itself or as a retransmission.
    pub(crate) fn received(&mut self, sequence: u64, starts_key_frame: bool, now: Instant) {
        let highest = *self.highest.get_or_insert(sequence);
        if sequence > highest {
            self.highest = Some(sequence);
            self.miss(highest + 1, sequence, now);
        } else if let Ok(at) = self.find(sequence) {
            self.missing.remove(at);
        }
        if starts_key_frame {
            // What was before it is of no use any more.
            let before = self.find(sequence).unwrap_or_else(|at| at);
            self.missing.drain(..before);
            self.given_up = self.given_up.filter(|given_up| *given_up > sequence);
        }
    }

    /// When to call [`Self::poll`], unless [`Self::gave_up`]; none while nothing is missing.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.missing.iter().map(|missing| missing.next).min()
    }

    /// Whether packets were given up since the last round: it is time for the next one.
    pub(crate) fn gave_up(&self) -> bool {
        self.given_up.is_some()
    }

    /// What is to be done now.
    pub(crate) fn poll(&mut self, now: Instant, round_trip: Duration) -> NackRound<'_> {
        self.ask.clear();
        let interval = (round_trip + round_trip / 4).max(INTERVAL_MIN);
        let Self { given_up, ask, .. } = self;
        self.missing.retain_mut(|missing| {
            let is_hopeless = now.saturating_duration_since(missing.since) >= GIVE_UP;
            let is_due = missing.next <= now;
            if is_hopeless || is_due && missing.asked == ASKED_MAX {
                *given_up = (*given_up).max(Some(missing.sequence));
                return false;
            }
            if is_due {
                missing.asked += 1;
                missing.next = now + interval;
                // The lower 16 bits are what is on the wire.
                ask.push((missing.sequence & 0xffff) as u16);
            }
            true
        });
        NackRound {
            ask: &self.ask,
            gave_up: self.given_up.take().is_some(),
        }
    }

    /// The numbers from `from` up to `to` did not come.
    fn miss(&mut self, from: u64, to: u64, now: Instant) {
        if to - from > MISSING_MAX as u64 {
            self.missing.clear();
            self.given_up = Some(to - 1);
            return;
        }
        let missing = |sequence| Missing {
            sequence,
            since: now,
            next: now + REORDERING,
            asked: 0,
        };
        self.missing.extend((from..to).map(missing));
        while self.missing.len() > MISSING_MAX
            && let Some(oldest) = self.missing.pop_front()
        {
            self.given_up = self.given_up.max(Some(oldest.sequence));
        }
    }

    fn find(&self, sequence: u64) -> Result<usize, usize> {
        self.missing
            .binary_search_by_key(&sequence, |missing| missing.sequence)
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

    #[test]
    fn the_last_request_is_given_time_for_its_answer() {
        let start = Instant::now();
        let mut nacks = NackGenerator::new();
        nacks.received(100, false, start);
        nacks.received(102, false, start);
        let mut asked = 0;
        let mut now = start;
        while asked < ASKED_MAX {
            now = nacks.next_deadline().unwrap();
            asked += u32::try_from(nacks.poll(now, ROUND_TRIP).ask.len()).unwrap();
        }
        assert!(!nacks.poll(now + ROUND_TRIP, ROUND_TRIP).gave_up);
        nacks.received(101, false, now + ROUND_TRIP);
        assert!(!nacks.poll(now + 2 * ROUND_TRIP, ROUND_TRIP).gave_up);
    }

    #[test]
    fn an_old_key_frame_does_not_repair_what_came_after_it() {
        let start = Instant::now();
        let mut nacks = NackGenerator::new();
        nacks.received(100, false, start);
        nacks.received(1_000, false, start);
        nacks.received(200, true, start);
        assert!(nacks.gave_up());
        nacks.received(1_001, true, start);
        assert!(!nacks.gave_up());
    }

    proptest::proptest! {
        #[test]
        fn it_keeps_its_bounds_and_asks_only_for_what_is_missing(
            steps in proptest::collection::vec((0_u64..700, 0_u64..40), 0..500),
        ) {
            let start = Instant::now();
            let mut nacks = NackGenerator::new();
            let mut came = std::collections::HashSet::new();
            let mut asked = std::collections::HashMap::new();
            let mut highest = 0;
            let mut time = 0;
            for (step, pause) in steps {
                time += pause;
                // Mostly the next ones, some late, some far ahead.
                let sequence = match step {
                    0..500 => highest + 1 + step % 4,
                    500..690 => (highest + 1).saturating_sub(step - 500),
                    _ => highest + step,
                };
                highest = highest.max(sequence);
                came.insert(sequence);
                let now = at(start, time);
                nacks.received(sequence, sequence % 97 == 0, now);
                proptest::prop_assert!(nacks.missing.len() <= MISSING_MAX);
                let round = nacks.poll(now, ROUND_TRIP);
                proptest::prop_assert!(round.ask.len() <= MISSING_MAX);
                for number in round.ask {
                    let number = u64::from(*number);
                    proptest::prop_assert!(number < highest && !came.contains(&number));
                    let times = asked.entry(number).or_insert(0);
                    *times += 1;
                    proptest::prop_assert!(*times <= ASKED_MAX);
                }
                let sorted = nacks.missing.iter().zip(nacks.missing.iter().skip(1));
                for (one, next) in sorted {
                    proptest::prop_assert!(one.sequence < next.sequence);
                }
            }
        }
    }
}
