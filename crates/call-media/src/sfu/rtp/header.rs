use std::ops::Range;

/// The fixed header, without contributing sources (RFC 3550 section 5.1).
pub(super) const FIXED_HEADER: usize = 12;
/// Profile of extensions in the one-byte form (RFC 8285 section 4.2).
pub(super) const ONE_BYTE_PROFILE: u16 = 0xbede;
/// Profile of extensions in the two-byte form, whose lower four bits mean nothing here (RFC 8285 section 4.3).
const TWO_BYTE_PROFILE: u16 = 0x1000;

/// What is known of an RTP packet (RFC 3550 section 5.1): small, and without a reference to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// The marker bit: for video the last packet of a frame.
    pub(crate) marker: bool,
    /// 0 to 127.
    pub(crate) payload_type: u8,
    /// The lower 16 bits of the sequence number.
    pub(crate) sequence_number: u16,
    /// Ticks of the codec's clock.
    pub(crate) timestamp: u32,
    /// The stream.
    pub(crate) ssrc: u32,
    extensions_start: u16,
    extensions_end: u16,
    two_byte: bool,
    payload_start: u16,
    payload_end: u16,
}

/// Why bytes are not an RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RtpError {
    /// Less than the fixed header, the contributing sources or the extension it announces.
    #[error("the packet is shorter than its header says")]
    TooShort,
    /// No packet of a network path is that long.
    #[error("the packet is longer than 65,535 bytes")]
    TooLong,
    /// Not version 2.
    #[error("not version 2 of RTP")]
    Version,
    /// More padding than payload, or none although it is announced.
    #[error("the padding does not fit the packet")]
    Padding,
    /// An element of the header extension goes beyond its end (RFC 8285).
    #[error("a header extension goes beyond the end of the extensions")]
    Extension,
}

impl Header {
    /// Reads a packet. The bytes are not kept: give the same ones to the other functions.
    pub(crate) fn parse(packet: &[u8]) -> Result<Self, RtpError> {
        let length = u16::try_from(packet.len()).map_err(|_| RtpError::TooLong)?;
        let fixed = packet
            .first_chunk::<FIXED_HEADER>()
            .ok_or(RtpError::TooShort)?;
        let [first, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *fixed;
        if first >> 6 != 2 {
            return Err(RtpError::Version);
        }
        let after_sources = FIXED_HEADER + 4 * usize::from(first & 0x0f);
        let extensions = match first & 0x10 {
            0 => Extensions::none(after_sources),
            _ => Extensions::read(packet, after_sources)?,
        };
        let payload_start = u16::try_from(extensions.payload).map_err(|_| RtpError::TooLong)?;
        if payload_start > length {
            return Err(RtpError::TooShort);
        }
        let padding = match (first & 0x20, packet.last()) {
            (0, _) => 0,
            (_, Some(count)) if *count > 0 => u16::from(*count),
            _ => return Err(RtpError::Padding),
        };
        if padding > length - payload_start {
            return Err(RtpError::Padding);
        }
        let header = Self {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            sequence_number: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
            extensions_start: extensions.start,
            extensions_end: extensions.end,
            two_byte: extensions.two_byte,
            payload_start,
            payload_end: length - padding,
        };
        for element in header.elements(packet) {
            element?;
        }
        Ok(header)
    }

    /// Where the payload is, without the padding. Empty for a packet that is only padding (a probe).
    pub(crate) fn payload_range(&self) -> Range<usize> {
        usize::from(self.payload_start)..usize::from(self.payload_end)
    }

    /// The payload, without the padding.
    pub(crate) fn payload<'a>(&self, packet: &'a [u8]) -> &'a [u8] {
        packet.get(self.payload_range()).unwrap_or_default()
    }

    /// The header extension with that local id (RFC 8285), in the one-byte or the two-byte form.
    pub(crate) fn extension<'a>(&self, packet: &'a [u8], id: u8) -> Option<&'a [u8]> {
        self.elements(packet)
            .filter_map(Result::ok)
            .find(|element| element.id == id)
            .map(|element| element.value)
    }

    fn elements<'a>(&self, packet: &'a [u8]) -> Elements<'a> {
        let range = usize::from(self.extensions_start)..usize::from(self.extensions_end);
        Elements {
            rest: packet.get(range).unwrap_or_default(),
            two_byte: self.two_byte,
        }
    }
}

