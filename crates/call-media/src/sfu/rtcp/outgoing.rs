use super::incoming::ReportBlock;

/// Appends a generic NACK (RFC 4585 section 6.2.1) for these sequence numbers, ascending, at most 253 entries of it: how
/// many of the numbers are in.
pub(crate) fn write_nack(
    _out: &mut Vec<u8>,
    _sender_ssrc: u32,
    _media_ssrc: u32,
    _sequence_numbers: &[u16],
) -> usize {
    0
}

/// Appends a Picture Loss Indication (RFC 4585 section 6.3.1).
pub(crate) fn write_pli(_out: &mut Vec<u8>, _sender_ssrc: u32, _media_ssrc: u32) {}

/// Appends a Receiver Report with at most 31 blocks, and an SDES with the CNAME (RFC 3550 section 6.1).
pub(crate) fn write_receiver_report(
    _out: &mut Vec<u8>,
    _sender_ssrc: u32,
    _blocks: &[ReportBlock],
    _cname: &str,
) {
}
