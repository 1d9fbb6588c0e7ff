//! The DTLS server (RFC 6347, RFC 5763) of a peer connection.

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    /// Keys could not be made.
    #[error("no DTLS certificate: {0}")]
    Generate(String),
}

/// The certificate of this process, shared by its peer connections: its hash stands in every offer.
#[derive(Debug)]
pub(crate) struct Certificate {
    fingerprint: String,
}

impl Certificate {
    /// Makes a key and a certificate of it.
    pub(crate) fn generate() -> Result<Self, CertificateError> {
        Err(CertificateError::Generate(String::new()))
    }

    /// `sha-256 AB:CD:…`, as it is in `a=fingerprint`.
    pub(crate) fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

/// The hash of a peer's certificate, as its answer says (RFC 8122 section 5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    algorithm: HashFunction,
    value: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HashFunction {
    Sha256,
    Sha384,
    Sha512,
}

impl Fingerprint {
    /// Reads the value of `a=fingerprint`: `sha-256 AB:CD:…`. `None` where it is malformed or of another hash function than
    /// sha-256, sha-384 and sha-512.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (name, hex) = text.split_once(' ')?;
        let (algorithm, length) = match name.to_ascii_lowercase().as_str() {
            "sha-256" => (HashFunction::Sha256, 32),
            "sha-384" => (HashFunction::Sha384, 48),
            "sha-512" => (HashFunction::Sha512, 64),
            _ => return None,
        };
        let hex = hex.trim();
        if hex.len() != length * 3 - 1 {
            return None;
        }
        let value = hex
            .split(':')
            .map(|byte| {
                let [high, low] = byte.as_bytes().try_into().ok()?;
                Some(nibble(high)? << 4 | nibble(low)?)
            })
            .collect::<Option<Vec<u8>>>()?;
        (value.len() == length).then_some(Self { algorithm, value })
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
