use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::{PATIENCE, Server, Site};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What REST answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body; null if there is none or it is no JSON.
    pub body: Value,
}

/// One device of one user: a REST client and, once connected, a socket.
#[derive(Debug)]
pub struct Device {
    /// Whose device.
    pub user: String,
    /// Which device.
    pub id: String,
    /// The token it shows.
    pub token: String,
    url: String,
    socket_url: String,
    http: reqwest::Client,
    socket: Option<Socket>,
    waiting: VecDeque<Value>,
    /// The versions of each call that lifecycle events named, as they came.
    versions: BTreeMap<String, Vec<u64>>,
}

impl Device {
    /// A device that is not connected yet.
    pub fn new(server: &Server, user: &str, id: &str) -> Self {
        Self::at(server.site(), user, id)
    }

    /// A device of any server, not connected yet.
    pub fn at(site: &Site, user: &str, id: &str) -> Self {
        Self {
            user: user.to_owned(),
            id: id.to_owned(),
            token: site.token(user),
            url: site.url().to_owned(),
            socket_url: site.socket_url(),
            http: client(),
            socket: None,
            waiting: VecDeque::new(),
            versions: BTreeMap::new(),
        }
    }

    /// A device with its session ready.
    pub async fn connected(server: &Server, user: &str, id: &str) -> Self {
        let mut device = Self::new(server, user, id);
        device.connect().await;
        device
    }

    /// Opens the socket, says hello and returns `session:ready`.
    ///
    /// # Panics
    /// When the server does not let it in.
    pub async fn connect(&mut self) -> Value {
        self.open().await;
        let hello = json!({"type": "session:hello", "token": self.token, "deviceId": self.id});
        self.send(&hello).await;
        self.event("session:ready").await
    }

    /// Opens the socket and says nothing.
    ///
    /// # Panics
    /// When the server does not accept it.
    pub async fn open(&mut self) {
        let (socket, _) = tokio_tungstenite::connect_async(&self.socket_url)
            .await
            .expect("the server accepts a socket");
        self.socket = Some(socket);
        self.waiting.clear();
    }

    /// Drops the socket without a close handshake, as a lost network does.
    pub fn vanish(&mut self) {
        self.socket = None;
    }

    /// Sends a frame.
    ///
    /// # Panics
    /// When the device has no open socket.
    pub async fn send(&mut self, message: &Value) {
        self.send_text(&message.to_string()).await;
    }

    /// Sends any text.
    ///
    /// # Panics
    /// When the device has no open socket.
    pub async fn send_text(&mut self, text: &str) {
        let socket = self.socket.as_mut().expect("connected");
        socket
            .send(Message::text(text))
            .await
            .expect("the socket is open");
    }

    /// Sends any text; `false` if the server has closed the socket meanwhile.
    pub async fn try_send_text(&mut self, text: &str) -> bool {
        match self.socket.as_mut() {
            Some(socket) => socket.send(Message::text(text)).await.is_ok(),
            None => false,
        }
    }

    /// The next frame, or the close code.
    pub async fn frame(&mut self) -> Result<Value, u16> {
        if let Some(waiting) = self.waiting.pop_front() {
            return Ok(waiting);
        }
        self.read().await
    }

    /// Waits for the next event of a type; others stay for later.
    ///
    /// # Panics
    /// When it does not come in time.
    pub async fn event(&mut self, kind: &str) -> Value {
        self.event_where(kind, |_| true).await
    }

    /// Waits for the next event of a type that fits; others stay for later.
    ///
    /// # Panics
    /// When it does not come in time.
    pub async fn event_where(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let wanted = |event: &Value| event["type"] == kind && fits(event);
        if let Some(at) = self.waiting.iter().position(&wanted) {
            return self.waiting.remove(at).unwrap_or_default();
        }
        loop {
            match self.read().await {
                Ok(event) if wanted(&event) => return event,
                Ok(event) => self.waiting.push_back(event),
                Err(code) => panic!(
                    "{}/{} waits for {kind}, but was closed with {code}; had {:?}",
                    self.user, self.id, self.waiting
                ),
            }
        }
    }

