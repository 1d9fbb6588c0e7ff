use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::{Choice, ConstantTimeEq};

/// A secret shared with the TURN servers.
///
/// Only the keyed state of the hash is kept, and `Debug` shows nothing of it.
#[derive(Clone)]
pub struct Secret(Hmac<Sha1>);

/// Why bytes are no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// No bytes at all: everybody could issue credentials.
    #[error("a TURN secret must not be empty")]
    Empty,
    /// The hash does not take a key of this length.
    #[error("a TURN secret of this length cannot be used")]
    Length,
}

impl Secret {
    /// A secret of any length but zero. Text counts as its UTF-8 bytes, as in coturn.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, InvalidSecret> {
        let secret = secret.as_ref();
        if secret.is_empty() {
            return Err(InvalidSecret::Empty);
        }
        Hmac::new_from_slice(secret)
            .map(Self)
            .map_err(|_| InvalidSecret::Length)
    }

    /// The password that belongs to a username: `base64(HMAC-SHA1(secret, username))`, with
    /// padding (RFC 2104, RFC 4648 section 4).
    pub fn password(&self, username: &str) -> String {
        STANDARD.encode(self.tag(username.as_bytes()))
    }

    /// Whether `tag` is the HMAC of `message`, in constant time.
    pub(crate) fn made(&self, tag: &[u8], message: &[u8]) -> Choice {
        self.tag(message).ct_eq(tag)
    }

    fn tag(&self, message: &[u8]) -> [u8; 20] {
        let mut hmac = self.0.clone();
        hmac.update(message);
        hmac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits = hex
            .as_bytes()
            .chunks(2)
            .map(|pair| str::from_utf8(pair).expect("ASCII"));
        digits
            .map(|pair| u8::from_str_radix(pair, 16).expect("hexadecimal"))
            .collect()
    }

    /// RFC 2202 section 3, all seven cases.
    #[test]
    fn hmac_sha1_agrees_with_rfc_2202() {
        let counting: Vec<u8> = (1..=25).collect();
        let cases: [(&[u8], &[u8], &str); 7] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b617318655057264e28bc0b6fb378c8ef146be00",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "125d7342b9ac11cd91a39af48aa17b4f63f175d3",
            ),
            (
                &counting,
                &[0xcd; 50],
                "4c9007f4026250c6bc8414f9bf50c86c2d7235da",
            ),
            (
                &[0x0c; 20],
                b"Test With Truncation",
                "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04",
            ),
            (
                &[0xaa; 80],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "aa4ae5e15272d00e95705637ce8a3b55ed402112",
            ),
            (
                &[0xaa; 80],
                b"Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data",
                "e8e99d0f45237d786d6bbaa7965c7808bbff1a91",
            ),
        ];
        for (key, message, expected) in cases {
            let secret = Secret::new(key).expect("not empty");
            assert_eq!(secret.tag(message).to_vec(), bytes(expected));
        }
    }

    #[test]
    fn an_empty_secret_is_refused() {
        assert_eq!(Secret::new("").map(|_| ()), Err(InvalidSecret::Empty));
    }

    #[test]
    fn debug_shows_nothing() {
        let secret = Secret::new("hunter2").expect("not empty");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
