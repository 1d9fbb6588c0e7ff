use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::{App, HttpRequest, HttpServer, web};
use call_domain::{Address, Timestamp};
use call_signal::wire::{Call, ClientCommand, ErrorCode, Signal, SignalBody, SignalError};
use call_signal::{
    CloseCode, Frame, Hub, HubLimits, Identity, SignalService, SocketConfig, Unauthenticated,
    serve_socket,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, watch};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// The call that everybody is in but carol.
pub(crate) const CALL: &str = "01900000-0000-7000-8000-000000000001";
/// After this long a test has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn address(user: &str, device: &str) -> Address {
    Address {
        user: user.parse().expect("user"),
        device: device.parse().expect("device"),
    }
}

/// An application that takes the token for the name of the user, and writes a log.
struct Fake {
    hub: Arc<Hub>,
    log: watch::Sender<Vec<String>>,
    kept: watch::Sender<usize>,
    commands: Semaphore,
}

impl Fake {
    fn note(&self, line: String) {
        self.log.send_modify(|log| log.push(line));
    }
}

#[async_trait::async_trait]
impl SignalService for Fake {
    async fn authenticate(&self, token: &str) -> Result<Identity, Unauthenticated> {
        let lifetime = match token {
            "bad" => return Err(Unauthenticated),
            "short-lived" => Duration::from_millis(300),
            _ => Duration::from_hours(1),
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now = Timestamp::from_micros(i64::try_from(now.as_micros()).unwrap_or(0));
        let user_id = token.parse().map_err(|_| Unauthenticated)?;
        Ok(Identity {
            user_id,
            name: None,
            expires_at: now + lifetime,
        })
    }

    async fn opened(&self, who: &Address, _name: Option<&str>) -> Result<Vec<Call>, SignalError> {
        if who.user.as_str() == "overloaded" {
            return Err(SignalError::new(ErrorCode::Overloaded, "try again"));
        }
        assert!(self.hub.is_connected(who) || self.hub.is_draining());
        self.note(format!("opened {} {}", who.user, who.device));
        Ok(Vec::new())
    }

    async fn ready(&self, who: &Address) {
        for n in 0..*self.kept.borrow() {
            self.hub.send(who, json!({"kept": n}).to_string().into());
        }
        self.note(format!("ready {} {}", who.user, who.device));
    }

    async fn closed(&self, who: &Address) {
        self.note(format!("closed {} {}", who.user, who.device));
    }

    async fn command(&self, _who: &Address, _command: ClientCommand) -> Result<(), SignalError> {
        self.note("command begins".to_owned());
        if let Ok(permit) = self.commands.acquire().await {
            permit.forget();
        }
        self.note("command ends".to_owned());
        Ok(())
    }

    fn relay(&self, who: &Address, signal: Signal) -> Result<(), SignalError> {
        let SignalBody::Offer(sdp) = signal.body else {
            return Err(SignalError::new(ErrorCode::NotInCall, "offers only"));
        };
        let frame = json!({"type": "call:offer", "from": who.user.as_str(), "sdp": sdp});
        match self
            .hub
            .send_user(&signal.to, None, &Frame::from(frame.to_string()))
        {
            0 => Err(SignalError::new(ErrorCode::PeerNotInCall, "not there")),
            _ => Ok(()),
        }
    }
}

/// A server with a fake application.
pub(crate) struct Scene {
    pub(crate) hub: Arc<Hub>,
    fake: Arc<Fake>,
    url: String,
}

impl Scene {
    pub(crate) fn start(config: SocketConfig) -> Self {
        let hub = Arc::new(Hub::new(HubLimits::default()));
        let fake = Arc::new(Fake {
            hub: Arc::clone(&hub),
            log: watch::Sender::default(),
            kept: watch::Sender::default(),
            commands: Semaphore::new(0),
        });
        let (to_hub, to_fake) = (Arc::clone(&hub), Arc::clone(&fake));
        let server = HttpServer::new(move || {
            let (hub, fake) = (Arc::clone(&to_hub), Arc::clone(&to_fake));
            let socket = move |req: HttpRequest, payload: web::Payload| {
                serve_socket(req, payload, fake.clone(), Arc::clone(&hub), config)
            };
            App::new().route("/ws", web::get().to(socket))
        });
        let server = server
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .expect("bind");
        let url = format!("ws://{}/ws", server.addrs()[0]);
        actix_web::rt::spawn(server.run());
        Self { hub, fake, url }
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.fake.log.borrow().clone()
    }

