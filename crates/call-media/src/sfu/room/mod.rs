//! One room: who is in it, what comes in, what goes to whom. No sockets, no clock.

mod answering;
mod down;
mod feed;
mod forward;
mod joining;
mod lines;
mod negotiate;
mod peer;
mod receive;
mod report;
mod send;
mod serve;
mod session;
mod stats;
mod tap;
mod tick;
mod wanted;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use call_domain::UserId;
use foldhash::fast::RandomState;
use slab::Slab;

use self::feed::Feed;
use self::peer::Peer;
use self::tap::Taps;
use super::sdp::ServerCandidate;
use super::shard::Output;
use super::speaker::Speakers;
use super::transport::{Certificate, Link};
use super::{Command, Event, Refusal, RoomId, SfuConfig};

/// What all rooms share.
pub(crate) struct RoomContext {
    pub(crate) config: SfuConfig,
    pub(crate) certificate: Arc<Certificate>,
    pub(crate) candidates: Vec<ServerCandidate>,
}

/// A room.
pub(crate) struct Room {
    id: RoomId,
    shard: usize,
    context: Arc<RoomContext>,
    peers: Slab<Peer>,
    by_user: HashMap<UserId, usize, RandomState>,
    /// What is being sent by somebody in the room.
    feeds: Slab<Feed>,
    taps: Taps,
    speakers: Speakers<usize>,
    /// When it is looked at next what of the pictures is looked at.
    next_wanted: Option<Instant>,
}

impl Room {
    /// An empty room of that shard.
    pub(crate) fn new(id: RoomId, context: Arc<RoomContext>, shard: usize) -> Self {
        Self {
            id,
            shard,
            context,
            peers: Slab::new(),
            by_user: HashMap::default(),
            feeds: Slab::new(),
            taps: Taps::default(),
            speakers: Speakers::new(),
            next_wanted: None,
        }
    }

    /// How many are in it.
    pub(crate) fn len(&self) -> usize {
        self.peers.len()
    }

    /// What the ways to its peers carry together, in bits per second.
    pub(crate) fn available_outgoing_bitrate(&self) -> u64 {
        let connected = self.peers.iter().filter(|(_, peer)| peer.session.connected);
        connected
            .map(|(_, peer)| peer.session.estimator.estimate())
            .sum()
    }

    /// Carries out a command.
    pub(crate) fn command(&mut self, now: Instant, command: Command, out: &mut Output) {
        match command {
            Command::Join { peer, publication } => self.join(now, peer, publication, out),
            Command::Leave { peer } => {
                if let Some(at) = self.by_user.get(&peer) {
                    self.leave(now, *at, out);
                }
            }
            Command::Tap { tap, people } => self.tap(now, tap, people),
            Command::Untap { tap } => self.untap(now, &tap, out),
            Command::CloseRoom => self.close(now, out),
            Command::Answer {
                peer,
                session,
                revision,
                sdp,
            } => {
                let outcome = self
                    .find(&peer)
                    .and_then(|at| self.answer(now, at, &session, revision, &sdp, out));
                self.refuse_on_error(peer, outcome, out);
            }
            Command::Candidate {
                peer,
                session,
                candidate,
            } => {
                let outcome = self
                    .find(&peer)
                    .and_then(|at| self.candidate(at, &session, &candidate));
                self.refuse_on_error(peer, outcome, out);
            }
            Command::Restart { peer, session } => {
                let outcome = self
                    .find(&peer)
                    .and_then(|at| self.restart(now, at, session.as_ref(), out));
                self.refuse_on_error(peer, outcome, out);
            }
            Command::Subscribe { peer, subscription } => {
                let outcome = self.find(&peer).map(|at| {
                    self.subscribe(now, at, subscription, out);
                });
                self.refuse_on_error(peer, outcome, out);
            }
            Command::Publish { peer, publication } => {
                let outcome = self.find(&peer).map(|at| self.publish(at, publication));
                self.refuse_on_error(peer, outcome, out);
            }
        }
    }

    /// Everybody out, and what is copied ends.
    pub(crate) fn close(&mut self, now: Instant, out: &mut Output) {
        let everybody: Vec<usize> = self.peers.iter().map(|(at, _)| at).collect();
        for at in everybody {
            self.leave(now, at, out);
        }
        self.end_taps(now, out);
    }

    /// A TCP connection is gone.
    pub(crate) fn link_closed(&mut self, now: Instant, at: usize, link: Link, out: &mut Output) {
        if let Some(peer) = self.peers.get_mut(at) {
            peer.session.transport.close_link(link);
            self.drain_transport(now, at, out);
        }
    }

    fn find(&self, user: &UserId) -> Result<usize, Refusal> {
        self.by_user.get(user).copied().ok_or(Refusal::NotInRoom)
    }

    fn refuse_on_error(&self, peer: UserId, outcome: Result<(), Refusal>, out: &mut Output) {
        if let Err(refusal) = outcome {
            out.events.push(Event::Refused {
                room: self.id.clone(),
                peer,
                refusal,
            });
        }
    }
}
