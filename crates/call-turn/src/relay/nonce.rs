use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::client::{Client, Transport};

/// How long a nonce is good (RFC 8656 section 5 recommends an hour at most).
pub(crate) const NONCE_LIFETIME_SECS: u32 = 3600;

const TAG: usize = 14;
const RAW: usize = 4 + TAG;
/// Length of a nonce as it goes over the wire.
pub(crate) const NONCE: usize = RAW / 3 * 4;

/// Makes nonces that need no memory: a time, and a keyed hash of it and the client's address.
///
/// Who cannot receive at an address has no nonce for it, and nobody can make one up.
#[derive(Clone)]
pub(crate) struct Nonces(Hmac<Sha1>);

impl Nonces {
    /// `None` does not happen: the hash takes keys of any length.
    pub(crate) fn new(key: &[u8; 32]) -> Option<Self> {
        Hmac::new_from_slice(key).ok().map(Self)
    }

    pub(crate) fn issue(&self, client: &Client, now_secs: i64) -> [u8; NONCE] {
        let time = truncate(now_secs);
        let mut raw = [0; RAW];
        raw[..4].copy_from_slice(&time.to_be_bytes());
        raw[4..].copy_from_slice(&self.tag(client, time));
        let mut nonce = [0; NONCE];
        // Fits exactly: RAW is a multiple of three.
        let _ = STANDARD_NO_PAD.encode_slice(raw, &mut nonce);
        nonce
    }

    /// Whether a nonce was issued to this client and is not stale.
    pub(crate) fn verify(&self, nonce: &[u8], client: &Client, now_secs: i64) -> bool {
        let mut raw = [0; RAW];
        if nonce.len() != NONCE || STANDARD_NO_PAD.decode_slice(nonce, &mut raw) != Ok(RAW) {
            return false;
        }
        let Some((time, tag)) = raw.split_first_chunk::<4>() else {
            return false;
        };
        let time = u32::from_be_bytes(*time);
        let genuine = self.tag(client, time)[..].ct_eq(tag);
        let age = truncate(now_secs).wrapping_sub(time);
        bool::from(genuine) && age <= NONCE_LIFETIME_SECS
    }

    fn tag(&self, client: &Client, time: u32) -> [u8; TAG] {
        let mut hmac = self.0.clone();
        hmac.update(&time.to_be_bytes());
        match client.address.ip() {
            IpAddr::V4(ip) => hmac.update(&ip.octets()),
            IpAddr::V6(ip) => hmac.update(&ip.octets()),
        }
        hmac.update(&client.address.port().to_be_bytes());
        hmac.update(&[match client.transport {
            Transport::Udp => 0,
            Transport::Tcp => 1,
            Transport::Tls => 2,
        }]);
        let full: [u8; 20] = hmac.finalize().into_bytes().into();
        let mut tag = [0; TAG];
        tag.copy_from_slice(&full[..TAG]);
        tag
    }
}

/// The low 32 bits of a time: ages are told by their difference.
fn truncate(secs: i64) -> u32 {
    let [_, _, _, _, low @ ..] = secs.to_be_bytes();
    u32::from_be_bytes(low)
}
