use std::io::{self, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};

use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use socket2::SockRef;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::shard::now;
use crate::Now;

/// A UDP socket that receives and sends in batches.
pub(super) struct Socket {
    io: AsyncFd<UdpSocket>,
    state: UdpSocketState,
    local: SocketAddr,
}

/// Where datagrams are received, shared by the sockets of a thread.
pub(super) struct Inbox {
    buffers: Vec<Box<[u8]>>,
    metas: [RecvMeta; BATCH_SIZE],
}

/// The longest that the system merges datagrams to.
const BUFFER: usize = 64 << 10;

impl Socket {
    /// Must be called on the thread whose runtime shall serve it.
    pub(super) fn new(socket: UdpSocket) -> io::Result<Self> {
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        let local = socket.local_addr()?;
        // Nobody asks for the type of service; not to be told it makes receiving cheaper.
        let options = SockRef::from(&socket);
        let _ = if local.is_ipv4() {
            options.set_recv_tos_v4(false)
        } else {
            options.set_recv_tclass_v6(false)
        };
        // Only reading is waited for: `tokio::net::UdpSocket` would be woken after every datagram
        // sent, too. The successor of this function is unsafe, because a type might change its
        // descriptor; this one does not.
        #[allow(deprecated)]
        let io = AsyncFd::with_interest(socket, Interest::READABLE)?;
        Ok(Self { io, state, local })
    }

    pub(super) fn io(&self) -> &UdpSocket {
        self.io.get_ref()
    }

    pub(super) fn state(&self) -> &UdpSocketState {
        &self.state
    }

    pub(super) fn local(&self) -> SocketAddr {
        self.local
    }

    pub(super) fn max_segments(&self) -> usize {
        self.state.max_gso_segments()
    }

    /// Waits for input, then takes what there is, `batch` buffers at a time, until there is no
    /// more or the socket had its share.
    pub(super) async fn receive(
        &self,
        inbox: &std::cell::RefCell<Inbox>,
        batch: usize,
        mut handle: impl FnMut(&RecvMeta, &[u8], Now),
    ) -> io::Result<()> {
        /// Batches until others have their turn.
        const SHARE: usize = 8;
        let mut guard = self.io.readable().await?;
        for _ in 0..SHARE {
            let mut inbox = inbox.borrow_mut();
            let Inbox { buffers, metas } = &mut *inbox;
            let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
                std::array::from_fn(|_| IoSliceMut::new(&mut []));
            for (slice, buffer) in slices.iter_mut().zip(buffers.iter_mut()) {
                *slice = IoSliceMut::new(buffer);
            }
            let batch = batch.min(BATCH_SIZE);
            let received =
                self.state
                    .recv(UdpSockRef::from(self.io()), &mut slices[..batch], metas);
            let count = match received {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    guard.clear_ready();
                    return Ok(());
                }
                // Such as an ICMP error for what was sent before: no reason to stop.
                Err(_) => continue,
            };
            let now = now();
            for (meta, buffer) in metas.iter().zip(buffers.iter()).take(count) {
                if let Some(bytes) = buffer.get(..meta.len) {
                    handle(meta, bytes, now);
                }
            }
            if count < batch {
                // The queue was empty: the next datagram makes the socket readable anew.
                guard.clear_ready();
                return Ok(());
            }
        }
        Ok(())
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
