//! The STUN of connectivity checks (RFC 8489, RFC 8445 section 7): Binding requests read, answers written.

use std::net::{IpAddr, SocketAddr};

use rtc_srtp::crypto::{CryptoError, Mac, constant_time_eq};

use super::crc;

const HEADER: usize = 20;
const MAGIC_COOKIE: u32 = 0x2112_a442;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;

const USERNAME: u16 = 0x0006;
const MESSAGE_INTEGRITY: u16 = 0x0008;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001c;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
const PRIORITY: u16 = 0x0024;
const USE_CANDIDATE: u16 = 0x0025;
const FINGERPRINT: u16 = 0x8028;
const ICE_CONTROLLED: u16 = 0x8029;
/// Types from here on may be ignored.
const OPTIONAL: u16 = 0x8000;

/// Attribute head, in bytes.
const HEAD: usize = 4;
/// The value of MESSAGE-INTEGRITY: HMAC-SHA1.
const INTEGRITY: usize = 20;
const FINGERPRINT_XOR: u32 = 0x5354_554e;
/// A check at most: anything larger is none.
const MESSAGE_MAX: usize = 1280;
/// Attributes that are listed as not understood at most.
const UNKNOWN_MAX: usize = 4;

pub(super) type TransactionId = [u8; 12];

/// A Binding request with a valid FINGERPRINT. Nothing is proven by that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check<'a> {
    pub(super) transaction: TransactionId,
    /// The local and the remote ufrag, from where the peer sends: ours and its own.
    pub(super) username: Option<(&'a str, &'a str)>,
    pub(super) priority: u32,
    pub(super) use_candidate: bool,
    /// The peer says that it does not decide.
    pub(super) controlled: bool,
    /// Types that must be understood and are not.
    pub(super) unknown: Vec<u16>,
    message: &'a [u8],
    /// Where MESSAGE-INTEGRITY stands.
    integrity: Option<usize>,
}

impl<'a> Check<'a> {
    /// Reads a datagram. `None` if it is no Binding request, malformed, or has no valid FINGERPRINT at its end.
    pub(super) fn read(message: &'a [u8]) -> Option<Self> {
        let (head, _) = message.split_first_chunk::<HEADER>()?;
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        if u16::from_be_bytes([head[0], head[1]]) != BINDING_REQUEST
            || head[4..8] != MAGIC_COOKIE.to_be_bytes()
            || message.len() != HEADER + length
            || message.len() > MESSAGE_MAX
        {
            return None;
        }
        let mut check = Self {
            transaction: head[8..].try_into().ok()?,
            username: None,
            priority: 0,
            use_candidate: false,
            controlled: false,
            unknown: Vec::new(),
            message,
            integrity: None,
        };
        let mut at = HEADER;
        while at < message.len() {
            let (head, rest) = message[at..].split_first_chunk::<HEAD>()?;
            let kind = u16::from_be_bytes([head[0], head[1]]);
            let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
            let value = rest.get(..length)?;
            let next = at + HEAD + length.next_multiple_of(4);
            if kind == FINGERPRINT {
                let valid = next == message.len() && *value == fingerprint(&message[..at])[..];
                return valid.then_some(check);
            }
            // What follows MESSAGE-INTEGRITY is not authentic (RFC 8489 section 14.5).
            if check.integrity.is_none() {
                check.take(kind, value, at)?;
            }
            at = next;
        }
        None
    }

    fn take(&mut self, kind: u16, value: &'a [u8], at: usize) -> Option<()> {
        match kind {
            USERNAME if self.username.is_none() => {
                self.username = std::str::from_utf8(value).ok()?.split_once(':');
            }
            MESSAGE_INTEGRITY if value.len() == INTEGRITY => self.integrity = Some(at),
            MESSAGE_INTEGRITY => return None,
            PRIORITY => self.priority = u32::from_be_bytes(value.try_into().ok()?),
            USE_CANDIDATE => self.use_candidate = true,
            ICE_CONTROLLED => self.controlled = true,
            USERNAME | MESSAGE_INTEGRITY_SHA256 => {}
            _ if kind < OPTIONAL && self.unknown.len() < UNKNOWN_MAX => self.unknown.push(kind),
            _ => {}
        }
        Some(())
    }

    /// Whether it has a MESSAGE-INTEGRITY.
    pub(super) fn is_signed(&self) -> bool {
        self.integrity.is_some()
    }

    /// Whether its MESSAGE-INTEGRITY was made with this key.
    pub(super) fn is_authentic(&self, mac: &mut dyn Mac) -> bool {
        let Some(at) = self.integrity else {
            return false;
        };
        let signed = &self.message[at + HEAD..at + HEAD + INTEGRITY];
        sign(&self.message[..at], mac).is_ok_and(|expected| constant_time_eq(&expected, signed))
    }

