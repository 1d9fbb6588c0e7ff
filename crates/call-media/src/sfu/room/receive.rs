use std::time::Instant;

use super::Room;
use super::feed::{Feed, Stream};
use super::forward::Packet;
use super::session::{INCOMING_MAX, Incoming, Session};
use crate::sfu::rtcp::Compound;
use crate::sfu::rtp::{Header, IncomingPacket, PayloadInfo, unwrap_rtx};
use crate::sfu::sdp::{Codec, Extension};
use crate::sfu::shard::{Output, RouteChange};
use crate::sfu::transport::{
    ChannelMessage, Path, Received, TransportCounters, TransportEvent, TransportState,
};
use crate::sfu::{Event, Layer, Source, VideoCodec};

impl Room {
    /// A datagram of a peer.
    pub(crate) fn datagram(
        &mut self,
        now: Instant,
        at: usize,
        path: Path,
        datagram: &mut [u8],
        out: &mut Output,
    ) {
        let Some(peer) = self.peers.get_mut(at) else {
            out.counters.datagrams_refused += 1;
            return;
        };
        let length = datagram.len() as u64;
        let refused = refusals(&peer.session.transport.counters());
        match peer.session.transport.handle(now, path, datagram) {
            Received::Nothing => {
                let refused = refusals(&peer.session.transport.counters()) - refused;
                out.counters.datagrams_refused += refused;
            }
            Received::Rtp(packet) => {
                out.counters.packets_received += 1;
                out.counters.bytes_received += length;
                self.rtp(now, at, packet, out);
                // Media changes nothing about the connection.
                return;
            }
            Received::Rtcp(packet) => match Compound::parse(packet) {
                Ok(compound) => self.rtcp(now, at, compound, out),
                Err(error) => {
                    tracing::trace!(%error, "RTCP was refused");
                    out.counters.datagrams_refused += 1;
                }
            },
        }
        self.drain_transport(now, at, out);
    }

