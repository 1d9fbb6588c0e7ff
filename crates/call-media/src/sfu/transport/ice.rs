//! An ICE-lite agent (RFC 8445 section 2.5): it is found, it never looks.
//!
//! Only a check that names our ufrag and is signed with its password is believed; it makes its path a path of the peer. A
//! check of a stranger gets an answer that is not longer than itself, and few of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rtc_srtp::crypto::{Mac, RTCCryptoProvider};

use super::credentials::Credentials;
use super::paths::{Heard, PathChange, Paths};
use super::stun::{self, Check, CheckError};
use super::{Path, RemoteError};

/// Answers to strangers at most, in [`STRANGERS_PER`].
const STRANGERS_MAX: u32 = 10;
const STRANGERS_PER: Duration = Duration::from_secs(1);

/// What became of a check.
#[derive(Debug, Default)]
pub(super) struct Checked {
    /// What to answer, to where it came from.
    pub(super) answer: Option<Vec<u8>>,
    /// Whether it was the peer's.
    pub(super) is_authentic: bool,
    /// Whether it was malformed, of a stranger, or made an error.
    pub(super) is_refused: bool,
    /// A ufrag of ours that is no longer answered to.
    pub(super) retired: Option<String>,
}

/// The agent of one peer connection.
pub(super) struct Ice {
    provider: Arc<dyn RTCCryptoProvider>,
    shard: u16,
    /// Those of the latest offer.
    current: Credentials,
    /// Those before a restart that the peer has not followed yet.
    previous: Option<Credentials>,
    /// How often credentials were made.
    generation: u32,
    pub(super) paths: Paths,
    strangers_since: Instant,
    strangers: u32,
}

impl Ice {
    pub(super) fn new(provider: Arc<dyn RTCCryptoProvider>, shard: u16, now: Instant) -> Self {
        Self {
            current: Credentials::generate(shard, &*provider),
            provider,
            shard,
            previous: None,
            generation: 0,
            paths: Paths::default(),
            strangers_since: now,
            strangers: 0,
        }
    }

    /// Ufrag and password of the next offer.
    pub(super) fn local(&self) -> (&str, &str) {
        (&self.current.ufrag, &self.current.pwd)
    }

    /// Makes new credentials. Tells the ufrag that is given up for them: of two restarts without an answer only the last one
    /// counts.
    pub(super) fn restart(&mut self) -> Option<String> {
        let fresh = Credentials::generate(self.shard, &*self.provider);
        let replaced = std::mem::replace(&mut self.current, fresh);
        self.generation += 1;
        // The peer follows the ones that it has answered to.
        let keep_older = self.previous.is_some() && replaced.remote_ufrag.is_none();
        let given_up = if keep_older {
            Some(replaced)
        } else {
            self.previous.replace(replaced)
        };
        given_up.map(|credentials| credentials.ufrag)
    }

    /// Takes the peer's ufrag of an answer to the latest offer.
    pub(super) fn set_remote(&mut self, ufrag: String) -> Result<(), RemoteError> {
        match &self.current.remote_ufrag {
            Some(known) if *known != ufrag => Err(RemoteError::Changed),
            Some(_) => Ok(()),
            None => {
                self.current.remote_ufrag = Some(ufrag);
                Ok(())
            }
        }
    }

    /// Takes a datagram that looks like STUN.
    pub(super) fn handle(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &[u8],
        changed: &mut impl FnMut(PathChange),
    ) -> Checked {
        let refused = |answer| Checked {
            answer,
            is_refused: true,
            ..Checked::default()
        };
        let Some(check) = Check::read(datagram) else {
            return refused(None);
        };
        let (Some(username), true) = (check.username, check.is_signed()) else {
            return refused(self.answer_stranger(now, &check, CheckError::BadRequest));
        };
        let Some((generation, mac)) = self.credentials(username, &check) else {
            return refused(self.answer_stranger(now, &check, CheckError::Unauthenticated));
        };
        // From here on it is the peer.
        let error = if !check.unknown.is_empty() {
            Some(CheckError::UnknownAttribute)
        } else if check.controlled {
            Some(CheckError::RoleConflict)
        } else {
            None
        };
        if let Some(error) = error {
            return refused(stun::error(&check, error, Some(mac)).ok());
        }
        let answer = stun::success(&check, path.peer, mac).ok();
        let retired = if generation == self.generation {
            self.previous.take().map(|credentials| credentials.ufrag)
        } else {
            None
        };
        let heard = Heard {
            transaction: check.transaction,
            priority: check.priority,
            generation,
            use_candidate: check.use_candidate,
        };
        self.paths.check(now, path, heard, changed);
        Checked {
            answer,
            is_authentic: true,
            is_refused: false,
            retired,
        }
    }

    /// The generation of credentials that a check is signed with, and what to sign with in turn.
    fn credentials(
        &mut self,
        (local, remote): (&str, &str),
        check: &Check<'_>,
    ) -> Option<(u32, &mut dyn Mac)> {
        let generations = [
            Some((self.generation, &mut self.current)),
            self.previous
                .as_mut()
                .map(|previous| (self.generation.saturating_sub(1), previous)),
        ];
        let (generation, credentials) = generations
            .into_iter()
            .flatten()
            .find(|(_, credentials)| credentials.ufrag == local)?;
        let is_peer = credentials
            .remote_ufrag
            .as_ref()
            .is_none_or(|known| known == remote);
        let mac = &mut **credentials.mac.as_mut()?;
        (is_peer && check.is_authentic(mac)).then_some((generation, mac))
    }

    /// An answer to a check that nobody is known to have sent: none that is longer, and few.
    fn answer_stranger(
        &mut self,
        now: Instant,
        check: &Check<'_>,
        error: CheckError,
    ) -> Option<Vec<u8>> {
        if now.saturating_duration_since(self.strangers_since) >= STRANGERS_PER {
            self.strangers_since = now;
            self.strangers = 0;
        }
        if self.strangers >= STRANGERS_MAX {
            return None;
        }
        let answer = stun::error(check, error, None).ok()?;
        if answer.len() > check.size() {
            return None;
        }
        self.strangers += 1;
        Some(answer)
    }
}
