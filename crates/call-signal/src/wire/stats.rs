use serde::{Deserialize, Serialize};

/// What a participant measured about the connection to one peer, over one interval.
///
/// Counters are differences over the interval; names and units are those of W3C webrtc-stats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatsSample {
    /// The other one.
    pub peer_id: String,
    /// Length of the interval, in milliseconds.
    pub interval_ms: f64,
    /// Round-trip time of the selected candidate pair, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip_time: Option<f64>,
    /// What the congestion control believes it may send, in bit/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub available_outgoing_bitrate: Option<f64>,
    /// Type of the local candidate of the selected pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate_type: Option<CandidateType>,
    /// How the TURN server is reached, when the local candidate is relayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relay_protocol: Option<RelayProtocol>,
    /// Received audio; absent while the peer sends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<Inbound>,
    /// Received video; absent while the peer sends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video: Option<Inbound>,
    /// What was sent to the peer; absent while nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound: Option<Outbound>,
}

/// Received media of one kind (`RTCInboundRtpStreamStats`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Inbound {
    /// RTP packets received.
    pub packets_received: f64,
    /// RTP packets lost; late repairs may make it negative.
    pub packets_lost: f64,
    /// Interarrival jitter at the end of the interval, in seconds.
    pub jitter: f64,
    /// Payload bytes received.
    pub bytes_received: f64,
    /// Audio samples that were made up for lost or late ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concealed_samples: Option<f64>,
    /// Audio samples played, concealed ones included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_samples_received: Option<f64>,
    /// Video frames decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames_decoded: Option<f64>,
    /// Video frames decoded in the last second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames_per_second: Option<f64>,
    /// Width of the last decoded frame, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_width: Option<f64>,
    /// Height of the last decoded frame, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_height: Option<f64>,
    /// Freezes of the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeze_count: Option<f64>,
    /// Time that the picture was frozen, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_freezes_duration: Option<f64>,
}

/// Media sent, audio and video together (`RTCOutboundRtpStreamStats`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Outbound {
    /// Payload bytes sent.
    pub bytes_sent: f64,
    /// RTP packets sent.
    pub packets_sent: f64,
    /// Share of packets that the peer reported lost, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraction_lost: Option<f64>,
    /// Video frames sent in the last second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frames_per_second: Option<f64>,
    /// Height of the last sent frame, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame_height: Option<f64>,
    /// What holds the sent video below its configured quality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality_limitation_reason: Option<QualityLimitationReason>,
}

/// `RTCIceCandidateType` (RFC 8445 section 5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(missing_docs)] // the RFC's names
pub enum CandidateType {
    Host,
    Srflx,
    Prflx,
    Relay,
}

/// How a client reaches its TURN server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(missing_docs)]
pub enum RelayProtocol {
    Udp,
    Tcp,
    Tls,
}

/// `RTCQualityLimitationReason` of W3C webrtc-stats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(missing_docs)] // the standard's names
pub enum QualityLimitationReason {
    None,
    Cpu,
    Bandwidth,
    Other,
}
