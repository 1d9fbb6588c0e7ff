//! Janus and its `VideoRoom` plugin, as the SFU's peer in the benchmark.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use call_tests::ISLAND;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const ROOM: u64 = 1234;
const PATIENCE: Duration = Duration::from_secs(10);

/// A running Janus. It is killed when it is dropped.
pub(crate) struct Janus {
    child: Child,
    port: u16,
    _directory: tempfile::TempDir,
}

/// One session with it.
pub(crate) struct JanusClient {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    session: u64,
    transactions: u64,
}

/// A handle of the `VideoRoom` plugin.
#[derive(Clone, Copy)]
pub(crate) struct Handle(u64);

impl Janus {
    pub(crate) fn start() -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let directory = tempfile::tempdir()?;
        let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text);
        let libraries = libraries().context("Janus's plugins (Debian: janus)")?;
        write(
            "janus.jcfg",
            &format!(
                "general: {{\n  plugins_folder = \"{libraries}/plugins\"\n  transports_folder = \"{libraries}/transports\"\n  \
                 events_folder = \"{libraries}/events\"\n  loggers_folder = \"{libraries}/loggers\"\n  debug_level = 2\n  \
                 log_to_stdout = true\n}}\nmedia: {{\n  ipv6 = false\n  rtp_port_range = \"20000-30000\"\n}}\nnat: {{\n  ice_lite = true\n  \
                 ice_enforce_list = \"{ISLAND}\"\n}}\nplugins: {{\n  disable = \"{}\"\n}}\ntransports: {{\n  disable = \"{}\"\n}}\n",
                [
                    "libjanus_audiobridge.so",
                    "libjanus_duktape.so",
                    "libjanus_echotest.so",
                    "libjanus_lua.so",
                    "libjanus_nosip.so",
                    "libjanus_recordplay.so",
                    "libjanus_sip.so",
                    "libjanus_streaming.so",
                    "libjanus_textroom.so",
                    "libjanus_videocall.so",
                    "libjanus_voicemail.so",
                ]
                .join(","),
                [
                    "libjanus_http.so",
                    "libjanus_mqtt.so",
                    "libjanus_nanomsg.so",
                    "libjanus_pfunix.so",
                    "libjanus_rabbitmq.so",
                ]
                .join(","),
            ),
        )?;
        write(
            "janus.transport.websockets.jcfg",
            &format!("general: {{\n  ws = true\n  ws_port = {port}\n  ws_ip = \"127.0.0.1\"\n}}\n"),
        )?;
        write("janus.plugin.videoroom.jcfg", "general: {\n}\n")?;
        let child = Command::new("janus")
            .arg("-F")
            .arg(directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("starting Janus (Debian: janus)")?;
        Ok(Self {
            child,
            port,
            _directory: directory,
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Opens a session, once it listens.
    pub(crate) async fn connect(&self) -> Result<JanusClient> {
        let mut request = format!("ws://127.0.0.1:{}/", self.port).into_client_request()?;
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", "janus-protocol".parse()?);
        for _ in 0..100 {
            if let Ok((socket, _)) = connect_async(request.clone()).await {
                let mut client = JanusClient {
                    socket,
                    session: 0,
                    transactions: 0,
                };
                let created = client.ask(json!({"janus": "create"})).await?;
                client.session = id(&created)?;
                return Ok(client);
            }
            sleep(Duration::from_millis(100)).await;
        }
        bail!("Janus does not listen");
    }
}

impl Drop for Janus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl JanusClient {
    /// Makes the room.
    pub(crate) async fn create_room(&mut self) -> Result<()> {
        let handle = self.attach().await?;
        let body = json!({
            "request": "create", "room": ROOM, "publishers": 10, "videocodec": "vp8",
            "bitrate": 100_000_000, "fir_freq": 0, "notify_joining": false,
        });
        self.ask(self.message(handle, &body, None)).await?;
        Ok(())
    }

    /// Publishes: the answer to the offer.
    pub(crate) async fn publish(&mut self, offer: &str) -> Result<(u64, String)> {
        let handle = self.attach().await?;
        let body = json!({"request": "join", "ptype": "publisher", "room": ROOM});
        let joined = self.event(self.message(handle, &body, None)).await?;
        let feed = joined["plugindata"]["data"]["id"].as_u64();
        let jsep = json!({"type": "offer", "sdp": offer});
        let body = json!({"request": "publish", "audio": false, "video": true});
        let answered = self.event(self.message(handle, &body, Some(jsep))).await?;
        Ok((feed.context("a feed")?, sdp(&answered)?))
    }

    /// Subscribes to a feed: the offer.
    pub(crate) async fn subscribe(&mut self, feed: u64) -> Result<(Handle, String)> {
        let handle = self.attach().await?;
        let body = json!({
            "request": "join", "ptype": "subscriber", "room": ROOM, "streams": [{"feed": feed}],
        });
        let offered = self.event(self.message(handle, &body, None)).await?;
        Ok((handle, sdp(&offered)?))
    }

    /// Answers the offer of a subscription.
    pub(crate) async fn start(&mut self, handle: Handle, answer: &str) -> Result<()> {
        let jsep = json!({"type": "answer", "sdp": answer});
        let message = self.message(handle, &json!({"request": "start"}), Some(jsep));
        self.event(message).await?;
        Ok(())
    }

    async fn attach(&mut self) -> Result<Handle> {
        let session = self.session;
        let attach = json!({
            "janus": "attach", "plugin": "janus.plugin.videoroom", "session_id": session,
        });
        Ok(Handle(id(&self.ask(attach).await?)?))
    }

    fn message(&self, handle: Handle, body: &Value, jsep: Option<Value>) -> Value {
        let mut message = json!({
            "janus": "message", "session_id": self.session, "handle_id": handle.0, "body": body,
        });
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        message
    }

    /// Asks, and returns what is answered at once.
    async fn ask(&mut self, request: Value) -> Result<Value> {
        self.exchange(request, |kind| kind == "success").await
    }

    /// Asks, and returns the event that follows.
    async fn event(&mut self, request: Value) -> Result<Value> {
        self.exchange(request, |kind| kind == "event").await
    }

    async fn exchange(&mut self, mut request: Value, wanted: fn(&str) -> bool) -> Result<Value> {
        self.transactions += 1;
        let transaction = self.transactions.to_string();
        request["transaction"] = json!(transaction);
        self.socket.send(Message::text(request.to_string())).await?;
        loop {
            let message = timeout(PATIENCE, self.socket.next())
                .await
                .context("Janus does not answer")?
                .context("Janus closed")??;
            let Message::Text(text) = message else {
                continue;
            };
            let answer: Value = serde_json::from_str(&text)?;
            if answer["transaction"] != transaction.as_str() {
                continue;
            }
            let kind = answer["janus"].as_str().unwrap_or_default();
            let failed = &answer["plugindata"]["data"]["error"];
            if kind == "error" || !failed.is_null() {
                bail!("Janus refused: {answer}");
            }
            if wanted(kind) {
                return Ok(answer);
            }
        }
    }
}

fn libraries() -> Option<String> {
    let folders = std::fs::read_dir("/usr/lib").ok()?;
    folders
        .flatten()
        .map(|folder| folder.path().join("janus"))
        .find(|folder| folder.join("plugins/libjanus_videoroom.so").exists())
        .map(|folder| folder.display().to_string())
}

fn id(answer: &Value) -> Result<u64> {
    answer["data"]["id"].as_u64().context("an id of Janus")
}

fn sdp(event: &Value) -> Result<String> {
    let sdp = event["jsep"]["sdp"].as_str();
    Ok(sdp.with_context(|| format!("no SDP: {event}"))?.to_owned())
}