/// Where the extensions are.
struct Extensions {
    start: u16,
    end: u16,
    two_byte: bool,
    /// Where the payload begins.
    payload: usize,
}

impl Extensions {
    const fn none(payload: usize) -> Self {
        Self {
            start: 0,
            end: 0,
            two_byte: false,
            payload,
        }
    }

    /// Extensions of a profile that is not known are no error: RFC 3550 section 5.3.1 has them ignored.
    fn read(packet: &[u8], at: usize) -> Result<Self, RtpError> {
        let after = packet.get(at..).ok_or(RtpError::TooShort)?;
        let [p0, p1, w0, w1] = *after.first_chunk::<4>().ok_or(RtpError::TooShort)?;
        let start = at + 4;
        let end = start + 4 * usize::from(u16::from_be_bytes([w0, w1]));
        if end > packet.len() {
            return Err(RtpError::TooShort);
        }
        let profile = u16::from_be_bytes([p0, p1]);
        let two_byte = profile & 0xfff0 == TWO_BYTE_PROFILE;
        if profile != ONE_BYTE_PROFILE && !two_byte {
            return Ok(Self::none(end));
        }
        Ok(Self {
            start: u16::try_from(start).map_err(|_| RtpError::TooLong)?,
            end: u16::try_from(end).map_err(|_| RtpError::TooLong)?,
            two_byte,
            payload: end,
        })
    }
}

struct Element<'a> {
    id: u8,
    value: &'a [u8],
}

/// Walks the elements; an error is one that goes beyond the end.
struct Elements<'a> {
    rest: &'a [u8],
    two_byte: bool,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, RtpError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (id, length, after) = loop {
            let (first, after) = self.rest.split_first()?;
            if *first == 0 {
                self.rest = after;
                continue;
            }
            if !self.two_byte {
                break (first >> 4, usize::from(first & 0x0f) + 1, after);
            }
            let Some((length, after)) = after.split_first() else {
                return self.end(Some(RtpError::Extension));
            };
            break (*first, usize::from(*length), after);
        };
        if !self.two_byte && (id == 0 || id == 15) {
            // RFC 8285 section 4.2: nothing from here on is to be believed, what came before is.
            return self.end(None);
        }
        let Some((value, after)) = after.split_at_checked(length) else {
            return self.end(Some(RtpError::Extension));
        };
        self.rest = after;
        Some(Ok(Element { id, value }))
    }
}