    /// The length of the request, in bytes: no answer to a stranger is longer.
    pub(super) fn size(&self) -> usize {
        self.message.len()
    }
}

/// An error that a check is answered with (RFC 8489 section 14.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CheckError {
    /// 400
    BadRequest,
    /// 401
    Unauthenticated,
    /// 420
    UnknownAttribute,
    /// 487 (RFC 8445 section 7.3.1.1)
    RoleConflict,
}

impl CheckError {
    /// Class and number, and the reason: as short as they can be, so that nothing is amplified.
    const fn value(self) -> &'static [u8] {
        match self {
            Self::BadRequest => b"\0\0\x04\x00",
            Self::Unauthenticated => b"\0\0\x04\x01",
            Self::UnknownAttribute => b"\0\0\x04\x14",
            Self::RoleConflict => b"\0\0\x04\x57",
        }
    }
}

/// The answer to a valid check: where it came from.
pub(super) fn success(
    check: &Check<'_>,
    from: SocketAddr,
    mac: &mut dyn Mac,
) -> Result<Vec<u8>, CryptoError> {
    let mut answer = Answer::new(BINDING_SUCCESS, check);
    answer.push_address(from);
    answer.finish(Some(mac))
}

/// The answer to another one. It is signed where the request was authentic.
pub(super) fn error(
    check: &Check<'_>,
    error: CheckError,
    mac: Option<&mut dyn Mac>,
) -> Result<Vec<u8>, CryptoError> {
    let mut answer = Answer::new(BINDING_ERROR, check);
    answer.push(ERROR_CODE, error.value());
    if error == CheckError::UnknownAttribute {
        let kinds: Vec<u8> = check
            .unknown
            .iter()
            .flat_map(|kind| kind.to_be_bytes())
            .collect();
        answer.push(UNKNOWN_ATTRIBUTES, &kinds);
    }
    answer.finish(mac)
}

struct Answer(Vec<u8>);

impl Answer {
    fn new(kind: u16, check: &Check<'_>) -> Self {
        let mut message = Vec::with_capacity(96);
        message.extend_from_slice(&kind.to_be_bytes());
        message.extend_from_slice(&[0, 0]);
        message.extend_from_slice(&MAGIC_COOKIE.to_be_bytes());
        message.extend_from_slice(&check.transaction);
        Self(message)
    }

    fn push(&mut self, kind: u16, value: &[u8]) {
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.0.extend_from_slice(&kind.to_be_bytes());
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    /// RFC 8489 section 14.2. An IPv4 address of a dual-stack socket is one.
    fn push_address(&mut self, address: SocketAddr) {
        let mask: [u8; 16] = std::array::from_fn(|at| self.0[4 + at]);
        let [high, low] = address.port().to_be_bytes();
        let mut value = vec![0, 1, high ^ mask[0], low ^ mask[1]];
        match address.ip().to_canonical() {
            IpAddr::V4(ip) => value.extend(ip.octets().iter().zip(mask).map(|(a, b)| a ^ b)),
            IpAddr::V6(ip) => {
                value[1] = 2;
                value.extend(ip.octets().iter().zip(mask).map(|(a, b)| a ^ b));
            }
        }
        self.push(XOR_MAPPED_ADDRESS, &value);
    }

    fn finish(mut self, mac: Option<&mut dyn Mac>) -> Result<Vec<u8>, CryptoError> {
        if let Some(mac) = mac {
            let signature = sign(&self.0, mac)?;
            self.push(MESSAGE_INTEGRITY, &signature);
        }
        let fingerprint = fingerprint(&self.0);
        self.push(FINGERPRINT, &fingerprint);
        let length = length_field(self.0.len() - HEADER);
        self.0[2..4].copy_from_slice(&length);
        Ok(self.0)
    }
}

/// MESSAGE-INTEGRITY behind `before`: the length field counts it in (RFC 8489 section 14.5).
fn sign(before: &[u8], mac: &mut dyn Mac) -> Result<[u8; INTEGRITY], CryptoError> {
    let length = length_field(before.len() - HEADER + HEAD + INTEGRITY);
    let mut signature = [0; INTEGRITY];
    mac.sign(&[&before[..2], &length, &before[4..]], &mut signature)?;
    Ok(signature)
}

/// FINGERPRINT behind `before`: the length field counts it in (RFC 8489 section 14.7).
fn fingerprint(before: &[u8]) -> [u8; 4] {
    let length = length_field(before.len() - HEADER + HEAD + 4);
    let crc = crc::V42.of(&[&before[..2], &length, &before[4..]]);
    (crc ^ FINGERPRINT_XOR).to_be_bytes()
}

fn length_field(length: usize) -> [u8; 2] {
    u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes()
}
