use super::super::Layer;
use super::{Codec, Extension};

/// Why an answer was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SdpError {
    /// More than [`Answer::SIZE_MAX`] bytes.
    #[error("the SDP is too large")]
    TooLarge,
    /// More than [`Answer::LINES_MAX`] media sections.
    #[error("the SDP has too many media sections")]
    TooManyLines,
    /// More attributes in one section than are read.
    #[error("a section of the SDP has too many attributes")]
    TooManyAttributes,
    /// Not SDP (RFC 8866).
    #[error("the SDP cannot be read")]
    Malformed,
    /// No `a=ice-ufrag` or `a=ice-pwd`, or not as RFC 8839 says.
    #[error("the SDP has no valid ICE credentials")]
    NoIceCredentials,
    /// No SHA-256 fingerprint (RFC 8122).
    #[error("the SDP has no SHA-256 fingerprint")]
    NoFingerprint,
    /// Not `a=setup:active` (RFC 8842).
    #[error("the SDP does not make its sender the DTLS client")]
    NotActive,
}

/// What a peer answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// `a=ice-ufrag` of the peer.
    pub(crate) ice_ufrag: String,
    /// `a=ice-pwd` of the peer.
    pub(crate) ice_pwd: String,
    /// SHA-256 fingerprints of the certificate that the peer may show in DTLS; at least one.
    pub(crate) fingerprints: Vec<[u8; 32]>,
    /// The media sections, in their order, but for the data channel's.
    pub(crate) lines: Vec<AnswerLine>,
    /// The data channel, if it was accepted.
    pub(crate) sctp: Option<SctpAnswer>,
}

/// What a peer answered to one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerLine {
    /// `a=mid`.
    pub(crate) mid: String,
    /// Which way the peer wants packets to go, as seen by the peer; [`Direction::Inactive`] too for a rejected
    /// line.
    pub(crate) direction: Direction,
    /// The line was rejected (port 0): it is not to be offered with anything else.
    pub(crate) rejected: bool,
    /// What was accepted, in the peer's order of preference: it sends the first one.
    pub(crate) codecs: Vec<Codec>,
    /// The header extensions accepted.
    pub(crate) extensions: Extensions,
    /// The layers that the peer sends (`a=simulcast:send`); empty without simulcast.
    pub(crate) layers: Vec<Layer>,
    /// SSRCs that the peer told of, each with the one of its retransmissions.
    pub(crate) ssrcs: Vec<(u32, Option<u32>)>,
}

/// Which way packets go, as seen by the one who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Both ways.
    SendRecv,
    /// From it.
    SendOnly,
    /// To it.
    RecvOnly,
    /// Neither.
    Inactive,
}

/// A set of header extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extensions(u16);

impl Extensions {
    /// Whether one is in it.
    pub(crate) const fn has(self, extension: Extension) -> bool {
        self.0 & (1 << extension.id()) != 0
    }

    /// Takes one in.
    pub(crate) const fn insert(&mut self, extension: Extension) {
        self.0 |= 1 << extension.id();
    }
}

/// The data channel's transport (RFC 8841).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SctpAnswer {
    /// `a=sctp-port`.
    pub(crate) port: u16,
    /// The largest message that the peer takes, in bytes; 0: any.
    pub(crate) max_message_size: u64,
}

impl Answer {
    /// Bytes of an answer at most.
    pub(crate) const SIZE_MAX: usize = 64 * 1024;
    /// Media sections of an answer at most.
    pub(crate) const LINES_MAX: usize = 200;

    /// Reads an answer.
    pub(crate) fn parse(sdp: &str) -> Result<Self, SdpError> {
        if sdp.len() > Self::SIZE_MAX {
            return Err(SdpError::TooLarge);
        }
        Err(SdpError::Malformed)
    }
}
