//! H.264 (RFC 6184, packetization mode 1): an access unit in the byte stream format.

use bytes::{Bytes, BytesMut};

use super::h264_parameters::size_of;
use super::{Broken, Kind};

#[derive(Debug, Default)]
pub(super) struct H264 {
    /// A fragmented NAL unit is not whole yet.
    in_fragments: bool,
    picture: Option<Picture>,
    /// The sequence parameters of this access unit say so.
    size: Option<(u16, u16)>,
    has_parameters: bool,
    /// The parameter sets of this access unit, then of the latest one that had any, as they are in the stream.
    parameters: BytesMut,
    latest: Bytes,
    latest_size: Option<(u16, u16)>,
}

/// What there is to see in an access unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Picture {
    Other,
    /// Instantaneous decoding refresh: it needs no other.
    Idr,
}

const START_CODE: [u8; 4] = [0, 0, 0, 1];
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
const IDR: u8 = 5;
const SEQUENCE_PARAMETERS: u8 = 7;
const PICTURE_PARAMETERS: u8 = 8;
/// Parameter sets that are kept, in bytes.
const PARAMETERS_MAX: usize = 4 << 10;

impl H264 {
    pub(super) fn begin(&mut self) {
        self.in_fragments = false;
        self.picture = None;
        self.size = None;
        self.has_parameters = false;
        self.parameters.clear();
    }

    pub(super) fn append(&mut self, payload: &[u8], frame: &mut BytesMut) -> Result<(), Broken> {
        let (first, rest) = payload.split_first().ok_or(Broken)?;
        let kind = first & 0x1f;
        if self.in_fragments && kind != FU_A {
            return Err(Broken);
        }
        match kind {
            1..=23 => self.unit(payload, frame),
            STAP_A => {
                let mut rest = rest;
                while let Some((size, after)) = rest.split_first_chunk::<2>() {
                    let size = usize::from(u16::from_be_bytes(*size));
                    let (unit, after) = after.split_at_checked(size).ok_or(Broken)?;
                    self.unit(unit, frame)?;
                    rest = after;
                }
                if rest.is_empty() { Ok(()) } else { Err(Broken) }
            }
            FU_A => self.fragment(*first, rest, frame),
            _ => Err(Broken),
        }
    }

    /// A whole NAL unit.
    fn unit(&mut self, unit: &[u8], frame: &mut BytesMut) -> Result<(), Broken> {
        let kind = unit.first().ok_or(Broken)? & 0x1f;
        self.note(kind);
        if kind == SEQUENCE_PARAMETERS {
            self.has_parameters = true;
            self.size = size_of(unit).or(self.size);
        }
        if matches!(kind, SEQUENCE_PARAMETERS | PICTURE_PARAMETERS) {
            if self.parameters.len() + unit.len() > PARAMETERS_MAX {
                return Err(Broken);
            }
            self.parameters.extend_from_slice(&START_CODE);
            self.parameters.extend_from_slice(unit);
        }
        frame.extend_from_slice(&START_CODE);
        frame.extend_from_slice(unit);
        Ok(())
    }

    fn fragment(&mut self, indicator: u8, rest: &[u8], frame: &mut BytesMut) -> Result<(), Broken> {
        let (header, part) = rest.split_first().ok_or(Broken)?;
        let (begins, ends, kind) = (header & 0x80 != 0, header & 0x40 != 0, header & 0x1f);
        // Parameter sets are read whole; nobody sends them in fragments.
        let is_whole_elsewhere =
            matches!(kind, 0 | SEQUENCE_PARAMETERS | PICTURE_PARAMETERS | 24..);
        if begins == self.in_fragments || is_whole_elsewhere {
            return Err(Broken);
        }
        if begins {
            self.note(kind);
            frame.extend_from_slice(&START_CODE);
            frame.extend_from_slice(&[indicator & 0xe0 | kind]);
        }
        frame.extend_from_slice(part);
        self.in_fragments = !ends;
        Ok(())
    }

    fn note(&mut self, kind: u8) {
        let picture = match kind {
            IDR => Some(Picture::Idr),
            1..IDR => Some(Picture::Other),
            _ => None,
        };
        self.picture = self.picture.max(picture);
    }

