//! Times in which something was so.

/// From, inclusive, to, exclusive. In whatever unit its user counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) from: u64,
    pub(super) to: u64,
}

impl Span {
    pub(super) fn new(from: u64, to: u64) -> Self {
        Self { from, to }
    }

    pub(super) fn length(self) -> u64 {
        self.to.saturating_sub(self.from)
    }
}

/// Spans in the order of time that neither touch nor are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Spans(Vec<Span>);

impl Spans {
    /// All that any of them covers.
    pub(super) fn of(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut all: Vec<Span> = spans
            .into_iter()
            .filter(|span| span.from < span.to)
            .collect();
        all.sort_unstable();
        let mut joined: Vec<Span> = Vec::with_capacity(all.len());
        for span in all {
            match joined.last_mut() {
                Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
                _ => joined.push(span),
            }
        }
        Self(joined)
    }

    /// When a switch was on: how it stood at first, then each time it was moved, in the order of time.
    pub(super) fn switched(
        initially: bool,
        changes: impl IntoIterator<Item = (u64, bool)>,
        end: u64,
    ) -> Self {
        let mut on_since = initially.then_some(0);
        let mut spans = Vec::new();
        for (at, on) in changes {
            match (on_since, on) {
                (None, true) => on_since = Some(at),
                (Some(from), false) => {
                    spans.push(Span::new(from, at.min(end)));
                    on_since = None;
                }
                (None, false) | (Some(_), true) => {}
            }
        }
        spans.extend(on_since.map(|from| Span::new(from, end)));
        Self::of(spans)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Span> {
        self.0.iter().copied()
    }

    pub(super) fn contains(&self, at: u64) -> bool {
        let after = self.0.partition_point(|span| span.from <= at);
        after
            .checked_sub(1)
            .and_then(|index| self.0.get(index))
            .is_some_and(|span| at < span.to)
    }

    /// Whether it was so all the while.
    pub(super) fn cover(&self, what: Span) -> bool {
        let after = self.0.partition_point(|span| span.from <= what.from);
        after
            .checked_sub(1)
            .and_then(|index| self.0.get(index))
            .is_some_and(|span| what.to <= span.to)
    }

    pub(super) fn or(&self, other: &Self) -> Self {
        Self::of(self.iter().chain(other.iter()))
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        let mut both = Vec::new();
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            both.push(Span::new(a.from.max(b.from), a.to.min(b.to)));
            if a.to <= b.to {
                left.next();
            } else {
                right.next();
            }
        }
        Self::of(both)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spans(pairs: &[(u64, u64)]) -> Spans {
        Spans::of(pairs.iter().map(|&(from, to)| Span::new(from, to)))
    }

    #[test]
    fn what_touches_is_one() {
        assert_eq!(
            spans(&[(5, 9), (0, 3), (3, 5), (20, 20), (30, 10)]).0,
            [Span::new(0, 9)]
        );
    }

    #[test]
    fn a_switch_moved_twice_the_same_way_stays() {
        let moved = [(3, true), (4, true), (6, false), (7, false), (9, true)];
        assert_eq!(Spans::switched(false, moved, 12), spans(&[(3, 6), (9, 12)]));
        assert_eq!(Spans::switched(true, moved, 12), spans(&[(0, 6), (9, 12)]));
        assert_eq!(Spans::switched(false, [(20, true)], 12), spans(&[]));
    }

    fn any() -> impl Strategy<Value = Vec<(u64, u64)>> {
        proptest::collection::vec((0_u64..40, 0_u64..40), 0..8)
    }

    proptest! {
        #[test]
        fn or_and_contains_agree(a in any(), b in any(), from in 0_u64..40, length in 1_u64..10) {
            let within = |pairs: &[(u64, u64)], at| pairs.iter().any(|p| p.0 <= at && at < p.1);
            let (left, right) = (spans(&a), spans(&b));
            let (or, and) = (left.or(&right), left.and(&right));
            for at in 0..40 {
                prop_assert_eq!(left.contains(at), within(&a, at));
                prop_assert_eq!(or.contains(at), within(&a, at) || within(&b, at));
                prop_assert_eq!(and.contains(at), within(&a, at) && within(&b, at));
            }
            prop_assert!(or.0.windows(2).all(|w| w[0].to < w[1].from));
            let all = (from..from + length).all(|at| left.contains(at));
            prop_assert_eq!(left.cover(Span::new(from, from + length)), all);
        }
    }
}