    /// Waits until the application has written a line.
    pub(crate) async fn logged(&self, line: &str) {
        let mut log = self.fake.log.subscribe();
        let wait = log.wait_for(|log| log.iter().any(|l| l == line));
        let found = tokio::time::timeout(PATIENCE, wait)
            .await
            .map(|found| found.is_ok());
        assert_eq!(found, Ok(true), "{line}");
    }

    /// How many sockets were closed with a code, once there is one.
    pub(crate) async fn closes(&self, code: CloseCode) -> u64 {
        let count = async {
            loop {
                let counts = self.hub.counts().closes;
                let count = counts
                    .iter()
                    .find(|(c, _)| *c == code)
                    .map_or(0, |(_, n)| *n);
                if count > 0 {
                    return count;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, count)
            .await
            .expect("closed in time")
    }

    pub(crate) fn keep_for_ready(&self, frames: usize) {
        self.fake.kept.send_replace(frames);
    }

    pub(crate) fn release_command(&self) {
        self.fake.commands.add_permits(1);
    }
}

/// A client.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub(crate) async fn open(scene: &Scene) -> Self {
        let (socket, _) = tokio_tungstenite::connect_async(&scene.url)
            .await
            .expect("connects");
        Self { socket }
    }

    /// The status with which the server refuses a socket.
    pub(crate) async fn refused(scene: &Scene) -> u16 {
        match tokio_tungstenite::connect_async(&scene.url).await {
            Err(Error::Http(response)) => response.status().as_u16(),
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Opens a session and reads up to the answer to its hello.
    pub(crate) async fn ready(scene: &Scene, user: &str, device: &str) -> Self {
        let mut client = Self::open(scene).await;
        client.hello(user, device).await;
        let ready = client.json().await;
        assert_eq!(
            (&ready["type"], &ready["userId"]),
            (&json!("session:ready"), &json!(user))
        );
        assert_eq!(client.json().await, json!({"type": "ack", "id": "hello"}));
        client
    }

    pub(crate) async fn hello(&mut self, token: &str, device: &str) {
        self.send(
            json!({"type": "session:hello", "id": "hello", "token": token, "deviceId": device}),
        )
        .await;
    }

    pub(crate) async fn send(&mut self, message: Value) {
        self.text(&message.to_string()).await;
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.message(Message::text(text)).await;
    }

    pub(crate) async fn try_text(&mut self, text: &str) -> bool {
        self.socket.send(Message::text(text)).await.is_ok()
    }

    pub(crate) async fn message(&mut self, message: Message) {
        self.socket.send(message).await.expect("the socket is open");
    }

    /// Sends all of them in as few writes as possible.
    pub(crate) async fn messages(&mut self, messages: impl Iterator<Item = Message>) {
        for message in messages {
            self.socket.feed(message).await.expect("the socket is open");
        }
        self.socket.flush().await.expect("the socket is open");
    }

    /// Sends bytes that the client library would not.
    pub(crate) async fn bytes(&mut self, bytes: &[u8]) {
        match self.socket.get_mut() {
            MaybeTlsStream::Plain(stream) => stream.write_all(bytes).await.expect("writes"),
            _ => unreachable!("no TLS in these tests"),
        }
    }

    /// The next frame of any kind.
    pub(crate) async fn message_frame(&mut self) -> Message {
        match self.next().await {
            Some(Ok(message)) => message,
            other => panic!("no frame: {other:?}"),
        }
    }

    /// The next text frame.
    pub(crate) async fn text_frame(&mut self) -> String {
        loop {
            match self.message_frame().await {
                Message::Text(text) => return text.to_string(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("no text: {other:?}"),
            }
        }
    }

    pub(crate) async fn json(&mut self) -> Value {
        let text = self.text_frame().await;
        serde_json::from_str(&text).expect("JSON")
    }

    /// Reads to the end; 1006 stands for an end without a close frame.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            match self.next().await {
                Some(Ok(Message::Close(Some(close)))) => return close.code.into(),
                Some(Ok(Message::Close(None))) => return 1005,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return 1006,
            }
        }
    }

    async fn next(&mut self) -> Option<Result<Message, Error>> {
        tokio::time::timeout(PATIENCE, self.socket.next())
            .await
            .expect("in time")
    }
}
