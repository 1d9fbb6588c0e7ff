use std::path::{Path, PathBuf};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};

use crate::settings::{AuthSettings, Secret};

/// A key together with the one algorithm it may verify. Keeping the two together is what makes
/// `alg: none` and the confusion of public keys with shared secrets impossible (RFC 8725 section
/// 3.1).
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) material: DecodingKey,
}

/// Every key that may verify a token.
pub struct Keys {
    pub(super) keys: Vec<Key>,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeysError {
    /// No token could ever be good.
    #[error(
        "auth: no key is configured; set auth.hs256_secrets, auth.public_key_files or \
         auth.jwks_file"
    )]
    None,
    /// A file cannot be read.
    #[error("{key}: {path} cannot be read: {error}")]
    Unreadable {
        /// The configuration key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: String,
    },
    /// A file has no usable key in it.
    #[error("{key}: {path} {what}")]
    Unusable {
        /// The configuration key.
        key: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl Keys {
    /// Reads every key that is configured; reports everything that is wrong.
    pub fn load(settings: &AuthSettings) -> Result<Self, Vec<KeysError>> {
        let mut keys: Vec<Key> = settings.hs256_secrets.iter().map(shared_secret).collect();
        let mut errors = Vec::new();
        for path in &settings.public_key_files {
            match public_key_file(path) {
                Ok(key) => keys.push(key),
                Err(error) => errors.push(error),
            }
        }
        if let Some(path) = &settings.jwks_file {
            match jwks_file(path) {
                Ok(set) => keys.extend(set),
                Err(error) => errors.push(error),
            }
        }
        if keys.is_empty() && errors.is_empty() {
            errors.push(KeysError::None);
        }
        if errors.is_empty() {
            Ok(Self { keys })
        } else {
            Err(errors)
        }
    }
}

fn shared_secret(secret: &Secret) -> Key {
    Key {
        id: None,
        algorithm: Algorithm::HS256,
        material: DecodingKey::from_secret(secret.expose().as_bytes()),
    }
}

fn read(key: &'static str, path: &Path) -> Result<Vec<u8>, KeysError> {
    std::fs::read(path).map_err(|error| KeysError::Unreadable {
        key,
        path: path.to_owned(),
        error: error.to_string(),
    })
}

fn public_key_file(path: &Path) -> Result<Key, KeysError> {
    const KEY: &str = "auth.public_key_files";
    let unusable = |what: &str| KeysError::Unusable {
        key: KEY,
        path: path.to_owned(),
        what: what.to_owned(),
    };
    let pem = read(KEY, path)?;
    if String::from_utf8_lossy(&pem).contains("PRIVATE KEY") {
        return Err(unusable(
            "holds a private key; this server needs only the public one",
        ));
    }
    if let Ok(key) = DecodingKey::from_rsa_pem(&pem) {
        return Ok(Key {
            id: None,
            algorithm: Algorithm::RS256,
            material: key,
        });
    }
    match DecodingKey::from_ec_pem(&pem) {
        Ok(key) => Ok(Key {
            id: None,
            algorithm: Algorithm::ES256,
            material: key,
        }),
        Err(_) => Err(unusable("holds no RSA or P-256 public key in PEM form")),
    }
}

fn jwks_file(path: &Path) -> Result<Vec<Key>, KeysError> {
    const KEY: &str = "auth.jwks_file";
    let unusable = |what: String| KeysError::Unusable {
        key: KEY,
        path: path.to_owned(),
        what,
    };
    let set: JwkSet = serde_json::from_slice(&read(KEY, path)?)
        .map_err(|error| unusable(format!("is no JSON Web Key Set: {error}")))?;
    let keys: Vec<Key> = set.keys.iter().filter_map(usable_jwk).collect();
    if keys.is_empty() {
        return Err(unusable(
            "has no RSA or P-256 public key for signatures".to_owned(),
        ));
    }
    Ok(keys)
}

/// A set may hold keys for other purposes; those are passed over.
fn usable_jwk(jwk: &Jwk) -> Option<Key> {
    if jwk.common.public_key_use == Some(PublicKeyUse::Encryption) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        _ => return None,
    };
    let named = jwk.common.key_algorithm.map(|named| named.to_string());
    if named.is_some_and(|named| named != format!("{algorithm:?}")) {
        return None;
    }
    Some(Key {
        id: jwk.common.key_id.clone(),
        algorithm,
        material: DecodingKey::from_jwk(jwk).ok()?,
    })
}
