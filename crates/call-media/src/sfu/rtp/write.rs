use std::time::Duration;

use super::header::{FIXED_HEADER, ONE_BYTE_PROFILE};
use super::payload::DescriptorPatch;

/// Longest value in the one-byte form (RFC 8285 section 4.2).
const VALUE_MAX: usize = 16;
/// Every extension at its longest: mid, level, absolute time, transport-wide sequence number, each with its id; rounded up.
const EXTENSIONS_MAX: usize = (1 + VALUE_MAX) + 2 + 4 + 3 + 2;
const HEADER_MAX: usize = FIXED_HEADER + 4 + EXTENSIONS_MAX;

/// The fixed header of a packet to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutgoingHeader {
    /// As negotiated with the receiver.
    pub(crate) payload_type: u8,
    /// The marker bit.
    pub(crate) marker: bool,
    /// Of the outgoing stream.
    pub(crate) sequence_number: u16,
    /// Of the outgoing stream.
    pub(crate) timestamp: u32,
    /// Of the outgoing stream.
    pub(crate) ssrc: u32,
}

/// The local ids (1 to 14) of the extensions that were negotiated with a receiver; none: not to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ExtensionIds {
    /// `urn:ietf:params:rtp-hdrext:sdes:mid`
    pub(crate) mid: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:ssrc-audio-level`
    pub(crate) audio_level: Option<u8>,
    /// `abs-send-time`
    pub(crate) abs_send_time: Option<u8>,
    /// `transport-wide-cc-extensions-01`
    pub(crate) transport_cc: Option<u8>,
}

/// What the header extensions of a packet say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct OutgoingExtensions<'a> {
    /// Their ids.
    pub(crate) ids: ExtensionIds,
    /// The line, 1 to 16 bytes; one of another length is left out.
    pub(crate) mid: &'a [u8],
    /// The level of the sound as it came (RFC 6464), for audio.
    pub(crate) audio_level: Option<u8>,
}

/// Where in a packet that was written the extensions are that say when it was sent: filled in when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamps {
    /// Offset of the value from the beginning of the packet; 0: there is none.
    abs_send_time: u8,
    transport_cc: u8,
}

impl Stamps {
    /// Whether the packet carries a transport-wide sequence number.
    pub(crate) fn has_transport_cc(self) -> bool {
        self.transport_cc != 0
    }

    /// Writes the transport-wide sequence number. `packet` begins where the packet does.
    pub(crate) fn set_transport_cc(self, packet: &mut [u8], sequence_number: u16) {
        stamp(packet, self.transport_cc, sequence_number.to_be_bytes());
    }

    /// Writes the time of sending: `since` is the time since any fixed moment. 24 bits in 2^-18 s, so that it wraps after
    /// 64 s.
    pub(crate) fn set_abs_send_time(self, packet: &mut [u8], since: Duration) {
        let fraction = (u64::from(since.subsec_nanos()) << 18) / 1_000_000_000;
        let [.., high, middle, low] = ((since.as_secs() << 18) | fraction).to_be_bytes();
        stamp(packet, self.abs_send_time, [high, middle, low]);
    }
}

fn stamp<const N: usize>(packet: &mut [u8], offset: u8, value: [u8; N]) {
    if offset == 0 {
        return;
    }
    if let Some(place) = packet
        .get_mut(usize::from(offset)..)
        .and_then(|rest| rest.first_chunk_mut::<N>())
    {
        *place = value;
    }
}

/// Appends a packet to `out`: header, extensions in the one-byte form, payload with the patch applied.
pub(crate) fn write_packet(
    out: &mut Vec<u8>,
    header: OutgoingHeader,
    extensions: &OutgoingExtensions<'_>,
    payload: &[u8],
    patch: DescriptorPatch,
) -> Stamps {
    let stamps = write_header(out, header, extensions);
    write_payload(out, payload, patch);
    stamps
}

pub(super) fn write_payload(out: &mut Vec<u8>, payload: &[u8], patch: DescriptorPatch) {
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(written) = out.get_mut(start..) {
        patch.apply(written);
    }
}

pub(super) fn write_header(
    out: &mut Vec<u8>,
    header: OutgoingHeader,
    extensions: &OutgoingExtensions<'_>,
) -> Stamps {
    let mut head = Head::new(header);
    let ids = &extensions.ids;
    if let Some(id) = ids.mid {
        head.element(id, extensions.mid);
    }
    if let (Some(id), Some(level)) = (ids.audio_level, extensions.audio_level) {
        head.element(id, &[level]);
    }
    let stamps = Stamps {
        abs_send_time: ids
            .abs_send_time
            .map_or(0, |id| head.element(id, &[0, 0, 0])),
        transport_cc: ids.transport_cc.map_or(0, |id| head.element(id, &[0, 0])),
    };
    out.extend_from_slice(head.finish());
    stamps
}

/// A header that is being put together on the stack.
struct Head {
    bytes: [u8; HEADER_MAX],
    length: usize,
}

impl Head {
    fn new(header: OutgoingHeader) -> Self {
        let mut bytes = [0; HEADER_MAX];
        let [s0, s1] = header.sequence_number.to_be_bytes();
        let [t0, t1, t2, t3] = header.timestamp.to_be_bytes();
        let [c0, c1, c2, c3] = header.ssrc.to_be_bytes();
        let second = header.payload_type & 0x7f | u8::from(header.marker) << 7;
        let fixed = [0x80, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3];
        bytes[..FIXED_HEADER].copy_from_slice(&fixed);
        Self {
            bytes,
            length: FIXED_HEADER + 4,
        }
    }

    /// Where the value is; 0 if the form has no room for such an element.
    fn element(&mut self, id: u8, value: &[u8]) -> u8 {
        let start = self.length + 1;
        let end = start + value.len();
        if !(1..=14).contains(&id) || !(1..=VALUE_MAX).contains(&value.len()) || end > HEADER_MAX {
            return 0;
        }
        // In range: a value has 1 to 16 bytes.
        #[expect(clippy::cast_possible_truncation)]
        let length = (value.len() - 1) as u8;
        self.bytes[start - 1] = id << 4 | length;
        self.bytes[start..end].copy_from_slice(value);
        self.length = end;
        u8::try_from(start).unwrap_or(0)
    }

    fn finish(&mut self) -> &[u8] {
        let extensions = self.length - FIXED_HEADER - 4;
        if extensions == 0 {
            return &self.bytes[..FIXED_HEADER];
        }
        let words = extensions.div_ceil(4);
        let [p0, p1] = ONE_BYTE_PROFILE.to_be_bytes();
        let count = u8::try_from(words).unwrap_or(0);
        self.bytes[0] |= 0x10;
        self.bytes[FIXED_HEADER..FIXED_HEADER + 4].copy_from_slice(&[p0, p1, 0, count]);
        &self.bytes[..FIXED_HEADER + 4 + 4 * words]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::header::Header;
    use super::*;

    const HEADER: OutgoingHeader = OutgoingHeader {
        payload_type: 111,
        marker: true,
        sequence_number: 0xfffe,
        timestamp: 0x1234_5678,
        ssrc: 0x9abc_def0,
    };

    #[test]
    fn without_extensions_there_is_no_extension_header() {
        let mut out = b"before".to_vec();
        let stamps = write_packet(
            &mut out,
            HEADER,
            &OutgoingExtensions::default(),
            b"opus",
            DescriptorPatch::NONE,
        );
        assert!(!stamps.has_transport_cc());
        assert_eq!(out.len(), 6 + 12 + 4);
        let packet = &out[6..];
        let header = Header::parse(packet).unwrap();
        assert_eq!(header.payload(packet), b"opus");
        assert_eq!(header.sequence_number, 0xfffe);
        assert_eq!(header.timestamp, 0x1234_5678);
        assert_eq!(header.ssrc, 0x9abc_def0);
        assert_eq!(header.payload_type, 111);
        assert!(header.marker);
    }

    #[test]
    fn what_says_when_a_packet_is_sent_is_written_when_it_is() {
        let extensions = OutgoingExtensions {
            ids: ExtensionIds {
                mid: Some(4),
                audio_level: Some(1),
                abs_send_time: Some(2),
                transport_cc: Some(3),
            },
            mid: b"12",
            audio_level: Some(0x85),
        };
        let mut out = vec![0xff; 3];
        let stamps = write_packet(
            &mut out,
            HEADER,
            &extensions,
            b"opus",
            DescriptorPatch::NONE,
        );
        assert!(stamps.has_transport_cc());
        let packet = &mut out[3..];
        stamps.set_transport_cc(packet, 0xabcd);
        stamps.set_abs_send_time(packet, Duration::from_millis(65_500));
        let header = Header::parse(packet).unwrap();
        assert_eq!(header.extension(packet, 4), Some(b"12".as_slice()));
        assert_eq!(header.extension(packet, 1), Some([0x85].as_slice()));
        assert_eq!(header.extension(packet, 3), Some([0xab, 0xcd].as_slice()));
        // 65.5 s is 1.5 s after the wrap at 64 s.
        assert_eq!(
            header.extension(packet, 2),
            Some([0x06, 0x00, 0x00].as_slice())
        );
        assert_eq!(header.payload(packet), b"opus");
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read(
            ids in any::<[Option<u8>; 4]>(),
            mid in proptest::collection::vec(any::<u8>(), 0..20),
            audio_level in any::<Option<u8>>(),
            sequence in any::<u16>(),
            payload in proptest::collection::vec(any::<u8>(), 0..40),
        ) {
            let extensions = OutgoingExtensions {
                ids: ExtensionIds {
                    mid: ids[0],
                    audio_level: ids[1],
                    abs_send_time: ids[2],
                    transport_cc: ids[3],
                },
                mid: &mid,
                audio_level,
            };
            let mut packet = Vec::new();
            let stamps =
                write_packet(&mut packet, HEADER, &extensions, &payload, DescriptorPatch::NONE);
            stamps.set_transport_cc(&mut packet, sequence);
            let header = Header::parse(&packet).unwrap();
            prop_assert_eq!(header.payload(&packet), payload.as_slice());
            let usable = |id: Option<u8>| id.filter(|id| (1..=14).contains(id));
            prop_assert_eq!(stamps.has_transport_cc(), usable(ids[3]).is_some());
            // Ids are told apart here only if they differ; otherwise the first one written is found.
            let distinct = (0..4).all(|i| (0..i).all(|j| ids[i] != ids[j] || ids[i].is_none()));
            if distinct {
                if let Some(id) = usable(ids[3]) {
                    let expected = sequence.to_be_bytes();
                    prop_assert_eq!(header.extension(&packet, id), Some(expected.as_slice()));
                }
                if let Some(id) = usable(ids[0]) {
                    let expected = (1..=16).contains(&mid.len()).then_some(mid.as_slice());
                    prop_assert_eq!(header.extension(&packet, id), expected);
                }
            }
        }
    }
}
