use std::time::{Duration, Instant};

use rtc_interceptor::Usage;
use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;

use super::delay::Delay;
use super::delivered::Delivered;
use super::history::{History, News};
use super::loss::Loss;
use super::probe::{Outcome, Prober};
use super::rate::{RATE_MAX, RATE_MIN, Rate};

/// Estimates what the way to one peer can carry.
///
/// It listens to transport-wide feedback: delays that grow ([`Delay`]) and packets that are lost ([`Loss`]) say that there is
/// too much, and then what arrives ([`Delivered`]) says how much there is room for. Nothing says that there is room for more than
/// is being sent: an SFU sends whole layers and often less than it might, so it has to try ([`Prober`]).
#[derive(Debug)]
pub(crate) struct Estimator {
    history: History,
    delay: Delay,
    delivered: Delivered,
    loss: Loss,
    rate: Rate,
    prober: Prober,
    round_trip: Duration,
    wanted: f64,
    /// When feedback came last.
    heard: Option<Instant>,
    /// When less was sent because no feedback came.
    missed: Option<Instant>,
    reports: Reports,
}

/// What receiver reports say, while there is no transport-wide feedback.
#[derive(Debug)]
struct Reports {
    lost: f64,
    weighed: Instant,
}

/// Padding to be sent now, to find out whether more fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Probe {
    /// Bytes to send at once, in packets that [`Estimator::sent`] is told of like any other. Fewer may be sent.
    pub(crate) bytes: usize,
}

impl Estimator {
    /// What is assumed while nothing is known, in bits per second: sound and a few small pictures.
    const START: f64 = 1_000_000.0;
    /// What is sent at most to a peer that gives no feedback, in bits per second.
    const BLIND_MAX: f64 = 3_000_000.0;
    /// Feedback comes every 50 to 250 ms; longer silence means that none comes through.
    const SILENCE: Duration = Duration::from_millis(1500);

