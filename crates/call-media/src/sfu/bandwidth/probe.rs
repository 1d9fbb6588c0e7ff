use std::time::{Duration, Instant};

use super::history::Arrival;

/// Finds out whether more fits, by sending more for a moment. A probe that goes through is believed; one that was believed and
/// proved wrong makes the next ones rarer, as do those that do not go through: a narrow path is not to be shaken for ever.
#[derive(Debug)]
pub(super) struct Prober {
    state: State,
    clusters: u32,
    /// No probe before.
    next: Instant,
    /// How long after a probe that failed the next one comes.
    patience: Duration,
    /// A rate that was believed because of a probe, and since when.
    believed: Option<(Instant, f64)>,
    lid: Option<Lid>,
}

#[derive(Debug)]
enum State {
    Idle,
    Sending(Cluster),
    Waiting(Cluster),
}

/// One probe.
#[derive(Debug)]
struct Cluster {
    id: u32,
    /// Bits per second.
    rate: f64,
    began: Instant,
    step: Instant,
    duration: Duration,
    sent_bytes: u64,
    sent_packets: u32,
    arrived: Option<Arrived>,
}

#[derive(Debug, Clone, Copy)]
struct Arrived {
    packets: u32,
    bytes: u64,
    first_departure: Instant,
    last_departure: Instant,
    last_departed_size: u32,
    first_arrival: Duration,
    last_arrival: Duration,
    first_arrived_size: u32,
}

/// A rate that was believed and wrong: routers let a moment's worth of anything pass.
#[derive(Debug, Clone, Copy)]
struct Lid {
    rate: f64,
    /// Until then nothing near it is tried.
    until: Instant,
    patience: Duration,
}

/// What became of a probe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Outcome {
    /// So much goes through, in bits per second.
    Carries(f64),
    /// It says nothing.
    Nothing,
}

impl Prober {
    /// How long a probe is sent: long enough to be measured by time stamps that are a quarter of a millisecond apart, and to be
    /// more than what routers let pass at once.
    const DURATION_MIN: Duration = Duration::from_millis(20);
    const DURATION_MAX: Duration = Duration::from_millis(100);
    const BITS_MIN: f64 = 24_000.0;
    /// How often something of it is sent.
    const STEP: Duration = Duration::from_millis(4);
    /// Packets that must arrive for it to say something.
    const PACKETS_MIN: u32 = 5;
    /// The shortest and the longest wait after a failure.
    const PATIENCE_MIN: Duration = Duration::from_secs(1);
    const PATIENCE_MAX: Duration = Duration::from_secs(5);
    /// The same for a rate that was believed and proved wrong: those who watch felt that.
    const LID_MIN: Duration = Duration::from_secs(3);
    const LID_MAX: Duration = Duration::from_secs(30);
    /// Part of a wrong rate that is tried meanwhile.
    const BELOW_LID: f64 = 0.7;
    /// A probe for less more than this is not worth it.
    const WORTH_IT: f64 = 1.15;
    /// How long after a bad moment it is looked whether it is better.
    const POSTPONED: Duration = Duration::from_millis(250);
    /// A rate was wrong if no more than this part of it goes through.
    const WRONG: f64 = 0.8;
    /// A rate that was believed for so long is right.
    const TRIED: Duration = Duration::from_secs(8);

    /// Nothing is being tried.
    pub(super) fn new(now: Instant) -> Self {
        Self {
            state: State::Idle,
            clusters: 0,
            next: now,
            patience: Self::PATIENCE_MIN,
            believed: None,
            lid: None,
        }
    }

    /// When to call [`Prober::poll`], while more is wanted.
    pub(super) fn next_deadline(&self) -> Instant {
        match &self.state {
            State::Idle => self.next,
            State::Sending(cluster) => cluster.step,
            State::Waiting(cluster) => cluster.began + cluster.duration + Duration::from_secs(1),
        }
    }

    /// Whether [`Prober::next_deadline`] means something even while no more is wanted.
    pub(super) fn is_active(&self) -> bool {
        !matches!(self.state, State::Idle)
    }