    /// RTP or RTCP as it would come out of decryption, of a peer that would be connected.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn decrypted(
        &mut self,
        now: Instant,
        at: usize,
        packet: &mut [u8],
        out: &mut Output,
    ) {
        let is_connected = self.peers.get(at).map(|peer| peer.session.connected);
        if is_connected == Some(false) {
            self.connection_changed(now, at, TransportState::Connected, out);
        }
        if let Some(192..=223) = packet.get(1) {
            if let Ok(compound) = Compound::parse(packet) {
                self.rtcp(now, at, compound, out);
            }
        } else {
            self.rtp(now, at, packet, out);
        }
    }

    /// Sends what a peer's connection has to send, and takes note of what happened to it.
    pub(super) fn drain_transport(&mut self, now: Instant, at: usize, out: &mut Output) {
        loop {
            let Some(peer) = self.peers.get_mut(at) else {
                return;
            };
            while let Some((path, datagram)) = peer.session.transport.poll_transmit() {
                out.send(peer.lane, &path, &datagram);
            }
            let Some(event) = peer.session.transport.poll_event() else {
                return;
            };
            match event {
                TransportEvent::PathAdded(path) => {
                    peer.session.paths.push(path);
                    out.routes.push(RouteChange::AddPath(path, at));
                }
                TransportEvent::PathRemoved(path) => {
                    peer.session.paths.retain(|known| *known != path);
                    out.routes.push(RouteChange::RemovePath(path, at));
                }
                TransportEvent::PathSelected(_) | TransportEvent::ChannelOpen => {}
                TransportEvent::UfragRetired(ufrag) => {
                    peer.session.ufrags.retain(|known| *known != ufrag);
                    out.routes.push(RouteChange::RemoveUfrag(ufrag));
                }
                TransportEvent::State(state) => self.connection_changed(now, at, state, out),
                TransportEvent::Message(message) => self.message(now, at, &message),
                TransportEvent::ChannelClosed => {
                    tracing::debug!(user = %peer.user, "the data channel is closed");
                }
            }
        }
    }

    fn connection_changed(
        &mut self,
        now: Instant,
        at: usize,
        state: TransportState,
        out: &mut Output,
    ) {
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        let was = peer.session.connected;
        peer.session.connected = state == TransportState::Connected;
        match state {
            TransportState::New | TransportState::Connecting => {}
            TransportState::Connected => {
                peer.divide_at = now;
                for (_, down) in &peer.downs {
                    if let Some(target) = down.target
                        && let Some(feed) = self.feeds.get_mut(down.feed)
                    {
                        feed.want_key_frame(target, now);
                    }
                }
                let connected = |room, peer, session| Event::Connected {
                    room,
                    peer,
                    session,
                };
                self.tell(at, connected, out);
            }
            TransportState::Disconnected | TransportState::Failed | TransportState::Closed => {
                tracing::debug!(user = %peer.user, ?state, "a peer connection is down");
                if was {
                    self.speakers.remove(at);
                    let disconnected = |room, peer, session| Event::Disconnected {
                        room,
                        peer,
                        session,
                    };
                    self.tell(at, disconnected, out);
                }
            }
        }
    }

    /// A message of the data channel goes to everybody else, with who sent it.
    fn message(&mut self, now: Instant, at: usize, message: &ChannelMessage) {
        let Some(from) = self.peers.get(at).map(|peer| peer.user.clone()) else {
            return;
        };
        // What is not text has no place in the envelope.
        let Ok(data) = std::str::from_utf8(&message.data) else {
            return;
        };
        let envelope = serde_json::json!({ "from": from.as_str(), "data": data }).to_string();
        for (other, peer) in &mut self.peers {
            if other == at || !peer.session.connected {
                continue;
            }
            if let Err(error) = peer
                .session
                .transport
                .send_message(now, envelope.as_bytes(), false)
            {
                tracing::debug!(user = %peer.user, %error, "a message was not delivered");
            }
        }
    }

    /// A packet of a peer's media.
    fn rtp(&mut self, now: Instant, at: usize, packet: &mut [u8], out: &mut Output) {
        let Ok(mut header) = Header::parse(packet) else {
            out.counters.datagrams_refused += 1;
            return;
        };
        let Some(peer) = self.peers.get_mut(at) else {
            return;
        };
        if let Some(&[high, low]) = header.extension(packet, Extension::TransportSequence.id()) {
            let sequence = u16::from_be_bytes([high, low]);
            peer.session.feedback.received(sequence, header.ssrc, now);
        }
        let Some(incoming) = peer.session.identify(&header, packet) else {
            peer.refused_packets += 1;
            out.counters.datagrams_refused += 1;
            return;
        };
        if !peer.publication.allows(incoming.source) {
            return;
        }
        let Some(codec) = Codec::from_payload_type(header.payload_type) else {
            out.counters.datagrams_refused += 1;
            return;
        };
        let Some(feed_at) = self.feed_of(now, at, incoming, codec, header.ssrc) else {
            return;
        };
        let Some(feed) = self.feeds.get_mut(feed_at) else {
            return;
        };
        let (source, feed_codec) = (feed.source, feed.codec);
        let Some(stream) = feed.stream_mut(incoming.layer) else {
            return;
        };
        let mut packet: &[u8] =
            packet_or_original(packet, &mut header, incoming, stream, feed_codec);
        if packet.is_empty() {
            return;
        }
        let payload = header.payload(packet);
        let sequence = if incoming.repairs {
            let recovered = stream
                .reception
                .recovered(header.sequence_number, payload.len());
            let Some(sequence) = recovered else {
                return;
            };
            sequence
        } else {
            let length = payload.len();
            stream
                .reception
                .received(header.sequence_number, header.timestamp, length, now)
        };
        stream.last_packet = now;
        let video = video_codec(feed_codec);
        let info = PayloadInfo::read(video, payload);
        if video.is_some() {
            stream
                .missing
                .received(sequence, info.starts_key_frame, now);
            // Nobody asks for what was never sent on.
            stream.cache.insert(sequence, packet, now);
            if info.starts_key_frame {
                stream.key_frames.came(now);
            }
        }
        let clock = stream.reception.clock();
        let level = header
            .extension(packet, Extension::AudioLevel.id())
            .and_then(|extension| extension.first().copied());
        if source == Source::Audio
            && let Some(level) = level
        {
            self.speakers.heard(now, at, level & 0x7f);
        }
        let incoming_packet = IncomingPacket {
            layer: incoming.layer,
            sequence,
            timestamp: header.timestamp,
            arrived: now,
            clock,
            payload: info,
        };
        packet = header.payload(packet);
        let packet = Packet {
            header,
            payload: packet,
            incoming: incoming_packet,
            level,
        };
        self.copy(feed_at, &packet, out);
        self.forward(now, feed_at, &packet, out);
    }

    /// The feed of an incoming stream; a first packet makes it.
    fn feed_of(
        &mut self,
        now: Instant,
        at: usize,
        incoming: Incoming,
        codec: Codec,
        ssrc: u32,
    ) -> Option<usize> {
        let peer = self.peers.get_mut(at)?;
        let known = peer.feeds[incoming.source.index()];
        if incoming.repairs {
            // What is repaired came first, or there is nothing to repair.
            return known;
        }
        let fits = match codec {
            Codec::Opus | Codec::Red => !incoming.source.is_video(),
            Codec::Video(_) => incoming.source.is_video(),
            Codec::Rtx(_) => false,
        };
        if !fits {
            return None;
        }
        let feed_at = match known {
            Some(feed_at) if same_codec(self.feeds.get(feed_at)?.codec, codec) => feed_at,
            Some(changed) if !self.feeds.get(changed)?.may_change_codec(now) => return None,
            Some(changed) => {
                self.remove_feed(now, changed);
                self.add_feed(now, at, incoming.source, codec)?
            }
            None => self.add_feed(now, at, incoming.source, codec)?,
        };
        let feed = self.feeds.get(feed_at)?;
        let current = feed.stream(incoming.layer).map(|stream| stream.ssrc);
        if current != Some(ssrc) {
            if let Some(before) = current {
                self.peers.get_mut(at)?.session.incoming.remove(&before);
            }
            self.stream_ended(feed_at, incoming.layer);
            let feed = self.feeds.get_mut(feed_at)?;
            feed.layers[incoming.layer.index()] = Some(Stream::new(ssrc, codec, now));
            for (peer, _) in &feed.subscribers {
                if let Some(peer) = self.peers.get_mut(*peer) {
                    peer.divide_at = now;
                }
            }
        }
        Some(feed_at)
    }

    fn add_feed(&mut self, now: Instant, at: usize, source: Source, codec: Codec) -> Option<usize> {
        let owner = self.peers.get_mut(at)?;
        let session = owner.session.id.as_str();
        let name = session.get(..12).unwrap_or(session);
        // What is to be played in sync shares a stream: a face and its voice, a screen and its sound.
        let stream_id = match source {
            Source::Audio | Source::Video => format!("{name}-c"),
            Source::Screen | Source::ScreenAudio => format!("{name}-s"),
        };
        let feed = self.feeds.insert(Feed {
            owner: at,
            source,
            codec: match codec {
                Codec::Red => Codec::Opus,
                Codec::Opus | Codec::Video(_) | Codec::Rtx(_) => codec,
            },
            since: now,
            layers: [None, None, None],
            subscribers: Vec::new(),
            taps: [None, None],
            wanted: None,
            less_since: None,
            stream_id,
        });
        owner.feeds[source.index()] = Some(feed);
        tracing::debug!(feed = %self.describe(at, source), room = %self.id, "somebody sends");
        self.tap_feed(now, feed);
        let others: Vec<usize> = self
            .peers
            .iter()
            .map(|(other, _)| other)
            .filter(|other| *other != at)
            .collect();
        for other in others {
            if source.is_video() {
                if let Some(peer) = self.peers.get_mut(other) {
                    peer.divide_at = now;
                }
            } else {
                self.add_down(now, other, feed);
            }
        }
        Some(feed)
    }
}

