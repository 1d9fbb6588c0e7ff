use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How urgent a packet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Sound never waits.
    Audio,
    /// What was lost comes before what is new.
    Retransmission,
    /// Pictures.
    Video,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offered {
    /// Send it now; it was not kept.
    SendNow,
    /// It was kept; it comes out of [`Pacer::poll`].
    Queued,
    /// Too much waits, or for too long: this packet was not kept. Call [`Pacer::clear`], and ask for key frames.
    Full,
}

/// Spreads what goes to one peer over time, so that a frame does not fill the queue of its way at once. `T` is a packet that waits.
///
/// A bucket that empties at 2.5 times the estimate: whoever is sent what fits hardly ever waits, and whoever is sent more waits
/// here, where it can be given up.
#[derive(Debug)]
pub(crate) struct Pacer<T> {
    /// Bytes per second.
    rate: f64,
    /// Bytes that were sent ahead of time; below 0: that may be sent at once.
    level: f64,
    emptied: Instant,
    retransmissions: VecDeque<Waiting<T>>,
    pictures: VecDeque<Waiting<T>>,
    queued: usize,
}

#[derive(Debug)]
struct Waiting<T> {
    size: usize,
    since: Instant,
    packet: T,
}

/// How much faster than the estimate packets leave.
const FACTOR: f64 = 2.5;
/// What may leave at once after a rest.
const BURST: Duration = Duration::from_millis(10);
/// Bytes that may leave at once however slow the way is: a few packets.
const BURST_MIN: f64 = 4_000.0;
/// The longest that a packet waits: later it is of no use.
const WAIT_MAX: Duration = Duration::from_millis(500);
/// Bytes that may wait however slow the way is, and however fast.
const QUEUE_MIN: f64 = 32_768.0;
const QUEUE_MAX: f64 = 1_048_576.0;

impl<T> Pacer<T> {
    /// A pacer for a way that carries this many bits per second.
    pub(crate) fn new(now: Instant, estimate: u64) -> Self {
        Self {
            rate: rate(estimate),
            level: -BURST_MIN,
            emptied: now,
            retransmissions: VecDeque::new(),
            pictures: VecDeque::new(),
            queued: 0,
        }
    }

    /// The way carries this many bits per second now.
    pub(crate) fn set_estimate(&mut self, now: Instant, estimate: u64) {
        self.empty(now);
        self.rate = rate(estimate);
    }

    /// A packet of `size` bytes is to be sent. `keep` makes it one that can wait; it is not called for one that need not.
    pub(crate) fn offer(
        &mut self,
        now: Instant,
        class: Class,
        size: usize,
        keep: impl FnOnce() -> T,
    ) -> Offered {
        self.empty(now);
        let ahead = match class {
            Class::Audio => true,
            Class::Retransmission => self.level <= 0.0 && self.retransmissions.is_empty(),
            Class::Video => self.level <= 0.0 && self.queued == 0,
        };
        if ahead {
            self.fill(size);
            return Offered::SendNow;
        }
        if self.is_full(now, size) {
            return Offered::Full;
        }
        self.queued += size;
        let queue = match class {
            Class::Retransmission => &mut self.retransmissions,
            Class::Audio | Class::Video => &mut self.pictures,
        };
        queue.push_back(Waiting {
            size,
            since: now,
            packet: keep(),
        });
        Offered::Queued
    }

    /// A packet that has waited long enough; call it until there is none.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<T> {
        if self.queued == 0 {
            return None;
        }
        self.empty(now);
        if self.level > 0.0 {
            return None;
        }
        let next = self.retransmissions.pop_front();
        let waiting = next.or_else(|| self.pictures.pop_front())?;
        self.queued -= waiting.size;
        self.fill(waiting.size);
        Some(waiting.packet)
    }

    /// When to call [`Pacer::poll`]; none while nothing waits.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let due = if self.level > 0.0 {
            // Rounded up, so that it has come when it is said to come.
            let wait = Duration::from_secs_f64(self.level / self.rate);
            self.emptied + wait + Duration::from_micros(1)
        } else {
            self.emptied
        };
        (self.queued > 0).then_some(due)
    }

    /// Forgets what waits, and gives it back.
    pub(crate) fn clear(&mut self) -> impl Iterator<Item = T> {
        self.queued = 0;
        let retransmissions = self.retransmissions.drain(..);
        retransmissions
            .chain(self.pictures.drain(..))
            .map(|waiting| waiting.packet)
    }

    #[expect(clippy::cast_precision_loss, reason = "at most QUEUE_MAX")]
    fn is_full(&self, now: Instant, size: usize) -> bool {
        let most = (self.rate * WAIT_MAX.as_secs_f64()).clamp(QUEUE_MIN, QUEUE_MAX);
        let longest = self.pictures.front().or(self.retransmissions.front());
        let waits = |waiting: &Waiting<T>| now.saturating_duration_since(waiting.since);
        (self.queued + size) as f64 > most || longest.map(waits) > Some(WAIT_MAX)
    }

    fn empty(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.emptied);
        if elapsed.is_zero() {
            return;
        }
        self.emptied = now;
        let burst = (self.rate * BURST.as_secs_f64()).max(BURST_MIN);
        self.level = (self.level - self.rate * elapsed.as_secs_f64()).max(-burst);
    }

    /// Sound is counted, but does not keep pictures waiting for longer than they may.
    #[expect(clippy::cast_precision_loss, reason = "the size of a packet")]
    fn fill(&mut self, size: usize) {
        let most = (self.rate * WAIT_MAX.as_secs_f64()).max(BURST_MIN);
        self.level = (self.level + size as f64).min(most);
    }
}

