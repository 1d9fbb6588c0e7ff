//! What stands between a datagram and a packet of a peer: ICE-lite, DTLS, SRTP, SCTP.
//!
//! # Contract
//!
//! 1. A [`Transport`] is one peer connection, server side, without sockets and without a clock. Datagrams go in through
//!    [`Transport::handle`] with the [`Path`] they came by; what is to be sent comes out of [`Transport::poll_transmit`],
//!    what happened out of [`Transport::poll_event`], when it wants to be woken out of [`Transport::poll_timeout`]. After
//!    every call but `protect_*`, drain the first two.
//! 2. A datagram of an unknown source belongs to the transport whose local ufrag [`stun_username`] finds in it; everything
//!    else belongs to the transport that said [`TransportEvent::PathAdded`] of that path. Nothing else is to be routed.
//! 3. RTP and RTCP are decrypted where they lie: [`Received::Rtp`] borrows the datagram. `protect_*` encrypts the end of a
//!    buffer and appends the tag, so that a batch can be built in one buffer. Encrypted media goes to
//!    [`Transport::selected_path`].
//! 4. Everything a stranger can send is bounded and at most counted ([`TransportCounters`]).

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

mod certificate;
mod channel;
mod connection;
mod crc;
mod credentials;
mod demux;
mod dtls;
mod handshake;
mod ice;
mod liveness;
mod paths;
mod srtp;
mod stun;

#[cfg(test)]
mod tests;

pub(crate) use certificate::{Certificate, Fingerprint};
pub(crate) use connection::Transport;
pub(crate) use credentials::shard_of;
pub(crate) use demux::stun_username;

/// The way between the peer and a socket of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Path {
    /// Where the peer's datagrams come from.
    pub(crate) peer: SocketAddr,
    /// The address of ours that they were sent to, where the socket told it: answers leave from there.
    pub(crate) local: Option<IpAddr>,
    /// The socket.
    pub(crate) link: Link,
}

/// A socket of a shard, as the shard numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Link {
    /// A UDP socket.
    Udp(u16),
    /// A TCP connection (ICE-TCP passive, RFC 6544), framed by RFC 4571.
    Tcp(u32),
}

/// What an offer says of this end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalParameters {
    /// `a=ice-ufrag`.
    pub(crate) ufrag: String,
    /// `a=ice-pwd`. A secret.
    pub(crate) pwd: String,
    /// `a=fingerprint` without the name: `sha-256 AB:CD:…`.
    pub(crate) fingerprint: String,
}

/// What an answer says of the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RemoteParameters {
    /// `a=ice-ufrag`.
    pub(crate) ufrag: String,
    /// `a=ice-pwd`: held to the grammar, otherwise not needed by a lite agent.
    pub(crate) pwd: String,
    /// `a=fingerprint` lines, any of which the peer's certificate may have.
    pub(crate) fingerprints: Vec<Fingerprint>,
}

/// Why a peer's answer cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RemoteError {
    /// RFC 8839 section 5.4: 4 to 256 ice-chars.
    #[error("the ICE username fragment or password is malformed")]
    Credentials,
    /// No fingerprint of an algorithm that is known here.
    #[error("no fingerprint with a known hash function")]
    Fingerprint,
    /// Credentials that changed although no restart was offered (RFC 8839 section 4.4.1.1.1).
    #[error("the peer changed its ICE credentials without a restart")]
    Changed,
    /// A certificate other than the one that was proven.
    #[error("the peer changed its certificate on an established connection")]
    Certificate,
}

