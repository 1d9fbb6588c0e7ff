use call_domain::UserId;

use super::{Layer, Source};

/// A room as it is now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RoomStats {
    /// Everybody in it.
    pub peers: Vec<PeerStats>,
}

/// One peer, as the SFU sees it. Counters run from the peer's coming in; names follow W3C webrtc-stats.
#[derive(Debug, Clone, PartialEq)]
pub struct PeerStats {
    /// Who.
    pub user: UserId,
    /// ICE and DTLS are done, and something was heard lately.
    pub connected: bool,
    /// `udp` or `tcp`, once connected.
    pub protocol: Option<&'static str>,
    /// Round-trip time in seconds, from RTCP.
    pub round_trip_time: Option<f64>,
    /// What the way to this peer can carry, in bits per second.
    pub available_outgoing_bitrate: Option<f64>,
    /// What comes from it.
    pub inbound: Vec<InboundStats>,
    /// What goes to it.
    pub outbound: Vec<OutboundStats>,
}

/// One RTP stream from a peer (`RTCInboundRtpStreamStats`).
#[derive(Debug, Clone, PartialEq)]
pub struct InboundStats {
    /// What it is.
    pub source: Source,
    /// Which simulcast layer, for video.
    pub layer: Option<Layer>,
    /// The codec's name, lower case.
    pub codec: &'static str,
    /// Packets received, without retransmissions.
    pub packets_received: u64,
    /// Bytes received, headers not counted.
    pub bytes_received: u64,
    /// Packets lost for good; negative if more came than were expected (RFC 3550).
    pub packets_lost: i64,
    /// Interarrival jitter in seconds.
    pub jitter: f64,
    /// NACK messages sent to it.
    pub nack_count: u64,
    /// Packets that came again because of them.
    pub retransmitted_packets_received: u64,
    /// Key frames asked for.
    pub pli_count: u64,
    /// Bits per second at the moment.
    pub bitrate: f64,
}

/// One RTP stream to a peer (`RTCOutboundRtpStreamStats`).
#[derive(Debug, Clone, PartialEq)]
pub struct OutboundStats {
    /// Whose.
    pub user: UserId,
    /// What.
    pub source: Source,
    /// The layer being sent, for video.
    pub layer: Option<Layer>,
    /// Packets sent, without retransmissions.
    pub packets_sent: u64,
    /// Bytes sent, headers not counted.
    pub bytes_sent: u64,
    /// Packets sent again.
    pub retransmitted_packets_sent: u64,
    /// NACK messages received.
    pub nack_count: u64,
    /// Key frames asked for by the peer.
    pub pli_count: u64,
    /// The part of the packets that the peer says it lost, 0 to 1.
    pub fraction_lost: Option<f64>,
}

/// What an SFU has counted since it began, over all shards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SfuCounters {
    /// Rooms now.
    pub rooms: u64,
    /// Peers now.
    pub peers: u64,
    /// Media packets received.
    pub packets_received: u64,
    /// Media bytes received, with their headers.
    pub bytes_received: u64,
    /// Media packets sent.
    pub packets_sent: u64,
    /// Media bytes sent, with their headers.
    pub bytes_sent: u64,
    /// Packets from peers that never came.
    pub packets_lost: u64,
    /// Packets sent again.
    pub retransmitted_packets_sent: u64,
    /// NACK messages received from peers.
    pub nacks_received: u64,
    /// NACK messages sent to peers.
    pub nacks_sent: u64,
    /// Key-frame requests received from peers.
    pub key_frame_requests_received: u64,
    /// Key-frame requests sent to peers, after coalescing.
    pub key_frame_requests_sent: u64,
    /// Datagrams dropped because nobody is known to have sent them, or they were malformed.
    pub datagrams_refused: u64,
    /// Packets dropped because a queue was full.
    pub packets_dropped: u64,
    /// Taps now.
    pub taps: u64,
    /// Packets copied to taps.
    pub packets_tapped: u64,
    /// Packets copied to taps and dropped, because their reader did not keep up.
    pub tap_packets_dropped: u64,
    /// Packets by how long they stayed in the SFU: at most 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50 ms, and longer.
    pub forwarding_delay: [u64; 10],
    /// All those times together, in nanoseconds.
    pub forwarding_delay_sum_ns: u64,
    /// Estimated outgoing bitrates of the peers together, in bits per second.
    pub available_outgoing_bitrate: u64,
}
