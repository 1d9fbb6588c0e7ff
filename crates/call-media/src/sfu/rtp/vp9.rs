//! The VP9 payload descriptor (RFC 9628 section 4.2).

use super::payload::{PayloadInfo, PictureId, Rise, Tl0PictureIndex};

/// What a descriptor says; none if it is cut short. Reference indices and the scalability structure are not read: they are
/// relative or do not change on the way.
pub(super) fn read(payload: &[u8]) -> Option<PayloadInfo> {
    let mut info = PayloadInfo::default();
    let fields = Fields(*payload.first()?);
    let mut at = 1;
    if fields.has_picture_id() {
        let (id, end) = PictureId::read(payload, at)?;
        info.picture_id = Some(id);
        at = end;
    }
    if fields.has_layers() {
        let layers = *payload.get(at)?;
        let temporal_id = layers >> 5;
        info.temporal_id = Some(temporal_id);
        // The structures in use let a higher layer refer to nothing of its own before the latest picture of the base
        // layer; their encoders do not all say so by the flag for it.
        if layers & 0x10 != 0 || temporal_id == 0 {
            info.rise = Rise::Above;
        }
        if !fields.is_flexible() {
            info.tl0_picture_index = Some(Tl0PictureIndex::read(payload, at + 1)?);
        }
    }
    Some(info)
}

/// Whether a picture begins here that needs no other: not predicted from another one, the beginning of a frame, and of the
/// lowest spatial layer.
pub(super) fn starts_key_frame(payload: &[u8]) -> bool {
    let Some(first) = payload.first() else {
        return false;
    };
    let fields = Fields(*first);
    if fields.is_predicted() || !fields.begins_frame() {
        return false;
    }
    let mut at = 1;
    if fields.has_picture_id() {
        match PictureId::read(payload, at) {
            Some((_, end)) => at = end,
            None => return false,
        }
    }
    match (fields.has_layers(), payload.get(at)) {
        (false, _) => true,
        (true, Some(layers)) => spatial_layer(*layers) == 0,
        (true, None) => false,
    }
}

const fn spatial_layer(layers: u8) -> u8 {
    layers >> 1 & 0x07
}

/// The first byte: I P L F B E V Z.
#[derive(Clone, Copy)]
struct Fields(u8);

impl Fields {
    const fn has_picture_id(self) -> bool {
        self.0 & 0x80 != 0
    }

    const fn is_predicted(self) -> bool {
        self.0 & 0x40 != 0
    }

    const fn has_layers(self) -> bool {
        self.0 & 0x20 != 0
    }

    const fn is_flexible(self) -> bool {
        self.0 & 0x10 != 0
    }

    const fn begins_frame(self) -> bool {
        self.0 & 0x08 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_fields() {
        // Picture id 0x1234, temporal layer 2, switching up, spatial layer 0, TL0PICIDX 7.
        let info = read(&[0xa8, 0x92, 0x34, 0x50, 7, 1]).unwrap();
        let id = info.picture_id.unwrap();
        assert_eq!((id.offset, id.long, id.value), (1, true, 0x1234));
        let tl0 = info.tl0_picture_index.unwrap();
        assert_eq!((tl0.offset, tl0.value), (4, 7));
        assert_eq!(info.temporal_id, Some(2));
        assert_eq!(info.rise, Rise::Above);
    }

    #[test]
    fn flexible_mode_has_no_index() {
        let info = read(&[0xb8, 0x12, 0x20, 1]).unwrap();
        assert_eq!(info.picture_id.map(|id| id.value), Some(0x12));
        assert_eq!(info.tl0_picture_index, None);
        assert_eq!(info.temporal_id, Some(1));
        assert_eq!(info.rise, Rise::No);
    }

    #[test]
    fn few_fields_and_cut_short() {
        assert_eq!(read(&[0x08, 1]), Some(PayloadInfo::default()));
        let descriptor = [0xa8, 0x92, 0x34, 0x50, 7];
        for length in 0..descriptor.len() {
            assert_eq!(read(&descriptor[..length]), None, "{length}");
        }
    }

    #[test]
    fn key_frames() {
        assert!(starts_key_frame(&[0x08, 1]));
        assert!(starts_key_frame(&[0x88, 0x12, 1]));
        assert!(starts_key_frame(&[0xa8, 0x92, 0x34, 0x00, 7]));
        // Predicted, not the beginning, a higher spatial layer, cut short.
        assert!(!starts_key_frame(&[0x48, 1]));
        assert!(!starts_key_frame(&[0x80, 0x12, 1]));
        assert!(!starts_key_frame(&[0xa8, 0x92, 0x34, 0x02, 7]));
        assert!(!starts_key_frame(&[0xa8, 0x92, 0x34]));
        assert!(!starts_key_frame(&[0xa8, 0x92]));
        assert!(!starts_key_frame(&[]));
    }
}