    /// Bytes of padding to send now. `believed` is the estimate, `rate` what would be tried, if anything is to be tried.
    pub(super) fn poll(&mut self, now: Instant, believed: f64, rate: Option<f64>) -> Option<usize> {
        match &mut self.state {
            State::Idle => {
                let rate = rate.filter(|_| now >= self.next)?;
                let lid = self.lid.filter(|lid| now < lid.until);
                let rate = lid.map_or(rate, |lid| rate.min(Self::BELOW_LID * lid.rate));
                if rate < Self::WORTH_IT * believed {
                    self.postpone(now);
                    return None;
                }
                self.clusters = self.clusters.wrapping_add(1);
                self.state = State::Sending(Cluster::new(self.clusters, now, rate));
                self.poll(now, believed, None)
            }
            State::Sending(cluster) => {
                if now < cluster.step {
                    return None;
                }
                cluster.step = now + Self::STEP;
                let bytes = cluster.missing(now);
                if bytes.is_some() {
                    return bytes;
                }
                let State::Sending(cluster) = std::mem::replace(&mut self.state, State::Idle)
                else {
                    return None;
                };
                if cluster.is_worth_it() {
                    self.state = State::Waiting(cluster);
                } else {
                    // There was nothing to send it with.
                    self.next = now + Self::PATIENCE_MIN;
                }
                None
            }
            State::Waiting(cluster) => {
                let late = cluster.began + cluster.duration + Duration::from_secs(1);
                if now >= late {
                    self.state = State::Idle;
                    self.failed(now);
                }
                None
            }
        }
    }

    /// A packet is being sent: the probe it is part of.
    pub(super) fn sent(&mut self, size: usize) -> Option<u32> {
        let State::Sending(cluster) = &mut self.state else {
            return None;
        };
        cluster.sent_bytes += size as u64;
        cluster.sent_packets += 1;
        Some(cluster.id)
    }

    /// A packet arrived.
    pub(super) fn arrived(&mut self, packet: &Arrival) {
        let (State::Sending(cluster) | State::Waiting(cluster)) = &mut self.state else {
            return;
        };
        if packet.cluster == Some(cluster.id) {
            cluster.arrived(packet);
        }
    }

    /// What the probe said, once enough of it has arrived; `estimate` is what was believed before.
    pub(super) fn outcome(&mut self, now: Instant, estimate: f64) -> Outcome {
        let State::Waiting(cluster) = &self.state else {
            return Outcome::Nothing;
        };
        let tried = cluster.rate;
        // What was sent in clumps was not sent faster.
        let Some(carries) = cluster.carries().map(|rate| rate.min(tried)) else {
            return Outcome::Nothing;
        };
        self.state = State::Idle;
        if carries > 0.7 * tried {
            self.next = now;
        } else {
            self.failed(now);
        }
        if carries > estimate {
            self.believed = Some((now, carries));
            Outcome::Carries(carries)
        } else {
            Outcome::Nothing
        }
    }

    /// There is too much on the way, and this is what is believed now: what was believed before may have been wrong.
    pub(super) fn overused(&mut self, now: Instant, believes: f64) {
        if let Some((since, believed)) = self.believed
            && now.saturating_duration_since(since) < Self::TRIED
            && believes < Self::WRONG * believed
        {
            self.believed = None;
            let (rate, patience) = self.lid.map_or((believed, Self::LID_MIN), |lid| {
                (
                    lid.rate.min(believed),
                    (lid.patience * 3).min(Self::LID_MAX),
                )
            });
            self.lid = Some(Lid {
                rate,
                until: now + patience,
                patience,
            });
        }
        self.next = self.next.max(now + self.patience);
        self.state = State::Idle;
    }

    /// This is no time for a probe.
    pub(super) fn postpone(&mut self, now: Instant) {
        self.next = self.next.max(now + Self::POSTPONED);
    }

    /// Nothing speaks against what is believed.
    pub(super) fn calm(&mut self, now: Instant) {
        if let Some((since, believed)) = self.believed
            && now.saturating_duration_since(since) >= Self::TRIED
        {
            self.believed = None;
            self.patience = Self::PATIENCE_MIN;
            self.lid = self.lid.filter(|lid| believed < lid.rate);
        }
    }

    fn failed(&mut self, now: Instant) {
        self.next = now + self.patience;
        self.patience = (self.patience * 3 / 2).min(Self::PATIENCE_MAX);
    }
}

impl Cluster {
    fn new(id: u32, now: Instant, rate: f64) -> Self {
        Self {
            id,
            rate,
            began: now,
            step: now,
            duration: Duration::from_secs_f64(Prober::BITS_MIN / rate)
                .clamp(Prober::DURATION_MIN, Prober::DURATION_MAX),
            sent_bytes: 0,
            sent_packets: 0,
            arrived: None,
        }
    }

