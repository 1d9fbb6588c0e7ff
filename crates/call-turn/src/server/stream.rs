//! TCP and TLS clients.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdTcpListener};
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use super::connections::Connection;
use super::frames::{self, Frames};
use super::outbox::Outbox;
use super::shard::{Shard, now};
use crate::{Client, Refusal, Transport};

/// From the connection to the end of the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// From the first byte of a frame to its last.
const FRAME: Duration = Duration::from_secs(10);
/// Without a frame, as long as there is no allocation.
const IDLE: Duration = Duration::from_mins(1);
/// For what was begun to be written.
const WRITE: Duration = Duration::from_secs(20);
/// After the system had no more resources for another connection.
const RELIEF: Duration = Duration::from_millis(100);

/// Read at a time.
const CHUNK: usize = 4 << 10;
/// The longest frame of who has an allocation: a `ChannelData` with the longest data.
const LONGEST: usize = 4 + 65_536;
/// The longest frame of who has none: a request with all attributes.
const LONGEST_REQUEST: usize = 4 << 10;

/// A listener for streams, and what to do before they are read.
pub(super) struct Streams {
    pub(super) listener: StdTcpListener,
    pub(super) tls: Option<TlsAcceptor>,
}

impl Streams {
    /// Accepts connections for ever.
    pub(super) async fn accept(self, shard: Rc<Shard>) {
        let listener = match TcpListener::from_std(self.listener) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, "a TCP listener of the relay failed");
                return;
            }
        };
        loop {
            match listener.accept().await {
                Ok((stream, address)) => match shard.connections.admit(address.ip()) {
                    Some(counted) => {
                        let tls = self.tls.clone();
                        let serve = serve(Rc::clone(&shard), stream, address, tls, counted);
                        drop(tokio::task::spawn_local(serve));
                    }
                    None => shard.counters.refuse(Refusal::Connections),
                },
                // Out of descriptors, or a connection that was gone at once.
                Err(error) => {
                    tracing::debug!(%error, "no connection accepted");
                    tokio::time::sleep(RELIEF).await;
                }
            }
        }
    }
}

async fn serve(
    shard: Rc<Shard>,
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    _counted: Connection,
) {
    // Media does not wait for more to send.
    let ready = stream.set_nodelay(true).and_then(|()| stream.local_addr());
    let Ok(local) = ready else {
        return;
    };
    let client = |transport| Client {
        address,
        local,
        transport,
    };
    match tls {
        None => exchange(shard, stream, client(Transport::Tcp)).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(HANDSHAKE, tls.accept(stream)).await {
                exchange(shard, stream, client(Transport::Tls)).await;
            }
        }
    }
}

/// Reads and writes until either ends.
async fn exchange<S: AsyncRead + AsyncWrite>(shard: Rc<Shard>, stream: S, client: Client) {
    let outbox = Rc::new(Outbox::default());
    shard.connected(client, Rc::clone(&outbox));
    let (reader, writer) = split(stream);
    tokio::select! {
        () = read(&shard, reader, client) => {}
        () = write(&outbox, writer, client.transport) => {}
    }
    shard.disconnected(&client);
}

async fn read(shard: &Rc<Shard>, mut reader: impl AsyncRead + Unpin, client: Client) {
    let mut frames = Frames::default();
    let mut frame_due = None;
    loop {
        let allocated = shard.has_allocation(&client);
        let until = frame_due.unwrap_or_else(|| Instant::now() + IDLE);
        match within(until, reader.read_buf(frames.tail(CHUNK))).await {
            Some(Ok(0) | Err(_)) => return,
            Some(Ok(_)) => {}
            None if allocated && !frames.has_partial() => continue,
            None => return,
        }
        let longest = if allocated { LONGEST } else { LONGEST_REQUEST };
        let mut whole = false;
        let now = now();
        loop {
            match frames.next(longest) {
                Ok(Some(frame)) => shard.client_input(client, frame, now),
                Ok(None) => break,
                Err(_) => return,
            }
            whole = true;
        }
        // Bytes that complete nothing do not buy time.
        frame_due = if !frames.has_partial() {
            None
        } else if whole || frame_due.is_none() {
            Some(Instant::now() + FRAME)
        } else {
            frame_due
        };
        // A client that always has more must not keep the others waiting.
        tokio::task::yield_now().await;
    }
}