/// Bytes per second for an estimate in bits per second.
#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn rate(estimate: u64) -> f64 {
    (FACTOR * estimate as f64 / 8.0).max(1.0)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_precision_loss, reason = "numbers of a test")]

    use proptest::prelude::*;

    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// A pacer of 125 bytes a millisecond: 2.5 times 400 kbit/s.
    fn pacer(now: Instant) -> Pacer<u32> {
        Pacer::new(now, 400_000)
    }

    fn fill(pacer: &mut Pacer<u32>, now: Instant) {
        while pacer.offer(now, Class::Video, 1000, || 0) == Offered::SendNow {}
    }

    fn drain(pacer: &mut Pacer<u32>, now: Instant) -> Vec<u32> {
        std::iter::from_fn(|| pacer.poll(now)).collect()
    }

    #[test]
    fn what_fits_never_waits() {
        let mut now = Instant::now();
        let mut pacer = pacer(now);
        for _ in 0..1000 {
            let offered = pacer.offer(now, Class::Video, 1000, || panic!("it is not kept"));
            assert_eq!(offered, Offered::SendNow);
            now += 8 * MILLISECOND;
        }
        assert_eq!(pacer.next_deadline(), None);
    }

    #[test]
    fn a_burst_leaves_at_the_rate() {
        let began = Instant::now();
        let mut now = began;
        let mut pacer = pacer(now);
        let mut sent = 0;
        for _ in 0..40 {
            match pacer.offer(now, Class::Video, 1000, || 0) {
                Offered::SendNow => sent += 1,
                Offered::Queued | Offered::Full => {}
            }
        }
        assert_eq!(sent, 5, "the burst, and what makes it full");
        while let Some(due) = pacer.next_deadline() {
            now = now.max(due);
            let packets = drain(&mut pacer, now).len();
            assert_eq!(packets, 1, "it is due when it is said to be");
            sent += packets;
        }
        assert_eq!(sent, 40);
        let took = (now - began).as_millis();
        assert!((278..=284).contains(&took), "{took} ms for 35 packets");
    }

    #[test]
    fn sound_does_not_wait_and_what_was_lost_comes_first() {
        let now = Instant::now();
        let mut pacer = pacer(now);
        fill(&mut pacer, now);
        assert_eq!(pacer.offer(now, Class::Video, 1000, || 1), Offered::Queued);
        assert_eq!(
            pacer.offer(now, Class::Retransmission, 1000, || 2),
            Offered::Queued
        );
        assert_eq!(pacer.offer(now, Class::Audio, 100, || 3), Offered::SendNow);
        assert!(drain(&mut pacer, now).is_empty());
        let later = now + 400 * MILLISECOND;
        assert_eq!(pacer.poll(later), Some(2));
        assert_eq!(pacer.poll(later), Some(0));
        assert_eq!(pacer.poll(later), Some(1));
    }

    #[test]
    fn pictures_do_not_overtake_pictures() {
        let now = Instant::now();
        let mut pacer = pacer(now);
        fill(&mut pacer, now);
        let later = now + 400 * MILLISECOND;
        assert_eq!(
            pacer.offer(later, Class::Video, 1000, || 1),
            Offered::Queued
        );
        assert_eq!(drain(&mut pacer, later), [0, 1]);
    }

    #[test]
    fn what_would_wait_too_long_is_not_kept() {
        let now = Instant::now();
        let mut pacer = pacer(now);
        fill(&mut pacer, now);
        let mut kept = 1;
        while pacer.offer(now, Class::Video, 1000, || 0) == Offered::Queued {
            kept += 1;
        }
        assert_eq!(kept, 62, "half a second");
        assert_eq!(pacer.clear().count(), 62);
        assert_eq!(pacer.next_deadline(), None);
        // Nobody came to send what waits: it is too old.
        fill(&mut pacer, now);
        let later = now + 600 * MILLISECOND;
        assert_eq!(pacer.offer(later, Class::Video, 1000, || 0), Offered::Full);
    }

    #[test]
    fn a_new_estimate_counts_from_now_on() {
        let now = Instant::now();
        let mut pacer = pacer(now);
        fill(&mut pacer, now);
        let before = pacer.next_deadline().unwrap() - now;
        pacer.set_estimate(now, 4_000_000);
        let after = pacer.next_deadline().unwrap() - now;
        assert!(after < before / 9, "{before:?} {after:?}");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_or_sent_faster_than_it_may_be(
            estimate in 0..5_000_000_u64,
            packets in proptest::collection::vec((0..30_u64, 0..3_usize, 50..1200_usize), 1..200),
        ) {
            let began = Instant::now();
            let mut now = began;
            let mut pacer = Pacer::new(now, estimate);
            let (mut paced, mut kept, mut out) = (0, 0_usize, 0_usize);
            for (number, (pause, class, size)) in packets.into_iter().enumerate() {
                now += Duration::from_millis(pause);
                let class = [Class::Audio, Class::Retransmission, Class::Video][class];
                match pacer.offer(now, class, size, || (number, size)) {
                    Offered::SendNow if class != Class::Audio => paced += size,
                    Offered::SendNow => {}
                    Offered::Queued => kept += 1,
                    Offered::Full => {
                        prop_assert!(class != Class::Audio);
                        out += pacer.clear().count();
                    }
                }
                while pacer.next_deadline().is_some_and(|due| due <= now) {
                    let (_, size) = pacer.poll(now).unwrap();
                    paced += size;
                    out += 1;
                }
                prop_assert_eq!(kept - out == 0, pacer.next_deadline().is_none());
                let seconds = (now - began).as_secs_f64();
                let most = rate(estimate) * (seconds + BURST.as_secs_f64()) + BURST_MIN + 1200.0;
                prop_assert!(paced as f64 <= most, "{} of {}", paced, most);
            }
        }
    }
}
