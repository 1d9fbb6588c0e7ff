//! Long-term credentials (RFC 8489 section 9.2) by the REST scheme.

use call_domain::{Timestamp, UserId};

use super::client::{Client, Now};
use super::machine::Relay;
use crate::stun::attribute::{MESSAGE_INTEGRITY, NONCE, REALM, USERNAME};
use crate::stun::{Code, Key, Message, long_term_key};

/// Who sent a request.
pub(super) struct Authenticated<'a> {
    pub(super) user: UserId,
    pub(super) username: &'a str,
    pub(super) key: Key,
}

impl Relay {
    /// In the order of RFC 8489 section 9.2.4. The nonce comes before all that costs more.
    pub(super) fn authenticate<'a>(
        &self,
        client: &Client,
        message: &Message<'a>,
        now: Now,
    ) -> Result<Authenticated<'a>, Code> {
        if message.value(MESSAGE_INTEGRITY).is_none() {
            return Err(Code::Unauthenticated);
        }
        let (Some(username), Some(_), Some(nonce)) = (
            message.value(USERNAME),
            message.value(REALM),
            message.value(NONCE),
        ) else {
            return Err(Code::BadRequest);
        };
        if !self.nonces.verify(nonce, client, now.wall.as_secs()) {
            return Err(Code::StaleNonce);
        }
        let username = str::from_utf8(username).map_err(|_| Code::Unauthenticated)?;
        let (expiry, user) = username.split_once(':').ok_or(Code::Unauthenticated)?;
        let expiry: i64 = expiry.parse().map_err(|_| Code::Unauthenticated)?;
        let user: UserId = user.parse().map_err(|_| Code::Unauthenticated)?;
        let key = self
            .key(client, username, message, expiry, now.wall)
            .ok_or(Code::Unauthenticated)?;
        Ok(Authenticated {
            user,
            username,
            key,
        })
    }

    /// The key that sealed a message.
    ///
    /// Who has an allocation goes on using it with the credential that made it, even when it has
    /// expired meanwhile: calls do not end because of it (the allocation's greatest age limits it).
    fn key(
        &self,
        client: &Client,
        username: &str,
        message: &Message<'_>,
        expiry: i64,
        wall: Timestamp,
    ) -> Option<Key> {
        let allocation = self
            .clients
            .get(client)
            .and_then(|id| self.allocations.get(*id))
            .filter(|allocation| *allocation.username == *username);
        if let Some(allocation) = allocation {
            return allocation.key.sealed(message).then_some(allocation.key);
        }
        let key = self.settings.secrets.iter().find_map(|secret| {
            let password = secret.password(username);
            let key = long_term_key(username, &self.settings.realm, &password);
            key.sealed(message).then_some(key)
        });
        key.filter(|_| wall.as_secs() < expiry)
    }
}
