use serde::{Deserialize, Serialize};

/// What one participant measured about the connection to one peer over one interval.
///
/// Counters are differences over the interval, not totals. Units and names are those of the W3C
/// webrtc-stats. All numbers are `f64`, which is what they are in a browser, and none is trusted:
/// readers go through [`StatsSample::figures`] or [`crate::assess`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatsSample {
    /// Length of the interval, in milliseconds.
    pub interval_ms: f64,
    /// Current round-trip time of the selected candidate pair, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round_trip_time: Option<f64>,
    /// What the congestion control believes it may send, in bit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_outgoing_bitrate: Option<f64>,
    /// Type of the local candidate of the selected pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate_type: Option<CandidateType>,
    /// How the TURN server is reached, when the local candidate is relayed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relay_protocol: Option<RelayProtocol>,
    /// Received audio; absent while the peer sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio: Option<Inbound>,
    /// Received video (camera or screen); absent while the peer sends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video: Option<Inbound>,
    /// What was sent to the peer; absent while nothing is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outbound: Option<Outbound>,
}

/// Received media of one kind (`RTCInboundRtpStreamStats`).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Inbound {
    /// RTP packets received in the interval.
    pub packets_received: f64,
    /// RTP packets lost in the interval; late repairs may make it negative.
    pub packets_lost: f64,
    /// Interarrival jitter at the end of the interval, in seconds.
    pub jitter: f64,
    /// Payload bytes received in the interval.
    pub bytes_received: f64,
    /// Audio samples that were made up for lost or late ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concealed_samples: Option<f64>,
    /// Audio samples played, concealed ones included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_samples_received: Option<f64>,
    /// Video frames decoded in the interval.
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
    /// Freezes of the picture in the interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeze_count: Option<f64>,
    /// Time that the picture was frozen in the interval, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_freezes_duration: Option<f64>,
}

/// Media sent to the peer, audio and video together (`RTCOutboundRtpStreamStats`).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Outbound {
    /// Payload bytes sent in the interval.
    pub bytes_sent: f64,
    /// RTP packets sent in the interval.
    pub packets_sent: f64,
    /// Share of packets that the peer reported lost, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraction_lost: Option<f64>,
    /// Video frames sent in the last second; absent when no video is sent.
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
pub enum CandidateType {
    /// An address of the device itself.
    Host,
    /// An address that a STUN server saw.
    Srflx,
    /// An address that the peer saw.
    Prflx,
    /// An address of a TURN server.
    Relay,
}

/// How a client reaches its TURN server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelayProtocol {
    /// Plain UDP.
    Udp,
    /// Plain TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

/// `RTCQualityLimitationReason`: what limits the resolution or frame rate of sent video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QualityLimitationReason {
    /// Nothing does.
    None,
    /// The encoder lacks CPU time.
    Cpu,
    /// The network does.
    Bandwidth,
    /// Something else.
    Other,
}

/// The figures of a sample that are worth keeping for a chart: cleaned and bounded.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// In seconds.
    pub round_trip_time: Option<f64>,
    /// The larger of audio and video, in seconds; absent when nothing was received.
    pub jitter: Option<f64>,
    /// Worst of received audio, received video and sent media, 0 to 1; absent when none is known.
    pub packet_loss: Option<f64>,
    /// Received bit/s; absent when neither audio nor video was measured.
    pub bitrate_in: Option<f64>,
    /// Sent bit/s; absent when sending was not measured.
    pub bitrate_out: Option<f64>,
}

/// Bounds of what is believed. Beyond them a value is clamped, so that one wrong report cannot
/// drown the others in a sum or an average.
pub(crate) mod bounds {
    pub(crate) const SECONDS: f64 = 10.0;
    pub(crate) const COUNT: f64 = 1e9;
    pub(crate) const BYTES: f64 = 1e12;
    pub(crate) const BITRATE: f64 = 1e12;
    pub(crate) const INTERVAL_MS: (f64, f64) = (100.0, 60_000.0);
    pub(crate) const DEFAULT_INTERVAL_MS: f64 = 2000.0;
}

/// The value if it can be true, clamped to `max`.
pub(crate) fn known(value: Option<f64>, max: f64) -> Option<f64> {
    value
        .filter(|v| v.is_finite() && *v >= 0.0)
        .map(|v| v.min(max))
}

/// The value if it can be true, clamped to `max`; otherwise 0.
pub(crate) fn count(value: f64, max: f64) -> f64 {
    known(Some(value), max).unwrap_or(0.0)
}

impl Inbound {
    /// Packets received, cleaned.
    pub(crate) fn received(&self) -> f64 {
        count(self.packets_received, bounds::COUNT)
    }

    /// Share of packets lost, 0 to 1; 0 when nothing was expected.
    pub(crate) fn loss(&self) -> f64 {
        let lost = count(self.packets_lost, bounds::COUNT);
        let expected = lost + self.received();
        if expected > 0.0 { lost / expected } else { 0.0 }
    }

    /// Share of audio that was made up, 0 to 1; 0 when not known.
    pub(crate) fn concealment(&self) -> f64 {
        let concealed = known(self.concealed_samples, bounds::COUNT).unwrap_or(0.0);
        let total = known(self.total_samples_received, bounds::COUNT).unwrap_or(0.0);
        if total > 0.0 {
            (concealed / total).min(1.0)
        } else {
            0.0
        }
    }

    /// Jitter in seconds, cleaned.
    pub(crate) fn jitter_seconds(&self) -> f64 {
        count(self.jitter, bounds::SECONDS)
    }
}

impl StatsSample {
    /// Length of the interval in seconds: 2 when it makes no sense, else clamped to 0.1 to 60.
    pub(crate) fn interval_seconds(&self) -> f64 {
        let (min, max) = bounds::INTERVAL_MS;
        let ms = if self.interval_ms.is_finite() && self.interval_ms > 0.0 {
            self.interval_ms.clamp(min, max)
        } else {
            bounds::DEFAULT_INTERVAL_MS
        };
        ms / 1000.0
    }

    /// The figures worth keeping, cleaned and bounded: never NaN, infinite or negative.
    pub fn figures(&self) -> Figures {
        let inbound = || [self.audio, self.video].into_iter().flatten();
        let bits_per_second = |bytes: f64| bytes * 8.0 / self.interval_seconds();
        let sent_loss = self
            .outbound
            .and_then(|outbound| known(outbound.fraction_lost, 1.0));
        Figures {
            round_trip_time: known(self.round_trip_time, bounds::SECONDS),
            jitter: inbound()
                .filter(|media| media.received() > 0.0)
                .map(|media| media.jitter_seconds())
                .reduce(f64::max),
            packet_loss: inbound()
                .map(|media| media.loss())
                .chain(sent_loss)
                .reduce(f64::max),
            bitrate_in: inbound()
                .map(|media| count(media.bytes_received, bounds::BYTES))
                .reduce(|a, b| a + b)
                .map(bits_per_second),
            bitrate_out: self
                .outbound
                .map(|outbound| bits_per_second(count(outbound.bytes_sent, bounds::BYTES))),
        }
    }
}
