use hdrhistogram::Histogram;

pub(crate) use call_tests::process::{processor_seconds, resident};

/// One figure, taken in several rounds.
pub(crate) struct Figure {
    name: String,
    unit: &'static str,
    rounds: Vec<f64>,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            unit,
            rounds: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, value: f64) {
        self.rounds.push(value);
    }

    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.rounds.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Prints the median, the spread of the rounds and, where there is one, the goal.
    pub(crate) fn print(&self, goal: Option<Goal>) {
        let low = self.rounds.iter().copied().fold(f64::INFINITY, f64::min);
        let high = self
            .rounds
            .iter()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let median = self.median();
        let verdict = goal.map_or_else(String::new, |goal| goal.verdict(median));
        println!(
            "  {:<52} {median:>10.1} {:<8} ({low:.1} to {high:.1}) {verdict}",
            self.name, self.unit
        );
    }
}

/// What a figure should be.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    Below(f64),
}

impl Goal {
    fn verdict(self, value: f64) -> String {
        match self {
            Self::AtLeast(goal) if value >= goal => format!("goal: at least {goal}, met"),
            Self::AtLeast(goal) => format!("goal: at least {goal}, MISSED"),
            Self::Below(goal) if value < goal => format!("goal: below {goal}, met"),
            Self::Below(goal) => format!("goal: below {goal}, MISSED"),
        }
    }
}

/// A histogram of microseconds, up to a minute.
pub(crate) fn latencies() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, 60_000_000, 3)?)
}

/// A quantile in milliseconds.
#[allow(clippy::cast_precision_loss)] // microseconds of a minute fit
pub(crate) fn milliseconds(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    histogram.value_at_quantile(quantile) as f64 / 1000.0
}
