use super::super::VideoCodec;
use super::{vp8, vp9};

/// Whether a payload is the first one of a key frame, so that a decoder that has seen nothing can begin with it.
pub(super) fn starts_key_frame(codec: VideoCodec, payload: &[u8]) -> bool {
    match codec {
        VideoCodec::Vp8 => vp8::starts_key_frame(payload),
        VideoCodec::Vp9 => vp9::starts_key_frame(payload),
        VideoCodec::H264 => h264(payload),
        VideoCodec::Av1 => av1(payload),
    }
}

/// A sequence parameter set (NAL unit type 7), alone, first in a fragment or anywhere in an aggregate (RFC 6184 section 5).
///
/// The IDR picture that follows it does not count: a decoder that begins with it lacks the parameters, and they differ
/// from layer to layer.
fn h264(payload: &[u8]) -> bool {
    const SEQUENCE_PARAMETERS: u8 = 7;
    const STAP_A: u8 = 24;
    const FU_A: u8 = 28;
    let Some((first, rest)) = payload.split_first() else {
        return false;
    };
    match first & 0x1f {
        SEQUENCE_PARAMETERS => true,
        STAP_A => AggregatedUnits(rest).any(|unit| {
            unit.first()
                .is_some_and(|kind| kind & 0x1f == SEQUENCE_PARAMETERS)
        }),
        FU_A => rest
            .first()
            .is_some_and(|fragment| fragment & 0x80 != 0 && fragment & 0x1f == SEQUENCE_PARAMETERS),
        _ => false,
    }
}

/// NAL units behind their 16-bit sizes.
struct AggregatedUnits<'a>(&'a [u8]);

impl<'a> Iterator for AggregatedUnits<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (size, rest) = self.0.split_first_chunk::<2>()?;
        let (unit, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*size)))?;
        self.0 = rest;
        Some(unit)
    }
}

/// The beginning of a coded video sequence: the N bit of the aggregation header, or a sequence header as the first OBU
/// (AV1 RTP payload format section 4.4).
fn av1(payload: &[u8]) -> bool {
    const SEQUENCE_HEADER: u8 = 1;
    let Some((aggregation, elements)) = payload.split_first() else {
        return false;
    };
    let continues_obu = aggregation & 0x80 != 0;
    if continues_obu {
        return false;
    }
    if aggregation & 0x08 != 0 {
        return true;
    }
    // With exactly one element it has no length in front of it.
    let element = match aggregation >> 4 & 0x03 {
        1 => Some(elements),
        _ => after_leb128(elements),
    };
    element
        .and_then(<[u8]>::first)
        .is_some_and(|header| header >> 3 & 0x0f == SEQUENCE_HEADER)
}

/// What follows a length in LEB128 of at most eight bytes (AV1 section 4.10.5).
fn after_leb128(bytes: &[u8]) -> Option<&[u8]> {
    let last = bytes.iter().take(8).position(|byte| byte & 0x80 == 0)?;
    bytes.get(last + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(codec: VideoCodec, payload: &[u8]) -> bool {
        starts_key_frame(codec, payload)
    }

    #[test]
    fn h264_begins_with_its_parameters() {
        let h264 = |payload: &[u8]| starts(VideoCodec::H264, payload);
        // SPS alone; STAP-A of SPS and PPS; the first fragment of an SPS; STAP-A that has it in second place.
        assert!(h264(&[0x67, 0x42, 0xe0, 0x1f]));
        assert!(h264(&[0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68]));
        assert!(h264(&[0x7c, 0x87, 0x42]));
        assert!(h264(&[0x78, 0, 1, 0x09, 0, 2, 0x67, 0x42]));
        // IDR alone and fragmented, PPS, a slice, a later fragment, an aggregate that is cut short.
        assert!(!h264(&[0x65, 1]));
        assert!(!h264(&[0x7c, 0x85, 1]));
        assert!(!h264(&[0x68, 1]));
        assert!(!h264(&[0x41, 1]));
        assert!(!h264(&[0x7c, 0x07, 0x42]));
        assert!(!h264(&[0x78, 0, 9, 0x67]));
        assert!(!h264(&[0x7c]));
        assert!(!h264(&[]));
    }

    #[test]
    fn av1_begins_a_coded_video_sequence() {
        let av1 = |payload: &[u8]| starts(VideoCodec::Av1, payload);
        // The N bit; a sequence header as the only element, and as the first of two.
        assert!(av1(&[0x18, 0x0a]));
        assert!(av1(&[0x10, 0x08, 1]));
        assert!(av1(&[0x20, 0x02, 0x08, 1, 0x30]));
        assert!(av1(&[0x00, 0x82, 0x00, 0x08, 1]));
        // A continued OBU, a frame, nothing, a length without an end.
        assert!(!av1(&[0x98, 0x0a]));
        assert!(!av1(&[0x10, 0x30, 1]));
        assert!(!av1(&[0x10]));
        assert!(!av1(&[]));
        assert!(!av1(&[
            0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x08
        ]));
    }

    #[test]
    fn vp8_and_vp9_say_so_in_their_descriptors() {
        assert!(starts(
            VideoCodec::Vp8,
            &[0x10, 0x50, 0x2d, 0x00, 0x9d, 0x01, 0x2a]
        ));
        assert!(starts(VideoCodec::Vp9, &[0x08, 1]));
    }
}
