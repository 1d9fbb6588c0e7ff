use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant, SystemTime};

use call_domain::UserId;
use foldhash::fast::RandomState;

use super::batch::{Batch, Record};
use super::clock::Micros;
use super::publisher::Publisher;
use super::timing::Report;
use super::track::Track;
use super::{EncodedFrame, TapEvent};

/// Makes frames of what a tap copied. No clock: time is what it is given.
#[derive(Debug)]
pub(crate) struct Assembler {
    /// Moments count from here, by our clock and on the wall.
    epoch: Instant,
    wall: SystemTime,
    /// The latest moment that it was told of.
    now: Instant,
    tracks: HashMap<u32, Track, RandomState>,
    publishers: HashMap<UserId, Publisher, RandomState>,
    ready: VecDeque<TapEvent>,
    /// Streams that need a key frame.
    asks: Vec<u32>,
}

/// People who are remembered after they have gone.
const GONE_MAX: usize = 1_024;

impl Assembler {
    /// `wall` is the wall clock at `epoch`.
    pub(crate) fn new(epoch: Instant, wall: SystemTime) -> Self {
        Self {
            epoch,
            wall,
            now: epoch,
            tracks: HashMap::default(),
            publishers: HashMap::default(),
            ready: VecDeque::new(),
            asks: Vec::new(),
        }
    }

    /// What was copied next.
    pub(crate) fn batch(&mut self, batch: &Batch) {
        if batch.lost > 0 {
            self.ready.push_back(TapEvent::Lost {
                packets: batch.lost,
            });
            for track in self.tracks.values_mut() {
                track.lost(self.now);
            }
        }
        let mut rest = batch.bytes.as_slice();
        for record in &batch.records {
            match record {
                Record::Packet(packet) => {
                    let Some((payload, after)) = rest.split_at_checked(packet.length) else {
                        return;
                    };
                    rest = after;
                    self.now = self.now.max(packet.arrived);
                    if let Some(track) = self.tracks.get_mut(&packet.stream)
                        && track.packet(packet, payload)
                    {
                        self.asks.push(packet.stream);
                    }
                }
                Record::Began {
                    stream,
                    user,
                    source,
                    codec,
                } => {
                    self.end(*stream);
                    let track = Track::new(user.clone(), *source, *codec);
                    self.tracks.insert(*stream, track);
                    self.publishers.entry(user.clone()).or_default().began();
                }
                Record::Clock { stream, clock, at } => {
                    self.now = self.now.max(*at);
                    let ours = self.micros(*at);
                    if let Some(track) = self.tracks.get_mut(stream) {
                        let report = Report {
                            wall: ntp_micros(clock.ntp),
                            timestamp: clock.rtp,
                        };
                        let publisher = self.publishers.entry(track.user.clone()).or_default();
                        publisher.clock.sample(report.wall, ours);
                        track.timing.report(report);
                    }
                }
                Record::Over { stream } => self.end(*stream),
            }
        }
        self.settle();
    }

    /// Time passed, and nothing came.
    pub(crate) fn poll(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.settle();
    }

    /// Nothing comes any more: what is held goes out.
    pub(crate) fn finish(&mut self) {
        let streams: Vec<u32> = self.tracks.keys().copied().collect();
        for stream in streams {
            self.end(stream);
        }
        self.ready.push_back(TapEvent::Ended);
    }

    /// What is to be told next.
    pub(crate) fn pop(&mut self) -> Option<TapEvent> {
        self.ready.pop_front()
    }

    /// Whether there is something to tell.
    pub(crate) fn has_events(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Streams that need a key frame, since this was last asked.
    pub(crate) fn asks(&mut self) -> impl Iterator<Item = u32> + '_ {
        self.asks.drain(..)
    }

    /// When to call [`Self::poll`].
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let of_track = |track: &Track| {
            let held = track.timing.deadline().map(|micros| self.instant(micros));
            held.into_iter().chain(track.deadline()).min()
        };
        self.tracks.values().filter_map(of_track).min()
    }

    fn settle(&mut self) {
        let now = self.micros(self.now);
        let epoch = self.epoch;
        for track in self.tracks.values_mut() {
            track.give_up(self.now);
            let publisher = self.publishers.entry(track.user.clone()).or_default();
            tell(track, publisher, now, epoch, self.wall, &mut self.ready);
        }
    }

    /// A stream ends: what is whole of it goes out.
    fn end(&mut self, stream: u32) {
        let Some(mut track) = self.tracks.remove(&stream) else {
            return;
        };
        let now = self.micros(self.now);
        let publisher = self.publishers.entry(track.user.clone()).or_default();
        let (epoch, wall) = (self.epoch, self.wall);
        let mut tell =
            |track: &mut Track| tell(track, publisher, now, epoch, wall, &mut self.ready);
        track.give_up_all();
        tell(&mut track);
        track.timing.wait_no_more();
        tell(&mut track);
        publisher.ended();
        if self.publishers.len() > GONE_MAX {
            self.publishers.retain(|_, publisher| !publisher.is_gone());
        }
    }

    fn micros(&self, moment: Instant) -> Micros {
        micros(self.epoch, moment)
    }

    fn instant(&self, micros: Micros) -> Instant {
        self.epoch + Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }
}

/// Gives out the frames of a stream whose time is known.
fn tell(
    track: &mut Track,
    publisher: &mut Publisher,
    now: Micros,
    epoch: Instant,
    wall: SystemTime,
    ready: &mut VecDeque<TapEvent>,
) {
    track.hold(|arrived| micros(epoch, arrived));
    while let Some((frame, captured)) = track.timing.pop(now, &mut publisher.clock) {
        let captured = publisher.next(track.source, captured);
        ready.push_back(TapEvent::Frame(EncodedFrame {
            user: track.user.clone(),
            source: track.source,
            codec: track.codec,
            captured: moved(wall, captured),
            key: frame.key,
            after_gap: frame.after_gap,
            size: frame.size,
            data: frame.data,
        }));
    }
}

fn micros(epoch: Instant, moment: Instant) -> Micros {
    let since = moment.saturating_duration_since(epoch).as_micros();
    Micros::try_from(since).unwrap_or(Micros::MAX)
}

fn moved(wall: SystemTime, micros: Micros) -> SystemTime {
    let by = Duration::from_micros(micros.unsigned_abs());
    let moved = if micros < 0 {
        wall.checked_sub(by)
    } else {
        wall.checked_add(by)
    };
    moved.unwrap_or(wall)
}

/// A moment in NTP format, in microseconds.
fn ntp_micros(ntp: u64) -> Micros {
    let micros = (u128::from(ntp) * 1_000_000) >> 32;
    Micros::try_from(micros).unwrap_or(Micros::MAX)
}

#[cfg(test)]
mod tests;
