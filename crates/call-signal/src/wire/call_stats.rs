use serde::{Deserialize, Serialize};

use super::{MediaProtocol, MediaSource, StatsSample, StreamLayer, Topology};

/// What `GET /api/calls/{id}/stats` answers: how media flows just now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallStats {
    /// Which call.
    pub call_id: String,
    /// When this was taken.
    pub at: String,
    /// How media travels.
    pub topology: Topology,
    /// The room of the selective forwarding unit.
    pub sfu_room_id: Option<String>,
    /// Everybody who is in the call.
    pub peers: Vec<PeerStats>,
}

/// One participant, seen by the server and by the participant's device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeerStats {
    /// Who.
    pub user_id: String,
    /// What the forwarding unit sees; null while this participant's media does not go over it.
    pub server: Option<ServerStats>,
    /// What the device reported last (`call:stats`); null if it has not.
    pub client: Option<ClientReport>,
}

/// A participant as the forwarding unit sees it. Counters run from the participant's coming in; names and
/// units are those of W3C webrtc-stats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerStats {
    /// ICE and DTLS are done, and something was heard lately.
    pub connected: bool,
    /// How the device reaches the server, once connected.
    pub protocol: Option<MediaProtocol>,
    /// In seconds.
    pub round_trip_time: Option<f64>,
    /// What the way to the device can carry, in bit/s.
    pub available_outgoing_bitrate: Option<f64>,
    /// What comes from the device.
    pub inbound: Vec<InboundStream>,
    /// What goes to the device.
    pub outbound: Vec<OutboundStream>,
}

/// One RTP stream from a participant to the server (`RTCInboundRtpStreamStats`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InboundStream {
    /// What it is.
    pub source: MediaSource,
    /// Which simulcast layer, for video.
    pub layer: Option<StreamLayer>,
    /// The codec, lower case.
    pub codec: String,
    /// RTP packets received, without retransmissions.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub packets_received: u64,
    /// Bytes received, headers not counted.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub bytes_received: u64,
    /// RTP packets lost for good; late ones may make it negative.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub packets_lost: i64,
    /// Interarrival jitter, in seconds.
    pub jitter: f64,
    /// NACK messages sent to the device.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub nack_count: u64,
    /// Packets that came again because of them.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub retransmitted_packets_received: u64,
    /// Key frames asked for.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub pli_count: u64,
    /// In bit/s, lately.
    pub bitrate: f64,
}

/// One RTP stream from the server to a participant (`RTCOutboundRtpStreamStats`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OutboundStream {
    /// Whose media it is.
    pub user_id: String,
    /// What it is.
    pub source: MediaSource,
    /// The layer that is sent, for video.
    pub layer: Option<StreamLayer>,
    /// RTP packets sent, without retransmissions.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub packets_sent: u64,
    /// Bytes sent, headers not counted.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub bytes_sent: u64,
    /// Packets sent again.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub retransmitted_packets_sent: u64,
    /// NACK messages from the device.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub nack_count: u64,
    /// Key frames that the device asked for.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub pli_count: u64,
    /// Share of packets that the device reported lost, 0 to 1.
    pub fraction_lost: Option<f64>,
}

/// What a device reported last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClientReport {
    /// When it came.
    pub at: String,
    /// One sample for each peer, as the device measured it.
    pub samples: Vec<StatsSample>,
}