    /// Bytes that it is behind its rate; none once it is over.
    fn missing(&self, now: Instant) -> Option<usize> {
        let elapsed = now.saturating_duration_since(self.began);
        if elapsed > self.duration {
            return None;
        }
        // The first step sends its part too.
        let elapsed = (elapsed + Prober::STEP).as_secs_f64();
        Some(
            bytes(self.rate * elapsed)
                .saturating_sub(usize::try_from(self.sent_bytes).unwrap_or(usize::MAX)),
        )
    }

    fn is_worth_it(&self) -> bool {
        let goal = bytes(self.rate * self.duration.as_secs_f64());
        self.sent_packets >= Prober::PACKETS_MIN && self.sent_bytes * 10 >= goal as u64 * 7
    }

    fn arrived(&mut self, packet: &Arrival) {
        let Some(arrival) = packet.received else {
            return;
        };
        let size = packet.size;
        let Some(arrived) = &mut self.arrived else {
            self.arrived = Some(Arrived {
                packets: 1,
                bytes: u64::from(size),
                first_departure: packet.departure,
                last_departure: packet.departure,
                last_departed_size: size,
                first_arrival: arrival,
                last_arrival: arrival,
                first_arrived_size: size,
            });
            return;
        };
        arrived.packets += 1;
        arrived.bytes += u64::from(size);
        arrived.first_departure = arrived.first_departure.min(packet.departure);
        if packet.departure >= arrived.last_departure {
            arrived.last_departure = packet.departure;
            arrived.last_departed_size = size;
        }
        if arrival < arrived.first_arrival {
            arrived.first_arrival = arrival;
            arrived.first_arrived_size = size;
        }
        arrived.last_arrival = arrived.last_arrival.max(arrival);
    }

