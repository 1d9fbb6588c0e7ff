//! Statistics of webrtc-rs peer connections as [`StatsSample`]s.
//!
//! Take a [`Reading`] of a `get_stats` report every few seconds, and the difference of two is a
//! sample:
//!
//! ```no_run
//! use std::time::Instant;
//!
//! use call_media::webrtc::Reading;
//! use call_media::{Assessment, assess};
//! use webrtc::peer_connection::{PeerConnection, StatsSelector};
//!
//! async fn observe(connection: &dyn PeerConnection, last: &mut Option<Reading>) -> Option<Assessment> {
//!     let now = Instant::now();
//!     let report = connection.get_stats(now, StatsSelector::None).await;
//!     let reading = Reading::of(&report, now);
//!     let sample = last.as_ref().map(|last| reading.since(last));
//!     *last = Some(reading);
//!     sample.map(|sample| assess(&sample))
//! }
//! ```
//!
//! webrtc-rs 0.21.1 departs from the W3C in ways that are evened out here: interarrival jitter
//! comes in units of the RTP clock; what only a decoder, an encoder or a bandwidth estimator could
//! know is 0 instead of absent; the estimate of the congestion control stands at the sent streams,
//! not at the candidate pair; and a candidate pair names its candidates by half their id.
//!
//! It counts no receiver reports that arrive, so [`Outbound::fraction_lost`] stays absent: what
//! was lost on the way out is known to the other side only, whose own readings tell.

use std::collections::BTreeMap;
use std::time::Instant;

use ::webrtc::peer_connection::{RTCStatsReport, RTCStatsReportEntry};
use rtc::peer_connection::transport::{RTCIceCandidateType, RTCIceServerTransportProtocol};
use rtc::rtp_transceiver::rtp_sender::RtpCodecKind;
use rtc::statistics::stats::RTCQualityLimitationReason;
use rtc::statistics::stats::rtp_stream::received::inbound::RTCInboundRtpStreamStats;
use rtc::statistics::stats::rtp_stream::sent::outbound::RTCOutboundRtpStreamStats;

use crate::sample::{
    CandidateType, Inbound, Outbound, QualityLimitationReason, RelayProtocol, StatsSample,
};

/// The totals of one peer connection at one moment, free of webrtc-rs types.
#[derive(Debug, Clone)]
pub struct Reading {
    at: Instant,
    path: Path,
    audio: BTreeMap<u32, Received>,
    video: BTreeMap<u32, Received>,
    sent: BTreeMap<u32, Sent>,
}

/// The selected candidate pair.
#[derive(Debug, Clone, Default)]
struct Path {
    round_trip_time: Option<f64>,
    candidate_type: Option<CandidateType>,
    relay_protocol: Option<RelayProtocol>,
}

/// Totals of one received stream, and its latest gauges.
#[derive(Debug, Clone, Default)]
struct Received {
    packets: u64,
    lost: i64,
    bytes: u64,
    /// In seconds.
    jitter: f64,
    concealed_samples: u64,
    samples: u64,
    frames_decoded: u64,
    frames_per_second: f64,
    frame_width: u32,
    frame_height: u32,
    freezes: u64,
    /// In seconds.
    frozen: f64,
}

/// Totals of one sent stream, and its latest gauges.
#[derive(Debug, Clone, Default)]
struct Sent {
    packets: u64,
    bytes: u64,
    /// The congestion control's estimate for the whole connection, in bit/s; 0 without one.
    target_bitrate: f64,
    frames_per_second: f64,
    frame_height: u32,
    limitation: Option<QualityLimitationReason>,
}

impl Reading {
    /// Reads a report of the whole connection (`StatsSelector::None`) that was taken at `at`.
    pub fn of(report: &RTCStatsReport, at: Instant) -> Self {
        let mut reading = Self {
            at,
            path: Path::of(report),
            audio: BTreeMap::new(),
            video: BTreeMap::new(),
            sent: BTreeMap::new(),
        };
        for stream in report.inbound_rtp_streams() {
            let rtp = &stream.received_rtp_stream_stats.rtp_stream_stats;
            let streams = match rtp.kind {
                RtpCodecKind::Audio => &mut reading.audio,
                RtpCodecKind::Video => &mut reading.video,
                _ => continue,
            };
            streams.insert(
                rtp.ssrc,
                Received::of(stream, clock_rate(report, &rtp.codec_id, rtp.kind)),
            );
        }
        for stream in report.outbound_rtp_streams() {
            let ssrc = stream.sent_rtp_stream_stats.rtp_stream_stats.ssrc;
            reading.sent.insert(ssrc, Sent::of(stream));
        }
        reading
    }

