//! Whether a STUN server answers at an address.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use call_turn::Transport;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use uuid::Uuid;

/// How long an answer may take, all retransmissions together.
const PATIENCE: Duration = Duration::from_secs(2);
/// Until a datagram counts as lost.
const RETRANSMIT: Duration = Duration::from_millis(500);

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const HEADER: usize = 20;

/// How a listener is reached from its own host.
pub(crate) fn from_here(bound: SocketAddr) -> SocketAddr {
    let ip = match bound {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        SocketAddr::V4(_) | SocketAddr::V6(_) => bound.ip(),
    };
    SocketAddr::new(ip, bound.port())
}

/// Asks for a STUN binding (RFC 8489 section 2). Of TLS only that the connection is accepted is
/// asked for.
pub(crate) async fn answers(transport: Transport, server: SocketAddr) -> io::Result<()> {
    let asked = async {
        match transport {
            Transport::Udp => by_udp(server).await,
            Transport::Tcp => by_tcp(server).await,
            Transport::Tls => TcpStream::connect(server).await.map(drop),
        }
    };
    timeout(PATIENCE, asked)
        .await
        .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no answer")))
}

async fn by_udp(server: SocketAddr) -> io::Result<()> {
    let here: SocketAddr = if server.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let socket = UdpSocket::bind(here).await?;
    socket.connect(server).await?;
    let request = binding_request();
    let mut answer = [0; 1500];
    loop {
        socket.send(&request).await?;
        if let Ok(received) = timeout(RETRANSMIT, socket.recv(&mut answer)).await
            && is_answer(answer.get(..received?).unwrap_or_default(), &request)
        {
            return Ok(());
        }
    }
}

async fn by_tcp(server: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(server).await?;
    let request = binding_request();
    stream.write_all(&request).await?;
    let mut answer = [0; HEADER];
    stream.read_exact(&mut answer).await?;
    if is_answer(&answer, &request) {
        Ok(())
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is not a STUN server",
        ))
    }
}

/// A header alone (RFC 8489 section 5), with a transaction id that nobody foresees.
fn binding_request() -> [u8; HEADER] {
    const BINDING_REQUEST: [u8; 2] = [0, 1];
    let mut request = [0; HEADER];
    request[..2].copy_from_slice(&BINDING_REQUEST);
    request[4..8].copy_from_slice(&MAGIC_COOKIE);
    request[8..].copy_from_slice(&Uuid::new_v4().as_bytes()[..12]);
    request
}

fn is_answer(answer: &[u8], request: &[u8; HEADER]) -> bool {
    const BINDING_SUCCESS: [u8; 2] = [1, 1];
    answer.starts_with(&BINDING_SUCCESS) && answer.get(4..HEADER) == Some(&request[4..])
}
