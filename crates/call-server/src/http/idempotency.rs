use actix_web::HttpRequest;
use sha2::{Digest, Sha256};

use super::problem::{Code, Problem};

/// The longest key, in bytes.
const MAX_KEY_BYTES: usize = 255;

/// The header that makes a repeated request harmless.
pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The header of an answer that was given before.
pub(crate) const IDEMPOTENT_REPLAYED: &str = "Idempotent-Replayed";

/// The key that a request carries, if any: 1 to 255 printable ASCII characters.
pub(crate) fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY);
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    let legal = values.next().is_none()
        && (1..=MAX_KEY_BYTES).contains(&key.len())
        && key.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if legal {
        Ok(Some(key.to_owned()))
    } else {
        Err(Problem::new(
            Code::InvalidRequest,
            "Idempotency-Key must be one header of 1 to 255 printable ASCII characters.",
        ))
    }
}

/// A digest of a body, in hexadecimal: equal digests mean equal requests.
pub(crate) fn fingerprint(body: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(body) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