    /// The slower of how fast it was sent and how fast it arrived.
    fn carries(&self) -> Option<f64> {
        let arrived = self.arrived?;
        if arrived.packets < Prober::PACKETS_MIN || arrived.bytes * 10 < self.sent_bytes * 8 {
            return None;
        }
        let sending = arrived
            .last_departure
            .saturating_duration_since(arrived.first_departure);
        let receiving = arrived.last_arrival.saturating_sub(arrived.first_arrival);
        let sent = rate(
            arrived.bytes - u64::from(arrived.last_departed_size),
            sending,
        )?;
        let received = rate(
            arrived.bytes - u64::from(arrived.first_arrived_size),
            receiving,
        )
        .unwrap_or(f64::INFINITY);
        if received < 0.9 * sent {
            // It was more than there is room for; what arrived is all there is.
            Some(0.95 * received)
        } else {
            Some(sent.min(received))
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what a rate of at most a few hundred Mbit/s sends in a moment"
)]
fn bytes(bits: f64) -> usize {
    (bits / 8.0) as usize
}

#[expect(clippy::cast_precision_loss, reason = "the bytes of a moment")]
fn rate(bytes: u64, time: Duration) -> Option<f64> {
    (time >= Duration::from_millis(1)).then(|| bytes as f64 * 8.0 / time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    struct World {
        now: Instant,
        began: Instant,
        prober: Prober,
        /// Sent packets of the probe, with their cluster.
        sent: Vec<(Instant, u32)>,
    }

    impl World {
        fn new() -> Self {
            let now = Instant::now();
            Self {
                now,
                began: now,
                prober: Prober::new(now),
                sent: Vec::new(),
            }
        }

        /// Lets time pass until nothing more is to be sent: the bytes that were asked for.
        fn send(&mut self, believed: f64, rate: f64) -> usize {
            let mut total = 0;
            for _ in 0..200 {
                if let Some(bytes) = self.prober.poll(self.now, believed, Some(rate)) {
                    total += bytes;
                    for _ in 0..bytes.div_ceil(250) {
                        let cluster = self.prober.sent(250);
                        self.sent.push((self.now, cluster.unwrap()));
                    }
                }
                if matches!(self.prober.state, State::Waiting(_)) {
                    break;
                }
                self.now += MILLISECOND;
            }
            total
        }

        /// All of it arrives at this rate.
        fn arrives(&mut self, rate: f64, believed: f64) -> Outcome {
            self.now += 50 * MILLISECOND;
            let mut arrival = Duration::from_secs(1);
            for (number, (departure, cluster)) in
                std::mem::take(&mut self.sent).into_iter().enumerate()
            {
                arrival = arrival.max(departure - self.began + Duration::from_secs(1));
                arrival += Duration::from_secs_f64(2000.0 / rate);
                self.prober.arrived(&Arrival {
                    number: number as u64,
                    departure,
                    received: Some(arrival),
                    size: 250,
                    cluster: Some(cluster),
                });
            }
            self.prober.outcome(self.now, believed)
        }
    }

    #[test]
    fn it_is_sent_at_its_rate_and_long_enough() {
        let mut world = World::new();
        let bytes = world.send(1e6, 2e6);
        assert!((4500..6500).contains(&bytes), "{bytes}");
        let mut narrow = World::new();
        narrow.send(200e3, 400e3);
        let bytes = narrow.sent.len() * 250;
        assert!((2500..3600).contains(&bytes), "{bytes}");
        assert!(narrow.now - narrow.began >= 60 * MILLISECOND);
    }

    #[test]
    fn what_goes_through_is_believed_and_the_next_comes_at_once() {
        let mut world = World::new();
        world.send(1e6, 2e6);
        let Outcome::Carries(rate) = world.arrives(1e9, 1e6) else {
            panic!("{:?}", world.prober);
        };
        assert!((1.7e6..=2e6).contains(&rate), "{rate}");
        assert!(world.send(2e6, 4e6) > 0);
    }

    #[test]
    fn what_does_not_go_through_is_measured_and_the_next_waits() {
        let mut world = World::new();
        world.send(1e6, 2e6);
        let Outcome::Carries(rate) = world.arrives(1.2e6, 1e6) else {
            panic!("{:?}", world.prober);
        };
        assert!((1.0e6..1.2e6).contains(&rate), "{rate}");
        assert_eq!(world.send(1.1e6, 2e6), 0, "not in the next 0.2 s");
        assert!(world.prober.next_deadline() > world.now + 500 * MILLISECOND);
        assert_eq!(World::new().arrives(1e6, 1e6), Outcome::Nothing);
    }

    #[test]
    fn failures_make_it_patient() {
        let mut world = World::new();
        let mut waits = Vec::new();
        for _ in 0..8 {
            world.now = world.now.max(world.prober.next_deadline());
            assert!(world.send(1e6, 2e6) > 0);
            assert_eq!(world.arrives(0.9e6, 1e6), Outcome::Nothing);
            waits.push((world.prober.next - world.now).as_secs_f64());
        }
        assert!(
            (waits[0] - 1.0).abs() < 0.01 && waits.is_sorted(),
            "{waits:?}"
        );
        assert!((waits[7] - 5.0).abs() < 0.01, "{waits:?}");
    }

    #[test]
    fn a_rate_that_proves_wrong_is_not_tried_again_soon_but_less_is() {
        let mut world = World::new();
        world.send(1e6, 2e6);
        assert_ne!(world.arrives(1e9, 1e6), Outcome::Nothing);
        world.now += Duration::from_secs(1);
        world.prober.overused(world.now, 300e3);
        let lid = world.prober.lid.unwrap();
        assert_eq!(lid.patience, Prober::LID_MIN);
        world.now += Duration::from_secs(1);
        assert!(world.send(300e3, 600e3) > 0, "that is far below");
        world.prober.overused(world.now, 300e3);
        world.now += Duration::from_secs(1);
        assert_eq!(world.send(1.3e6, 2e6), 0, "that is too near");
        world.now += Prober::LID_MIN;
        assert!(world.send(1.3e6, 2e6) > 0);
        // Believed for long enough, it is no longer wrong.
        assert_ne!(world.arrives(1e9, 1.3e6), Outcome::Nothing);
        world.prober.calm(world.now + Prober::TRIED);
        assert!(world.prober.lid.is_none());
    }

    #[test]
    fn without_anything_to_send_it_ends_by_itself() {
        let mut world = World::new();
        for _ in 0..100 {
            world.prober.poll(world.now, 1e6, Some(2e6));
            world.now += MILLISECOND;
        }
        assert!(!world.prober.is_active());
        assert!(world.prober.next_deadline() > world.now);
    }

    #[test]
    fn feedback_that_does_not_come_is_a_failure() {
        let mut world = World::new();
        world.send(1e6, 2e6);
        assert!(world.prober.is_active());
        world.now = world.prober.next_deadline();
        assert_eq!(world.prober.poll(world.now, 1e6, Some(2e6)), None);
        assert!(!world.prober.is_active());
        assert!(world.prober.next_deadline() > world.now);
    }
}
