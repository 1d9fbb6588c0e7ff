use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use call_domain::UserId;

use super::Room;
use super::feed::{Feed, Stream};
use super::forward::Packet;
use super::receive::video_codec;
use crate::sfu::rtp::{IncomingPacket, Rewriter, SenderClock, Verdict};
use crate::sfu::sdp::RED;
use crate::sfu::shard::Output;
use crate::sfu::tap::{FrameCodec, Outlet, PacketRecord};
use crate::sfu::{Layer, SfuCounters, TapInlet};

/// Taps of a room at most.
pub(super) const TAPS_MAX: usize = 2;
/// How often it is looked at which layers there are to copy.
const INTERVAL: Duration = Duration::from_millis(100);
/// A layer without a packet for so long, while others have some, is not sent any more, or hardly gets through.
const STALLED: Duration = Duration::from_millis(700);

/// The taps of a room, by their place.
#[derive(Default)]
pub(super) struct Taps {
    places: [Option<Tap>; TAPS_MAX],
    next_look: Option<Instant>,
}

struct Tap {
    inlet: TapInlet,
    people: BTreeSet<UserId>,
    outlet: Outlet,
}

/// A feed on its way to a tap: as to a subscriber that looks at the largest layer that is sent, and whose way carries everything.
pub(super) struct TapStream {
    number: u32,
    rewriter: Rewriter,
    target: Option<Layer>,
}

impl Room {
    /// Puts a tap into the room, or changes who is copied.
    pub(super) fn tap(&mut self, now: Instant, inlet: TapInlet, people: BTreeSet<UserId>) {
        if let Some(tap) = self.taps.find(&inlet) {
            tap.people = people;
        } else {
            let Some(ends) = inlet.take() else {
                // It has ended, or is in another room.
                return;
            };
            let Some(place) = self.taps.places.iter_mut().find(|place| place.is_none()) else {
                tracing::warn!(room = %self.id, "a room has {TAPS_MAX} taps already: another one ends");
                return;
            };
            *place = Some(Tap {
                inlet,
                people,
                outlet: Outlet::new(ends),
            });
        }
        let feeds: Vec<usize> = self.feeds.iter().map(|(at, _)| at).collect();
        for feed in feeds {
            self.tap_feed(now, feed);
        }
        self.choose_layers(now);
    }

    /// Takes a tap out. Its reader gets what was copied.
    pub(super) fn untap(&mut self, now: Instant, inlet: &TapInlet, out: &mut Output) {
        let is_it = |tap: &Option<Tap>| tap.as_ref().is_some_and(|tap| tap.inlet == *inlet);
        match self.taps.places.iter().position(is_it) {
            Some(place) => self.end_tap(now, place, out),
            None => inlet.close(),
        }
    }

    /// Whether anybody or anything is in the room.
    pub(crate) fn is_empty(&self) -> bool {
        self.peers.is_empty() && self.taps.is_empty()
    }

    /// How many taps there are.
    pub(crate) fn taps(&self) -> usize {
        self.taps.places.iter().flatten().count()
    }

    pub(super) fn end_taps(&mut self, now: Instant, out: &mut Output) {
        for place in 0..TAPS_MAX {
            self.end_tap(now, place, out);
        }
    }

    fn end_tap(&mut self, now: Instant, place: usize, out: &mut Output) {
        for (_, feed) in &mut self.feeds {
            feed.taps[place] = None;
        }
        if let Some(mut tap) = self.taps.places[place].take() {
            tap.outlet.hand_over(now, &mut out.counters);
        }
    }

    /// Copies a feed to the taps that want its owner, and to no other one.
    pub(super) fn tap_feed(&mut self, now: Instant, at: usize) {
        let Some(feed) = self.feeds.get_mut(at) else {
            return;
        };
        let Some(owner) = self.peers.get(feed.owner) else {
            return;
        };
        for (tap, stream) in self.taps.places.iter_mut().zip(&mut feed.taps) {
            let Some(tap) = tap else {
                continue;
            };
            if !tap.people.contains(&owner.user) {
                if let Some(stream) = stream.take() {
                    tap.outlet.end(now, stream.number);
                }
            } else if stream.is_none() {
                let video = video_codec(feed.codec);
                let codec = video.map_or(FrameCodec::Opus, FrameCodec::Video);
                let user = owner.user.clone();
                let number = tap.outlet.begin(now, user, feed.source, codec);
                let mut rewriter = Rewriter::new(video, feed.codec.clock_rate());
                if video.is_none() {
                    rewriter.switch_to(Layer::High);
                }
                *stream = Some(TapStream {
                    number,
                    rewriter,
                    target: video.is_none().then_some(Layer::High),
                });
            }
        }
    }

    /// What is sent of a feed is another session's from now on, perhaps of another device: it begins anew.
    pub(super) fn retap_feed(&mut self, now: Instant, at: usize) {
        if let Some(feed) = self.feeds.get_mut(at) {
            self.taps.leave(now, feed);
        }
        self.tap_feed(now, at);
    }

    /// Copies a packet to the taps that want it.
    pub(super) fn copy(&mut self, feed_at: usize, packet: &Packet<'_>, out: &mut Output) {
        if self.taps.is_empty() {
            return;
        }
        let Some(feed) = self.feeds.get_mut(feed_at) else {
            return;
        };
        let Feed { taps, layers, .. } = feed;
        for (tap, stream) in self.taps.places.iter_mut().zip(taps) {
            if let (Some(tap), Some(stream)) = (tap, stream) {
                stream.copy(layers, &mut tap.outlet, packet, &mut out.counters);
            }
        }
    }

