use std::collections::VecDeque;

/// Moments in microseconds: of the reader since its tap was made, of others since whenever they count from.
pub(super) type Micros = i64;

pub(super) const SECOND: Micros = 1_000_000;
const HOUR: Micros = 3_600 * SECOND;

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
    /// Since when samples say that the clock was set back, and the smallest of them: they may as well have been held up.
    doubt: Option<(Micros, Micros)>,
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
/// The clock is led by half a millisecond in a second, more than clocks drift and less than can be heard: so long for each microsecond.
const SLEW: Micros = 2_000;
/// Further off than that, it is led by a part of the error in a second.
const FAR: Micros = SECOND / 10;
const FAR_PART: Micros = 50;
/// Further off than by what ways vary, a clock was set.
const SET: Micros = 2 * SECOND;
/// How long samples have to say that it was set back.
const DOUBTED: Micros = 10 * SECOND;

impl RemoteClock {
    /// It was `theirs` there when it was `ours` here, but for the way between.
    pub(super) fn sample(&mut self, theirs: Micros, ours: Micros) {
        let difference = ours.saturating_sub(theirs);
        if let Some(offset) = self.offset {
            let error = difference.saturating_sub(offset.value);
            if error > SET {
                let (since, smallest) = *self.doubt.get_or_insert((ours, difference));
                self.doubt = Some((since, smallest.min(difference)));
                if ours.saturating_sub(since) < DOUBTED {
                    return;
                }
            }
            // No way takes less than no time: what is much smaller is true at once.
            if error.saturating_abs() > SET {
                self.samples.clear();
                self.offset = None;
            }
        }
        let doubted = self.doubt.take().map(|(_, smallest)| smallest);
        let difference = doubted.map_or(difference, |smallest| smallest.min(difference));
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
            let error = smallest
                .unwrap_or(offset.value)
                .saturating_sub(offset.value)
                .clamp(-HOUR, HOUR);
            let most = match error.abs() {
                far @ FAR.. => step.max(far * since.min(SECOND) / (FAR_PART * SECOND)),
                _ => step,
            };
            offset.value = offset.value.saturating_add(error.clamp(-most, most));
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
    fn a_clock_that_was_set_is_followed() {
        let mut clock = RemoteClock::default();
        clock.sample(0, 20_000);
        assert_eq!(clock.ours(0, 0), Some(20_000));
        // Forward: at once. Back: when it has said so for long enough.
        clock.sample(60 * SECOND, SECOND);
        assert_eq!(clock.ours(60 * SECOND, SECOND), Some(SECOND));
        for second in 2..12 {
            clock.sample(second * SECOND, second * SECOND + 30_000);
            assert_eq!(clock.ours(61 * SECOND, second * SECOND), Some(2 * SECOND));
        }
        clock.sample(12 * SECOND, 12 * SECOND + 50_000);
        let told = clock.ours(13 * SECOND, 13 * SECOND);
        assert_eq!(told, Some(13 * SECOND + 30_000));
    }

    #[test]
    fn reports_that_were_held_up_for_long_change_nothing() {
        let mut clock = RemoteClock::default();
        clock.sample(0, 20_000);
        assert_eq!(clock.ours(0, 0), Some(20_000));
        for second in 1..9 {
            clock.sample(second * SECOND, 9 * SECOND + 20_000);
            let told = clock.ours(9 * SECOND, 9 * SECOND).unwrap();
            assert!(told <= 9 * SECOND + 25_000);
        }
        clock.sample(9 * SECOND, 9 * SECOND + 30_000);
        let told = clock.ours(10 * SECOND, 10 * SECOND).unwrap();
        assert!((10 * SECOND + 20_000..10 * SECOND + 25_000).contains(&told));
    }

    #[test]
    fn what_is_far_off_is_not_so_for_long() {
        let mut clock = RemoteClock::default();
        clock.sample(0, SECOND);
        assert_eq!(clock.ours(0, 0), Some(SECOND));
        let mut errors = Vec::new();
        for second in 1..300 {
            clock.sample(second * SECOND, second * SECOND + 20_000);
            let told = clock.ours(second * SECOND, second * SECOND);
            errors.push(told.unwrap() - second * SECOND);
        }
        assert!(
            errors
                .windows(2)
                .all(|pair| (0..=20_000).contains(&(pair[0] - pair[1])))
        );
        assert!(errors[298] < 100_000, "{}", errors[298]);
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
