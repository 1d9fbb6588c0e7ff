//! From an Allocate request to an allocation: sockets are opened one after the other.

use super::allocation::Origin;
use super::ports::{Family, Parity, RelayPort};
use super::quota::Lease;
use super::request::Reply;
use crate::stun::Key;

/// An Allocate request that waits for its sockets.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) reply: Reply,
    pub(super) username: Box<str>,
    pub(super) key: Key,
    pub(super) lease: Lease,
    pub(super) origin: Origin,
    pub(super) parity: Parity,
    pub(super) stage: Stage,
    /// What is open already.
    pub(super) first: Option<RelayPort>,
    /// The family that is wanted besides (RFC 8656 section 18.11).
    pub(super) additional: Option<Family>,
    /// Ports that turned out to be somebody else's.
    pub(super) failures: u8,
}

/// Which socket is being opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    First(RelayPort),
    /// One that was kept for the bearer of a RESERVATION-TOKEN.
    Claimed(RelayPort),
    Additional(RelayPort),
}

impl Opening {
    /// Attempts at finding a port that no other program has.
    pub(super) const MAX_FAILURES: u8 = 16;
}

impl Stage {
    pub(super) fn port(self) -> RelayPort {
        match self {
            Self::First(port) | Self::Claimed(port) | Self::Additional(port) => port,
        }
    }
}