    /// The close code, once the server has closed the socket.
    pub async fn close_code(&mut self) -> u16 {
        loop {
            if let Err(code) = self.read().await {
                return code;
            }
        }
    }

    /// What has come and was not asked for, after everything sent so far was answered.
    pub async fn unexpected(&mut self) -> Vec<Value> {
        self.send(&json!({"type": "session:ping"})).await;
        self.event("session:pong").await;
        self.waiting.drain(..).collect()
    }

    async fn read(&mut self) -> Result<Value, u16> {
        let Some(socket) = self.socket.as_mut() else {
            return Err(0);
        };
        loop {
            let next = tokio::time::timeout(PATIENCE, socket.next()).await;
            let Ok(next) = next else {
                panic!(
                    "{}/{} waits in vain; had {:?}",
                    self.user, self.id, self.waiting
                )
            };
            match next {
                Some(Ok(Message::Text(text))) => {
                    let event: Value = serde_json::from_str(&text).expect("frames are JSON");
                    self.note_version(&event);
                    return Ok(event);
                }
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    fn note_version(&mut self, event: &Value) {
        // A device that only rings is not told every change.
        if event["type"] == "call:incoming" {
            return;
        }
        let version = event["version"]
            .as_u64()
            .or_else(|| event["call"]["version"].as_u64());
        let id = event["callId"]
            .as_str()
            .or_else(|| event["call"]["id"].as_str());
        if let (Some(version), Some(id)) = (version, id) {
            self.versions
                .entry(id.to_owned())
                .or_default()
                .push(version);
        }
    }

    /// Asserts that the events of a call named every version from the first seen, in order.
    ///
    /// # Panics
    /// When there is a gap.
    pub fn assert_gapless(&self, call: &str) {
        let versions = self.versions.get(call).cloned().unwrap_or_default();
        for pair in versions.windows(2) {
            assert!(
                pair[1] == pair[0] || pair[1] == pair[0] + 1,
                "{}/{} saw a gap: {versions:?}",
                self.user,
                self.id
            );
        }
        assert!(
            !versions.is_empty(),
            "{}/{} saw no event of {call}",
            self.user,
            self.id
        );
    }

    /// POST.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.request(reqwest::Method::POST, path, Some(body), &[])
            .await
    }

    /// PATCH.
    pub async fn patch(&self, path: &str, body: Value) -> Answer {
        self.request(reqwest::Method::PATCH, path, Some(body), &[])
            .await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.request(reqwest::Method::GET, path, None, &[]).await
    }

    /// Any request.
    ///
    /// # Panics
    /// When the server cannot be reached.
    pub async fn request(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url))
            .bearer_auth(&self.token)
            .timeout(PATIENCE + Duration::from_secs(10));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        let response = request.send().await.expect("the server answers");
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let bytes = response.bytes().await.expect("a whole body");
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer {
            status,
            headers,
            body,
        }
    }

    /// Calls somebody by video and returns the call.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn initiate(&self, callees: &[&str]) -> Value {
        let body = json!({"type": "video", "participantIds": callees, "deviceId": self.id});
        let answer = self.post("/api/calls/initiate", body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body
    }

    /// Takes a call with this device.
    pub async fn answer(&self, call: &str) -> Answer {
        self.post(
            &format!("/api/calls/{call}/answer"),
            json!({"deviceId": self.id}),
        )
        .await
    }

    /// Hangs up.
    pub async fn end(&self, call: &str) -> Answer {
        self.post(&format!("/api/calls/{call}/end"), json!({}))
            .await
    }

    /// Says that media flows here.
    pub async fn say_connected(&mut self, call: &str) {
        self.send(&json!({"type": "call:connected", "callId": call}))
            .await;
    }
}

/// A client that gives connections up before the server does: a request must not meet with the end of one.
fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .pool_idle_timeout(Duration::from_secs(2))
        .build()
        .expect("a client without special wishes")
}
