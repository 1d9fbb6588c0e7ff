//! Attribute types (RFC 8489 section 18.3, RFC 8656 section 18) and how a message's are walked.

pub(crate) const USERNAME: u16 = 0x0006;
pub(crate) const MESSAGE_INTEGRITY: u16 = 0x0008;
pub(crate) const ERROR_CODE: u16 = 0x0009;
pub(crate) const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
pub(crate) const CHANNEL_NUMBER: u16 = 0x000c;
pub(crate) const LIFETIME: u16 = 0x000d;
pub(crate) const XOR_PEER_ADDRESS: u16 = 0x0012;
pub(crate) const DATA: u16 = 0x0013;
pub(crate) const REALM: u16 = 0x0014;
pub(crate) const NONCE: u16 = 0x0015;
pub(crate) const XOR_RELAYED_ADDRESS: u16 = 0x0016;
pub(crate) const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
pub(crate) const EVEN_PORT: u16 = 0x0018;
pub(crate) const REQUESTED_TRANSPORT: u16 = 0x0019;
pub(crate) const DONT_FRAGMENT: u16 = 0x001a;
pub(crate) const XOR_MAPPED_ADDRESS: u16 = 0x0020;
pub(crate) const RESERVATION_TOKEN: u16 = 0x0022;
pub(crate) const ADDITIONAL_ADDRESS_FAMILY: u16 = 0x8000;
pub(crate) const ADDRESS_ERROR_CODE: u16 = 0x8001;
pub(crate) const FINGERPRINT: u16 = 0x8028;

/// Types below this must be understood (RFC 8489 section 14).
const OPTIONAL: u16 = 0x8000;

/// Whether a message with an attribute of this type may only be served by who understands it, and
/// this server does not.
///
/// Not among the understood are MESSAGE-INTEGRITY-SHA256, USERHASH and PASSWORD-ALGORITHM: the
/// nonces here do not announce them, so that no client sends them (RFC 8489 section 9.2).
pub(crate) fn is_unknown(kind: u16) -> bool {
    let understood = matches!(
        kind,
        USERNAME
            | MESSAGE_INTEGRITY
            | ERROR_CODE
            | UNKNOWN_ATTRIBUTES
            | CHANNEL_NUMBER
            | LIFETIME
            | XOR_PEER_ADDRESS
            | DATA
            | REALM
            | NONCE
            | XOR_RELAYED_ADDRESS
            | REQUESTED_ADDRESS_FAMILY
            | EVEN_PORT
            | REQUESTED_TRANSPORT
            | DONT_FRAGMENT
            | XOR_MAPPED_ADDRESS
            | RESERVATION_TOKEN
    );
    kind < OPTIONAL && !understood
}

/// One attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute<'a> {
    pub(crate) kind: u16,
    pub(crate) value: &'a [u8],
    /// Where its type stands, from the beginning of the message.
    pub(crate) offset: usize,
}

/// Walks the attributes; ends early where a length lies.
#[derive(Debug, Clone)]
pub(crate) struct Attributes<'a> {
    message: &'a [u8],
    at: usize,
}

impl<'a> Attributes<'a> {
    /// `message` begins with the STUN header, of `header` bytes.
    pub(crate) fn new(message: &'a [u8], header: usize) -> Self {
        Self {
            message,
            at: header,
        }
    }

    /// Whether the walk ended where the message does.
    pub(crate) fn complete(&self) -> bool {
        self.at == self.message.len()
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let rest = self.message.get(self.at..)?;
        let (head, rest) = rest.split_first_chunk::<4>()?;
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value = rest.get(..length)?;
        // Values are padded to a multiple of four; the padding belongs to the message.
        let padded = length.next_multiple_of(4);
        if rest.len() < padded {
            return None;
        }
        let offset = self.at;
        self.at += 4 + padded;
        Some(Attribute {
            kind,
            value,
            offset,
        })
    }
}
