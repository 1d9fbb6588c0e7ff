use super::payload::DescriptorPatch;

/// The fixed header of a packet to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutgoingHeader {
    /// As negotiated with the receiver.
    pub(crate) payload_type: u8,
    /// The marker bit.
    pub(crate) marker: bool,
    /// Of the outgoing stream.
    pub(crate) sequence_number: u16,
    /// Of the outgoing stream.
    pub(crate) timestamp: u32,
    /// Of the outgoing stream.
    pub(crate) ssrc: u32,
}

/// The local ids (1 to 14) of the extensions that were negotiated with a receiver; none: not to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ExtensionIds {
    /// `urn:ietf:params:rtp-hdrext:sdes:mid`
    pub(crate) mid: Option<u8>,
    /// `urn:ietf:params:rtp-hdrext:ssrc-audio-level`
    pub(crate) audio_level: Option<u8>,
    /// `abs-send-time`
    pub(crate) abs_send_time: Option<u8>,
    /// `transport-wide-cc-extensions-01`
    pub(crate) transport_cc: Option<u8>,
}

/// What the header extensions of a packet say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct OutgoingExtensions<'a> {
    /// Their ids.
    pub(crate) ids: ExtensionIds,
    /// The line, 1 to 16 bytes.
    pub(crate) mid: &'a [u8],
    /// The level of the sound as it came (RFC 6464), for audio.
    pub(crate) audio_level: Option<u8>,
}

/// Where in a packet that was written the extensions are that say when it was sent: filled in when it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamps {
    abs_send_time: u8,
    transport_cc: u8,
}

impl Stamps {
    /// Whether the packet carries a transport-wide sequence number.
    pub(crate) fn has_transport_cc(self) -> bool {
        self.transport_cc != 0
    }

    /// Writes the transport-wide sequence number. `packet` begins where the packet does.
    pub(crate) fn set_transport_cc(self, _packet: &mut [u8], _sequence_number: u16) {}

    /// Writes the time of sending: `since` is the time since any fixed moment.
    pub(crate) fn set_abs_send_time(self, _packet: &mut [u8], _since: std::time::Duration) {}
}

/// Appends a packet to `out`: header, extensions in the one-byte form, payload with the patch applied.
pub(crate) fn write_packet(
    _out: &mut Vec<u8>,
    _header: OutgoingHeader,
    _extensions: &OutgoingExtensions<'_>,
    _payload: &[u8],
    _patch: DescriptorPatch,
) -> Stamps {
    Stamps::default()
}
