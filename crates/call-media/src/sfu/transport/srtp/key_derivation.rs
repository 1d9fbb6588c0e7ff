//! Session keys out of what the DTLS handshake exported (RFC 5764 section 4.2, RFC 3711 section 4.3, RFC 7714 section 11).

use rtc_srtp::crypto::{BlockCipherAlgorithm, CryptoError, RTCCrypto};

use super::SrtpProfile;

/// The pseudo-random function's block, in bytes.
const BLOCK: usize = 16;
/// The salt of AES-CM; the shorter one of AES-GCM is filled up with zeros.
const SALT_MAX: usize = 14;

/// What a key is for (RFC 3711 section 4.3.2).
#[derive(Debug, Clone, Copy)]
pub(super) enum Label {
    RtpEncryption = 0,
    RtpAuthentication = 1,
    RtpSalt = 2,
    RtcpEncryption = 3,
    RtcpAuthentication = 4,
    RtcpSalt = 5,
}

/// The master key and salt of one direction.
#[derive(Clone, Copy)]
pub(super) struct Master<'a> {
    key: &'a [u8],
    salt: &'a [u8],
}

impl<'a> Master<'a> {
    /// The masters of what the client sends and of what the server sends. `None` where the exported bytes are not of the
    /// profile's length.
    pub(super) fn pair(profile: SrtpProfile, exported: &'a [u8]) -> Option<(Self, Self)> {
        let (keys, salts) = exported.split_at_checked(profile.key_len() * 2)?;
        if salts.len() != profile.salt_len() * 2 {
            return None;
        }
        let (client_key, server_key) = keys.split_at(profile.key_len());
        let (client_salt, server_salt) = salts.split_at(profile.salt_len());
        let master = |key, salt| Self { key, salt };
        Some((
            master(client_key, client_salt),
            master(server_key, server_salt),
        ))
    }

    /// A session key; `out` says how long.
    pub(super) fn derive(
        self,
        crypto: &dyn RTCCrypto,
        label: Label,
        out: &mut [u8],
    ) -> Result<(), CryptoError> {
        let algorithm = if self.key.len() == 32 {
            BlockCipherAlgorithm::Aes256
        } else {
            BlockCipherAlgorithm::Aes128
        };
        let mut start = [0; BLOCK];
        let salt = self.salt.len().min(SALT_MAX);
        start[..salt].copy_from_slice(&self.salt[..salt]);
        start[7] ^= label as u8;
        for (counter, part) in (0_u16..).zip(out.chunks_mut(BLOCK)) {
            let mut block = start;
            block[SALT_MAX..].copy_from_slice(&counter.to_be_bytes());
            crypto.block_encrypt(algorithm, self.key, &mut block)?;
            part.copy_from_slice(&block[..part.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rtc_srtp::crypto::default_provider;

    use super::*;

    /// RFC 3711 appendix B.3.
    #[test]
    fn the_vectors_of_the_rfc() {
        let provider = default_provider().unwrap();
        let master = Master {
            key: &hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
            salt: &hex("0EC675AD498AFEEBB6960B3AABE6"),
        };
        let derive = |label, length| {
            let mut out = vec![0; length];
            master.derive(provider.crypto(), label, &mut out).unwrap();
            out
        };
        assert_eq!(
            derive(Label::RtpEncryption, 16),
            hex("C61E7A93744F39EE10734AFE3FF7A087")
        );
        assert_eq!(
            derive(Label::RtpSalt, 14),
            hex("30CBBC08863D8C85D49DB34A9AE1")
        );
        assert_eq!(
            derive(Label::RtpAuthentication, 94)[..32],
            hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA48F0A0ACF3C34E2359E6CDBCE")
        );
    }

    #[test]
    fn an_export_of_another_length_is_refused() {
        assert!(Master::pair(SrtpProfile::AeadAes128Gcm, &[0; 56]).is_some());
        assert!(Master::pair(SrtpProfile::AeadAes128Gcm, &[0; 57]).is_none());
        assert!(Master::pair(SrtpProfile::AeadAes128Gcm, &[0; 20]).is_none());
        assert!(Master::pair(SrtpProfile::Aes128CmSha1, &[0; 60]).is_some());
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }
}
