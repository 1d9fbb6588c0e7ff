use std::time::{Duration, Instant};

/// What packets that are lost say. A path that loses a few of them at random is not full; one that drops a tenth of what is sent
/// without making it wait is (draft-ietf-rmcat-gcc-02 section 5.6).
#[derive(Debug)]
pub(super) struct Loss {
    since: Instant,
    lost: u32,
    total: u32,
    /// Part of the packets that was lost lately.
    fraction: f64,
    /// How far that part may be off.
    doubt: f64,
    limit: Option<f64>,
}

impl Loss {
    /// More is too much.
    const HIGH: f64 = 0.10;
    /// Less is nothing: what is lost is sent again. Above it nothing grows.
    const LOW: f64 = 0.08;
    /// How many standard deviations a part has to be above what is too much: of few packets many are lost by accident.
    const DOUBT: f64 = 2.0;
    /// So much is not lost by accident.
    const FLOOD: f64 = 0.30;
    /// The limit grows while so much of it is used.
    const TRIED: f64 = 0.7;
    /// Part of what arrives that is sent when it was too much.
    const DECREASE: f64 = 0.9;
    /// Growth in a second once nothing is lost.
    const INCREASE: f64 = 1.08;
    /// How long and how much is looked at before it says something.
    const WINDOW: Duration = Duration::from_millis(300);
    const PACKETS_MIN: u32 = 40;

    /// Nothing was lost yet.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            since: now,
            lost: 0,
            total: 0,
            fraction: 0.0,
            doubt: 0.0,
            limit: None,
        }
    }

    /// A packet arrived.
    pub(super) fn arrived(&mut self) {
        self.total = self.total.saturating_add(1);
    }

    /// A packet did not arrive.
    pub(super) fn lost(&mut self) {
        self.total = self.total.saturating_add(1);
        self.lost = self.lost.saturating_add(1);
    }

    /// One did after all.
    pub(super) fn late(&mut self) {
        self.lost = self.lost.saturating_sub(1);
    }

    /// Whether so much is lost that more is not to be tried.
    pub(super) fn is_bad(&self) -> bool {
        let bearable = if self.limit.is_some() {
            Self::LOW
        } else {
            Self::HIGH
        };
        self.fraction > bearable + self.doubt
    }

    /// The most that may be sent because of what was lost, in bits per second.
    pub(super) fn limit(&self) -> Option<f64> {
        self.limit
    }

    /// It was tried: this much goes through.
    pub(super) fn proved(&mut self, rate: f64) {
        self.limit = self.limit.map(|limit| limit.max(rate));
    }

    /// Weighs what was lost. `target` is what may be sent as far as delays go, `arrived` what arrives, in bits per second.
    pub(super) fn weigh(&mut self, now: Instant, target: f64, arrived: Option<f64>) {
        let window = now.saturating_duration_since(self.since);
        if window < Self::WINDOW || self.total < Self::PACKETS_MIN {
            return;
        }
        let total = f64::from(self.total);
        self.fraction = f64::from(self.lost) / total;
        self.doubt = Self::DOUBT * (Self::HIGH * (1.0 - Self::HIGH) / total).sqrt();
        self.forget(now);
        let sent = self.limit.map_or(target, |limit| limit.min(target));
        if self.fraction > Self::HIGH + self.doubt {
            let arrived = arrived.unwrap_or(sent);
            let less = if self.fraction > Self::FLOOD {
                // So much lost is no accident: what arrives is what goes through.
                Self::DECREASE * arrived
            } else {
                // Less may be sent than could be: then that was too much already.
                let sent = sent.min(arrived / (1.0 - self.fraction));
                sent * (1.0 - 0.5 * self.fraction)
            };
            self.limit = Some(less.min(sent));
        } else if self.fraction < Self::LOW
            && let Some(limit) = self.limit
            // What was not tried is not known to go through.
            && arrived.is_some_and(|arrived| arrived > Self::TRIED * limit)
        {
            let grown = limit * Self::INCREASE.powf(window.as_secs_f64().min(2.0));
            self.limit = Some(grown).filter(|limit| *limit < target);
        }
    }

    /// Less is sent from now on: what was lost before says nothing about it. `now` may be a moment to come.
    pub(super) fn forget(&mut self, now: Instant) {
        (self.since, self.lost, self.total) = (now, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_millis(400);

    fn weigh(loss: &mut Loss, now: &mut Instant, missing: u32, target: f64, arrived: f64) {
        *now += WINDOW;
        for packet in 0..100 {
            if packet < missing {
                loss.lost();
            } else {
                loss.arrived();
            }
        }
        loss.weigh(*now, target, Some(arrived));
    }

    #[test]
    fn a_few_lost_at_random_limit_nothing() {
        let mut now = Instant::now();
        let mut loss = Loss::new(now);
        for _ in 0..50 {
            weigh(&mut loss, &mut now, 5, 5e6, 1e6);
            assert_eq!(loss.limit(), None);
            assert!(!loss.is_bad());
        }
    }

    #[test]
    fn of_few_packets_many_may_be_lost_by_accident() {
        let mut now = Instant::now();
        let mut loss = Loss::new(now);
        for lost in [2, 6, 0, 5, 1, 7] {
            now += WINDOW;
            for packet in 0..40 {
                if packet < lost {
                    loss.lost();
                } else {
                    loss.arrived();
                }
            }
            loss.weigh(now, 1e6, Some(400e3));
            assert_eq!(loss.limit(), None, "{lost} of 40");
            assert!(!loss.is_bad());
        }
    }

    #[test]
    fn many_lost_limit_to_what_comes_through() {
        let mut now = Instant::now();
        let mut loss = Loss::new(now);
        weigh(&mut loss, &mut now, 20, 1e6, 800e3);
        assert!((loss.limit().unwrap() - 900e3).abs() < 1.0);
        assert!(loss.is_bad());
        weigh(&mut loss, &mut now, 50, 1e6, 300e3);
        assert!((loss.limit().unwrap() - 270e3).abs() < 1.0);
        // It grows while it is used, until it limits nothing.
        weigh(&mut loss, &mut now, 0, 1e6, 100e3);
        assert!((loss.limit().unwrap() - 270e3).abs() < 1.0);
        let mut windows = 0;
        while let Some(limit) = loss.limit() {
            weigh(&mut loss, &mut now, 0, 1e6, limit);
            windows += 1;
        }
        assert!((40..=45).contains(&windows), "{windows}");
    }

    #[test]
    fn what_comes_late_was_not_lost() {
        let mut now = Instant::now();
        let mut loss = Loss::new(now);
        for _ in 0..100 {
            loss.lost();
            loss.late();
        }
        weigh(&mut loss, &mut now, 0, 1e6, 1e6);
        assert_eq!(loss.limit(), None);
    }

    #[test]
    fn what_was_under_way_does_not_count() {
        let mut now = Instant::now();
        let mut loss = Loss::new(now);
        weigh(&mut loss, &mut now, 50, 1e6, 300e3);
        let limit = loss.limit();
        loss.forget(now + Duration::from_millis(200));
        weigh(&mut loss, &mut now, 50, 1e6, 150e3);
        assert_eq!(loss.limit(), limit);
    }
}
