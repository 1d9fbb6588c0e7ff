use std::collections::VecDeque;

/// Runs of left-out numbers that are remembered at most: some seconds of a stream without its upper temporal layer.
const RUNS_MAX: usize = 128;

/// Renumbers a count so that what is left out on purpose leaves no gap, while what is missing does, and what comes late
/// finds its place.
#[derive(Debug)]
pub(super) struct Renumbering {
    /// Below this one nothing is known any more.
    first: u64,
    highest: u64,
    /// To be added to a number above the last run, wrapping.
    offset: u64,
    runs: VecDeque<Run>,
}

/// Numbers that were left out, one after the other.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: u64,
    end: u64,
    /// To be added to the numbers below.
    offset_below: u64,
}

/// What became of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renumbered {
    /// It is this one.
    To(u64),
    /// It was left out.
    LeftOut,
    /// It is from before the beginning, or too long ago.
    Unknown,
}

impl Renumbering {
    /// `first` becomes `to`, and so on.
    pub(super) fn new(first: u64, to: u64) -> Self {
        Self {
            first,
            highest: first,
            offset: to.wrapping_sub(first),
            runs: VecDeque::new(),
        }
    }

    /// The highest number so far, left out or not.
    pub(super) fn highest(&self) -> u64 {
        self.highest
    }

    /// What a number that is higher than all before becomes; those between it and them are missing.
    pub(super) fn advance(&mut self, number: u64) -> u64 {
        self.highest = self.highest.max(number);
        self.next_is(number)
    }

    /// What a number that is higher than all before would become.
    pub(super) fn next_is(&self, number: u64) -> u64 {
        number.wrapping_add(self.offset)
    }

    /// Leaves out the numbers from `start` to `end`, all higher than those before.
    pub(super) fn leave_out(&mut self, start: u64, end: u64) {
        let start = start.max(self.highest.saturating_add(1));
        if end < start {
            return;
        }
        self.highest = end;
        let offset_below = self.offset;
        self.offset = offset_below.wrapping_sub(end - start + 1);
        if let Some(last) = self.runs.back_mut()
            && last.end + 1 == start
        {
            last.end = end;
            return;
        }
        if self.runs.len() == RUNS_MAX
            && let Some(oldest) = self.runs.pop_front()
        {
            self.first = oldest.end + 1;
        }
        self.runs.push_back(Run {
            start,
            end,
            offset_below,
        });
    }

    /// What became of a number that is not higher than all before.
    pub(super) fn get(&self, number: u64) -> Renumbered {
        let mut offset = self.offset;
        for run in self.runs.iter().rev() {
            if number > run.end {
                break;
            }
            if number >= run.start {
                return Renumbered::LeftOut;
            }
            offset = run.offset_below;
        }
        if number < self.first {
            return Renumbered::Unknown;
        }
        Renumbered::To(number.wrapping_add(offset))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_left_out_leaves_no_gap_and_what_is_missing_does() {
        let mut numbers = Renumbering::new(100, 7);
        assert_eq!(numbers.get(100), Renumbered::To(7));
        assert_eq!(numbers.advance(101), 8);
        numbers.leave_out(102, 102);
        numbers.leave_out(103, 104);
        assert_eq!(numbers.advance(105), 9);
        // 106 is missing.
        numbers.leave_out(107, 107);
        assert_eq!(numbers.advance(108), 11);
        assert_eq!(numbers.get(106), Renumbered::To(10));
        assert_eq!(numbers.get(107), Renumbered::LeftOut);
        assert_eq!(numbers.get(103), Renumbered::LeftOut);
        assert_eq!(numbers.get(101), Renumbered::To(8));
        assert_eq!(numbers.get(99), Renumbered::Unknown);
    }

    #[test]
    fn it_forgets_what_is_long_ago() {
        let mut numbers = Renumbering::new(0, 0);
        for number in (1..1_000).step_by(2) {
            numbers.leave_out(number, number);
            numbers.advance(number + 1);
        }
        assert_eq!(numbers.runs.len(), RUNS_MAX);
        assert_eq!(numbers.get(2), Renumbered::Unknown);
        assert_eq!(numbers.get(1_000), Renumbered::To(500));
        assert_eq!(numbers.get(900), Renumbered::To(450));
    }

    proptest! {
        #[test]
        fn it_counts_as_one_who_writes_everything_down(
            steps in proptest::collection::vec((1u64..4, any::<bool>()), 1..200),
        ) {
            let mut numbers = Renumbering::new(10, 1_000);
            // What became of each number from 10 on.
            let mut model = vec![Renumbered::To(1_000)];
            let mut next = 1_001;
            let mut at = 10;
            for (step, kept) in steps {
                let missing = step - 1;
                model.extend((next..next + missing).map(Renumbered::To));
                next += missing;
                at += step;
                if kept {
                    prop_assert_eq!(numbers.advance(at), next);
                    model.push(Renumbered::To(next));
                    next += 1;
                } else {
                    numbers.leave_out(at, at);
                    model.push(Renumbered::LeftOut);
                }
                prop_assert_eq!(numbers.highest(), at);
                for (number, expected) in (10..).zip(&model) {
                    let got = numbers.get(number);
                    prop_assert!(
                        got == *expected || got == Renumbered::Unknown && at - number >= RUNS_MAX as u64,
                        "{} became {:?}, not {:?}", number, got, expected
                    );
                }
            }
        }
    }
}