    /// Nothing is known of the way yet.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            history: History::default(),
            delay: Delay::default(),
            delivered: Delivered::default(),
            loss: Loss::new(now),
            rate: Rate::new(now, Self::START),
            prober: Prober::new(now),
            round_trip: Duration::from_millis(100),
            wanted: 0.0,
            heard: None,
            missed: None,
            reports: Reports {
                lost: 0.0,
                weighed: now,
            },
        }
    }

    /// A packet is about to be sent; `size` is its bytes on the wire. The transport-wide sequence number to write into it.
    pub(crate) fn sent(&mut self, now: Instant, size: usize) -> u16 {
        let cluster = self.prober.sent(size);
        self.history.sent(now, size, cluster)
    }

    /// A packet of a [`Probe`] is about to be sent.
    pub(crate) fn sent_probe(&mut self, now: Instant, size: usize) -> u16 {
        self.sent(now, size)
    }

    /// The peer said what it has received (transport-wide feedback).
    pub(crate) fn feedback(&mut self, now: Instant, feedback: &TransportLayerCc) {
        let Self {
            history,
            delay,
            delivered,
            loss,
            prober,
            ..
        } = self;
        let mut quickest: Option<Duration> = None;
        history.reported(feedback, |news| {
            // A probe makes a queue, and perhaps one that is too long, on purpose.
            let packet = match news {
                News::Lost { cluster: Some(_) } => return,
                News::Lost { cluster: None } => return loss.lost(),
                News::Arrived(packet) | News::Late(packet) if packet.cluster.is_some() => packet,
                News::Arrived(packet) => {
                    loss.arrived();
                    delay.arrived(&packet);
                    packet
                }
                News::Late(packet) => {
                    loss.late();
                    delay.arrived(&packet);
                    packet
                }
            };
            let took = now.saturating_duration_since(packet.departure);
            quickest = Some(quickest.map_or(took, |quickest| quickest.min(took)));
            delivered.add(&packet);
            prober.arrived(&packet);
        });
        let Some(quickest) = quickest else {
            return;
        };
        self.round_trip_time(quickest);
        self.heard = Some(now);
        self.missed = None;
        self.weigh(now);
    }

    /// The peer said in a receiver report which part of a stream it lost since the last one (0 to 1). Only used while there
    /// is no transport-wide feedback.
    pub(crate) fn receiver_report(&mut self, now: Instant, fraction_lost: f64) {
        if self.heard.is_some() {
            return;
        }
        let reports = &mut self.reports;
        reports.lost += 0.2 * (fraction_lost.clamp(0.0, 1.0) - reports.lost);
        if now.saturating_duration_since(reports.weighed) < Duration::from_secs(1) {
            return;
        }
        reports.weighed = now;
        let target = self.rate.target();
        if reports.lost > 0.1 {
            self.rate.limit(now, target * (1.0 - 0.5 * reports.lost));
        } else if reports.lost < 0.02 && target < Self::BLIND_MAX {
            self.rate.proved(now, (target * 1.05).min(Self::BLIND_MAX));
        }
    }

    /// The round-trip time was measured.
    pub(crate) fn round_trip_time(&mut self, round_trip: Duration) {
        let round_trip = round_trip.min(Duration::from_secs(2));
        self.round_trip = (self.round_trip + round_trip) / 2;
    }

    /// What would be sent if everything fitted, in bits per second: [`super::Allocation::wanted`] and the sound. While it is above
    /// the estimate, more is tried.
    pub(crate) fn want(&mut self, _now: Instant, bits_per_second: u64) {
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let wanted = bits_per_second as f64;
        self.wanted = wanted.min(RATE_MAX);
    }

    /// What the way carries, in bits per second.
    pub(crate) fn estimate(&self) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between RATE_MIN and RATE_MAX"
        )]
        let estimate = self.believed() as u64;
        estimate
    }

    /// When to call [`Estimator::poll`].
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let probe = (self.prober.is_active() || self.would_try().is_some())
            .then(|| self.prober.next_deadline());
        [probe, self.silence()].into_iter().flatten().min()
    }

    /// Takes note of the time; the padding that is to be sent now, if any.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<Probe> {
        if self.silence().is_some_and(|silence| silence <= now) {
            self.missed = Some(now);
            self.rate.limit(now, self.rate.target() * 0.7);
        }
        let mut rate = self.would_try();
        if rate.is_some() && (self.loss.is_bad() || self.delay.usage() == Usage::Over) {
            self.prober.postpone(now);
            rate = None;
        }
        let bytes = self.prober.poll(now, self.believed(), rate)?;
        (bytes > 0).then_some(Probe { bytes })
    }

    fn believed(&self) -> f64 {
        let target = self.rate.target();
        let limit = self.loss.limit();
        limit
            .map_or(target, |limit| limit.min(target))
            .clamp(RATE_MIN, RATE_MAX)
    }

    fn weigh(&mut self, now: Instant) {
        let rates = self.delivered.rates();
        let usage = match self.delay.usage() {
            // It may be the probe; if it is not, it will not have passed afterwards.
            Usage::Over if self.prober.is_active() => Usage::Under,
            usage => usage,
        };
        let usage = match usage {
            Usage::Normal if self.loss.is_bad() => Usage::Under,
            usage => usage,
        };
        let before = self.believed();
        self.rate.update(now, usage, rates, self.round_trip);
        self.loss
            .weigh(now, self.rate.target(), rates.map(|rates| rates.arrived));
        let believed = self.believed();
        if believed < before {
            self.prober.overused(now, believed);
            // What is under way was sent before.
            self.loss.forget(now + self.round_trip);
        } else {
            self.prober.calm(now);
        }
        match self.prober.outcome(now, self.believed()) {
            Outcome::Carries(rate) => {
                self.rate.proved(now, rate);
                self.loss.proved(rate);
            }
            Outcome::Nothing => {}
        }
    }

    /// The rate at which to probe, while more is wanted than is believed to fit, and there is feedback.
    fn would_try(&self) -> Option<f64> {
        let believed = self.believed();
        let worth_it = self.heard.is_some() && self.wanted > believed && believed < RATE_MAX;
        worth_it.then(|| (1.15 * self.wanted).clamp(1.25 * believed, 2.0 * believed))
    }

    /// When it has been silent for too long, though there was something to say.
    fn silence(&self) -> Option<Instant> {
        let heard = self.heard?;
        let unheard = self.history.last_departure()? > heard;
        let last = self.missed.unwrap_or(heard).max(heard);
        unheard.then_some(last + Self::SILENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::super::path::feedback;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn without_feedback_receiver_reports_decide() {
        let began = Instant::now();
        let mut estimator = Estimator::new(began);
        estimator.want(began, 10_000_000);
        let mut now = began;
        for _ in 0..60 {
            now += SECOND;
            estimator.sent(now, 1000);
            estimator.receiver_report(now, 0.0);
            assert_eq!(estimator.poll(now), None, "it would not be answered");
        }
        assert_eq!(estimator.estimate(), 3_000_000);
        for _ in 0..60 {
            now += SECOND;
            estimator.receiver_report(now, 0.05);
        }
        assert_eq!(estimator.estimate(), 3_000_000, "a few are always lost");
        for _ in 0..20 {
            now += SECOND;
            estimator.receiver_report(now, 0.4);
        }
        assert!(estimator.estimate() < 300_000);
        assert!(estimator.estimate() >= 60_000);
    }

    #[test]
    fn with_feedback_receiver_reports_say_nothing() {
        let now = Instant::now();
        let mut estimator = Estimator::new(now);
        let sequence = estimator.sent(now, 1000);
        let arrived = [(sequence, now + Duration::from_millis(10))];
        estimator.feedback(
            now + Duration::from_millis(20),
            &feedback(now, sequence, &arrived).unwrap(),
        );
        for second in 1..20 {
            estimator.receiver_report(now + second * SECOND, 0.9);
        }
        assert_eq!(estimator.estimate(), 1_000_000);
    }

    #[test]
    fn nothing_is_due_while_nothing_is_wanted() {
        let now = Instant::now();
        let mut estimator = Estimator::new(now);
        assert_eq!(estimator.next_deadline(), None);
        let sequence = estimator.sent(now, 1000);
        assert_eq!(
            estimator.next_deadline(),
            None,
            "no feedback was ever heard"
        );
        let arrived = [(sequence, now)];
        estimator.feedback(now, &feedback(now, sequence, &arrived).unwrap());
        assert_eq!(estimator.next_deadline(), None);
        estimator.sent(now + SECOND, 1000);
        assert_eq!(estimator.next_deadline(), Some(now + Estimator::SILENCE));
        estimator.want(now, 5_000_000);
        let due = estimator.next_deadline().unwrap();
        assert!(due <= now);
        assert!(estimator.poll(now).is_some_and(|probe| probe.bytes > 0));
    }
}
