use std::time::{Duration, Instant};

use str0m::Rtc;
use str0m::media::Mid;
use str0m::rtp::{ExtensionValues, RtpWrite, SeqNo};

use super::picture::STAMP;
use super::publisher::{on_time, timestamp};

/// Made-up Opus (RFC 7587): 50 packets a second of 80 bytes, with a level that tells speech (RFC 6464).
pub(super) struct Sound {
    began: Instant,
    next: Instant,
    sequence: u64,
}

const PACKET: Duration = Duration::from_millis(20);
/// Its clock (RFC 7587 section 4.1).
const CLOCK_RATE: f64 = 48_000.0;
const BYTES: usize = 80;
/// CELT, full band, 20 ms, mono, one frame (RFC 6716 section 3.1).
const TABLE_OF_CONTENTS: u8 = 31 << 3;
/// In −dBov: clear speech.
const LEVEL: i8 = -30;

impl Sound {
    pub(super) fn new(began: Instant, now: Instant) -> Self {
        Self {
            began,
            next: now,
            sequence: 1,
        }
    }

    /// When the next packet is due.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// Writes a packet; false: the line does not take any.
    pub(super) fn publish(&mut self, rtc: &mut Rtc, line: Mid, now: Instant) -> bool {
        // After a pause it goes on, and does not catch up.
        let due = on_time(self.next, PACKET, now);
        self.next = due + PACKET;
        let payload_type = rtc
            .media(line)
            .and_then(|media| media.remote_pts().first().copied());
        let mut api = rtc.direct_api();
        let (Some(payload_type), Some(stream)) = (payload_type, api.stream_tx_by_mid(line, None))
        else {
            return false;
        };
        stream.set_unpaced(true);
        let mut payload = vec![0; BYTES];
        payload[0] = TABLE_OF_CONTENTS;
        let sent = now.saturating_duration_since(self.began).as_nanos();
        let stamp = u64::try_from(sent).unwrap_or(u64::MAX).to_be_bytes();
        payload[BYTES - STAMP..].copy_from_slice(&stamp);
        let extensions = ExtensionValues {
            mid: Some(line),
            audio_level: Some(LEVEL),
            voice_activity: Some(true),
            ..ExtensionValues::default()
        };
        let packet = RtpWrite::new(
            payload_type,
            SeqNo::from(self.sequence),
            timestamp(self.began, due, CLOCK_RATE),
            now,
            payload,
        );
        stream.write_rtp(packet.ext_vals(extensions));
        self.sequence += 1;
        true
    }
}
