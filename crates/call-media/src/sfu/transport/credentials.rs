//! ICE credentials (RFC 8445 section 5.3, RFC 8839 section 5.4).

use rtc_srtp::crypto::{HmacAlgorithm, Mac, RTCCryptoProvider};

/// The alphabet of ice-char, which is that of base64.
const ICE_CHARS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Characters that tell the shard.
const SHARD: usize = 2;
/// A ufrag of ours: the shard and 60 random bits.
const UFRAG: usize = SHARD + 10;
/// A password of ours: 144 random bits.
const PWD: usize = 24;
const UFRAG_MIN: usize = 4;
const PWD_MIN: usize = 22;
/// Both at most, of a peer.
const MAX: usize = 256;

/// The shard that a local ufrag was made in. Nothing is proven by it: any string may come from outside.
pub(crate) fn shard_of(ufrag: &str) -> Option<u16> {
    let digit = |at: usize| {
        let wanted = ufrag.as_bytes().get(at)?;
        ICE_CHARS.iter().position(|char| char == wanted)
    };
    u16::try_from(digit(0)? << 6 | digit(1)?).ok()
}

/// Whether a peer's credentials are what RFC 8839 section 5.4 allows.
pub(super) fn are_valid(ufrag: &str, pwd: &str) -> bool {
    let valid = |text: &str, min: usize| {
        (min..=MAX).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
    };
    valid(ufrag, UFRAG_MIN) && valid(pwd, PWD_MIN)
}

/// Credentials of ours and what the peer calls itself beside them.
pub(super) struct Credentials {
    pub(super) ufrag: String,
    pub(super) pwd: String,
    /// The peer's ufrag, once its answer is there.
    pub(super) remote_ufrag: Option<String>,
    /// Keyed with the password: authenticates checks and what is answered to them. Without one no check is valid.
    pub(super) mac: Option<Box<dyn Mac>>,
}

impl Credentials {
    /// Random credentials; where there is no randomness, some that no check is valid with. `shard` is below 4096.
    pub(super) fn generate(shard: u16, provider: &dyn RTCCryptoProvider) -> Self {
        let char = |value: u16| char::from(ICE_CHARS[usize::from(value % 64)]);
        let mut random = [0; UFRAG - SHARD + PWD];
        let is_random = provider.random().fill(&mut random).is_ok();
        let mut chars = random.iter().map(|byte| char(u16::from(*byte)));
        let mut ufrag = String::from_iter([char(shard >> 6), char(shard)]);
        ufrag.extend(chars.by_ref().take(UFRAG - SHARD));
        let pwd: String = chars.collect();
        let mac = provider
            .crypto()
            .new_hmac(HmacAlgorithm::Sha1, pwd.as_bytes())
            .ok()
            .filter(|_| is_random);
        Self {
            ufrag,
            pwd,
            remote_ufrag: None,
            mac,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rtc_srtp::crypto::default_provider;

    use super::*;

    #[test]
    fn credentials_are_valid_and_tell_the_shard() {
        let provider = default_provider().unwrap();
        let mut all = HashSet::new();
        for shard in [0, 1, 63, 64, 4095] {
            let credentials = Credentials::generate(shard, &*provider);
            assert!(are_valid(&credentials.ufrag, &credentials.pwd));
            assert_eq!(shard_of(&credentials.ufrag), Some(shard));
            assert!(all.insert(credentials.ufrag[SHARD..].to_owned()));
            assert!(all.insert(credentials.pwd));
        }
    }

    #[test]
    fn other_ufrags_tell_no_shard() {
        for ufrag in ["", "A", "A-", "-A", "é…"] {
            assert_eq!(shard_of(ufrag), None, "{ufrag}");
        }
    }

    #[test]
    fn the_grammar_of_a_peer_is_kept() {
        let pwd = "x".repeat(22);
        assert!(are_valid("a+/9", &pwd));
        assert!(!are_valid("abc", &pwd));
        assert!(!are_valid("ab-d", &pwd));
        assert!(!are_valid("abcd", &pwd[1..]));
        assert!(!are_valid(&"x".repeat(257), &pwd));
        assert!(!are_valid("abcd", "aaaaaaaaaaaaaaaaaaaaaaaaa\r\na=x"));
    }
}
