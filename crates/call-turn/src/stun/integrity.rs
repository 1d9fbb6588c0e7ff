use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::{HEADER, Message, attribute};

/// Length of a MESSAGE-INTEGRITY attribute, header included.
pub(super) const INTEGRITY: usize = 24;
/// Length of a FINGERPRINT attribute, header included.
pub(super) const FINGERPRINT: usize = 8;

/// What MESSAGE-INTEGRITY is keyed with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key([u8; 16]);

/// `MD5(username ":" realm ":" password)` (RFC 8489 section 9.2.2).
pub(crate) fn long_term_key(username: &str, realm: &str, password: &str) -> Key {
    let mut md5 = Md5::new();
    for part in [username, ":", realm, ":", password] {
        md5.update(part);
    }
    Key(md5.finalize().into())
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// Whether the message carries a MESSAGE-INTEGRITY made with this key (RFC 8489 section 14.5).
    /// The tag is compared in constant time.
    pub(crate) fn sealed(&self, message: &Message<'_>) -> bool {
        sealed_with(&self.0, message)
    }

    /// The tag of a message that ends before its MESSAGE-INTEGRITY, whatever its length field says.
    pub(super) fn tag(&self, before: &[u8]) -> Option<[u8; 20]> {
        tag(&self.0, before)
    }
}

pub(super) fn sealed_with(key: &[u8], message: &Message<'_>) -> bool {
    let Some(seal) = message.attribute(attribute::MESSAGE_INTEGRITY) else {
        return false;
    };
    let before = &message.bytes()[..seal.offset];
    tag(key, before).is_some_and(|tag| bool::from(tag[..].ct_eq(seal.value)))
}

fn tag(key: &[u8], before: &[u8]) -> Option<[u8; 20]> {
    let mut hmac = Hmac::<Sha1>::new_from_slice(key).ok()?;
    let (head, rest) = before.split_first_chunk::<HEADER>()?;
    hmac.update(&with_length(*head, rest.len() + INTEGRITY));
    hmac.update(rest);
    Some(hmac.finalize().into_bytes().into())
}

/// The FINGERPRINT of a message that ends before it (RFC 8489 section 14.7).
pub(super) fn fingerprint(before: &[u8]) -> [u8; 4] {
    let mut crc = crc32fast::Hasher::new();
    if let Some((head, rest)) = before.split_first_chunk::<HEADER>() {
        crc.update(&with_length(*head, rest.len() + FINGERPRINT));
        crc.update(rest);
    }
    (crc.finalize() ^ 0x5354_554e).to_be_bytes()
}

/// The header as it is when the body has `length` bytes.
fn with_length(mut head: [u8; HEADER], length: usize) -> [u8; HEADER] {
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    head[2..4].copy_from_slice(&length.to_be_bytes());
    head
}
