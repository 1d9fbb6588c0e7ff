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
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

mod demux;
mod dtls;

pub(crate) use demux::{DatagramKind, classify, shard_of, stun_username};
pub(crate) use dtls::{Certificate, CertificateError, Fingerprint};

/// Room that `protect_rtp` and `protect_rtcp` need at the end of a packet at most, in bytes: the authentication tag and the
/// SRTCP index (RFC 7714 section 9.2).
pub(crate) const PROTECTION_OVERHEAD: usize = 20;

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
    /// The data channel is closed and does not come back.
    ChannelClosed,
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
    /// It does not come back by itself: 30 s of silence, or the handshake failed.
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
    /// 64 streams, or 256 KiB of the data channel waiting for the peer.
    #[error("too much is waiting to be sent")]
    Full,
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

/// One peer connection.
pub(crate) struct Transport {
    certificate: Arc<Certificate>,
    state: TransportState,
    counters: TransportCounters,
    selected: Option<Path>,
    ufrag: String,
    pwd: String,
}

impl Transport {
    /// A peer connection that waits for the checks of its peer. `shard` (below 4096) is written into the local ufrag, so that
    /// any thread finds with [`shard_of`] where a first datagram belongs.
    pub(crate) fn new(certificate: Arc<Certificate>, shard: u16, now: Instant) -> Self {
        let _ = (shard, now);
        Self {
            certificate,
            state: TransportState::New,
            counters: TransportCounters::default(),
            selected: None,
            ufrag: String::new(),
            pwd: String::new(),
        }
    }

    /// What the offer has to say.
    pub(crate) fn local_parameters(&self) -> LocalParameters {
        LocalParameters {
            ufrag: self.ufrag.clone(),
            pwd: self.pwd.clone(),
            fingerprint: self.certificate.fingerprint().to_owned(),
        }
    }

    /// Takes what the answer says; to be called with every answer. Checks and a handshake may be under way already: media
    /// flows when the certificate they proved is one of the answer's.
    pub(crate) fn set_remote(&mut self, remote: RemoteParameters) -> Result<(), RemoteError> {
        let _ = remote;
        Ok(())
    }

    /// Makes new credentials for the next offer. The old ones are accepted beside them until the first valid check with the
    /// new ones; media goes on meanwhile.
    pub(crate) fn restart_ice(&mut self) -> LocalParameters {
        self.local_parameters()
    }

    /// Takes a datagram.
    pub(crate) fn handle<'a>(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &'a mut [u8],
    ) -> Received<'a> {
        let _ = (now, path, datagram);
        Received::Nothing
    }

    /// Encrypts the RTP packet that is `buffer[start..]` and appends the tag. Packets of a stream may come in any order,
    /// within 2^15 of the highest sequence number so far; the same packet must not be sent twice with other contents.
    pub(crate) fn protect_rtp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), SendError> {
        let _ = (buffer, start);
        Err(SendError::NotConnected)
    }

    /// Encrypts the RTCP packet that is `buffer[start..]` and appends tag and index.
    pub(crate) fn protect_rtcp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), SendError> {
        let _ = (buffer, start);
        Err(SendError::NotConnected)
    }

    /// Sends a message on the data channel; it waits there until the channel is open.
    pub(crate) fn send_message(
        &mut self,
        now: Instant,
        data: &[u8],
        binary: bool,
    ) -> Result<(), SendError> {
        let _ = (now, data, binary);
        Err(SendError::NotConnected)
    }

    /// Says goodbye to the peer (`close_notify`); a last [`Transport::poll_transmit`] sends it.
    pub(crate) fn close(&mut self, now: Instant) {
        let _ = now;
    }

    /// The next datagram to send: checks answered, handshakes, data channel.
    pub(crate) fn poll_transmit(&mut self) -> Option<(Path, Bytes)> {
        None
    }

    /// The next thing that happened.
    pub(crate) fn poll_event(&mut self) -> Option<TransportEvent> {
        None
    }

    /// When [`Transport::handle_timeout`] is to be called at the latest.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    /// Lets time pass. Too early or too often does no harm.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        let _ = now;
    }

    /// A TCP connection or socket is gone: its paths are forgotten, the selected one included.
    pub(crate) fn close_link(&mut self, link: Link) {
        let _ = link;
    }

    /// Where media goes, once the peer has nominated a path.
    pub(crate) fn selected_path(&self) -> Option<Path> {
        self.selected
    }

    /// How it is.
    pub(crate) fn state(&self) -> TransportState {
        self.state
    }

    /// Whether media can be sent: [`TransportState::Connected`], or [`TransportState::Disconnected`] with keys.
    pub(crate) fn is_connected(&self) -> bool {
        matches!(self.state, TransportState::Connected)
    }

    /// What was refused so far.
    pub(crate) fn counters(&self) -> TransportCounters {
        self.counters
    }
}
