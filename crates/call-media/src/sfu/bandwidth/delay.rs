use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rtc_interceptor::{ArrivalGroupAccumulator, OveruseDetector, PacketReport, Usage};

use super::history::Arrival;

/// Whether a queue grows on the way to a peer, from how the time that packets take changes: the delay-based half of
/// draft-ietf-rmcat-gcc-02, with a line through the last delays in place of its filter, as browsers have it.
#[derive(Debug, Default)]
pub(super) struct Delay {
    groups: ArrivalGroupAccumulator,
    detector: OveruseDetector,
    trend: Trend,
    last_arrival: Option<Duration>,
}

impl Delay {
    /// A peer's clock that jumps by more is another clock.
    const JUMP: Duration = Duration::from_secs(5);

    /// Takes in a packet that arrived, in the order in which they were sent.
    pub(super) fn arrived(&mut self, packet: &Arrival) {
        let Some(arrival) = packet.received else {
            return;
        };
        if let Some(last) = self.last_arrival.replace(arrival)
            && last.abs_diff(arrival) > Self::JUMP
        {
            self.groups = ArrivalGroupAccumulator::default();
            self.trend = Trend::default();
        }
        let report = PacketReport {
            ssrc: 0,
            id: packet.number,
            rtp_sequence_number: 0,
            is_twcc: true,
            twcc_sequence_number: 0,
            size: packet.size as usize,
            arrived: true,
            departure: packet.departure,
            arrival: Some(arrival),
            ecn: rtc_rtcp::transport_feedbacks::cc_feedback_report::Ecn::NotEct,
        };
        if let Some(group) = self.groups.accumulate(&report) {
            let slope = self.trend.add(group.at, group.delta_ms);
            self.detector.update(group.at, slope);
        }
    }

    /// What the delays say.
    pub(super) fn usage(&self) -> Usage {
        self.detector.usage()
    }
}

/// A line through the last delays.
#[derive(Debug, Default)]
struct Trend {
    first: Option<Instant>,
    /// When a group was sent, and its smoothed delay beyond the first one's, both in milliseconds.
    points: VecDeque<(f64, f64)>,
    delay: f64,
    smoothed: f64,
    groups: f64,
}

impl Trend {
    /// Groups that the line goes through.
    const POINTS: usize = 20;
    /// Weight of what was before, in the smoothed delay.
    const SMOOTHING: f64 = 0.9;
    /// Makes of a slope what the detector's threshold in milliseconds is meant for: the more groups say so, the surer it is.
    const GAIN: f64 = 4.0;
    const SURE: f64 = 60.0;

    fn add(&mut self, at: Instant, delta_ms: f64) -> f64 {
        let first = *self.first.get_or_insert(at);
        let sent = at.saturating_duration_since(first).as_secs_f64() * 1000.0;
        self.groups = (self.groups + 1.0).min(Self::SURE);
        self.delay += delta_ms;
        self.smoothed = Self::SMOOTHING * self.smoothed + (1.0 - Self::SMOOTHING) * self.delay;
        self.points.push_back((sent, self.smoothed));
        if self.points.len() > Self::POINTS {
            self.points.pop_front();
        }
        if self.points.len() < Self::POINTS {
            return 0.0;
        }
        self.slope() * self.groups * Self::GAIN
    }

    /// Least squares: milliseconds of delay for each millisecond.
    #[expect(clippy::cast_precision_loss, reason = "twenty points")]
    fn slope(&self) -> f64 {
        let count = self.points.len() as f64;
        let (sum_x, sum_y) = self
            .points
            .iter()
            .fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
        let (mean_x, mean_y) = (sum_x / count, sum_y / count);
        let (mut product, mut square) = (0.0, 0.0);
        for (x, y) in &self.points {
            product += (x - mean_x) * (y - mean_y);
            square += (x - mean_x) * (x - mean_x);
        }
        if square > 0.0 { product / square } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_precision_loss, reason = "numbers of a test")]

    use super::*;

    /// Packets every 10 ms, each of which takes `growth` longer than the one before.
    fn usage_after(packets: u64, growth: f64) -> Usage {
        let began = Instant::now();
        let mut delay = Delay::default();
        for number in 0..packets {
            let sent = Duration::from_millis(10 * number);
            delay.arrived(&Arrival {
                number,
                departure: began + sent,
                received: Some(sent + Duration::from_secs_f64(0.05 + growth * number as f64)),
                size: 1200,
                cluster: None,
            });
        }
        delay.usage()
    }

    #[test]
    fn a_queue_that_grows_is_noticed_in_half_a_second() {
        assert_eq!(usage_after(50, 0.005), Usage::Over);
        assert_eq!(usage_after(50, 0.001), Usage::Over);
        assert_eq!(usage_after(200, 0.0), Usage::Normal);
        assert_eq!(usage_after(50, -0.000_9), Usage::Under);
    }

    #[test]
    fn a_clock_that_jumps_is_another_clock() {
        let began = Instant::now();
        let mut delay = Delay::default();
        let mut number = 0;
        for jump in [0, 1000, 10, 500_000] {
            for _ in 0..60 {
                number += 1;
                let sent = Duration::from_millis(10 * number);
                delay.arrived(&Arrival {
                    number,
                    departure: began + sent,
                    received: Some(sent + Duration::from_secs(jump)),
                    size: 1200,
                    cluster: None,
                });
                assert_eq!(delay.usage(), Usage::Normal);
            }
        }
    }

    #[test]
    fn a_line_is_fitted() {
        let now = Instant::now();
        let mut trend = Trend::default();
        for step in 0..200 {
            trend.add(now + Duration::from_millis(10 * step), 2.0);
        }
        assert!((trend.slope() - 0.2).abs() < 0.001, "{}", trend.slope());
    }
}
