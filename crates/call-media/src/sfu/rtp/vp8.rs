//! The VP8 payload descriptor (RFC 7741 section 4.2).

use super::payload::{PayloadInfo, PictureId, Rise, Tl0PictureIndex};

/// What a descriptor says; none if it is cut short.
pub(super) fn read(payload: &[u8]) -> Option<PayloadInfo> {
    descriptor(payload).map(|(info, _)| info)
}

/// Whether a frame begins here that needs no other: the first partition's beginning, and in it the frame tag of a key
/// frame with its start code (RFC 6386 section 9.1).
pub(super) fn starts_key_frame(payload: &[u8]) -> bool {
    let Some(first) = payload.first() else {
        return false;
    };
    let partition = first & 0x07;
    let begins_frame = first & 0x10 != 0 && partition == 0;
    let frame = descriptor(payload).and_then(|(_, end)| payload.get(end..)?.first_chunk::<6>());
    begins_frame
        && frame.is_some_and(|[tag, _, _, start @ ..]| tag & 1 == 0 && *start == START_CODE)
}

/// Whether a frame begins here, and what the payload has of it; none if the descriptor is cut short.
pub(crate) fn frame(payload: &[u8]) -> Option<(bool, &[u8])> {
    let (_, end) = descriptor(payload)?;
    let begins_frame = payload.first()? & 0x17 == 0x10;
    Some((begins_frame, payload.get(end..)?))
}

const START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];

/// What a descriptor says, and where it ends.
fn descriptor(payload: &[u8]) -> Option<(PayloadInfo, usize)> {
    let mut info = PayloadInfo::default();
    if payload.first()? & 0x80 == 0 {
        return Some((info, 1));
    }
    let fields = *payload.get(1)?;
    let mut at = 2;
    if fields & 0x80 != 0 {
        let (id, end) = PictureId::read(payload, at)?;
        info.picture_id = Some(id);
        at = end;
    }
    if fields & 0x40 != 0 {
        info.tl0_picture_index = Some(Tl0PictureIndex::read(payload, at)?);
        at += 1;
    }
    if fields & 0x30 != 0 {
        let layer = *payload.get(at)?;
        if fields & 0x20 != 0 {
            info.temporal_id = Some(layer >> 6);
            if layer & 0x20 != 0 {
                info.rise = Rise::Own;
            }
        }
        at += 1;
    }
    Some((info, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Chromium sends it: 15-bit picture id 0x1234, TL0PICIDX 9, TID 2 with layer sync, KEYIDX 3.
    const DESCRIPTOR: [u8; 6] = [0x90, 0xe0, 0x92, 0x34, 9, 0xa3];

    fn payload(descriptor: &[u8], frame: &[u8]) -> Vec<u8> {
        [descriptor, frame].concat()
    }

    #[test]
    fn all_fields() {
        let info = read(&payload(&DESCRIPTOR, &[1, 2, 3])).unwrap();
        let id = info.picture_id.unwrap();
        assert_eq!((id.offset, id.long, id.value), (2, true, 0x1234));
        let tl0 = info.tl0_picture_index.unwrap();
        assert_eq!((tl0.offset, tl0.value), (4, 9));
        assert_eq!(info.temporal_id, Some(2));
        assert_eq!(info.rise, Rise::Own);
    }

    #[test]
    fn few_fields() {
        assert_eq!(read(&[0x10, 1, 2]), Some(PayloadInfo::default()));
        let short = read(&[0x90, 0x80, 0x05, 0]).unwrap();
        let id = short.picture_id.unwrap();
        assert_eq!((id.offset, id.long, id.value), (2, false, 5));
        assert_eq!(short.temporal_id, None);
        // Only KEYIDX: the byte is there, the layer in it means nothing.
        assert_eq!(read(&[0x90, 0x10, 0xff]).unwrap().temporal_id, None);
    }

    #[test]
    fn cut_short() {
        for length in 0..DESCRIPTOR.len() {
            assert_eq!(read(&DESCRIPTOR[..length]), None, "{length}");
        }
    }

    #[test]
    fn key_frames() {
        let key = [0x50, 0x2d, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02];
        assert!(starts_key_frame(&payload(&DESCRIPTOR, &key)));
        assert!(starts_key_frame(&payload(&[0x10], &key)));
        // Not the beginning of the frame, a later partition, a frame that needs others, no start code, cut short.
        assert!(!starts_key_frame(&payload(&[0x00], &key)));
        assert!(!starts_key_frame(&payload(&[0x11], &key)));
        assert!(!starts_key_frame(&payload(
            &[0x10],
            &[0x51, 0x2d, 0x00, 0x9d, 0x01, 0x2a]
        )));
        assert!(!starts_key_frame(&payload(
            &[0x10],
            &[0x50, 0x2d, 0x00, 0x9d, 0x01, 0x2b]
        )));
        assert!(!starts_key_frame(&payload(&[0x10], &key[..5])));
        assert!(!starts_key_frame(&[]));
    }
}
