use call_domain::Quality;
use serde::{Deserialize, Serialize};

use crate::sample::{QualityLimitationReason, StatsSample, bounds, known};

/// What [`assess`] makes of one sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assessment {
    /// An estimate of the mean opinion score (ITU-T P.800), 1.0 (bad) to 4.5, two decimals.
    pub score: f64,
    /// The level that the score falls into.
    pub quality: Quality,
    /// What is wrong, each at most once, in the order of [`Reason`]. May name something that does
    /// not yet lower the level.
    pub reasons: Vec<Reason>,
}

/// Why a connection is not at its best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// More than 300 ms to the peer and back.
    HighRoundTripTime,
    /// More than 2 % of the packets are lost.
    PacketLoss,
    /// Packets arrive more than 30 ms out of step.
    Jitter,
    /// The network takes less than the sent media needs.
    LowBitrate,
    /// The received picture stands still.
    FrozenVideo,
    /// This device is too slow for the video it sends.
    CpuLimited,
    /// Sent video is reduced to fit the network.
    BandwidthLimited,
    /// Media that should arrive does not.
    NoMedia,
}

impl Reason {
    /// The stable code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HighRoundTripTime => "high_round_trip_time",
            Self::PacketLoss => "packet_loss",
            Self::Jitter => "jitter",
            Self::LowBitrate => "low_bitrate",
            Self::FrozenVideo => "frozen_video",
            Self::CpuLimited => "cpu_limited",
            Self::BandwidthLimited => "bandwidth_limited",
            Self::NoMedia => "no_media",
        }
    }
}