/// What a datagram turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received<'a> {
    /// Handled, refused or held back: there may be something to transmit and events.
    Nothing,
    /// An authentic RTP packet, decrypted, without the tag.
    Rtp(&'a mut [u8]),
    /// An authentic compound or reduced-size RTCP packet, decrypted, without index and tag.
    Rtcp(&'a mut [u8]),
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TransportEvent {
    /// Datagrams of this path are the peer's: route them here.
    PathAdded(Path),
    /// They no longer are.
    PathRemoved(Path),
    /// Media goes here from now on.
    PathSelected(Path),
    /// After a restart the peer uses the new credentials: no check with this local ufrag is answered any more.
    UfragRetired(String),
    /// The state changed.
    State(TransportState),
    /// The data channel is open.
    ChannelOpen,
    /// A message of the data channel.
    Message(ChannelMessage),
    /// It is closed. The peer may open another one.
    ChannelClosed,
}

impl From<paths::PathChange> for TransportEvent {
    fn from(change: paths::PathChange) -> Self {
        match change {
            paths::PathChange::Added(path) => Self::PathAdded(path),
            paths::PathChange::Removed(path) => Self::PathRemoved(path),
            paths::PathChange::Selected(path) => Self::PathSelected(path),
        }
    }
}

impl From<channel::ChannelEvent> for TransportEvent {
    fn from(event: channel::ChannelEvent) -> Self {
        match event {
            channel::ChannelEvent::Open => Self::ChannelOpen,
            channel::ChannelEvent::Message(message) => Self::Message(message),
            channel::ChannelEvent::Closed => Self::ChannelClosed,
        }
    }
}

/// How a peer connection is (the states of W3C webrtc section 4.4.3 from the server's side).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum TransportState {
    /// No valid check and no valid handshake yet.
    #[default]
    New,
    /// There is a path; the handshake is under way.
    Connecting,
    /// The peer proved its certificate; media flows both ways.
    Connected,
    /// Nothing authentic was heard for 5 s; it may come back by itself.
    Disconnected,
    /// Nothing authentic was heard for 30 s, or the handshake failed for good. A peer that is heard again after silence is
    /// connected again.
    Failed,
    /// The peer said goodbye (`close_notify`).
    Closed,
}

/// A message of the data channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChannelMessage {
    /// At most [`ChannelMessage::BYTES_MAX`] bytes.
    pub(crate) data: Bytes,
    /// Whether it is bytes or UTF-8 (checked).
    pub(crate) binary: bool,
}

impl ChannelMessage {
    /// A message at most, each way.
    pub(crate) const BYTES_MAX: usize = 64 * 1024;
}

/// Why a packet or message was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// No keys yet, or no longer.
    #[error("the peer connection is not established")]
    NotConnected,
    /// Not a packet, or larger than [`ChannelMessage::BYTES_MAX`].
    #[error("not a packet or message that can be sent")]
    Invalid,
    /// 4096 streams, or 256 KiB of the data channel waiting for the peer.
    #[error("too much is waiting to be sent")]
    Full,
    /// A sequence number that was sent before, or 960 and more behind the highest one: the same key stream must not be used
    /// twice (RFC 3711 section 9.1).
    #[error("a packet of that sequence number was sent before")]
    Repeated,
    /// 2^48 packets of a stream, or 2^31 of RTCP (RFC 3711 section 9.2).
    #[error("the key is used up")]
    KeyExhausted,
}

/// What was refused, in datagrams and messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TransportCounters {
    /// Not STUN, DTLS or SRTP, or of an impossible size.
    pub(crate) unknown: u64,
    /// From an address that sent no valid check.
    pub(crate) foreign_path: u64,
    /// STUN that is malformed, of another user or not authentic.
    pub(crate) stun: u64,
    /// DTLS records that are malformed or beyond the bounds of a handshake.
    pub(crate) dtls: u64,
    /// SRTP and SRTCP that is malformed, before its keys or not authentic.
    pub(crate) srtp: u64,
    /// SRTP and SRTCP seen before, or too old to tell.
    pub(crate) replayed: u64,
    /// Authentic SRTP of more streams than are remembered.
    pub(crate) streams: u64,
    /// SCTP packets and data channel messages that are malformed or too large.
    pub(crate) channel: u64,
}
