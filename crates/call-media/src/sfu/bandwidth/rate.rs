use std::time::{Duration, Instant};

use rtc_interceptor::{RateControlState, Usage};

use super::delivered::Rates;

/// No path is estimated lower, in bits per second: sound must come through.
pub(super) const RATE_MIN: f64 = 60_000.0;
/// No path is estimated higher, in bits per second: nobody is sent more.
pub(super) const RATE_MAX: f64 = 50_000_000.0;

/// Additive increase, multiplicative decrease (draft-ietf-rmcat-gcc-02 section 5.5), for a sender that seldom sends as much as it
/// might: what was not tried is not concluded.
#[derive(Debug)]
pub(super) struct Rate {
    target: f64,
    state: RateControlState,
    changed: Instant,
    decreased: Option<Instant>,
    /// What arrived when there was too much.
    capacity: Option<f64>,
}

impl Rate {
    /// Part of what arrives that is sent when it was too much, so that the queue empties.
    const DECREASE: f64 = 0.85;
    /// Growth in a second far from any known limit.
    const INCREASE: f64 = 1.08;
    /// Bits added for each round trip near a known limit: one packet.
    const STEP: f64 = 9600.0;
    /// How much more than what arrives is believed to be possible without having tried.
    const UNTRIED: f64 = 1.5;

    /// Starts from a guess.
    pub(super) fn new(now: Instant, target: f64) -> Self {
        Self {
            target,
            state: RateControlState::default(),
            changed: now,
            decreased: None,
            capacity: None,
        }
    }

    /// In bits per second.
    pub(super) fn target(&self) -> f64 {
        self.target
    }

    /// Takes in what the delays say, and what arrives.
    pub(super) fn update(
        &mut self,
        now: Instant,
        usage: Usage,
        rates: Option<Rates>,
        round_trip: Duration,
    ) {
        self.state = self.state.next(usage);
        match self.state {
            RateControlState::Hold => self.changed = now,
            RateControlState::Increase => {
                if let Some(rates) = rates {
                    self.increase(now, rates, round_trip);
                }
            }
            RateControlState::Decrease => {
                if let Some(rates) = rates {
                    self.decrease(now, rates, round_trip);
                }
            }
        }
    }

    /// It was tried: this much goes through.
    pub(super) fn proved(&mut self, now: Instant, rate: f64) {
        self.target = rate.clamp(self.target, RATE_MAX);
        self.capacity = self.capacity.filter(|capacity| rate < capacity * 1.2);
        self.changed = now;
    }

    /// Something else says that there is no more than this.
    pub(super) fn limit(&mut self, now: Instant, rate: f64) {
        if rate < self.target {
            self.target = rate.max(RATE_MIN);
            self.changed = now;
            self.decreased = Some(now);
        }
    }

    fn increase(&mut self, now: Instant, rates: Rates, round_trip: Duration) {
        let elapsed = now.saturating_duration_since(self.changed).as_secs_f64();
        let elapsed = elapsed.min(1.0);
        self.changed = now;
        if let Some(capacity) = self.capacity
            && rates.arrived > capacity * 1.2
        {
            self.capacity = None;
        }
        let near = self
            .capacity
            .is_some_and(|capacity| self.target > capacity * 0.7);
        let grown = if near {
            let response = round_trip.as_secs_f64() + 0.1;
            self.target + Self::STEP / response * elapsed
        } else {
            self.target * Self::INCREASE.powf(elapsed)
        };
        let believable = Self::UNTRIED * rates.arrived + 10_000.0;
        // What was reached before stays, however little is sent now.
        self.target = grown.min(believable.max(self.target)).min(RATE_MAX);
    }

