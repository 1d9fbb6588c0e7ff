use std::time::Duration;

use bytes::Bytes;
use slab::Slab;

use super::egress::{Destination, Egress};
use super::tcp::TcpPeer;
use crate::sfu::transport::{Link, Path};
use crate::sfu::{Event, SfuCounters};

/// Where a room puts what it wants done: datagrams, events, routes.
pub(crate) struct Output {
    egress: Egress,
    tcp: Slab<TcpPeer>,
    /// For the embedder.
    pub(crate) events: Vec<Event>,
    /// For the shard's table of whose datagrams these are.
    pub(crate) routes: Vec<RouteChange>,
    /// What this shard counts.
    pub(crate) counters: SfuCounters,
    lanes: Lanes,
    /// Media packets written since the last flush.
    media: u64,
}

/// A peer's number in the shard, for its chain of datagrams. Small, so that it can index a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lane(usize);

#[derive(Default)]
struct Lanes {
    next: usize,
    free: Vec<usize>,
}

/// A change of whose datagrams these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RouteChange {
    /// Checks that name this local ufrag are for the peer.
    AddUfrag(String, usize),
    /// They no longer are.
    RemoveUfrag(String),
    /// The datagrams of this way are the peer's.
    AddPath(Path, usize),
    /// They no longer are.
    RemovePath(Path, usize),
}

impl Output {
    pub(crate) fn new() -> Self {
        Self {
            egress: Egress::new(),
            tcp: Slab::new(),
            events: Vec::new(),
            routes: Vec::new(),
            counters: SfuCounters::default(),
            lanes: Lanes::default(),
            media: 0,
        }
    }

    /// A number for a new peer.
    pub(crate) fn take_lane(&mut self) -> Lane {
        Lane(self.lanes.free.pop().unwrap_or_else(|| {
            self.lanes.next += 1;
            self.lanes.next - 1
        }))
    }

    /// The peer is gone.
    pub(crate) fn give_back(&mut self, lane: Lane) {
        self.lanes.free.push(lane.0);
    }

    /// Where the next datagram is written: append it, then [`Output::commit`] it, or truncate the buffer to where it was.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        self.egress.buffer()
    }

    /// Sends the datagram that is the end of the buffer, from `start` on.
    pub(crate) fn commit(&mut self, lane: Lane, path: &Path, start: usize) {
        match path.link {
            Link::Udp(port) => {
                let destination = Destination {
                    port: usize::from(port),
                    peer: path.peer,
                };
                self.egress.commit(lane.0, destination, start);
            }
            Link::Tcp(connection) => {
                let buffer = self.egress.buffer();
                let taken = self
                    .tcp
                    .get_mut(connection as usize)
                    .is_some_and(|peer| peer.push(&buffer[start..]));
                buffer.truncate(start);
                if !taken {
                    self.counters.packets_dropped += 1;
                }
            }
        }
    }

    /// As [`Output::commit`], for a packet of media: it counts.
    pub(crate) fn commit_media(&mut self, lane: Lane, path: &Path, start: usize) {
        let length = self.egress.buffer().len() - start;
        self.counters.packets_sent += 1;
        self.counters.bytes_sent += length as u64;
        self.media += 1;
        self.commit(lane, path, start);
    }

    /// The media packet written last had waited for its turn: it counts with that time, not with the round's.
    pub(crate) fn observe_wait(&mut self, waited: Duration) {
        if self.media > 0 {
            self.media -= 1;
            self.counters.observe_delay(waited, 1);
        }
    }

    /// Sends a whole datagram.
    pub(crate) fn send(&mut self, lane: Lane, path: &Path, datagram: &Bytes) {
        let start = self.egress.buffer().len();
        self.egress.buffer().extend_from_slice(datagram);
        self.commit(lane, path, start);
    }

    pub(super) fn egress(&mut self) -> &mut Egress {
        &mut self.egress
    }

    pub(super) fn tcp(&mut self) -> &mut Slab<TcpPeer> {
        &mut self.tcp
    }

    /// How many media packets were written since this was last asked.
    pub(super) fn take_media(&mut self) -> u64 {
        std::mem::take(&mut self.media)
    }
}
