use std::net::SocketAddr;
use std::sync::Arc;

use crossbeam_channel::{Sender, TrySendError};
use mio::Waker;

use crate::sfu::{Command, RoomId, RoomStats};

/// What reaches a shard other than by its own sockets.
pub(super) enum Parcel {
    /// The embedder asks something of a room.
    Command { room: RoomId, command: Command },
    /// The embedder asks how a room is.
    Stats {
        room: RoomId,
        reply: Sender<Option<RoomStats>>,
    },
    /// Another shard's socket got a datagram of a peer of this one.
    Datagram {
        port: u16,
        peer: SocketAddr,
        bytes: Vec<u8>,
    },
    /// Datagrams from there are for the shard of that number: it knows the peer.
    Claim {
        port: u16,
        peer: SocketAddr,
        shard: usize,
    },
    /// They no longer are.
    Release {
        port: u16,
        peer: SocketAddr,
        shard: usize,
    },
    /// A TCP connection whose first frame is for a peer of this shard.
    Stream(Moved),
}

/// A TCP connection that another shard accepted.
pub(super) struct Moved {
    pub(super) stream: std::net::TcpStream,
    pub(super) remote: SocketAddr,
    /// What it said so far.
    pub(super) frames: Vec<Vec<u8>>,
    /// The beginning of what it is saying.
    pub(super) unread: Vec<u8>,
}

/// The way to a shard's inbox. Bounded: a shard that does not keep up loses datagrams, as a socket would.
#[derive(Clone)]
pub(super) struct Inlet {
    sender: Sender<Parcel>,
    waker: Arc<Waker>,
}

/// A shard's inbox takes no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct InboxFull;

impl Inlet {
    pub(super) fn new(sender: Sender<Parcel>, waker: Arc<Waker>) -> Self {
        Self { sender, waker }
    }

    /// Makes the shard look into its inbox.
    pub(super) fn wake(&self) {
        // A waker fails only if its poll is gone, and with it the shard.
        let _ = self.waker.wake();
    }

    pub(super) fn send(&self, parcel: Parcel) -> Result<(), InboxFull> {
        match self.sender.try_send(parcel) {
            Ok(()) => {
                self.wake();
                Ok(())
            }
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => Err(InboxFull),
        }
    }
}
