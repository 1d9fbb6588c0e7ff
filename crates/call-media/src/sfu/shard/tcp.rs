use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

/// A client's TCP connection: datagrams, each behind its length (RFC 4571, RFC 6544).
pub(super) struct TcpPeer {
    stream: TcpStream,
    remote: SocketAddr,
    opened: Instant,
    read: Vec<u8>,
    write: Vec<u8>,
    written: usize,
    /// Some datagram of it was accepted by a peer's transport.
    proven: bool,
}

/// The longest datagram that WebRTC sends fits by far.
const FRAME_MAX: usize = 4096;
/// What may wait for a client that reads slowly: beyond it datagrams are lost, as they would be by UDP.
const WRITE_MAX: usize = 256 << 10;
/// Reads of one connection until others have their turn.
const SHARE: usize = 8;
const INTEREST: Interest = Interest::READABLE.add(Interest::WRITABLE);
/// How long a connection may stay without having proven whose it is.
const PROOF_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// The other side closed it, or the network did.
    Gone,
    /// Something that is no frame of WebRTC.
    Malformed,
}

impl TcpPeer {
    /// A connection, and what was read of it already.
    pub(super) fn new(
        stream: TcpStream,
        remote: SocketAddr,
        unread: Vec<u8>,
        now: Instant,
    ) -> Self {
        // Frames are whole messages: there is nothing to wait for.
        let _ = stream.set_nodelay(true);
        Self {
            stream,
            remote,
            opened: now,
            read: unread,
            write: Vec::new(),
            written: 0,
            proven: false,
        }
    }

    pub(super) fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// From now on its readiness is told, whenever it changes.
    pub(super) fn watch(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.stream, token, INTEREST)
    }

    /// Its readiness is told once more, since what was left unread is no change.
    pub(super) fn watch_again(&mut self, registry: &Registry, token: Token) -> Result<(), Closed> {
        let told = registry.reregister(&mut self.stream, token, INTEREST);
        told.map_err(|_| Closed::Gone)
    }

    pub(super) fn source(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// The connection itself, to give it to another shard, and what was read and is no whole frame yet.
    pub(super) fn into_parts(self) -> (std::net::TcpStream, SocketAddr, Vec<u8>) {
        let stream = std::os::fd::OwnedFd::from(self.stream).into();
        (stream, self.remote, self.read)
    }

    /// A peer's transport accepted something of it.
    pub(super) fn prove(&mut self) {
        self.proven = true;
    }

    /// It has had its time and has proven nothing.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        !self.proven && now.saturating_duration_since(self.opened) > PROOF_TIMEOUT
    }

    /// Reads what is there, and hands over each datagram; whether there may be more, for which others have to wait first.
    pub(super) fn receive(&mut self, mut handle: impl FnMut(&mut [u8])) -> Result<bool, Closed> {
        let mut buffer = [0; 16 << 10];
        for _ in 0..SHARE {
            match self.stream.read(&mut buffer) {
                Ok(0) => return Err(Closed::Gone),
                Ok(count) => {
                    self.read.extend_from_slice(&buffer[..count]);
                    self.take_frames(&mut handle)?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Closed::Gone),
            }
        }
        Ok(true)
    }

    fn take_frames(&mut self, handle: &mut impl FnMut(&mut [u8])) -> Result<(), Closed> {
        let mut at = 0;
        while let Some([high, low]) = self.read.get(at..at + 2) {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            if length > FRAME_MAX {
                return Err(Closed::Malformed);
            }
            let Some(frame) = self.read.get_mut(at + 2..at + 2 + length) else {
                break;
            };
            handle(frame);
            at += 2 + length;
        }
        self.read.drain(..at);
        Ok(())
    }

    /// Takes a datagram to write; whether there was room for it.
    pub(super) fn push(&mut self, datagram: &[u8]) -> bool {
        let Ok(length) = u16::try_from(datagram.len()) else {
            return false;
        };
        if self.write.len() - self.written + datagram.len() + 2 > WRITE_MAX {
            return false;
        }
        self.write.extend_from_slice(&length.to_be_bytes());
        self.write.extend_from_slice(datagram);
        true
    }

    /// Writes what the system takes.
    pub(super) fn flush(&mut self) -> Result<(), Closed> {
        while self.written < self.write.len() {
            match self.stream.write(&self.write[self.written..]) {
                Ok(0) => return Err(Closed::Gone),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if self.written > WRITE_MAX / 2 {
                        self.write.drain(..self.written);
                        self.written = 0;
                    }
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Closed::Gone),
            }
        }
        self.write.clear();
        self.written = 0;
        Ok(())
    }
}

/// A listening address for clients without UDP.
pub(super) fn listen(address: SocketAddr) -> io::Result<mio::net::TcpListener> {
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(address),
        socket2::Type::STREAM.nonblocking(),
        Some(socket2::Protocol::TCP),
    )?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(256)?;
    Ok(mio::net::TcpListener::from_std(socket.into()))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use mio::{Events, Poll};

    use super::*;

    const TOKEN: Token = Token(7);

    /// Both ends of a connection, between which much can wait.
    fn connection() -> (std::net::TcpStream, TcpPeer) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let arriving = socket2::SockRef::from(&listener);
        arriving.set_recv_buffer_size(1 << 20).unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, remote) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        let leaving = socket2::SockRef::from(&client);
        leaving.set_send_buffer_size(1 << 20).unwrap();
        let stream = TcpStream::from_std(stream);
        (
            client,
            TcpPeer::new(stream, remote, Vec::new(), Instant::now()),
        )
    }

    #[test]
    fn what_is_left_unread_is_told_once_more() {
        let (mut client, mut peer) = connection();
        let mut poll = Poll::new().unwrap();
        peer.watch(poll.registry(), TOKEN).unwrap();
        let mut frame = vec![0; FRAME_MAX + 2];
        frame[..2].copy_from_slice(&u16::try_from(FRAME_MAX).unwrap().to_be_bytes());
        // Somewhat more than the share of a round, all of it there before anything is read.
        let sent = (SHARE + 1) * (16 << 10) / FRAME_MAX;
        for _ in 0..sent {
            client.write_all(&frame).unwrap();
        }
        let mut all = vec![0; sent * frame.len()];
        let begun = Instant::now();
        while peer.stream.peek(&mut all).unwrap_or_default() < all.len() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "it does not all fit"
            );
            std::thread::yield_now();
        }
        let mut got = 0;
        let mut events = Events::with_capacity(1);
        while got < sent {
            poll.poll(&mut events, Some(Duration::from_secs(5)))
                .unwrap();
            assert!(
                !events.is_empty(),
                "nothing more is told, and {got} of {sent} came"
            );
            if peer.receive(|_| got += 1).unwrap() {
                peer.watch_again(poll.registry(), TOKEN).unwrap();
            }
        }
    }
}
