use std::net::SocketAddr;

use super::address::{MAX_XOR_ADDRESS, write_xor_address};
use super::integrity::{Key, fingerprint};
use super::{HEADER, MAGIC_COOKIE, TransactionId, attribute};

/// Error codes (RFC 8489 section 14.8, RFC 8656 section 19).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Code {
    BadRequest,
    Unauthenticated,
    Forbidden,
    UnknownAttribute,
    AllocationMismatch,
    StaleNonce,
    AddressFamilyNotSupported,
    WrongCredentials,
    UnsupportedTransportProtocol,
    PeerAddressFamilyMismatch,
    AllocationQuotaReached,
    InsufficientCapacity,
}

impl Code {
    pub(crate) fn number(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::UnknownAttribute => 420,
            Self::AllocationMismatch => 437,
            Self::StaleNonce => 438,
            Self::AddressFamilyNotSupported => 440,
            Self::WrongCredentials => 441,
            Self::UnsupportedTransportProtocol => 442,
            Self::PeerAddressFamilyMismatch => 443,
            Self::AllocationQuotaReached => 486,
            Self::InsufficientCapacity => 508,
        }
    }

    /// Short, so that answers to forged sources are small.
    fn reason(self) -> &'static str {
        match self {
            Self::BadRequest => "Bad Request",
            Self::Unauthenticated => "Unauthenticated",
            Self::Forbidden => "Forbidden",
            Self::UnknownAttribute => "Unknown Attribute",
            Self::AllocationMismatch => "Allocation Mismatch",
            Self::StaleNonce => "Stale Nonce",
            Self::AddressFamilyNotSupported => "Address Family not Supported",
            Self::WrongCredentials => "Wrong Credentials",
            Self::UnsupportedTransportProtocol => "Unsupported Transport Protocol",
            Self::PeerAddressFamilyMismatch => "Peer Address Family Mismatch",
            Self::AllocationQuotaReached => "Allocation Quota Reached",
            Self::InsufficientCapacity => "Insufficient Capacity",
        }
    }
}

/// Writes one message into a buffer, which it empties first.
pub(crate) struct Writer<'a> {
    out: &'a mut Vec<u8>,
    transaction: TransactionId,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>, kind: u16, transaction: TransactionId) -> Self {
        out.clear();
        out.extend_from_slice(&kind.to_be_bytes());
        out.extend_from_slice(&[0, 0]);
        out.extend_from_slice(&MAGIC_COOKIE.to_be_bytes());
        out.extend_from_slice(&transaction);
        Self { out, transaction }
    }

    /// Goes on with what another writer began.
    pub(crate) fn resume(out: &'a mut Vec<u8>, transaction: TransactionId) -> Self {
        Self { out, transaction }
    }

    pub(crate) fn attribute(&mut self, kind: u16, value: &[u8]) {
        // Nothing written here comes near 64 KiB.
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.out.extend_from_slice(&kind.to_be_bytes());
        self.out.extend_from_slice(&length.to_be_bytes());
        self.out.extend_from_slice(value);
        let padding = value.len().next_multiple_of(4) - value.len();
        self.out.extend_from_slice(&[0; 3][..padding]);
        let length = u16::try_from(self.out.len() - HEADER).unwrap_or(u16::MAX);
        self.out[2..4].copy_from_slice(&length.to_be_bytes());
    }

    pub(crate) fn address(&mut self, kind: u16, address: SocketAddr) {
        let mut value = [0; MAX_XOR_ADDRESS];
        let length = write_xor_address(&mut value, address, &self.transaction);
        self.attribute(kind, &value[..length]);
    }

    pub(crate) fn lifetime(&mut self, seconds: u32) {
        self.attribute(attribute::LIFETIME, &seconds.to_be_bytes());
    }

    /// ERROR-CODE (RFC 8489 section 14.8).
    pub(crate) fn error(&mut self, code: Code) {
        let mut value = [0; 40];
        let length = error_value(&mut value, [0, 0], code);
        self.attribute(attribute::ERROR_CODE, &value[..length]);
    }

    /// ADDRESS-ERROR-CODE (RFC 8656 section 18.12): why there is no address of that family.
    pub(crate) fn address_error(&mut self, family: u8, code: Code) {
        let mut value = [0; 40];
        let length = error_value(&mut value, [family, 0], code);
        self.attribute(attribute::ADDRESS_ERROR_CODE, &value[..length]);
    }

    /// UNKNOWN-ATTRIBUTES (RFC 8489 section 14.9).
    pub(crate) fn unknown(&mut self, kinds: impl Iterator<Item = u16>) {
        let mut value = [0; 2 * Self::MAX_UNKNOWN];
        let mut length = 0;
        for kind in kinds.take(Self::MAX_UNKNOWN) {
            value[length..length + 2].copy_from_slice(&kind.to_be_bytes());
            length += 2;
        }
        self.attribute(attribute::UNKNOWN_ATTRIBUTES, &value[..length]);
    }

    /// Types listed at most, so that the answer stays smaller than the request.
    const MAX_UNKNOWN: usize = 32;

    pub(crate) fn integrity(&mut self, key: &Key) {
        if let Some(tag) = key.tag(self.out) {
            self.attribute(attribute::MESSAGE_INTEGRITY, &tag);
        }
    }

    pub(crate) fn fingerprint(&mut self) {
        let crc = fingerprint(self.out);
        self.attribute(attribute::FINGERPRINT, &crc);
    }
}

/// Class and number of the code, then its reason.
fn error_value(out: &mut [u8; 40], head: [u8; 2], code: Code) -> usize {
    let number = code.number();
    out[..2].copy_from_slice(&head);
    out[2] = u8::try_from(number / 100).unwrap_or(0);
    out[3] = u8::try_from(number % 100).unwrap_or(0);
    let reason = code.reason().as_bytes();
    out[4..4 + reason.len()].copy_from_slice(reason);
    4 + reason.len()
}
