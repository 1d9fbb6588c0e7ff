//! Opening sockets.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

/// Room for bursts that arrive while the thread is busy; the system may give less.
const LISTENER_BUFFER: usize = 4 << 20;
/// One relayed stream of video for a second.
const RELAY_BUFFER: usize = 256 << 10;
const BACKLOG: i32 = 1024;

/// A UDP listener; with `shared` others may have the same address, and the system deals clients
/// out to them by a hash of the addresses: one client, always the same socket.
pub(super) fn udp(address: SocketAddr, shared: bool) -> io::Result<UdpSocket> {
    let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
    socket.set_reuse_port(shared)?;
    enlarge(&socket, LISTENER_BUFFER);
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// A TCP listener, likewise.
pub(super) fn tcp(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = socket(address, Type::STREAM, Protocol::TCP)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(shared)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// The socket of a relayed address.
pub(super) fn relay(ip: IpAddr, port: u16) -> io::Result<UdpSocket> {
    let address = SocketAddr::new(ip, port);
    let socket = socket(address, Type::DGRAM, Protocol::UDP)?;
    enlarge(&socket, RELAY_BUFFER);
    socket.bind(&address.into())?;
    Ok(socket.into())
}

fn socket(address: SocketAddr, kind: Type, protocol: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        // An IPv4 client must not look like an IPv6 one.
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

/// As much as the system allows; its default otherwise.
fn enlarge(socket: &Socket, bytes: usize) {
    let socket = SockRef::from(socket);
    let _ = socket.set_recv_buffer_size(bytes);
    let _ = socket.set_send_buffer_size(bytes);
}
