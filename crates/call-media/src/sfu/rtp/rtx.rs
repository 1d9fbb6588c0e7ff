use super::header::Header;
use super::payload::DescriptorPatch;
use super::write::{OutgoingExtensions, OutgoingHeader, Stamps, write_header, write_payload};

/// The original sequence number, in front of the payload (RFC 4588 section 4).
const ORIGINAL_SEQUENCE_NUMBER: usize = 2;

/// Makes an incoming retransmission (RFC 4588 section 4) the packet it repeats, in place: the original begins at the
/// offset that is returned and goes to the end. None: nothing is repeated (a probe).
///
/// Header extensions stay as they are; the one for the layer is `repaired-rtp-stream-id`.
pub(crate) fn unwrap_rtx(
    packet: &mut [u8],
    header: &Header,
    ssrc: u32,
    payload_type: u8,
) -> Option<usize> {
    let range = header.payload_range();
    let (head, rest) = packet.split_at_mut_checked(range.start)?;
    let length = range.end - range.start;
    if length < ORIGINAL_SEQUENCE_NUMBER || head.len() < 12 {
        return None;
    }
    let original = *rest.first_chunk::<ORIGINAL_SEQUENCE_NUMBER>()?;
    head.get_mut(2..4)?.copy_from_slice(&original);
    head.get_mut(8..12)?.copy_from_slice(&ssrc.to_be_bytes());
    let second = head.get_mut(1)?;
    *second = *second & 0x80 | payload_type & 0x7f;
    packet.copy_within(..range.start, ORIGINAL_SEQUENCE_NUMBER);
    Some(ORIGINAL_SEQUENCE_NUMBER)
}

/// Appends a retransmission to `out`: `header` is the one of the retransmission stream, but for the timestamp and the
/// marker, which are the original's.
pub(crate) fn write_rtx(
    out: &mut Vec<u8>,
    header: OutgoingHeader,
    extensions: &OutgoingExtensions<'_>,
    original_sequence_number: u16,
    payload: &[u8],
    patch: DescriptorPatch,
) -> Stamps {
    let stamps = write_header(out, header, extensions);
    out.extend_from_slice(&original_sequence_number.to_be_bytes());
    write_payload(out, payload, patch);
    stamps
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::payload::PayloadInfo;
    use super::super::write::{ExtensionIds, write_packet};
    use super::*;
    use crate::sfu::VideoCodec;

    const RTX: OutgoingHeader = OutgoingHeader {
        payload_type: 97,
        marker: true,
        sequence_number: 900,
        timestamp: 1_000,
        ssrc: 0xaaaa_bbbb,
    };

    #[test]
    fn a_probe_repeats_nothing() {
        for payload in [&[][..], &[1]] {
            let mut packet = Vec::new();
            let extensions = OutgoingExtensions::default();
            write_packet(
                &mut packet,
                RTX,
                &extensions,
                payload,
                DescriptorPatch::NONE,
            );
            let header = Header::parse(&packet).unwrap();
            assert_eq!(unwrap_rtx(&mut packet, &header, 1, 96), None);
        }
    }

    #[test]
    fn a_header_of_another_packet_does_no_harm() {
        let mut packet = Vec::new();
        let extensions = OutgoingExtensions::default();
        write_packet(
            &mut packet,
            RTX,
            &extensions,
            &[0; 40],
            DescriptorPatch::NONE,
        );
        let header = Header::parse(&packet).unwrap();
        for length in 0..packet.len() {
            let mut cut = packet.get(..length).unwrap().to_vec();
            let _ = unwrap_rtx(&mut cut, &header, 1, 96);
        }
    }

    #[test]
    fn a_payload_that_is_sent_again_is_patched_as_well() {
        let payload = [0x90, 0x80, 0x85, 0x00, 1, 2, 3];
        let mut patch = DescriptorPatch {
            picture_id: PayloadInfo::read(Some(VideoCodec::Vp8), &payload).picture_id,
            tl0_picture_index: None,
        };
        if let Some(id) = &mut patch.picture_id {
            id.value = 0x0102;
        }
        let mut packet = Vec::new();
        write_rtx(
            &mut packet,
            RTX,
            &OutgoingExtensions::default(),
            0xabcd,
            &payload,
            patch,
        );
        let header = Header::parse(&packet).unwrap();
        assert_eq!(
            header.payload(&packet),
            [0xab, 0xcd, 0x90, 0x80, 0x81, 0x02, 1, 2, 3]
        );
    }

    proptest! {
        #[test]
        fn what_is_sent_again_is_what_was_sent(
            mid in proptest::option::of(1u8..15),
            original in any::<u16>(),
            marker in any::<bool>(),
            padding in 0u8..20,
            payload in proptest::collection::vec(any::<u8>(), 0..60),
        ) {
            let extensions = OutgoingExtensions {
                ids: ExtensionIds { mid, ..ExtensionIds::default() },
                mid: b"v",
                audio_level: None,
            };
            let rtx = OutgoingHeader { marker, ..RTX };
            let mut packet = Vec::new();
            write_rtx(&mut packet, rtx, &extensions, original, &payload, DescriptorPatch::NONE);
            if padding > 0 {
                packet[0] |= 0x20;
                packet.resize(packet.len() + usize::from(padding), 0);
                *packet.last_mut().unwrap() = padding;
            }
            let header = Header::parse(&packet).unwrap();
            let start = unwrap_rtx(&mut packet, &header, 0x1234_5678, 96).unwrap();
            let unwrapped = &packet[start..];
            let header = Header::parse(unwrapped).unwrap();
            prop_assert_eq!(header.payload(unwrapped), payload.as_slice());
            prop_assert_eq!(header.sequence_number, original);
            prop_assert_eq!(header.timestamp, RTX.timestamp);
            prop_assert_eq!(header.ssrc, 0x1234_5678);
            prop_assert_eq!(header.payload_type, 96);
            prop_assert_eq!(header.marker, marker);
            if let Some(id) = mid {
                prop_assert_eq!(header.extension(unwrapped, id), Some(b"v".as_slice()));
            }
        }
    }
}
