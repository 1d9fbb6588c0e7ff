use std::time::{Duration, Instant};

use str0m::Rtc;
use str0m::media::{KeyframeRequest, Mid, Rid};
use str0m::rtp::{ExtensionValues, RtpWrite, SeqNo};

use super::picture::Picture;
use super::sound::Sound;

/// What a participant sends.
#[derive(Debug, Clone, Copy)]
pub struct SendPlan {
    /// Frames a second.
    pub frame_rate: f64,
    /// Packets of a frame.
    pub packets: usize,
    /// Payload bytes of a packet.
    pub packet_bytes: usize,
}

/// The sending half of a participant.
pub(super) struct Publisher {
    began: Instant,
    plan: Option<SendPlan>,
    line: Option<Mid>,
    layers: Vec<Layer>,
    next_frame: Instant,
    sound: Option<(Mid, Sound)>,
    sent: u64,
    bytes: u64,
}

/// One size of the picture; without simulcast there is one.
struct Layer {
    rid: Option<Rid>,
    picture: Picture,
    /// Packets of a frame.
    packets: usize,
    sequence: u64,
}

/// The layers of the SFU's offers and the part of the full size's packets that each has.
const LAYERS: [(&str, usize); 3] = [("q", 8), ("h", 3), ("f", 1)];
/// The clock of pictures (RFC 3551 section 5).
const CLOCK_RATE: f64 = 90_000.0;

impl Publisher {
    pub(super) fn new(began: Instant, plan: Option<SendPlan>, now: Instant) -> Self {
        Self {
            began,
            plan,
            line: None,
            layers: Vec::new(),
            next_frame: now,
            sound: None,
            sent: 0,
            bytes: 0,
        }
    }

    /// The pictures go there from now on.
    pub(super) fn show_on(&mut self, line: Mid) {
        if self.plan.is_some() && self.line != Some(line) {
            self.line = Some(line);
            self.layers.clear();
        }
    }

    /// Sound goes there from now on.
    pub(super) fn speak_on(&mut self, line: Mid, now: Instant) {
        if self.sound.as_ref().is_none_or(|(known, _)| *known != line) {
            self.sound = Some((line, Sound::new(self.began, now)));
        }
    }

    /// No more sound.
    pub(super) fn hush(&mut self) {
        self.sound = None;
    }

    pub(super) fn has_plan(&self) -> bool {
        self.plan.is_some()
    }

    /// Packets of pictures, of all sizes.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Their payload bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn want_key_frame(&mut self, request: KeyframeRequest) {
        for layer in &mut self.layers {
            if layer.rid == request.rid {
                layer.picture.want_key_frame();
            }
        }
    }

    /// When the next packet is due.
    pub(super) fn next(&self) -> Option<Instant> {
        let picture = self.line.map(|_| self.next_frame);
        let sound = self.sound.as_ref().map(|(_, sound)| sound.next());
        picture.into_iter().chain(sound).min()
    }

    /// Writes what is due; true: something was written.
    pub(super) fn publish(&mut self, rtc: &mut Rtc, now: Instant) -> bool {
        let sounded = match &mut self.sound {
            Some((line, sound)) if sound.next() <= now => sound.publish(rtc, *line, now),
            Some(_) | None => false,
        };
        let shown = match (self.plan, self.line) {
            (Some(plan), Some(line)) if self.next_frame <= now => self.show(rtc, now, plan, line),
            (_, _) => false,
        };
        sounded || shown
    }

    fn show(&mut self, rtc: &mut Rtc, now: Instant, plan: SendPlan, line: Mid) -> bool {
        let interval = Duration::from_secs_f64(1.0 / plan.frame_rate);
        // After a pause it goes on, and does not catch up.
        let due = on_time(self.next_frame, interval, now);
        self.next_frame = due + interval;
        let payload_type = rtc
            .media(line)
            .and_then(|media| media.remote_pts().first().copied());
        let Some(payload_type) = payload_type else {
            return false;
        };
        if self.layers.is_empty() {
            self.layers = layers(rtc, line, self.began, plan);
        }
        let time = timestamp(self.began, due, CLOCK_RATE);
        for layer in &mut self.layers {
            let mut api = rtc.direct_api();
            let Some(stream) = api.stream_tx_by_mid(line, layer.rid) else {
                continue;
            };
            stream.set_unpaced(true);
            let payloads = layer.picture.frame(now, layer.packets);
            let last = payloads.len() - 1;
            for (number, payload) in payloads.into_iter().enumerate() {
                self.sent += 1;
                self.bytes += payload.len() as u64;
                let sequence = SeqNo::from(layer.sequence);
                layer.sequence += 1;
                let extensions = ExtensionValues {
                    mid: Some(line),
                    rid: layer.rid,
                    ..ExtensionValues::default()
                };
                stream.write_rtp(
                    RtpWrite::new(payload_type, sequence, time, now, payload)
                        .marker(number == last)
                        .ext_vals(extensions)
                        .nackable(true),
                );
            }
        }
        true
    }
}

/// When what was due at a moment is sent: if that is too long ago, now.
pub(super) fn on_time(due: Instant, interval: Duration, now: Instant) -> Instant {
    if now.saturating_duration_since(due) > interval {
        now
    } else {
        due
    }
}

/// The RTP timestamp of a moment; it wraps, as RTP does.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub(super) fn timestamp(began: Instant, at: Instant, clock_rate: f64) -> u32 {
    (at.saturating_duration_since(began).as_secs_f64() * clock_rate).round() as u64 as u32
}

/// The streams that a line has: one, or one for each size.
fn layers(rtc: &mut Rtc, line: Mid, began: Instant, plan: SendPlan) -> Vec<Layer> {
    let mut api = rtc.direct_api();
    let mut has = |rid: &str| {
        let stream = api.stream_tx_by_mid(line, Some(Rid::from(rid)));
        stream.is_some()
    };
    let mut sizes: Vec<(Option<Rid>, usize)> = LAYERS
        .into_iter()
        .filter(|(rid, _)| has(rid))
        .map(|(rid, part)| (Some(Rid::from(rid)), part))
        .collect();
    // Asked for without a name, it might be any of them.
    if sizes.is_empty() {
        sizes.push((None, 1));
    }
    sizes
        .into_iter()
        .map(|(rid, part)| Layer {
            rid,
            picture: Picture::new(began, plan.packet_bytes),
            packets: plan.packets.div_ceil(part),
            sequence: 1,
        })
        .collect()
}