    /// The sender of a layer said what time it is.
    pub(super) fn copy_clock(&mut self, now: Instant, feed_at: usize, layer: Layer) {
        if self.taps.is_empty() {
            return;
        }
        let Some(feed) = self.feeds.get_mut(feed_at) else {
            return;
        };
        let Some(clock) = feed
            .stream(layer)
            .and_then(|stream| stream.reception.clock_at(now))
        else {
            return;
        };
        for (tap, stream) in self.taps.places.iter_mut().zip(&feed.taps) {
            if let (Some(tap), Some(stream)) = (tap, stream) {
                stream.copy_clock(now, &mut tap.outlet, layer, clock);
            }
        }
    }

    /// Hands over what is due, and looks at what there is to copy.
    pub(super) fn tick_taps(&mut self, now: Instant, out: &mut Output) {
        if self.taps.is_empty() {
            return;
        }
        for place in 0..TAPS_MAX {
            let Some(tap) = &mut self.taps.places[place] else {
                continue;
            };
            tap.outlet.poll(now, &mut out.counters);
            if tap.outlet.is_abandoned() {
                tracing::debug!(room = %self.id, "nobody reads a tap any more");
                self.end_tap(now, place, out);
                continue;
            }
            for number in tap.outlet.asks() {
                for (_, feed) in &mut self.feeds {
                    let asked = feed.taps[place]
                        .as_ref()
                        .filter(|stream| stream.number == number);
                    if let Some(layer) = asked.and_then(TapStream::wants) {
                        feed.want_key_frame(layer, now);
                    }
                }
            }
        }
        if self.taps.next_look.is_none_or(|next| next <= now) {
            self.choose_layers(now);
        }
    }

    /// Takes the largest layer of everything that is sent.
    fn choose_layers(&mut self, now: Instant) {
        self.taps.next_look = Some(now + INTERVAL);
        for (_, feed) in &mut self.feeds {
            if !feed.source.is_video() {
                continue;
            }
            let Some(largest) = feed.largest_sent(now) else {
                continue;
            };
            let mut waits = false;
            for stream in feed.taps.iter_mut().flatten() {
                waits |= stream.follow(largest);
            }
            if waits {
                feed.want_key_frame(largest, now);
            }
        }
    }
}

impl Taps {
    pub(super) fn is_empty(&self) -> bool {
        self.places.iter().all(Option::is_none)
    }

    fn find(&mut self, inlet: &TapInlet) -> Option<&mut Tap> {
        let mut taps = self.places.iter_mut().flatten();
        taps.find(|tap| tap.inlet == *inlet)
    }

    /// Nothing comes of a feed any more.
    pub(super) fn leave(&mut self, now: Instant, feed: &mut Feed) {
        for (tap, stream) in self.places.iter_mut().zip(&mut feed.taps) {
            if let (Some(tap), Some(stream)) = (tap, stream.take()) {
                tap.outlet.end(now, stream.number);
            }
        }
    }
}

impl Feed {
    /// The largest layer that comes.
    fn largest_sent(&self, now: Instant) -> Option<Layer> {
        let newest = self
            .layers
            .iter()
            .flatten()
            .map(|stream| stream.last_packet)
            .max()?;
        Layer::ALL.into_iter().rev().find(|layer| {
            self.stream(*layer).is_some_and(|stream| {
                let behind = newest.saturating_duration_since(stream.last_packet);
                stream.is_sent(now) && behind < STALLED
            })
        })
    }
}

impl TapStream {
    fn copy(
        &mut self,
        layers: &[Option<Stream>; 3],
        outlet: &mut Outlet,
        packet: &Packet<'_>,
        counters: &mut SfuCounters,
    ) {
        let incoming = &packet.incoming;
        self.rise(incoming);
        let Verdict::Forward(rewritten) = self.rewriter.rewrite(incoming) else {
            return;
        };
        if rewritten.switched
            && let Some(stream) = &layers[incoming.layer.index()]
            && let Some(clock) = stream.reception.clock_at(incoming.arrived)
        {
            // Reports that came before the layer was taken are as good.
            self.copy_clock(incoming.arrived, outlet, incoming.layer, clock);
        }
        let record = PacketRecord {
            stream: self.number,
            number: rewritten.sequence_number,
            timestamp: rewritten.timestamp,
            marker: packet.header.marker,
            switched: rewritten.switched,
            red: packet.header.payload_type == RED,
            arrived: incoming.arrived,
            length: packet.payload.len(),
        };
        outlet.packet(record, packet.payload, counters);
    }

    /// A key frame of a larger layer is taken whenever one comes.
    fn rise(&mut self, packet: &IncomingPacket) {
        if packet.payload.starts_key_frame && Some(packet.layer) > self.rewriter.current() {
            self.take(packet.layer);
        }
    }

    /// The layer is to be copied; whether it needs a key frame.
    fn follow(&mut self, layer: Layer) -> bool {
        if self.target != Some(layer) {
            self.take(layer);
        }
        self.rewriter.waits_for().is_some()
    }

    fn take(&mut self, layer: Layer) {
        self.target = Some(layer);
        self.rewriter.switch_to(layer);
    }

    /// A layer's stream is another one.
    pub(super) fn restarted(&mut self, layer: Layer) {
        self.rewriter.restarted(layer);
    }

    /// The layer of which a key frame helps.
    fn wants(&self) -> Option<Layer> {
        self.rewriter.waits_for().or(self.rewriter.current())
    }

    fn copy_clock(&self, now: Instant, outlet: &mut Outlet, layer: Layer, clock: SenderClock) {
        if let Some(rtp) = self.rewriter.map_timestamp(layer, clock.rtp) {
            let clock = SenderClock {
                ntp: clock.ntp,
                rtp,
            };
            outlet.clock(now, self.number, clock);
        }
    }
}

#[cfg(test)]
mod tests;