/// Assesses one sample.
///
/// The voice part is the E-model (ITU-T G.107) with the usual simplifications; problems of video
/// and of sending are taken off its score. Frame rate and picture size are not judged: they depend
/// on the content (a shared page that nobody scrolls sends a frame a second).
///
/// # Formula
///
/// Written so that it can be repeated line by line with IEEE 754 doubles.
///
/// *Cleaning.* `known(x, max)` is nothing when `x` is absent, NaN, infinite or negative, else
/// `min(x, max)`. `count(x, max)` is the same with 0 for nothing. Limits: seconds 10, packets,
/// samples, frames and freezes 1e9, bit/s 1e12, fractions 1.
///
/// ```text
/// t           = (intervalMs finite and > 0 ? clamp(intervalMs, 100, 60000) : 2000) / 1000
/// rtt         = known(roundTripTime)
/// received(m) = count(m.packetsReceived)
/// loss(m)     = lost / (lost + received(m)), lost = count(m.packetsLost); 0 if both are 0
/// concealed(m)= min(1, count(concealedSamples) / count(totalSamplesReceived)); 0 if total is 0
/// sentLoss    = count(outbound.fractionLost, 1); 0 without outbound
///
/// Nothing arrives: audio or video is present, and received(m) is 0 for each that is.
///     score = 1, quality = lost, reasons = [no_media]. Done.
///
/// Voice
/// silent      = audio present and received(audio) = 0        (video arrives, audio does not)
/// heardLoss   = silent ? 1 : audio present ? max(loss(audio), concealed(audio)) : 0
/// voiceLoss   = max(heardLoss, sentLoss)
/// jitter      = count(audio.jitter) if audio present and not silent,
///               else count(video.jitter) if video present, else 0
/// d           = 20 + (rtt or 0) * 1000 / 2 + 2 * jitter * 1000      one-way delay in ms:
///               a packet of 20 ms, half the round trip, a jitter buffer of twice the jitter
/// Id          = 0.024 * d + (d > 177.3 ? 0.11 * (d - 177.3) : 0)
/// P           = 100 * voiceLoss
/// Ie          = 95 * P / (P + 20)                  Ie = 0 and Bpl = 20 for Opus: G.113 gives
///                                                  16.1 to 25.1 to codecs that conceal losses
/// R           = clamp(93.2 - Id - Ie, 0, 100)
/// mos         = 1 + 0.035 * R + R * (R - 60) * (100 - R) * 0.000007
///
/// Penalties
/// videoLoss   = video present ? loss(video) : 0
/// pVideoLoss  = min(1.5, 15 * videoLoss)
/// frozen      = 0 without video;
///               1 if received(video) = 0 or known(framesDecoded) = 0;
///               else min(1, max(count(totalFreezesDuration) / t, 0.1 * count(freezeCount)))
/// pFrozen     = 2 * frozen
/// needed      = 150000 if known(outbound.framesPerSecond) > 0, else 24000
/// available   = known(availableOutgoingBitrate), only if outbound is present
/// pBitrate    = available known and < needed ? 1 - available / needed : 0
/// pLimited    = bandwidth: 0.5, cpu: 0.3, none, other or absent: 0  (qualityLimitationReason)
///
/// score   = clamp(mos - pVideoLoss - pFrozen - pBitrate - pLimited, 1, 4.5),
///           taken off from left to right, rounded: round(score * 100) / 100
/// quality = score >= 4.2 excellent, >= 3.6 good, >= 2.6 fair, else poor
///
/// Reasons, in this order
/// high_round_trip_time  rtt > 0.3
/// packet_loss           max(voiceLoss, videoLoss) > 0.02, voiceLoss being sentLoss if silent
/// jitter                jitter > 0.03
/// low_bitrate           pBitrate > 0
/// frozen_video          frozen > 0
/// cpu_limited           the limitation is cpu
/// bandwidth_limited     the limitation is bandwidth
/// no_media              silent
/// ```
///
/// The score never rises when `packetsLost` or `roundTripTime` rises and all else stays.
pub fn assess(sample: &StatsSample) -> Assessment {
    let inbound = || [&sample.audio, &sample.video].into_iter().flatten();
    if inbound().next().is_some() && inbound().all(|media| media.received() <= 0.0) {
        return Assessment {
            score: MIN_SCORE,
            quality: Quality::Lost,
            reasons: vec![Reason::NoMedia],
        };
    }
    let voice = Voice::of(sample);
    let video = Video::of(sample);
    let sending = Sending::of(sample);

    let score = voice.mos()
        - video.loss_penalty()
        - video.frozen_penalty()
        - sending.bitrate_penalty
        - sending.limited_penalty();
    let score = (score.clamp(MIN_SCORE, MAX_SCORE) * 100.0).round() / 100.0;
    let reasons = [
        (Reason::HighRoundTripTime, voice.round_trip_time > 0.3),
        (
            Reason::PacketLoss,
            voice.reported_loss().max(video.loss) > 0.02,
        ),
        (Reason::Jitter, voice.jitter > 0.03),
        (Reason::LowBitrate, sending.bitrate_penalty > 0.0),
        (Reason::FrozenVideo, video.frozen > 0.0),
        (
            Reason::CpuLimited,
            sending.limitation == Some(QualityLimitationReason::Cpu),
        ),
        (
            Reason::BandwidthLimited,
            sending.limitation == Some(QualityLimitationReason::Bandwidth),
        ),
        (Reason::NoMedia, voice.silent),
    ];
    Assessment {
        score,
        quality: level(score),
        reasons: reasons
            .into_iter()
            .filter_map(|(reason, holds)| holds.then_some(reason))
            .collect(),
    }
}

const MIN_SCORE: f64 = 1.0;
const MAX_SCORE: f64 = 4.5;

fn level(score: f64) -> Quality {
    if score >= 4.2 {
        Quality::Excellent
    } else if score >= 3.6 {
        Quality::Good
    } else if score >= 2.6 {
        Quality::Fair
    } else {
        Quality::Poor
    }
}

/// What the E-model needs.
struct Voice {
    /// Audio should arrive and does not.
    silent: bool,
    heard_loss: f64,
    sent_loss: f64,
    /// In seconds, 0 when not known.
    round_trip_time: f64,
    /// In seconds.
    jitter: f64,
}