    /// What happened since an earlier reading of the same connection.
    ///
    /// Audio and video are present as soon as a stream of their kind is known. webrtc-rs cannot
    /// tell a stream that was muted from one that is missing: set the field to `None` while the
    /// other side is known to send none. Streams of one kind (simulcast) are added up.
    pub fn since(&self, earlier: &Self) -> StatsSample {
        StatsSample {
            interval_ms: self.at.saturating_duration_since(earlier.at).as_secs_f64() * 1000.0,
            round_trip_time: self.path.round_trip_time,
            available_outgoing_bitrate: self
                .sent
                .values()
                .filter_map(|stream| measured(stream.target_bitrate))
                .reduce(f64::max),
            candidate_type: self.path.candidate_type,
            relay_protocol: self.path.relay_protocol,
            audio: inbound(&self.audio, &earlier.audio),
            video: inbound(&self.video, &earlier.video),
            outbound: outbound(&self.sent, &earlier.sent),
        }
    }
}

fn inbound(now: &BTreeMap<u32, Received>, earlier: &BTreeMap<u32, Received>) -> Option<Inbound> {
    let nothing = Received::default();
    now.iter()
        .map(|(ssrc, stream)| stream.since(earlier.get(ssrc).unwrap_or(&nothing)))
        .reduce(|a, b| Inbound {
            packets_received: a.packets_received + b.packets_received,
            packets_lost: a.packets_lost + b.packets_lost,
            jitter: a.jitter.max(b.jitter),
            bytes_received: a.bytes_received + b.bytes_received,
            concealed_samples: merge(a.concealed_samples, b.concealed_samples, sum),
            total_samples_received: merge(a.total_samples_received, b.total_samples_received, sum),
            frames_decoded: merge(a.frames_decoded, b.frames_decoded, sum),
            frames_per_second: merge(a.frames_per_second, b.frames_per_second, f64::max),
            frame_width: merge(a.frame_width, b.frame_width, f64::max),
            frame_height: merge(a.frame_height, b.frame_height, f64::max),
            freeze_count: merge(a.freeze_count, b.freeze_count, sum),
            total_freezes_duration: merge(a.total_freezes_duration, b.total_freezes_duration, sum),
        })
}

fn outbound(now: &BTreeMap<u32, Sent>, earlier: &BTreeMap<u32, Sent>) -> Option<Outbound> {
    let nothing = Sent::default();
    now.iter()
        .map(|(ssrc, stream)| stream.since(earlier.get(ssrc).unwrap_or(&nothing)))
        .reduce(|a, b| Outbound {
            bytes_sent: a.bytes_sent + b.bytes_sent,
            packets_sent: a.packets_sent + b.packets_sent,
            fraction_lost: None,
            frames_per_second: merge(a.frames_per_second, b.frames_per_second, f64::max),
            frame_height: merge(a.frame_height, b.frame_height, f64::max),
            quality_limitation_reason: [a.quality_limitation_reason, b.quality_limitation_reason]
                .into_iter()
                .flatten()
                .max_by_key(|reason| severity(*reason)),
        })
}

fn severity(reason: QualityLimitationReason) -> u8 {
    match reason {
        QualityLimitationReason::None => 0,
        QualityLimitationReason::Other => 1,
        QualityLimitationReason::Cpu => 2,
        QualityLimitationReason::Bandwidth => 3,
    }
}

fn merge(a: Option<f64>, b: Option<f64>, how: fn(f64, f64) -> f64) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(how(a, b)),
        (one, None) | (None, one) => one,
    }
}

fn sum(a: f64, b: f64) -> f64 {
    a + b
}

impl Path {
    fn of(report: &RTCStatsReport) -> Self {
        let selected = report
            .transport()
            .and_then(|transport| report.get(&transport.selected_candidate_pair_id));
        let Some(RTCStatsReportEntry::IceCandidatePair(pair)) = selected else {
            return Self::default();
        };
        let local = report.iter().find_map(|entry| match entry {
            RTCStatsReportEntry::LocalCandidate(candidate)
                if names(&pair.local_candidate_id, &candidate.stats.id) =>
            {
                Some(candidate)
            }
            _ => None,
        });
        Self {
            round_trip_time: measured(pair.current_round_trip_time),
            candidate_type: local.and_then(|local| match local.candidate_type {
                RTCIceCandidateType::Host => Some(CandidateType::Host),
                RTCIceCandidateType::Srflx => Some(CandidateType::Srflx),
                RTCIceCandidateType::Prflx => Some(CandidateType::Prflx),
                RTCIceCandidateType::Relay => Some(CandidateType::Relay),
                _ => None,
            }),
            relay_protocol: local.and_then(|local| match local.relay_protocol {
                RTCIceServerTransportProtocol::Udp => Some(RelayProtocol::Udp),
                RTCIceServerTransportProtocol::Tcp => Some(RelayProtocol::Tcp),
                RTCIceServerTransportProtocol::Tls => Some(RelayProtocol::Tls),
                _ => None,
            }),
        }
    }
}

