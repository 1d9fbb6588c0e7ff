#![expect(clippy::cast_possible_truncation, reason = "numbers of a test")]

mod browser;
mod channel;
mod check;
mod connection;
mod demux;
mod handshake;
mod ice;
mod network;
mod peer_connection;
mod sctp_client;
mod stun;

use std::net::SocketAddr;

use super::{Link, Path};

/// A path over the first UDP socket, from a port of the peer.
fn path(port: u16) -> Path {
    Path {
        peer: SocketAddr::from(([192, 0, 2, 1], port)),
        local: None,
        link: Link::Udp(0),
    }
}
