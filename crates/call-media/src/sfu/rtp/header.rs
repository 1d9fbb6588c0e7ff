use std::ops::Range;

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
    pub(crate) fn parse(_packet: &[u8]) -> Result<Self, RtpError> {
        Err(RtpError::TooShort)
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
    pub(crate) fn extension<'a>(&self, _packet: &'a [u8], _id: u8) -> Option<&'a [u8]> {
        None
    }
}
