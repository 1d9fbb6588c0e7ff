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
