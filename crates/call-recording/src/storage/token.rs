use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use call_domain::RecordingFileId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use super::Disposition;

/// Permission to read one file for a while, to be put into a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaToken {
    /// Which file.
    pub file: RecordingFileId,
    /// Until when; kept in whole seconds.
    pub expires: SystemTime,
    /// What it is to be read for.
    pub disposition: Disposition,
}

/// What tokens are signed with. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct MediaKey(Hmac<Sha256>);

/// Why a token permits nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It did, until it expired.
    #[error("the URL has expired")]
    Expired,
    /// It never did: it is not of ours, or was changed.
    #[error("the URL is not one that was given out")]
    Invalid,
}

/// What keeps a signature of this kind from being taken for one of another kind made with the same secret.
const LABEL: &[u8] = b"call-server recording media 1";

const FILE: usize = 16;
const TIME: usize = 8;
const CLAIMS: usize = FILE + TIME + 1;
const TOKEN: usize = CLAIMS + 32;

/// A multiple of three bytes, so that no bit of the text is without meaning.
const TEXT: usize = TOKEN / 3 * 4;

impl MediaKey {
    /// A key made of a secret of any length but zero (None), which may serve other purposes as well.
    pub fn new(secret: &[u8]) -> Option<Self> {
        if secret.is_empty() {
            return None;
        }
        let mut hmac = Hmac::new_from_slice(secret).ok()?;
        hmac.update(LABEL);
        Some(Self(hmac))
    }

    /// The text of a token (base64url): 76 characters.
    pub fn issue(&self, token: &MediaToken) -> String {
        let claims = token.claims();
        let signature = self.signed(&claims).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&claims[..], &signature[..]].concat())
    }

    /// What a text permits, at that time.
    pub fn verify(&self, text: &str, now: SystemTime) -> Result<MediaToken, TokenError> {
        if text.len() != TEXT {
            return Err(TokenError::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text);
        let bytes = bytes.map_err(|_| TokenError::Invalid)?;
        let (claims, signature) = bytes
            .split_first_chunk::<CLAIMS>()
            .ok_or(TokenError::Invalid)?;
        let signed = self.signed(claims);
        // In constant time.
        signed
            .verify_slice(signature)
            .map_err(|_| TokenError::Invalid)?;
        let token = MediaToken::read(claims).ok_or(TokenError::Invalid)?;
        if token.expires <= now {
            return Err(TokenError::Expired);
        }
        Ok(token)
    }

    fn signed(&self, claims: &[u8; CLAIMS]) -> Hmac<Sha256> {
        let mut hmac = self.0.clone();
        hmac.update(claims);
        hmac
    }
}

impl fmt::Debug for MediaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaKey(…)")
    }
}

impl MediaToken {
    fn claims(&self) -> [u8; CLAIMS] {
        let since = self.expires.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut claims = [0; CLAIMS];
        claims[..FILE].copy_from_slice(self.file.as_uuid().as_bytes());
        claims[FILE..FILE + TIME].copy_from_slice(&since.as_secs().to_be_bytes());
        claims[FILE + TIME] = match self.disposition {
            Disposition::Inline => 0,
            Disposition::Attachment => 1,
        };
        claims
    }

    fn read(claims: &[u8; CLAIMS]) -> Option<Self> {
        let (file, rest) = claims.split_first_chunk::<FILE>()?;
        let (time, rest) = rest.split_first_chunk::<TIME>()?;
        let seconds = Duration::from_secs(u64::from_be_bytes(*time));
        Some(Self {
            file: RecordingFileId::new(Uuid::from_bytes(*file)),
            expires: UNIX_EPOCH.checked_add(seconds)?,
            disposition: match rest {
                [0] => Disposition::Inline,
                [1] => Disposition::Attachment,
                _ => return None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn key() -> MediaKey {
        MediaKey::new(b"a secret").unwrap()
    }

    fn token(file: u128, expires: u64, is_download: bool) -> MediaToken {
        MediaToken {
            file: RecordingFileId::new(Uuid::from_u128(file)),
            expires: at(expires),
            disposition: if is_download {
                Disposition::Attachment
            } else {
                Disposition::Inline
            },
        }
    }

    /// Computed by Python's hmac over label, id, time and disposition.
    #[test]
    fn a_token_is_what_another_implementation_makes() {
        let token = token(
            0x0011_2233_4455_6677_8899_aabb_ccdd_eeff,
            1_700_000_000,
            true,
        );
        assert_eq!(key().issue(&token), EXPECTED);
    }

    const EXPECTED: &str =
        "ABEiM0RVZneImaq7zN3u_wAAAABlU_EAAf7Taia5Iq85UNnFEv6kbiMwZSvcQ_7t92jIJ7mcBwoK";

    #[test]
    fn it_permits_until_it_expires() {
        let token = token(7, 1000, false);
        let text = key().issue(&token);
        assert_eq!(text.len(), TEXT);
        assert_eq!(key().verify(&text, at(999)), Ok(token));
        assert_eq!(key().verify(&text, at(1000)), Err(TokenError::Expired));
        assert_eq!(
            key().verify(&text, at(u32::MAX.into())),
            Err(TokenError::Expired)
        );
    }

    #[test]
    fn another_secret_permits_nothing() {
        let text = key().issue(&token(7, 1000, false));
        let other = MediaKey::new(b"another secret").unwrap();
        assert_eq!(other.verify(&text, at(0)), Err(TokenError::Invalid));
        assert!(MediaKey::new(b"").is_none());
    }

    #[test]
    fn a_signature_without_the_label_permits_nothing() {
        let claims = token(7, 1000, false).claims();
        let mut bare = Hmac::<Sha256>::new_from_slice(b"a secret").unwrap();
        bare.update(&claims);
        let forged = [&claims[..], &bare.finalize().into_bytes()].concat();
        let forged = URL_SAFE_NO_PAD.encode(forged);
        assert_eq!(key().verify(&forged, at(0)), Err(TokenError::Invalid));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", key()), "MediaKey(…)");
    }

    proptest! {
        #[test]
        fn what_is_issued_is_verified(file: u128, expires in 1u64..1 << 40, is_download: bool) {
            let token = token(file, expires, is_download);
            prop_assert_eq!(key().verify(&key().issue(&token), at(expires - 1)), Ok(token));
        }

        #[test]
        fn any_flipped_bit_is_refused(file: u128, expires in 1u64..1 << 40, bit in 0..TOKEN * 8) {
            let text = key().issue(&token(file, expires, false));
            let mut bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let flipped = URL_SAFE_NO_PAD.encode(bytes);
            prop_assert_eq!(key().verify(&flipped, at(0)), Err(TokenError::Invalid));
        }

        #[test]
        fn any_changed_character_is_refused(file: u128, place in 0..TEXT, to in any::<char>()) {
            let text = key().issue(&token(file, 1000, true));
            let mut changed: Vec<char> = text.chars().collect();
            changed[place] = to;
            let changed: String = changed.into_iter().collect();
            prop_assume!(changed != text);
            prop_assert_eq!(key().verify(&changed, at(0)), Err(TokenError::Invalid));
        }

        #[test]
        fn any_text_is_refused(text in "[A-Za-z0-9_-]{76}|[A-Za-z0-9+/=_-]{0,200}|\\PC{0,100}") {
            prop_assert_eq!(key().verify(&text, at(0)), Err(TokenError::Invalid));
        }
    }
}
