use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use call_tests::{Server, binary};

pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
pub(crate) type Sink = SplitSink<Socket, Message>;
pub(crate) type Stream = SplitStream<Socket>;

/// A server whose limits do not stand in the way of a load test.
pub(crate) async fn server() -> Server {
    Server::start(&[
        ("CALL__LIMITS__INITIATE_PER_MINUTE", "1000000"),
        ("CALL__LIMITS__MESSAGES_PER_SECOND", "100000"),
        ("CALL__LOG__LEVEL", "warn"),
    ])
    .await
}

/// A session of a user, ready.
pub(crate) async fn session(server: &Server, user: &str) -> anyhow::Result<Socket> {
    let (mut socket, _) = tokio_tungstenite::connect_async(server.socket_url()).await?;
    let token = server.token(user);
    let hello = json!({"type": "session:hello", "token": token, "deviceId": user});
    socket.send(Message::text(hello.to_string())).await?;
    wait_for(&mut socket, "session:ready").await?;
    Ok(socket)
}

/// The next event of a type; others are dropped.
pub(crate) async fn wait_for<S>(stream: &mut S, kind: &str) -> anyhow::Result<Value>
where
    S: futures_util::Stream<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    loop {
        let next = tokio::time::timeout(Duration::from_secs(30), stream.next()).await;
        let frame = next.with_context(|| format!("no {kind} in 30 s"))?;
        match frame.context("the server closed")?? {
            Message::Text(text) => {
                let event: Value = serde_json::from_str(&text)?;
                anyhow::ensure!(event["type"] != "error", "{event}");
                if event["type"] == kind {
                    return Ok(event);
                }
            }
            Message::Close(frame) => anyhow::bail!("closed: {frame:?}"),
            _ => {}
        }
    }
}

/// Bare actix-ws, as a process.
pub(crate) struct Bare {
    child: Child,
    pub(crate) url: String,
}

impl Bare {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let child = Command::new(binary("bare_ws"))
            .arg(port.to_string())
            .stdin(Stdio::null())
            .spawn()?;
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Self {
            child,
            url: format!("ws://127.0.0.1:{port}/ws"),
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) async fn socket(&self, pair: &str) -> anyhow::Result<Socket> {
        let query = if pair.is_empty() {
            String::new()
        } else {
            format!("?{pair}")
        };
        Ok(
            tokio_tungstenite::connect_async(format!("{}{query}", self.url))
                .await?
                .0,
        )
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
