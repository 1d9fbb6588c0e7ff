//! From an Allocate request to an allocation: sockets are opened one after the other.

use super::allocation::Origin;
use super::client::{Client, Now};
use super::machine::{PortUse, Relay};
use super::ports::{Family, Parity, RelayPort};
use super::quota::Lease;
use super::request::Reply;
use super::transmit::{Command, Transmit};
use crate::stun::{Code, Key};

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

impl Relay {
    pub(super) fn bind_for(&mut self, client: Client, port: RelayPort) {
        self.ports.insert(port, PortUse::Opening(client));
        self.commands.push_back(Command::Open(port));
    }

    /// How the [`Command::Open`] of a port went. May bring the answer to its Allocate request.
    pub fn opened(&mut self, port: RelayPort, bound: bool, now: Now) -> Option<Transmit<'_>> {
        let opening = match self.ports.get(&port) {
            Some(PortUse::Opening(client)) => self.openings.remove(client),
            Some(PortUse::Allocated(_)) => return None,
            None => None,
        };
        let Some(mut opening) = opening.filter(|opening| opening.stage.port() == port) else {
            // The client left meanwhile.
            if bound {
                self.commands.push_back(Command::Close(port));
            }
            return None;
        };
        let client = opening.reply.client;
        let next = if bound {
            Ok(self.advance(&mut opening, port))
        } else {
            self.retreat(&mut opening, port)
        };
        match next {
            Ok(Some(stage)) => {
                opening.stage = stage;
                self.bind_for(client, stage.port());
                self.openings.insert(client, opening);
                None
            }
            Ok(None) => {
                let (reply, additional) = (
                    opening.reply,
                    match opening.stage {
                        Stage::Additional(port) if bound => Some(port),
                        Stage::First(_) | Stage::Claimed(_) | Stage::Additional(_) => None,
                    },
                );
                let id = self.establish(opening, additional, now.instant);
                self.allocated(id, &reply)
            }
            Err(code) => {
                let (reply, key) = (opening.reply, opening.key);
                self.give_up(&opening);
                Some(self.failure(&reply, &key, code))
            }
        }
    }

    /// A socket is open: which comes next?
    fn advance(&mut self, opening: &mut Opening, port: RelayPort) -> Option<Stage> {
        match opening.stage {
            Stage::First(_) => {
                opening.first = Some(port);
                self.additional(opening)
            }
            Stage::Claimed(_) => {
                opening.first = Some(port);
                None
            }
            Stage::Additional(_) => None,
        }
    }

    /// A port is another program's: what is tried instead?
    fn retreat(&mut self, opening: &mut Opening, port: RelayPort) -> Result<Option<Stage>, Code> {
        self.forget(port);
        opening.failures += 1;
        let exhausted = opening.failures >= Opening::MAX_FAILURES;
        match opening.stage {
            Stage::First(first) => {
                if opening.parity == Parity::EvenAndNext {
                    self.settings.ports.release(next_higher(first));
                }
                if exhausted {
                    return Err(Code::InsufficientCapacity);
                }
                let port = self.draw(port.family, opening.parity)?;
                Ok(Some(Stage::First(port)))
            }
            // Another one would not be the one that was kept.
            Stage::Claimed(_) => Err(Code::InsufficientCapacity),
            Stage::Additional(port) if exhausted => {
                opening.origin.missing = Some((port.family, Code::InsufficientCapacity));
                Ok(None)
            }
            Stage::Additional(_) => Ok(self.additional(opening)),
        }
    }

    fn additional(&mut self, opening: &mut Opening) -> Option<Stage> {
        let family = opening.additional?;
        match self.draw(family, Parity::Any) {
            Ok(port) => Some(Stage::Additional(port)),
            Err(code) => {
                opening.origin.missing = Some((family, code));
                None
            }
        }
    }

    pub(super) fn abandon_opening(&mut self, client: &Client) {
        if let Some(opening) = self.openings.remove(client) {
            self.forget(opening.stage.port());
            if let (Stage::First(first), Parity::EvenAndNext) = (opening.stage, opening.parity) {
                self.settings.ports.release(next_higher(first));
            }
            self.give_up(&opening);
        }
    }

    /// Closes what an unsuccessful request had opened already.
    fn give_up(&mut self, opening: &Opening) {
        if let Some(first) = opening.first {
            if opening.parity == Parity::EvenAndNext {
                self.settings.ports.release(next_higher(first));
            }
            self.close(first);
        }
    }
}

/// There is one: a pair is only drawn below the end of the range.
pub(super) fn next_higher(port: RelayPort) -> RelayPort {
    RelayPort {
        port: port.port.saturating_add(1),
        ..port
    }
}