impl<'a> Elements<'a> {
    fn end(&mut self, error: Option<RtpError>) -> Option<Result<Element<'a>, RtpError>> {
        self.rest = &[];
        error.map(Err)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Version, padding, extension and count of sources in the first byte; payload type 96, sequence number 0x0102, timestamp 0x03040506,
    /// SSRC 0x0708090a.
    fn packet(first: u8, rest: &[u8]) -> Vec<u8> {
        let mut packet = vec![first, 0x80 | 0x60, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        packet.extend_from_slice(rest);
        packet
    }

    #[test]
    fn a_plain_packet() {
        let bytes = packet(0x80, b"payload");
        let header = Header::parse(&bytes).unwrap();
        assert!(header.marker);
        assert_eq!(header.payload_type, 96);
        assert_eq!(header.sequence_number, 0x0102);
        assert_eq!(header.timestamp, 0x0304_0506);
        assert_eq!(header.ssrc, 0x0708_090a);
        assert_eq!(header.payload(&bytes), b"payload");
        assert_eq!(header.extension(&bytes, 1), None);
    }

    #[test]
    fn contributing_sources_are_passed_over() {
        let bytes = packet(0x82, b"aaaabbbbpayload");
        assert_eq!(
            Header::parse(&bytes).unwrap().payload(&bytes),
            b"payload".as_slice()
        );
    }

    #[test]
    fn one_byte_extensions() {
        let bytes = packet(
            0x90,
            &[
                0xbe, 0xde, 0, 3, 0x10, 0xaa, 0, 0x22, 1, 2, 3, 0x41, b'v', b'x', 0, 0, b'p',
            ],
        );
        let header = Header::parse(&bytes).unwrap();
        assert_eq!(header.extension(&bytes, 1), Some([0xaa].as_slice()));
        assert_eq!(header.extension(&bytes, 2), Some([1, 2, 3].as_slice()));
        assert_eq!(header.extension(&bytes, 4), Some(b"vx".as_slice()));
        assert_eq!(header.extension(&bytes, 3), None);
        assert_eq!(header.payload(&bytes), b"p");
    }

    #[test]
    fn two_byte_extensions() {
        let bytes = packet(0x90, &[0x10, 0x05, 0, 2, 1, 0, 0, 20, 3, 9, 8, 7, b'p']);
        let header = Header::parse(&bytes).unwrap();
        assert_eq!(header.extension(&bytes, 1), Some([].as_slice()));
        assert_eq!(header.extension(&bytes, 20), Some([9, 8, 7].as_slice()));
        assert_eq!(header.payload(&bytes), b"p");
    }

    #[test]
    fn the_reserved_id_ends_the_extensions() {
        let bytes = packet(0x90, &[0xbe, 0xde, 0, 1, 0x10, 7, 0xff, 0x20, b'p']);
        let header = Header::parse(&bytes).unwrap();
        assert_eq!(header.extension(&bytes, 1), Some([7].as_slice()));
        assert_eq!(header.extension(&bytes, 15), None);
        assert_eq!(header.extension(&bytes, 2), None);
    }

    #[test]
    fn extensions_of_another_profile_are_ignored() {
        let bytes = packet(0x90, &[0xc0, 0xde, 0, 1, 0xff, 0xff, 0xff, 0xff, b'p']);
        let header = Header::parse(&bytes).unwrap();
        assert_eq!(header.payload(&bytes), b"p");
        assert_eq!(header.extension(&bytes, 15), None);
    }

    #[test]
    fn padding_is_no_payload() {
        let bytes = packet(0xa0, &[b'p', 0, 0, 3]);
        assert_eq!(Header::parse(&bytes).unwrap().payload(&bytes), b"p");
        let probe = packet(0xa0, &[0, 0, 0, 4]);
        assert_eq!(Header::parse(&probe).unwrap().payload(&probe), b"");
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let refused = |bytes: &[u8]| Header::parse(bytes).unwrap_err();
        assert_eq!(refused(&[]), RtpError::TooShort);
        assert_eq!(refused(&packet(0x80, b"")[..11]), RtpError::TooShort);
        assert_eq!(refused(&packet(0x40, b"")), RtpError::Version);
        assert_eq!(refused(&packet(0x81, b"abc")), RtpError::TooShort);
        assert_eq!(refused(&packet(0x90, &[0xbe, 0xde, 0])), RtpError::TooShort);
        assert_eq!(
            refused(&packet(0x90, &[0xbe, 0xde, 0, 2, 0, 0, 0, 0])),
            RtpError::TooShort
        );
        assert_eq!(refused(&packet(0xa0, &[b'p', 0])), RtpError::Padding);
        assert_eq!(refused(&packet(0xa0, &[b'p', 3])), RtpError::Padding);
        assert_eq!(
            refused(&packet(0x90, &[0xbe, 0xde, 0, 1, 0, 0, 0x11, 1])),
            RtpError::Extension
        );
        assert_eq!(
            refused(&packet(0x90, &[0x10, 0, 0, 1, 0, 0, 0, 1])),
            RtpError::Extension
        );
        assert_eq!(refused(&packet(0x80, &vec![0; 65_530])), RtpError::TooLong);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            first in prop_oneof![any::<u8>(), 0x80u8..0xc0],
            rest in proptest::collection::vec(any::<u8>(), 0..80),
            profile in prop_oneof![Just([0xbe, 0xde]), Just([0x10, 0x00]), any::<[u8; 2]>()],
            words in 0u8..12,
        ) {
            let mut bytes = packet(first, &profile);
            bytes.extend([0, words]);
            bytes.extend(rest);
            if let Ok(header) = Header::parse(&bytes) {
                prop_assert!(header.payload_range().end <= bytes.len());
                prop_assert!(header.payload(&bytes).len() <= bytes.len() - FIXED_HEADER);
                for id in 0..=u8::MAX {
                    if let Some(value) = header.extension(&bytes, id) {
                        prop_assert!(value.len() <= 255);
                    }
                }
            }
        }
    }
}
