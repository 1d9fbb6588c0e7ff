use super::header::Header;
use super::payload::DescriptorPatch;
use super::write::{OutgoingExtensions, OutgoingHeader, Stamps};

/// Makes an incoming retransmission (RFC 4588 section 4) the packet it repeats, in place: the original begins at the
/// offset that is returned and goes to the end. None: nothing is repeated (a probe).
pub(crate) fn unwrap_rtx(
    _packet: &mut [u8],
    _header: &Header,
    _ssrc: u32,
    _payload_type: u8,
) -> Option<usize> {
    None
}

/// Appends a retransmission to `out`: `header` is the one of the retransmission stream.
pub(crate) fn write_rtx(
    _out: &mut Vec<u8>,
    _header: OutgoingHeader,
    _extensions: &OutgoingExtensions<'_>,
    _original_sequence_number: u16,
    _payload: &[u8],
    _patch: DescriptorPatch,
) -> Stamps {
    Stamps::default()
}
