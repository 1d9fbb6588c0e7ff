use std::collections::VecDeque;

/// Moments in microseconds: of the reader since its tap was made, of others since whenever they count from.
pub(super) type Micros = i64;

pub(super) const SECOND: Micros = 1_000_000;

/// How somebody else's clock relates to ours.
///
/// What is known are moments of it and when they came here: later by the way they took, which varies. The shortest ways of late are
/// taken for the truth, and the clock is led there slowly, so that neither jitter nor drift is heard or seen.
#[derive(Debug, Default)]
pub(super) struct RemoteClock {
    /// When a sample came, and what its clock was behind ours; the differences rise, so that the first is the smallest.
    samples: VecDeque<(Micros, Micros)>,
    /// What is added to its moments, as of when.
    offset: Option<Offset>,
    /// A sample that says the clock was set: believed if the next one says so too.
    doubt: Option<Micros>,
}

#[derive(Debug, Clone, Copy)]
struct Offset {
    value: Micros,
    as_of: Micros,
    /// A moment was told by it: from then on it changes slowly.
    is_used: bool,
}

/// How long a sample counts.
const WINDOW: Micros = 20 * SECOND;
const SAMPLES_MAX: usize = 64;
/// The clock is led by half a millisecond in a second at most: more than clocks drift, less than can be heard.
const SLEW: Micros = 2_000;
/// Further off than by what ways vary, a clock was set.
const SET: Micros = 2 * SECOND;

impl RemoteClock {
    /// It was `theirs` there when it was `ours` here, but for the way between.
    pub(super) fn sample(&mut self, theirs: Micros, ours: Micros) {
        let difference = ours.saturating_sub(theirs);
        if let Some(offset) = self.offset
            && difference.abs_diff(offset.value) > SET.unsigned_abs()
        {
            let doubt = self.doubt.replace(difference);
            let agrees = |before: Micros| difference.abs_diff(before) <= SET.unsigned_abs();
            if !doubt.is_some_and(agrees) {
                return;
            }
            self.samples.clear();
            self.offset = None;
        }
        self.doubt = None;
        while self
            .samples
            .back()
            .is_some_and(|(_, before)| *before >= difference)
        {
            self.samples.pop_back();
        }
        self.samples.push_back((ours, difference));
        self.forget(ours);
        let smallest = self.smallest().unwrap_or(difference);
        let offset = self.offset.get_or_insert(Offset {
            value: smallest,
            as_of: ours,
            is_used: false,
        });
        if !offset.is_used {
            offset.value = smallest;
        }
    }

    /// What a moment of theirs is here; `now` is about when it is asked. None before the first sample.
    pub(super) fn ours(&mut self, theirs: Micros, now: Micros) -> Option<Micros> {
        self.forget(now);
        let smallest = self.smallest();
        let offset = self.offset.as_mut()?;
        offset.is_used = true;
        let since = now.saturating_sub(offset.as_of);
        let step = since / SLEW;
        if step > 0 {
            let wanted = smallest
                .unwrap_or(offset.value)
                .saturating_sub(offset.value);
            offset.value = offset.value.saturating_add(wanted.clamp(-step, step));
            offset.as_of = offset.as_of.saturating_add(step.saturating_mul(SLEW));
        }
        Some(theirs.saturating_add(offset.value))
    }

    fn smallest(&self) -> Option<Micros> {
        self.samples.front().map(|(_, difference)| *difference)
    }

    fn forget(&mut self, now: Micros) {
        // The last one stays, however old.
        while self.samples.len() > 1
            && let Some((came, _)) = self.samples.front()
            && (now.saturating_sub(*came) > WINDOW || self.samples.len() > SAMPLES_MAX)
        {
            self.samples.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A clock that is 1,000 s behind ours and drifts by that many millionths; each way takes 20 ms and what `jitter` says.
    fn drifting(ours: Micros, parts_per_million: Micros) -> Micros {
        ours - 1_000 * SECOND + ours * parts_per_million / 1_000_000
    }

    #[test]
    fn the_shortest_way_counts_before_anything_was_told() {
        let mut clock = RemoteClock::default();
        assert_eq!(clock.ours(0, 0), None);
        clock.sample(0, 150_000);
        clock.sample(SECOND, SECOND + 20_000);
        clock.sample(2 * SECOND, 2 * SECOND + 90_000);
        assert_eq!(
            clock.ours(3 * SECOND, 3 * SECOND),
            Some(3 * SECOND + 20_000)
        );
    }

    #[test]
    fn a_better_sample_is_approached_slowly() {
        let mut clock = RemoteClock::default();
        clock.sample(0, 100_000);
        assert_eq!(clock.ours(0, 0), Some(100_000));
        clock.sample(SECOND, SECOND + 20_000);
        assert_eq!(clock.ours(SECOND, SECOND), Some(SECOND + 99_550));
        assert_eq!(
            clock.ours(11 * SECOND, 11 * SECOND),
            Some(11 * SECOND + 94_550)
        );
    }

    #[test]
    fn a_clock_that_was_set_is_followed_when_it_says_so_twice() {
        let mut clock = RemoteClock::default();
        clock.sample(0, 20_000);
        assert_eq!(clock.ours(0, 0), Some(20_000));
        clock.sample(60 * SECOND, SECOND);
        assert_eq!(clock.ours(SECOND, SECOND), Some(SECOND + 20_000));
        clock.sample(62 * SECOND, 3 * SECOND);
        assert_eq!(clock.ours(62 * SECOND, 3 * SECOND), Some(3 * SECOND));
    }

    #[test]
    fn a_report_that_was_held_up_for_long_changes_nothing() {
        let mut clock = RemoteClock::default();
        clock.sample(0, 20_000);
        clock.sample(SECOND, 9 * SECOND);
        clock.sample(9 * SECOND, 9 * SECOND + 30_000);
        assert_eq!(
            clock.ours(10 * SECOND, 10 * SECOND),
            Some(10 * SECOND + 20_000)
        );
    }

    proptest! {
        #[test]
        fn drift_is_followed_without_steps(
            parts_per_million in -200i64..200,
            jitter in proptest::collection::vec(0i64..60_000, 300),
        ) {
            let mut clock = RemoteClock::default();
            let mut last: Option<(Micros, Micros)> = None;
            for (second, jitter) in (0..).zip(jitter) {
                let sent = second * SECOND;
                clock.sample(drifting(sent, parts_per_million), sent + 20_000 + jitter);
                for tenth in 0..10 {
                    let at = sent + tenth * 100_000;
                    let told = clock.ours(drifting(at, parts_per_million), at).unwrap();
                    let error = told - at;
                    // The way, at most the jitter of the first samples, and what drifts within the window.
                    prop_assert!((20_000 - 5_000..=85_000).contains(&error), "{}", error);
                    if let Some((at_before, before)) = last {
                        let stretched = (told - before) - (at - at_before);
                        prop_assert!(stretched.abs() <= 150, "{}", stretched);
                    }
                    last = Some((at, told));
                }
            }
        }

        #[test]
        fn whatever_it_says_it_is_bounded(
            samples in proptest::collection::vec((any::<i64>(), any::<i64>()), 0..200),
        ) {
            let mut clock = RemoteClock::default();
            for (theirs, ours) in samples {
                clock.sample(theirs, ours);
                clock.ours(theirs, ours);
                prop_assert!(clock.samples.len() <= SAMPLES_MAX + 1);
            }
        }
    }
}
