use super::super::VideoCodec;

/// Whether a payload is the first one of a key frame, so that a decoder that has seen nothing can begin with it.
pub(crate) fn starts_key_frame(_codec: VideoCodec, _payload: &[u8]) -> bool {
    false
}
