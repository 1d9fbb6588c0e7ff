use call_domain::{CallId, UserId};
use call_media::sfu::{InboundStats, OutboundStats, PeerStats};
use call_signal::wire::{
    CallStats, ClientReport, InboundStream, MediaProtocol, OutboundStream, PeerStats as WirePeer,
    ServerStats, rfc3339,
};

use super::{ReadError, Reader};
use crate::Engine;
use crate::media_message::{layer, source};
use crate::roster::LiveCall;

impl Engine {
    /// How media flows in a call just now: what the media plane sees, beside what the devices reported last.
    ///
    /// A call that has ended has nobody in it.
    pub async fn call_stats(&self, call: CallId, reader: &Reader) -> Result<CallStats, ReadError> {
        let view = self.call(call, reader).await?;
        let live = self.roster.get(call);
        let seen = match &live {
            Some(live) => self.seen_by_media_plane(live).await,
            None => Vec::new(),
        };
        let parts = view.call.parts();
        let devices = view.call.devices();
        let users = devices.iter().map(|device| &device.user);
        let peers = users.map(|user| WirePeer {
            user_id: user.to_string(),
            server: seen
                .iter()
                .find(|peer| peer.user == *user)
                .map(server_stats),
            client: live.as_ref().and_then(|live| client_report(live, user)),
        });
        Ok(CallStats {
            call_id: call.to_string(),
            at: rfc3339(self.clock.now()),
            topology: parts.topology.into(),
            sfu_room_id: parts.sfu_room_id.map(|room| room.to_string()),
            peers: peers.collect(),
        })
    }

    async fn seen_by_media_plane(&self, live: &LiveCall) -> Vec<PeerStats> {
        let room = self.with_rooms(live.call.id(), &live.line, |rooms, _| {
            rooms.shown().map(|room| room.name().clone())
        });
        match (&self.config.media, room.flatten()) {
            (Some(media), Some(room)) => media.room_stats(&room).await.peers,
            (None, _) | (_, None) => Vec::new(),
        }
    }
}

fn client_report(live: &LiveCall, user: &UserId) -> Option<ClientReport> {
    let report = live.line.reports.of(user)?;
    Some(ClientReport {
        at: rfc3339(report.at),
        samples: report.samples,
    })
}

fn server_stats(peer: &PeerStats) -> ServerStats {
    ServerStats {
        connected: peer.connected,
        protocol: match peer.protocol {
            Some("udp") => Some(MediaProtocol::Udp),
            Some("tcp") => Some(MediaProtocol::Tcp),
            Some(_) | None => None,
        },
        round_trip_time: peer.round_trip_time,
        available_outgoing_bitrate: peer.available_outgoing_bitrate,
        inbound: peer.inbound.iter().map(inbound).collect(),
        outbound: peer.outbound.iter().map(outbound).collect(),
    }
}

fn inbound(stream: &InboundStats) -> InboundStream {
    InboundStream {
        source: source(stream.source),
        layer: stream.layer.map(layer),
        codec: stream.codec.to_owned(),
        packets_received: stream.packets_received,
        bytes_received: stream.bytes_received,
        packets_lost: stream.packets_lost,
        jitter: stream.jitter,
        nack_count: stream.nack_count,
        retransmitted_packets_received: stream.retransmitted_packets_received,
        pli_count: stream.pli_count,
        bitrate: stream.bitrate,
    }
}

fn outbound(stream: &OutboundStats) -> OutboundStream {
    OutboundStream {
        user_id: stream.user.to_string(),
        source: source(stream.source),
        layer: stream.layer.map(layer),
        packets_sent: stream.packets_sent,
        bytes_sent: stream.bytes_sent,
        retransmitted_packets_sent: stream.retransmitted_packets_sent,
        nack_count: stream.nack_count,
        pli_count: stream.pli_count,
        fraction_lost: stream.fraction_lost,
    }
}