    pub(super) fn finish(&mut self, frame: &mut BytesMut) -> Result<Kind, Broken> {
        if self.in_fragments || frame.is_empty() {
            return Err(Broken);
        }
        if self.has_parameters {
            self.latest = self.parameters.split().freeze();
            self.latest_size = self.size;
        }
        // Parameters alone come with the picture that follows them.
        let is_idr = self.picture.ok_or(Broken)? == Picture::Idr;
        if is_idr && !self.has_parameters {
            if self.latest.is_empty() {
                return Ok(Kind::default());
            }
            // A player that begins here needs them.
            let picture = frame.split();
            frame.extend_from_slice(&self.latest);
            frame.extend_from_slice(&picture);
        }
        Ok(Kind {
            key: is_idr,
            size: self.latest_size.filter(|_| is_idr),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Constrained baseline, 640 × 360.
    const SPS: [u8; 10] = [0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00, 0xa0, 0x2f, 0xf9, 0x50];
    const PPS: [u8; 4] = [0x68, 0xce, 0x3c, 0x80];

    fn put(h264: &mut H264, payloads: &[&[u8]]) -> Result<(Vec<u8>, Kind), Broken> {
        let mut frame = BytesMut::new();
        h264.begin();
        for payload in payloads {
            h264.append(payload, &mut frame)?;
        }
        let kind = h264.finish(&mut frame)?;
        Ok((frame.to_vec(), kind))
    }

    fn stream(units: &[&[u8]]) -> Vec<u8> {
        units
            .iter()
            .flat_map(|unit| [&START_CODE, *unit].concat())
            .collect()
    }

    fn aggregate(units: &[&[u8]]) -> Vec<u8> {
        let mut payload = vec![0x78];
        for unit in units {
            payload.extend(u16::try_from(unit.len()).unwrap().to_be_bytes());
            payload.extend(*unit);
        }
        payload
    }

    #[test]
    fn parameters_in_one_packet_and_a_picture_in_fragments() {
        let mut h264 = H264::default();
        let first = aggregate(&[&SPS, &PPS]);
        let payloads: [&[u8]; 4] = [
            &first,
            &[0x7c, 0x85, 1, 2],
            &[0x7c, 0x05, 3],
            &[0x7c, 0x45, 4],
        ];
        let (data, kind) = put(&mut h264, &payloads).unwrap();
        assert_eq!(data, stream(&[&SPS, &PPS, &[0x65, 1, 2, 3, 4]]));
        assert_eq!(
            kind,
            Kind {
                key: true,
                size: Some((640, 360))
            }
        );
        let (data, kind) = put(&mut h264, &[&[0x41, 9]]).unwrap();
        assert_eq!((data, kind), (stream(&[&[0x41, 9]]), Kind::default()));
    }

    #[test]
    fn a_picture_to_begin_with_has_its_parameters() {
        let mut h264 = H264::default();
        assert_eq!(put(&mut h264, &[&[0x65, 1]]).unwrap().1, Kind::default());
        put(&mut h264, &[&SPS, &PPS, &[0x65, 1]]).unwrap();
        let (data, kind) = put(&mut h264, &[&[0x65, 2]]).unwrap();
        assert_eq!(data, stream(&[&SPS, &PPS, &[0x65, 2]]));
        assert!(kind.key && kind.size.is_some());
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        let mut h264 = H264::default();
        let cases: [&[&[u8]]; 9] = [
            &[],
            &[&[]],
            &[&[0x7c, 0x85, 1]],
            &[&[0x7c, 0x05, 1]],
            &[&[0x7c, 0x85, 1], &[0x41, 1]],
            &[&[0x7c, 0x85, 1], &[0x7c, 0x85, 1]],
            &[&[0x78, 0, 9, 1]],
            &[&[0x78, 0]],
            &[&SPS],
        ];
        for payloads in cases {
            assert_eq!(put(&mut h264, payloads), Err(Broken), "{payloads:?}");
        }
        let many = vec![0x68; PARAMETERS_MAX];
        assert_eq!(put(&mut h264, &[&SPS, &many]), Err(Broken));
    }
}
