//! Opus: RFC 6716, and RFC 7845 for the header that files have.

use std::time::Duration;

/// How many samples at 48 kHz libopus looks ahead: what is decoded comes so much later than it was captured.
const PRE_SKIP: u16 = 312;

/// The same as time.
pub(crate) const CODEC_DELAY: Duration = Duration::from_micros(6_500);

/// What a decoder wants to have decoded before the place where it is to start (RFC 7845, 4.6).
pub(crate) const SEEK_PRE_ROLL: Duration = Duration::from_millis(80);

/// Samples per second that a decoder makes.
pub(crate) const RATE: u32 = 48_000;

/// Channels that a decoder makes. RTP always says two (RFC 7587, section 7), whatever a packet has.
pub(crate) const CHANNELS: u8 = 2;

/// The identification header (RFC 7845, 5.1), which is the codec's private data in Matroska.
pub(crate) fn head() -> Vec<u8> {
    let mut out = b"OpusHead".to_vec();
    out.push(1);
    out.push(CHANNELS);
    out.extend_from_slice(&PRE_SKIP.to_le_bytes());
    out.extend_from_slice(&RATE.to_le_bytes());
    // No gain; the channel mapping for one or two.
    out.extend_from_slice(&[0, 0, 0]);
    out
}

/// How long a packet plays (RFC 6716, 3.1); `None` for what is no packet.
pub(crate) fn duration(packet: &[u8]) -> Option<Duration> {
    let first = *packet.first()?;
    let micros = match first >> 3 {
        config @ 0..=11 => [10_000, 20_000, 40_000, 60_000][usize::from(config % 4)],
        config @ 12..=15 => [10_000, 20_000][usize::from(config % 2)],
        config => [2_500, 5_000, 10_000, 20_000][usize::from(config % 4)],
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 0x3F),
    };
    // RFC 6716, 3.2.5: no packet is longer than 120 ms, and none is empty.
    let total = Duration::from_micros(micros * frames);
    (frames > 0 && total <= Duration::from_millis(120)).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_says_how_long_it_plays() {
        let ms = Duration::from_millis;
        // What a browser sends: CELT, fullband, 20 ms, one frame.
        assert_eq!(duration(&[31 << 3, 1, 2]), Some(ms(20)));
        // SILK, 60 ms; hybrid, 10 ms, two frames; CELT, 2.5 ms, four frames.
        assert_eq!(duration(&[3 << 3]), Some(ms(60)));
        assert_eq!(duration(&[12 << 3 | 1]), Some(ms(20)));
        assert_eq!(duration(&[16 << 3 | 3, 4]), Some(ms(10)));
        for wrong in [
            &[][..],
            &[31 << 3 | 3],
            &[31 << 3 | 3, 0],
            &[31 << 3 | 3, 7],
        ] {
            assert_eq!(duration(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn the_delay_is_the_pre_skip() {
        assert_eq!(
            CODEC_DELAY.as_nanos(),
            u128::from(PRE_SKIP) * 1_000_000_000 / u128::from(RATE)
        );
        assert_eq!(head().len(), 19);
    }
}
