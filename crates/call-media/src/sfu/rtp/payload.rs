use super::super::VideoCodec;

/// What the SFU wants to know of a payload. Read once for each packet that comes in, whoever gets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PayloadInfo {
    /// It is the first packet of a key frame: a decoder can begin here.
    pub(crate) starts_key_frame: bool,
    /// There is no payload: the packet is only padding.
    pub(crate) is_empty: bool,
    /// The temporal layer of the frame, where the payload says.
    pub(crate) temporal_id: Option<u8>,
    /// From this frame on, its temporal layer can be decoded although earlier frames of it are missing.
    pub(crate) layer_sync: bool,
    pub(super) picture_id: Option<PictureId>,
    pub(super) tl0_picture_index: Option<Tl0PictureIndex>,
}

/// A picture id in a payload descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PictureId {
    pub(super) offset: u8,
    /// 15 bits rather than 7.
    pub(super) long: bool,
    pub(super) value: u16,
}

/// A TL0PICIDX in a payload descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tl0PictureIndex {
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
    pub(crate) fn read(_codec: Option<VideoCodec>, payload: &[u8]) -> Self {
        Self {
            is_empty: payload.is_empty(),
            ..Self::default()
        }
    }
}

impl DescriptorPatch {
    /// Changes nothing.
    pub(crate) const NONE: Self = Self {
        picture_id: None,
        tl0_picture_index: None,
    };

    /// Writes the changes into a payload.
    pub(crate) fn apply(self, _payload: &mut [u8]) {}
}
