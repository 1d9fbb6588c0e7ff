//! Who this server is, and how a peer says who it is.

use std::sync::Arc;

use rtc_dtls::cipher_suite::CipherSuiteId;
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto;
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_srtp::crypto::{HashAlgorithm, RTCCryptoProvider, default_provider};

use super::srtp::SrtpProfile;

/// Bytes of a handshake datagram's messages, so that it fits any path (RFC 8200: 1280 with IPv6, UDP and record headers).
const HANDSHAKE_MTU: usize = 1150;
/// Forward secrecy and authenticated encryption only; the certificate is of ECDSA.
const CIPHER_SUITES: [CipherSuiteId; 2] = [
    CipherSuiteId::Tls_Ecdhe_Ecdsa_With_Aes_128_Gcm_Sha256,
    CipherSuiteId::Tls_Ecdhe_Ecdsa_With_ChaCha20_Poly1305_Sha256,
];

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
#[error("no DTLS certificate: {0}")]
pub(crate) struct CertificateError(String);

/// The certificate of this process, shared by its peer connections: its hash stands in every offer.
pub(crate) struct Certificate {
    provider: Arc<dyn RTCCryptoProvider>,
    fingerprint: String,
    /// How to shake hands with a peer that shares that SRTP profile with us.
    handshakes: Vec<(SrtpProfile, Arc<HandshakeConfig>)>,
}

impl Certificate {
    /// Makes a key and a certificate of it. They live as long as the value: calls do not outlive the process.
    pub(crate) fn generate() -> Result<Self, CertificateError> {
        let failed = |error: &dyn std::fmt::Display| CertificateError(error.to_string());
        let provider = default_provider().map_err(|error| failed(&error))?;
        let certificate =
            crypto::Certificate::generate_self_signed(Vec::<String>::new(), provider.crypto())
                .map_err(|error| failed(&error))?;
        let der = certificate
            .certificate
            .first()
            .ok_or_else(|| failed(&"the chain is empty"))?;
        let own = Fingerprint::of(der, &*provider).ok_or_else(|| failed(&"it has no hash"))?;
        let handshakes = SrtpProfile::ALL
            .into_iter()
            .map(|profile| {
                ConfigBuilder::default()
                    .with_crypto_provider(provider.clone())
                    .with_certificates(vec![certificate.clone()])
                    .with_cipher_suites(CIPHER_SUITES.to_vec())
                    .with_srtp_protection_profiles(vec![on_the_wire(profile)])
                    .with_client_auth(ClientAuthType::RequireAnyClientCert)
                    .with_extended_master_secret(ExtendedMasterSecretType::Require)
                    // Peers are known by the fingerprint of their answer, not by an authority.
                    .with_insecure_skip_verify(true)
                    .with_mtu(HANDSHAKE_MTU)
                    .build(false, None)
                    .map(|config| (profile, Arc::new(config)))
            })
            .collect::<Result<_, _>>()
            .map_err(|error| failed(&error))?;
        Ok(Self {
            fingerprint: own.to_string(),
            provider,
            handshakes,
        })
    }

    /// `sha-256 AB:CD:…`, as it is in `a=fingerprint`.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    pub(super) fn provider(&self) -> &Arc<dyn RTCCryptoProvider> {
        &self.provider
    }

    /// How to shake hands with a peer that offers these SRTP profiles (RFC 5764 section 4.1.2): by the one that we like best.
    pub(super) fn handshake(&self, offered: &[u16]) -> Option<&Arc<HandshakeConfig>> {
        self.handshakes
            .iter()
            .find(|(profile, _)| offered.contains(&(on_the_wire(*profile) as u16)))
            .map(|(_, config)| config)
    }
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate")
            .field("fingerprint", &self.fingerprint)
            .finish_non_exhaustive()
    }
}

const fn on_the_wire(profile: SrtpProfile) -> SrtpProtectionProfile {
    match profile {
        SrtpProfile::AeadAes128Gcm => SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
        SrtpProfile::AeadAes256Gcm => SrtpProtectionProfile::Srtp_Aead_Aes_256_Gcm,
        SrtpProfile::Aes128CmSha1 => SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
    }
}

/// The SHA-256 hash of a certificate (RFC 8122 section 5), which every browser tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Reads the value of `a=fingerprint`: `sha-256 AB:CD:…`. `None` where it is malformed or of another hash function.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (algorithm, hex) = text.split_once(' ')?;
        if !algorithm.eq_ignore_ascii_case("sha-256") {
            return None;
        }
        let mut hash = [0; 32];
        let mut bytes = hex.trim().split(':');
        for byte in &mut hash {
            let digits = bytes.next()?;
            if digits.len() != 2 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return None;
            }
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        bytes.next().is_none().then_some(Self(hash))
    }

    /// The hash of a certificate.
    pub(super) fn of(der: &[u8], provider: &dyn RTCCryptoProvider) -> Option<Self> {
        let hash = provider.crypto().hash(HashAlgorithm::Sha256, der).ok()?;
        hash.try_into().ok().map(Self)
    }
}

impl From<[u8; 32]> for Fingerprint {
    fn from(hash: [u8; 32]) -> Self {
        Self(hash)
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("sha-256 ")?;
        for (at, byte) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_process_tells_a_fingerprint_that_can_be_read() {
        let one = Certificate::generate().unwrap();
        let other = Certificate::generate().unwrap();
        assert!(Fingerprint::parse(one.fingerprint()).is_some());
        assert_ne!(one.fingerprint(), other.fingerprint());
    }

    #[test]
    fn the_best_of_what_a_peer_offers_is_taken() {
        let certificate = Certificate::generate().unwrap();
        let taken = |offered: &[u16]| {
            let config = certificate.handshake(offered)?;
            certificate
                .handshakes
                .iter()
                .find(|(_, known)| Arc::ptr_eq(known, config))
                .map(|(profile, _)| *profile)
        };
        assert_eq!(taken(&[1, 8, 7]), Some(SrtpProfile::AeadAes128Gcm));
        assert_eq!(taken(&[1, 8]), Some(SrtpProfile::AeadAes256Gcm));
        assert_eq!(taken(&[2, 1]), Some(SrtpProfile::Aes128CmSha1));
        assert_eq!(taken(&[2, 5]), None);
        assert_eq!(taken(&[]), None);
    }

    #[test]
    fn fingerprints_are_read_as_the_grammar_has_them() {
        let text = format!("sha-256 {}", ["0a"; 32].join(":"));
        assert_eq!(Fingerprint::parse(&text), Some(Fingerprint([10; 32])));
        assert_eq!(
            Fingerprint::parse(&text.to_uppercase()),
            Some(Fingerprint([10; 32]))
        );
        for bad in [
            format!("sha-1 {}", ["0a"; 20].join(":")),
            format!("sha-256 {}", ["0a"; 31].join(":")),
            format!("sha-256 {}", ["0a"; 33].join(":")),
            format!("sha-256 {}", ["+a"; 32].join(":")),
            format!("sha-256 {}", ["é"; 32].join(":")),
            String::new(),
        ] {
            assert_eq!(Fingerprint::parse(&bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_can_be_read(hash: [u8; 32]) {
            let fingerprint = Fingerprint::from(hash);
            prop_assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Some(fingerprint));
        }

        #[test]
        fn nothing_breaks_the_reader(text in ".{0,120}") {
            let _ = Fingerprint::parse(&text);
        }
    }
}
