use std::net::SocketAddr;

use super::allocation::AllocationSummary;
use super::client::Client;
use super::ports::RelayPort;

/// Where a datagram or message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// To a client, by the way it came.
    Client(Client),
    /// To a peer, from the socket of a port.
    Peer {
        /// Whose socket sends.
        from: RelayPort,
        /// Who receives.
        peer: SocketAddr,
    },
}

/// One message to send: header, payload and padding, one behind the other.
///
/// The payload stays where it was received; nothing is allocated or copied for it.
#[derive(Debug, Clone, Copy)]
pub struct Transmit<'a> {
    /// Where to.
    pub target: Target,
    pub(super) header: Header,
    /// The payload.
    pub payload: &'a [u8],
    pub(super) padding: u8,
}

/// What stands before a payload: at most a Data indication up to its data, with an IPv6 peer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header {
    bytes: [u8; Self::MAX],
    length: u8,
}

/// What the relay asks of its sockets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Bind the socket of a port, then tell how it went by [`Relay::opened`](super::Relay::opened).
    Open(RelayPort),
    /// Close the socket of a port.
    Close(RelayPort),
    /// Close the connection of a client.
    CloseClient(Client),
    /// An allocation ended; for the log.
    Ended(Box<AllocationSummary>),
}

impl Header {
    const MAX: usize = 48;
    pub(super) const NONE: Self = Self {
        bytes: [0; Self::MAX],
        length: 0,
    };

    /// Appends; what does not fit is left out, which [`Self::MAX`] rules out.
    pub(super) fn push(&mut self, part: &[u8]) {
        let at = usize::from(self.length);
        if let Some(room) = self.bytes.get_mut(at..at + part.len()) {
            room.copy_from_slice(part);
            self.length += u8::try_from(part.len()).unwrap_or(0);
        }
    }
}

impl<'a> Transmit<'a> {
    pub(super) fn plain(target: Target, payload: &'a [u8]) -> Self {
        Self {
            target,
            header: Header::NONE,
            payload,
            padding: 0,
        }
    }

    /// What goes before the payload.
    pub fn header(&self) -> &[u8] {
        &self.header.bytes[..usize::from(self.header.length)]
    }

    /// Zeros that follow the payload.
    pub fn padding(&self) -> &'static [u8] {
        &[0; 3][..usize::from(self.padding)]
    }

    /// All three together, in bytes.
    pub fn len(&self) -> usize {
        self.header().len() + self.payload.len() + self.padding().len()
    }

    /// Whether there is nothing at all; an empty datagram is still sent.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends all three.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.header());
        out.extend_from_slice(self.payload);
        out.extend_from_slice(self.padding());
    }
}