impl Received {
    fn of(stream: &RTCInboundRtpStreamStats, clock_rate: f64) -> Self {
        let received = &stream.received_rtp_stream_stats;
        Self {
            packets: received.packets_received,
            lost: received.packets_lost,
            bytes: stream.bytes_received,
            jitter: received.jitter / clock_rate,
            concealed_samples: stream.concealed_samples,
            samples: stream.total_samples_received,
            frames_decoded: u64::from(stream.frames_decoded),
            frames_per_second: stream.frames_per_second,
            frame_width: stream.frame_width,
            frame_height: stream.frame_height,
            freezes: u64::from(stream.freeze_count),
            frozen: stream.total_freezes_duration,
        }
    }

    fn since(&self, earlier: &Self) -> Inbound {
        // A total that was never above zero was never counted: no decoder reports to webrtc-rs.
        let plays = self.samples > 0;
        let decodes = self.frames_decoded > 0;
        Inbound {
            packets_received: delta(self.packets, earlier.packets),
            packets_lost: lost(self.lost, earlier.lost),
            jitter: self.jitter,
            bytes_received: delta(self.bytes, earlier.bytes),
            concealed_samples: plays
                .then(|| delta(self.concealed_samples, earlier.concealed_samples)),
            total_samples_received: plays.then(|| delta(self.samples, earlier.samples)),
            frames_decoded: decodes.then(|| delta(self.frames_decoded, earlier.frames_decoded)),
            frames_per_second: measured(self.frames_per_second),
            frame_width: measured(f64::from(self.frame_width)),
            frame_height: measured(f64::from(self.frame_height)),
            freeze_count: decodes.then(|| delta(self.freezes, earlier.freezes)),
            total_freezes_duration: decodes.then(|| (self.frozen - earlier.frozen).max(0.0)),
        }
    }
}

impl Sent {
    fn of(stream: &RTCOutboundRtpStreamStats) -> Self {
        let is_video = stream.sent_rtp_stream_stats.rtp_stream_stats.kind == RtpCodecKind::Video;
        Self {
            packets: stream.sent_rtp_stream_stats.packets_sent,
            bytes: stream.sent_rtp_stream_stats.bytes_sent,
            target_bitrate: stream.target_bitrate,
            frames_per_second: stream.frames_per_second,
            frame_height: stream.frame_height,
            limitation: is_video.then_some(match stream.quality_limitation_reason {
                RTCQualityLimitationReason::None => QualityLimitationReason::None,
                RTCQualityLimitationReason::Cpu => QualityLimitationReason::Cpu,
                RTCQualityLimitationReason::Bandwidth => QualityLimitationReason::Bandwidth,
                _ => QualityLimitationReason::Other,
            }),
        }
    }

    fn since(&self, earlier: &Self) -> Outbound {
        Outbound {
            bytes_sent: delta(self.bytes, earlier.bytes),
            packets_sent: delta(self.packets, earlier.packets),
            fraction_lost: None,
            frames_per_second: measured(self.frames_per_second),
            frame_height: measured(f64::from(self.frame_height)),
            quality_limitation_reason: self.limitation,
        }
    }
}

/// The RTP clock of a stream in Hz: that of its codec, or the usual one while none is known.
fn clock_rate(report: &RTCStatsReport, codec_id: &str, kind: RtpCodecKind) -> f64 {
    match report.get(codec_id) {
        Some(RTCStatsReportEntry::Codec(codec)) if codec.clock_rate > 0 => {
            f64::from(codec.clock_rate)
        }
        _ if kind == RtpCodecKind::Audio => 48_000.0,
        _ => 90_000.0,
    }
}

/// A candidate pair refers to its candidates without the prefix that their own ids have.
fn names(reference: &str, id: &str) -> bool {
    id.strip_suffix(reference)
        .is_some_and(|prefix| matches!(prefix, "" | "RTCLocalIceCandidate_"))
}

/// webrtc-rs writes 0 for what nobody measured.
fn measured(value: f64) -> Option<f64> {
    (value > 0.0).then_some(value)
}

/// Growth of a counter; one that went backwards was restarted and counts from zero.
fn delta(now: u64, earlier: u64) -> f64 {
    float(now.checked_sub(earlier).unwrap_or(now))
}

/// Growth of a loss counter, which late packets may make shrink.
fn lost(now: i64, earlier: i64) -> f64 {
    let grown = now.saturating_sub(earlier);
    let size = float(grown.unsigned_abs());
    if grown < 0 { -size } else { size }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no counter of a call reaches 2^53"
)]
fn float(value: u64) -> f64 {
    value as f64
}
