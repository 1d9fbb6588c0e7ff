use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use call_domain::{Timestamp, UserId};
use serde::Serialize;
use subtle::Choice;

use crate::{IceUri, Secret};

/// Issues and verifies TURN credentials.
#[derive(Debug, Clone)]
pub struct TurnAuthority {
    secrets: Vec<Secret>,
    uris: Vec<IceUri>,
    ttl: Duration,
}

/// Why a [`TurnAuthority`] cannot work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTurnConfig {
    /// TURN servers without a secret shared with them.
    #[error("`{uri}` needs a secret to issue credentials for it")]
    NoSecret {
        /// The first such server.
        uri: IceUri,
    },
    /// Credentials would expire within the second in which they are issued.
    #[error("credentials must live for at least a second")]
    TooShort,
}

/// The servers that a browser needs to find a path, and what opens them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IceServers {
    /// The credential for every TURN server below; `None` when no secret is configured.
    pub credential: Option<TurnCredential>,
    /// How long it is good for.
    pub ttl: Duration,
    /// For `new RTCPeerConnection({ iceServers })`.
    pub servers: Vec<IceServer>,
}

/// A username and a password that a TURN server accepts for a while.
#[derive(Clone, PartialEq, Eq)]
pub struct TurnCredential {
    /// `<Unix time of expiry>:<user id>`.
    pub username: String,
    /// `base64(HMAC-SHA1(secret, username))`.
    pub password: String,
    /// When it expires (whole seconds).
    pub expires_at: Timestamp,
}

/// An `RTCIceServer` of the WebRTC specification (W3C webrtc-pc section 4.2.2).
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct IceServer {
    /// STUN or TURN URIs.
    pub urls: Vec<String>,
    /// Only for TURN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Only for TURN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// Why a credential opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The username is not `<Unix time>:<user id>`.
    #[error("the username is not <expiry>:<user id>")]
    Malformed,
    /// No secret makes this password for this username.
    #[error("the password does not belong to the username")]
    WrongPassword,
    /// It was good once.
    #[error("the credential has expired")]
    Expired,
}

impl TurnAuthority {
    /// An authority that issues with the first secret and accepts all of them.
    ///
    /// Without secrets it can still name STUN servers. `ttl` counts in whole seconds.
    pub fn new(
        secrets: Vec<Secret>,
        uris: Vec<IceUri>,
        ttl: Duration,
    ) -> Result<Self, InvalidTurnConfig> {
        if ttl < Duration::from_secs(1) {
            return Err(InvalidTurnConfig::TooShort);
        }
        if secrets.is_empty()
            && let Some(uri) = uris.iter().find(|uri| uri.scheme().needs_credential())
        {
            return Err(InvalidTurnConfig::NoSecret { uri: uri.clone() });
        }
        Ok(Self { secrets, uris, ttl })
    }

    /// What a user's browser needs from `now` on.
    pub fn issue(&self, user: &UserId, now: Timestamp) -> IceServers {
        let credential = self.secrets.first().map(|newest| {
            let expiry = now.as_secs().saturating_add_unsigned(self.ttl.as_secs());
            let username = format!("{expiry}:{user}");
            TurnCredential {
                password: newest.password(&username),
                username,
                expires_at: Timestamp::from_micros(expiry.saturating_mul(1_000_000)),
            }
        });
        IceServers {
            servers: self.servers(credential.as_ref()),
            credential,
            ttl: self.ttl,
        }
    }

    /// Whose credential this is, if it is good at `now`.
    ///
    /// The password is compared in constant time, and with every secret.
    pub fn verify(
        &self,
        username: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<UserId, VerifyError> {
        let (expiry, user) = username.split_once(':').ok_or(VerifyError::Malformed)?;
        let expiry: i64 = expiry.parse().map_err(|_| VerifyError::Malformed)?;
        let user: UserId = user.parse().map_err(|_| VerifyError::Malformed)?;
        let tag = STANDARD
            .decode(password)
            .map_err(|_| VerifyError::WrongPassword)?;
        let known = self.secrets.iter().fold(Choice::from(0), |known, secret| {
            known | secret.made(&tag, username.as_bytes())
        });
        if !bool::from(known) {
            return Err(VerifyError::WrongPassword);
        }
        // Only now: whoever holds no password learns nothing about expiry.
        if now.as_secs() >= expiry {
            return Err(VerifyError::Expired);
        }
        Ok(user)
    }

    fn servers(&self, credential: Option<&TurnCredential>) -> Vec<IceServer> {
        let urls = |turn: bool| -> Vec<String> {
            let of_kind = self
                .uris
                .iter()
                .filter(|uri| uri.scheme().needs_credential() == turn);
            of_kind.map(ToString::to_string).collect()
        };
        let stun = IceServer {
            urls: urls(false),
            username: None,
            credential: None,
        };
        let turn = IceServer {
            urls: urls(true),
            username: credential.map(|access| access.username.clone()),
            credential: credential.map(|access| access.password.clone()),
        };
        [stun, turn]
            .into_iter()
            .filter(|server| !server.urls.is_empty())
            .collect()
    }
}

impl fmt::Debug for TurnCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TurnCredential")
            .field("username", &self.username)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}
