use std::time::Instant;

use super::Room;
use super::peer::Peer;
use crate::sfu::sdp::Codec;
use crate::sfu::transport::Link;
use crate::sfu::{InboundStats, Layer, OutboundStats, PeerStats, RoomStats};

impl Room {
    /// The room as it is.
    pub(crate) fn stats(&self, now: Instant) -> RoomStats {
        RoomStats {
            peers: self
                .peers
                .iter()
                .map(|(_, peer)| self.peer_stats(now, peer))
                .collect(),
        }
    }

    fn peer_stats(&self, now: Instant, peer: &Peer) -> PeerStats {
        let session = &peer.session;
        let protocol = session
            .transport
            .selected_path()
            .map(|path| match path.link {
                Link::Udp(_) => "udp",
                Link::Tcp(_) => "tcp",
            });
        PeerStats {
            user: peer.user.clone(),
            connected: session.connected,
            protocol,
            round_trip_time: session.round_trip.map(|trip| trip.as_secs_f64()),
            available_outgoing_bitrate: session
                .connected
                .then(|| bits(session.estimator.estimate())),
            inbound: self.inbound(now, peer),
            outbound: self.outbound(peer),
        }
    }

    fn inbound(&self, now: Instant, peer: &Peer) -> Vec<InboundStats> {
        let mut inbound = Vec::new();
        for feed in peer.feeds.into_iter().flatten() {
            let Some(feed) = self.feeds.get(feed) else {
                continue;
            };
            for layer in Layer::ALL {
                let Some(stream) = feed.stream(layer) else {
                    continue;
                };
                let reception = &stream.reception;
                inbound.push(InboundStats {
                    source: feed.source,
                    layer: feed.source.is_video().then_some(layer),
                    codec: codec_name(feed.codec),
                    packets_received: reception.packets(),
                    bytes_received: reception.bytes(),
                    packets_lost: reception.lost(),
                    jitter: reception.jitter().as_secs_f64(),
                    nack_count: stream.nacks_sent,
                    retransmitted_packets_received: reception.retransmitted_packets(),
                    pli_count: stream.key_frame_requests_sent,
                    bitrate: bits(reception.bitrate(now)),
                });
            }
        }
        inbound
    }

    fn outbound(&self, peer: &Peer) -> Vec<OutboundStats> {
        let stats = |down: &super::down::Down| {
            let feed = self.feeds.get(down.feed)?;
            Some(OutboundStats {
                user: self.peers.get(feed.owner)?.user.clone(),
                source: feed.source,
                layer: down.rewriter.current().filter(|_| feed.source.is_video()),
                packets_sent: down.reports.packets(),
                bytes_sent: down.reports.octets(),
                retransmitted_packets_sent: down.retransmitted,
                nack_count: down.nacks,
                pli_count: down.key_frame_requests,
                fraction_lost: down.reports.fraction_lost(),
            })
        };
        peer.downs
            .iter()
            .filter_map(|(_, down)| stats(down))
            .collect()
    }
}

const fn codec_name(codec: Codec) -> &'static str {
    match codec {
        Codec::Opus | Codec::Red => "opus",
        Codec::Video(codec) | Codec::Rtx(codec) => codec.as_str(),
    }
}

/// Bit rates are far below 2^53.
#[allow(clippy::cast_precision_loss)]
const fn bits(per_second: u64) -> f64 {
    per_second as f64
}
