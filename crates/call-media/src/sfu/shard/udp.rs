use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, RawFd};

use mio::net::UdpSocket;
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};

/// One shard's socket of a UDP address; the others have one each of the same address (`SO_REUSEPORT`).
pub(super) struct UdpPort {
    socket: UdpSocket,
    state: UdpSocketState,
    local: SocketAddr,
}

/// Where datagrams are received, shared by the ports of a shard.
pub(super) struct Inbox {
    buffers: Vec<Box<[u8]>>,
    metas: [RecvMeta; BATCH_SIZE],
}

/// The longest that the system merges datagrams to (UDP GRO).
const BUFFER: usize = 64 << 10;
/// What the system is asked to keep while the shard is busy: a key frame of every camera of a large room.
const SOCKET_BUFFER: usize = 4 << 20;

impl UdpPort {
    /// Opens the socket of a first shard (port 0 takes a free one) or of a further one.
    pub(super) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(
            Domain::for_address(address),
            Type::DGRAM.nonblocking(),
            Some(Protocol::UDP),
        )?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_reuse_port(true)?;
        socket.bind(&address.into())?;
        let socket = UdpSocket::from_std(socket.into());
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        // The system may grant less; that is no reason not to start.
        let _ = state.set_recv_buffer_size(UdpSockRef::from(&socket), SOCKET_BUFFER);
        let _ = state.set_send_buffer_size(UdpSockRef::from(&socket), SOCKET_BUFFER);
        let local = socket.local_addr()?;
        Ok(Self {
            socket,
            state,
            local,
        })
    }

    pub(super) fn local(&self) -> SocketAddr {
        self.local
    }

    pub(super) fn source(&mut self) -> &mut UdpSocket {
        &mut self.socket
    }

    /// Takes what is there, one batch at most, and hands over each datagram with where it came from. `false`: there is
    /// no more for now.
    pub(super) fn receive(
        &self,
        inbox: &mut Inbox,
        mut handle: impl FnMut(SocketAddr, &mut [u8]),
    ) -> bool {
        let Inbox { buffers, metas } = inbox;
        let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
            std::array::from_fn(|_| IoSliceMut::new(&mut []));
        for (slice, buffer) in slices.iter_mut().zip(buffers.iter_mut()) {
            *slice = IoSliceMut::new(buffer);
        }
        let count = match self
            .state
            .recv(UdpSockRef::from(&self.socket), &mut slices, metas)
        {
            Ok(count) => count,
            // Such as an ICMP error for what was sent before: there may be more.
            Err(error) => return error.kind() != io::ErrorKind::WouldBlock,
        };
        for (meta, buffer) in metas.iter().zip(buffers.iter_mut()).take(count) {
            let Some(bytes) = buffer.get_mut(..meta.len) else {
                continue;
            };
            for datagram in bytes.chunks_mut(meta.stride.max(1)) {
                handle(meta.addr, datagram);
            }
        }
        count == BATCH_SIZE
    }
}

impl AsRawFd for UdpPort {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

impl Inbox {
    pub(super) fn new() -> Self {
        Self {
            buffers: (0..BATCH_SIZE)
                .map(|_| vec![0; BUFFER].into_boxed_slice())
                .collect(),
            metas: [RecvMeta::default(); BATCH_SIZE],
        }
    }
}