    fn decrease(&mut self, now: Instant, rates: Rates, round_trip: Duration) {
        let again = round_trip + Duration::from_millis(150);
        let waited = |at: Instant| now.saturating_duration_since(at) >= again;
        if !self.decreased.is_none_or(waited) {
            return;
        }
        let Rates { sent, arrived } = rates;
        // Where everything arrives that is sent, it is not known how much less than the target is too much.
        let lower = if arrived > 0.9 * sent && sent < 0.8 * self.target {
            (self.target * Self::DECREASE).max(arrived)
        } else {
            arrived * Self::DECREASE
        };
        self.capacity = Some(match self.capacity {
            Some(capacity) if arrived < capacity * 1.3 && arrived > capacity * 0.7 => {
                0.8 * capacity + 0.2 * arrived
            }
            _ => arrived,
        });
        self.target = self.target.min(lower.max(RATE_MIN));
        self.changed = now;
        self.decreased = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(50);

    fn rates(sent: f64, arrived: f64) -> Rates {
        Rates { sent, arrived }
    }

    #[test]
    fn too_much_is_answered_by_less_than_arrives_once_for_each_round_trip() {
        let now = Instant::now();
        let mut rate = Rate::new(now, 1e6);
        rate.update(now, Usage::Over, Some(rates(1e6, 500e3)), ROUND_TRIP);
        assert!((rate.target() - 425e3).abs() < 1.0);
        rate.update(
            now + ROUND_TRIP,
            Usage::Over,
            Some(rates(1e6, 300e3)),
            ROUND_TRIP,
        );
        assert!((rate.target() - 425e3).abs() < 1.0);
        rate.update(
            now + 5 * ROUND_TRIP,
            Usage::Over,
            Some(rates(425e3, 300e3)),
            ROUND_TRIP,
        );
        assert!((rate.target() - 255e3).abs() < 1.0);
        rate.update(
            now + 10 * ROUND_TRIP,
            Usage::Over,
            Some(rates(1.0, 0.5)),
            ROUND_TRIP,
        );
        assert!((rate.target() - RATE_MIN).abs() < 1.0);
    }

    #[test]
    fn little_that_all_arrives_says_little_about_much() {
        let now = Instant::now();
        let mut rate = Rate::new(now, 5e6);
        rate.update(now, Usage::Over, Some(rates(300e3, 300e3)), ROUND_TRIP);
        assert!((rate.target() - 4.25e6).abs() < 1.0);
    }

    #[test]
    fn it_grows_no_further_than_is_tried() {
        let now = Instant::now();
        let mut rate = Rate::new(now, 1e6);
        for step in 0..600 {
            let at = now + step * Duration::from_millis(100);
            rate.update(at, Usage::Normal, Some(rates(800e3, 800e3)), ROUND_TRIP);
        }
        assert!((rate.target() - 1.21e6).abs() < 1.0, "{}", rate.target());
        // Nor does it shrink because little is sent.
        for step in 600..1200 {
            let at = now + step * Duration::from_millis(100);
            rate.update(at, Usage::Normal, Some(rates(80e3, 80e3)), ROUND_TRIP);
        }
        assert!((rate.target() - 1.21e6).abs() < 1.0, "{}", rate.target());
    }

    #[test]
    fn it_grows_by_a_twelfth_a_second_and_slowly_near_a_limit() {
        let now = Instant::now();
        let after_a_second = |mut rate: Rate, from: Instant| {
            for step in 0..=11 {
                let at = from + step * Duration::from_millis(100);
                rate.update(at, Usage::Normal, Some(rates(2e6, 2e6)), ROUND_TRIP);
            }
            rate.target()
        };
        let free = after_a_second(Rate::new(now, 2e6), now);
        assert!((free - 2.16e6).abs() < 20e3, "{free}");
        let mut near = Rate::new(now, 2.3e6);
        near.update(now, Usage::Over, Some(rates(2.3e6, 2.2e6)), ROUND_TRIP);
        let before = near.target();
        let near = after_a_second(near, now + 10 * ROUND_TRIP);
        assert!((near - before - 64e3).abs() < 10e3, "{near} {before}");
    }
}
