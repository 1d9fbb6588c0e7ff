//! Who is asking: JSON Web Tokens (RFC 7519), verified and, for development and the command line,
//! issued.

mod claims;
mod dev_secret;
mod keys;
mod tokens;

use crate::settings::Settings;

pub(crate) use claims::presentable;
pub use claims::{Caller, Claims};
pub use dev_secret::dev_secret;
pub use keys::{Keys, KeysError};
pub(crate) use tokens::SocketTokens;
pub use tokens::{TokenRefused, TokenRequest, Tokens};

/// Why tokens can be neither verified nor issued.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Keys cannot be used.
    #[error("{}", list(.0))]
    Keys(Vec<KeysError>),
    /// The secret for development cannot be kept.
    #[error("the secret for development cannot be kept in {folder}: {error}")]
    DevSecret {
        /// Where it should be.
        folder: String,
        /// What the system says.
        error: std::io::Error,
    },
}

fn list(errors: &[KeysError]) -> String {
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    lines.join("\n  ")
}

/// Tokens as the settings want them; with `dev` and no shared secret, one that was made up.
pub fn tokens(settings: &Settings) -> Result<Tokens, AuthError> {
    let mut auth = settings.auth.clone();
    // In development somebody must be able to sign for POST /api/dev/token.
    if settings.dev && auth.hs256_secrets.is_empty() {
        let folder = settings.data_dir();
        let secret = dev_secret(&folder).map_err(|error| AuthError::DevSecret {
            folder: folder.display().to_string(),
            error,
        })?;
        auth.hs256_secrets.push(secret);
    }
    let keys = Keys::load(&auth).map_err(AuthError::Keys)?;
    Ok(Tokens::new(keys, &auth.hs256_secrets))
}