async fn write(outbox: &Outbox, mut writer: impl AsyncWrite + Unpin, transport: Transport) {
    let mut batch = Vec::new();
    while outbox.take(&mut batch).await {
        let written = async {
            if transport == Transport::Tls {
                // A record for each: there are clients that take a record for a message.
                for frame in frames::split(&batch) {
                    writer.write_all(frame).await?;
                }
            } else {
                writer.write_all(&batch).await?;
            }
            writer.flush().await
        };
        match timeout(WRITE, written).await {
            Ok(Ok(())) => batch.clear(),
            Ok(Err(_)) | Err(_) => return,
        }
        // What a burst needed is given back.
        batch.shrink_to(CHUNK);
    }
    let _ = timeout(WRITE, writer.shutdown()).await;
}

async fn within<T>(
    until: Instant,
    work: impl Future<Output = io::Result<T>>,
) -> Option<io::Result<T>> {
    timeout_at(until, work).await.ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::{DuplexStream, duplex};
    use tokio::task::{LocalSet, spawn_local};

    use super::*;
    use crate::server::connections::Connections;
    use crate::{Relay, RelayConfig, Secret};

    /// A Binding request, and the length of its answer.
    const BINDING: &[u8; 20] = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
    const ANSWER: usize = 32;

    fn shard() -> Rc<Shard> {
        let config = RelayConfig {
            tcp: vec!["198.51.100.1:3478".parse().unwrap()],
            secrets: vec![Secret::new("secret").unwrap()],
            ..RelayConfig::default()
        };
        let relay = Relay::new(&config, [0; 32], std::time::Instant::now()).unwrap();
        let (settings, counters) = (Arc::clone(&relay.settings), Arc::clone(&relay.counters));
        let connections = Arc::new(Connections::new(1, 1));
        Shard::new(relay, settings, counters, connections, Vec::new())
    }

    /// The far end of a connection that a relay serves.
    fn connect() -> DuplexStream {
        let (far, near) = duplex(1 << 20);
        let client = Client {
            address: "192.0.2.1:4000".parse().unwrap(),
            local: "198.51.100.1:3478".parse().unwrap(),
            transport: Transport::Tcp,
        };
        drop(spawn_local(exchange(shard(), near, client)));
        far
    }

    /// In a world whose time passes as fast as nothing happens.
    fn world<F: Future>(test: impl FnOnce() -> F) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        LocalSet::new().block_on(&runtime, async { test().await });
    }

    #[test]
    fn a_frame_may_come_in_parts() {
        world(|| async {
            let mut far = connect();
            for part in BINDING.chunks(7) {
                far.write_all(part).await.unwrap();
                tokio::time::sleep(Duration::from_secs(3)).await;
            }
            let mut answer = [0; ANSWER];
            far.read_exact(&mut answer).await.unwrap();
            assert_eq!(answer[..2], [0x01, 0x01]);
        });
    }

    #[test]
    fn a_frame_that_drips_is_not_waited_for() {
        world(|| async {
            let mut far = connect();
            let begin = Instant::now();
            for byte in [0x00, 0x01, 0x00, 0x40].into_iter().chain([0; 80]) {
                if far.write_all(&[byte]).await.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            assert_eq!(begin.elapsed().as_secs(), FRAME.as_secs() + 1);
            assert_eq!(far.read(&mut [0; 1]).await.unwrap(), 0);
        });
    }

    #[test]
    fn a_stream_cut_in_a_frame_ends() {
        world(|| async {
            let mut far = connect();
            far.write_all(&BINDING[..9]).await.unwrap();
            far.shutdown().await.unwrap();
            assert_eq!(far.read(&mut [0; 1]).await.unwrap(), 0);
        });
    }

    #[test]
    fn who_says_nothing_and_has_nothing_is_let_go() {
        world(|| async {
            let mut far = connect();
            let begin = Instant::now();
            assert_eq!(far.read(&mut [0; 1]).await.unwrap(), 0);
            assert_eq!(begin.elapsed(), IDLE);
            // Whoever speaks stays.
            let mut far = connect();
            for _ in 0..10 {
                far.write_all(BINDING).await.unwrap();
                far.read_exact(&mut [0; ANSWER]).await.unwrap();
                tokio::time::sleep(IDLE / 2).await;
            }
        });
    }

    #[test]
    fn strangers_may_not_send_long_frames() {
        world(|| async {
            let mut far = connect();
            far.write_all(&[0x40, 0x00, 0xff, 0xff]).await.unwrap();
            assert_eq!(far.read(&mut [0; 1]).await.unwrap(), 0);
        });
    }
}
