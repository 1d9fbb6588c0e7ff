use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use call_domain::{ConversationId, UserId};
use call_engine::Authenticator;
use call_signal::{Identity, Unauthenticated};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, EncodingKey, Header, Validation, decode, decode_header, encode};
use serde_json::json;

use super::{Caller, Claims, Keys};
use crate::settings::Secret;

/// How far clocks may be apart, in seconds.
const LEEWAY: u64 = 5;

/// The longest token that is looked at, in bytes.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Verifies tokens, and issues them when there is a shared secret to sign with.
pub struct Tokens {
    keys: Keys,
    signing: Option<EncodingKey>,
}

/// What a new token should say.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// For whom.
    pub user_id: UserId,
    /// The name to show.
    pub name: Option<String>,
    /// For how long, in whole seconds.
    pub ttl: Duration,
    /// Roles, such as `admin`.
    pub roles: Vec<String>,
    /// Conversations whose group calls the user may join uninvited.
    pub conversations: Vec<ConversationId>,
}

/// Why a token is not accepted. Says nothing that helps to forge one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// Not a JSON Web Token that any configured key could have signed.
    #[error("the token is not valid")]
    Invalid,
    /// It was good once.
    #[error("the token has expired")]
    Expired,
    /// It will be good later.
    #[error("the token is not valid yet")]
    TooEarly,
    /// `exp` or `sub` is missing or of the wrong kind.
    #[error("the token lacks a valid sub or exp claim")]
    Claims,
}

impl Tokens {
    /// Verifies with these keys and issues with the first of the secrets.
    pub fn new(keys: Keys, secrets: &[Secret]) -> Self {
        Self {
            keys,
            signing: secrets
                .first()
                .map(|secret| EncodingKey::from_secret(secret.expose().as_bytes())),
        }
    }

    /// Whose token this is.
    pub fn verify(&self, token: &str) -> Result<Caller, TokenRefused> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenRefused::Invalid);
        }
        let header = decode_header(token).map_err(|_| TokenRefused::Invalid)?;
        let candidates = self.keys.keys.iter().filter(|key| {
            key.algorithm == header.alg
                && match (&key.id, &header.kid) {
                    (Some(id), Some(wanted)) => id == wanted,
                    (None, _) | (_, None) => true,
                }
        });
        let mut refused = TokenRefused::Invalid;
        for key in candidates {
            match decode::<Claims>(token, &key.material, &validation(key.algorithm)) {
                Ok(data) => {
                    return Caller::from_claims(&data.claims).ok_or(TokenRefused::Claims);
                }
                Err(error) => {
                    // Of several keys, the one that made the signature has the telling answer.
                    let reason = reason(error.kind());
                    if reason != TokenRefused::Invalid {
                        refused = reason;
                    }
                }
            }
        }
        Err(refused)
    }

    /// A token signed with the first shared secret; `None` when there is none.
    pub fn issue(&self, request: &TokenRequest) -> Option<String> {
        let signing = self.signing.as_ref()?;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let claims = json!({
            "sub": request.user_id,
            "exp": now.as_secs().saturating_add(request.ttl.as_secs()),
            "name": request.name,
            "roles": request.roles,
            "conversations": request.conversations,
        });
        encode(&Header::new(Algorithm::HS256), &claims, signing).ok()
    }
}

/// Tokens as the socket asks for them.
pub(crate) struct SocketTokens(pub(crate) Arc<Tokens>);

#[async_trait]
impl Authenticator for SocketTokens {
    async fn authenticate(&self, token: &str) -> Result<Identity, Unauthenticated> {
        let caller = self.0.verify(token).map_err(|_| Unauthenticated)?;
        Ok(Identity {
            user_id: caller.user_id,
            name: caller.name,
            expires_at: caller.expires_at,
        })
    }
}

fn validation(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.leeway = LEEWAY;
    validation.validate_nbf = true;
    // Who a token is meant for is not configured: the keys belong to this installation alone.
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["exp", "sub"]);
    validation
}

fn reason(kind: &ErrorKind) -> TokenRefused {
    match kind {
        ErrorKind::ExpiredSignature => TokenRefused::Expired,
        ErrorKind::ImmatureSignature => TokenRefused::TooEarly,
        ErrorKind::MissingRequiredClaim(_)
        | ErrorKind::InvalidClaimFormat(_)
        | ErrorKind::Json(_) => TokenRefused::Claims,
        _ => TokenRefused::Invalid,
    }
}
