use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

/// A server as its clients know it: where it is, and the secret that its tokens are signed with.
#[derive(Debug, Clone)]
pub struct Site {
    url: String,
    secret: String,
}

impl Site {
    /// A server at `http://…` or `https://…`.
    pub fn new(url: &str, secret: &str) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            secret: secret.to_owned(),
        }
    }

    /// Where it serves, such as `http://127.0.0.1:4711`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where its socket is.
    pub fn socket_url(&self) -> String {
        // http becomes ws, and https wss.
        format!("{}/ws", self.url.replacen("http", "ws", 1))
    }

    /// A token that the server accepts for an hour.
    pub fn token(&self, user: &str) -> String {
        self.token_with(&json!({ "sub": user, "name": user, "exp": now() + 3600 }))
    }

    /// A token with any claims, rightly signed.
    ///
    /// # Panics
    /// When the claims cannot be JSON.
    pub fn token_with(&self, claims: &Value) -> String {
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        encode(&Header::default(), claims, &key).expect("claims can be signed")
    }
}

/// Seconds since the Unix epoch.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs())
}