impl Voice {
    fn of(sample: &StatsSample) -> Self {
        let arriving = sample.audio.filter(|audio| audio.received() > 0.0);
        let silent = sample.audio.is_some() && arriving.is_none();
        let heard_loss = match arriving {
            Some(audio) => audio.loss().max(audio.concealment()),
            None if silent => 1.0,
            None => 0.0,
        };
        Self {
            silent,
            heard_loss,
            sent_loss: sample
                .outbound
                .and_then(|outbound| known(outbound.fraction_lost, 1.0))
                .unwrap_or(0.0),
            round_trip_time: known(sample.round_trip_time, bounds::SECONDS).unwrap_or(0.0),
            jitter: arriving
                .or(sample.video)
                .map_or(0.0, |media| media.jitter_seconds()),
        }
    }

    /// ITU-T G.107 with the delay impairment in its two-segment form and Opus' robustness.
    fn mos(&self) -> f64 {
        let delay = 20.0 + self.round_trip_time * 1000.0 / 2.0 + 2.0 * self.jitter * 1000.0;
        let late = if delay > 177.3 {
            0.11 * (delay - 177.3)
        } else {
            0.0
        };
        let delay_impairment = 0.024 * delay + late;
        let percent = 100.0 * self.heard_loss.max(self.sent_loss);
        let loss_impairment = 95.0 * percent / (percent + 20.0);
        let r = (93.2 - delay_impairment - loss_impairment).clamp(0.0, 100.0);
        1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 0.000_007
    }

    /// The loss to name as a reason: a stream that is missing altogether has a reason of its own.
    fn reported_loss(&self) -> f64 {
        if self.silent {
            self.sent_loss
        } else {
            self.heard_loss.max(self.sent_loss)
        }
    }
}

/// How the received picture suffers.
struct Video {
    loss: f64,
    /// Share of the interval in which the picture stood still.
    frozen: f64,
}

impl Video {
    fn of(sample: &StatsSample) -> Self {
        let Some(video) = sample.video else {
            return Self {
                loss: 0.0,
                frozen: 0.0,
            };
        };
        let nothing_decoded =
            known(video.frames_decoded, bounds::COUNT).is_some_and(|frames| frames <= 0.0);
        let frozen = if video.received() <= 0.0 || nothing_decoded {
            1.0
        } else {
            let duration = known(video.total_freezes_duration, bounds::SECONDS).unwrap_or(0.0);
            let freezes = known(video.freeze_count, bounds::COUNT).unwrap_or(0.0);
            (duration / sample.interval_seconds())
                .max(0.1 * freezes)
                .min(1.0)
        };
        Self {
            loss: video.loss(),
            frozen,
        }
    }

    fn loss_penalty(&self) -> f64 {
        (15.0 * self.loss).min(1.5)
    }

    fn frozen_penalty(&self) -> f64 {
        2.0 * self.frozen
    }
}

/// How well this side can send.
struct Sending {
    bitrate_penalty: f64,
    limitation: Option<QualityLimitationReason>,
}

impl Sending {
    fn of(sample: &StatsSample) -> Self {
        let Some(outbound) = sample.outbound else {
            return Self {
                bitrate_penalty: 0.0,
                limitation: None,
            };
        };
        let sends_video = known(outbound.frames_per_second, bounds::COUNT).is_some_and(|f| f > 0.0);
        let needed = if sends_video { 150_000.0 } else { 24_000.0 };
        let available = known(sample.available_outgoing_bitrate, bounds::BITRATE);
        Self {
            bitrate_penalty: available
                .filter(|available| *available < needed)
                .map_or(0.0, |available| 1.0 - available / needed),
            limitation: outbound.quality_limitation_reason,
        }
    }

    fn limited_penalty(&self) -> f64 {
        match self.limitation {
            Some(QualityLimitationReason::Bandwidth) => 0.5,
            Some(QualityLimitationReason::Cpu) => 0.3,
            Some(QualityLimitationReason::None | QualityLimitationReason::Other) | None => 0.0,
        }
    }
}