impl Session {
    /// Whose a packet is: by its SSRC once that is known, before that by what its extensions say (RFC 9143, RFC 8852).
    fn identify(&mut self, header: &Header, packet: &[u8]) -> Option<Incoming> {
        if let Some(incoming) = self.incoming.get(&header.ssrc) {
            return Some(*incoming);
        }
        let text = |extension: Extension| {
            let value = header.extension(packet, extension.id())?;
            std::str::from_utf8(value).ok()
        };
        let mid = text(Extension::Mid)?;
        let source = Source::ALL.into_iter().find(|source| source.mid() == mid)?;
        let layer = match text(Extension::Rid).or_else(|| text(Extension::RepairedRid)) {
            Some(rid) => Layer::from_rid(rid)?,
            None => Layer::High,
        };
        let repairs = matches!(
            Codec::from_payload_type(header.payload_type)?,
            Codec::Rtx(_)
        );
        let incoming = Incoming {
            source,
            layer,
            repairs,
        };
        self.expect(header.ssrc, incoming);
        Some(incoming)
    }

    /// An SSRC is known to be that stream's. The one that was is forgotten.
    pub(super) fn expect(&mut self, ssrc: u32, incoming: Incoming) {
        self.incoming.retain(|_, known| *known != incoming);
        if self.incoming.len() < INCOMING_MAX {
            self.incoming.insert(ssrc, incoming);
        }
    }
}

/// The packet itself, or the one that it repeats; empty if it repeats none.
fn packet_or_original<'a>(
    packet: &'a mut [u8],
    header: &mut Header,
    incoming: Incoming,
    stream: &Stream,
    codec: Codec,
) -> &'a [u8] {
    if !incoming.repairs {
        return packet;
    }
    let Some(start) = unwrap_rtx(packet, header, stream.ssrc, codec.payload_type()) else {
        return &[];
    };
    let original = packet.get(start..).unwrap_or_default();
    match Header::parse(original) {
        Ok(parsed) => {
            *header = parsed;
            original
        }
        Err(_) => &[],
    }
}

fn refusals(counters: &TransportCounters) -> u64 {
    let TransportCounters {
        unknown,
        foreign_path,
        stun,
        dtls,
        srtp,
        replayed,
        streams,
        channel,
    } = counters;
    unknown + foreign_path + stun + dtls + srtp + replayed + streams + channel
}

fn same_codec(one: Codec, other: Codec) -> bool {
    let sound = |codec| matches!(codec, Codec::Opus | Codec::Red);
    one == other || (sound(one) && sound(other))
}

pub(super) const fn video_codec(codec: Codec) -> Option<VideoCodec> {
    match codec {
        Codec::Video(codec) => Some(codec),
        Codec::Opus | Codec::Red | Codec::Rtx(_) => None,
    }
}
