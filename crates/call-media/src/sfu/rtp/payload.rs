use super::super::VideoCodec;
use super::{key_frame, vp8, vp9};

/// What the SFU wants to know of a payload. Read once for each packet that comes in, whoever gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PayloadInfo {
    /// It is the first packet of a key frame: a decoder can begin here.
    pub(crate) starts_key_frame: bool,
    /// There is no payload: the packet is only padding.
    pub(crate) is_empty: bool,
    /// The temporal layer of the frame, where the payload says.
    pub(crate) temporal_id: Option<u8>,
    /// Whether temporal layers of which earlier frames are missing can be decoded from here on.
    pub(super) rise: Rise,
    pub(super) picture_id: Option<PictureId>,
    pub(super) tl0_picture_index: Option<Tl0PictureIndex>,
}

/// Which temporal layers can be decoded from a frame on, although earlier frames of them are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rise {
    /// None.
    #[default]
    No,
    /// The frame's own.
    Own,
    /// Those above the frame's.
    Above,
}

/// A picture id in a payload descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PictureId {
    /// From the beginning of the payload.
    pub(super) offset: u8,
    /// 15 bits rather than 7.
    pub(super) long: bool,
    pub(super) value: u16,
}

/// A TL0PICIDX in a payload descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tl0PictureIndex {
    /// From the beginning of the payload.
    pub(super) offset: u8,
    pub(super) value: u8,
}

/// What is to be changed in a payload descriptor when it is sent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DescriptorPatch {
    pub(super) picture_id: Option<PictureId>,
    pub(super) tl0_picture_index: Option<Tl0PictureIndex>,
}

impl PayloadInfo {
    /// Reads the beginning of a payload; no codec: sound. What cannot be read counts as not there.
    pub(crate) fn read(codec: Option<VideoCodec>, payload: &[u8]) -> Self {
        let described = match codec {
            Some(VideoCodec::Vp8) => vp8::read(payload),
            Some(VideoCodec::Vp9) => vp9::read(payload),
            Some(VideoCodec::H264 | VideoCodec::Av1) | None => None,
        };
        Self {
            starts_key_frame: codec
                .is_some_and(|codec| key_frame::starts_key_frame(codec, payload)),
            is_empty: payload.is_empty(),
            ..described.unwrap_or_default()
        }
    }

    /// The change that calls the picture by these in the fields that the payload has. Wider values are cut to the field.
    pub(super) fn patch(
        &self,
        picture_id: Option<u16>,
        tl0_picture_index: Option<u8>,
    ) -> DescriptorPatch {
        let picture_id = self
            .picture_id
            .zip(picture_id)
            .map(|(id, value)| PictureId {
                value: value & ((1 << id.bits()) - 1),
                ..id
            });
        let tl0_picture_index = self
            .tl0_picture_index
            .zip(tl0_picture_index)
            .map(|(index, value)| Tl0PictureIndex { value, ..index });
        DescriptorPatch {
            picture_id,
            tl0_picture_index,
        }
    }
}

impl PictureId {
    /// Reads the field that begins at `offset` (the same in VP8 and VP9), and where what follows it begins.
    pub(super) fn read(payload: &[u8], offset: usize) -> Option<(Self, usize)> {
        let first = *payload.get(offset)?;
        let long = first & 0x80 != 0;
        let (value, end) = if long {
            let second = *payload.get(offset + 1)?;
            (u16::from_be_bytes([first & 0x7f, second]), offset + 2)
        } else {
            (u16::from(first), offset + 1)
        };
        let offset = u8::try_from(offset).ok()?;
        let id = Self {
            offset,
            long,
            value,
        };
        Some((id, end))
    }

    /// Bits of the value.
    pub(super) const fn bits(self) -> u32 {
        if self.long { 15 } else { 7 }
    }
}

impl Tl0PictureIndex {
    pub(super) fn read(payload: &[u8], offset: usize) -> Option<Self> {
        Some(Self {
            offset: u8::try_from(offset).ok()?,
            value: *payload.get(offset)?,
        })
    }
}

impl DescriptorPatch {
    /// Changes nothing.
    pub(crate) const NONE: Self = Self {
        picture_id: None,
        tl0_picture_index: None,
    };

    /// Writes the changes into a payload: the one they were made for, or one as long. Nothing beyond its end is written.
    pub(crate) fn apply(self, payload: &mut [u8]) {
        if let Some(id) = self.picture_id {
            let offset = usize::from(id.offset);
            let [high, low] = id.value.to_be_bytes();
            if id.long {
                if let Some([first, second]) = payload
                    .get_mut(offset..)
                    .and_then(|rest| rest.first_chunk_mut::<2>())
                {
                    *first = 0x80 | high;
                    *second = low;
                }
            } else if let Some(place) = payload.get_mut(offset) {
                *place = low & 0x7f;
            }
        }
        if let Some(index) = self.tl0_picture_index
            && let Some(place) = payload.get_mut(usize::from(index.offset))
        {
            *place = index.value;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn codecs() -> impl Strategy<Value = Option<VideoCodec>> {
        prop_oneof![
            Just(None),
            proptest::sample::select(VideoCodec::ALL.as_slice()).prop_map(Some)
        ]
    }

    #[test]
    fn sound_has_no_frames() {
        let info = PayloadInfo::read(None, &[0x10, 0, 0, 0]);
        assert_eq!(info, PayloadInfo::default());
        assert!(PayloadInfo::read(None, &[]).is_empty);
    }

    proptest! {
        #[test]
        fn any_payload_is_read_and_patched_without_harm(
            codec in codecs(),
            payload in proptest::collection::vec(any::<u8>(), 0..40),
            picture_id in any::<u16>(),
            index in any::<u8>(),
        ) {
            let info = PayloadInfo::read(codec, &payload);
            prop_assert_eq!(info.is_empty, payload.is_empty());
            let patch = info.patch(Some(picture_id), Some(index));
            let mut patched = payload.clone();
            patch.apply(&mut patched);
            prop_assert_eq!(patched.len(), payload.len());
            // What was written is read again, and nothing else has changed.
            let again = PayloadInfo::read(codec, &patched);
            prop_assert_eq!(again.picture_id, patch.picture_id);
            prop_assert_eq!(again.tl0_picture_index, patch.tl0_picture_index);
            prop_assert_eq!(again.starts_key_frame, info.starts_key_frame);
            prop_assert_eq!(again.temporal_id, info.temporal_id);
            let back = info.patch(
                info.picture_id.map(|id| id.value),
                info.tl0_picture_index.map(|tl0| tl0.value),
            );
            back.apply(&mut patched);
            prop_assert_eq!(&patched, &payload);
            // Nor does a patch do harm to a payload that it was not made for.
            patch.apply(patched.get_mut(..payload.len() / 4).unwrap());
        }
    }
}
