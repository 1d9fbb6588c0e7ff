//! A real process, asked to end.

// A test that cannot go on has failed: panicking says so.
#![allow(clippy::expect_used)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// More than any of this takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Process {
    child: Child,
    lines: mpsc::Receiver<String>,
    url: String,
    said: Vec<String>,
    _data: TempDir,
}

impl Process {
    fn start(variables: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_call-server"))
            .arg("serve")
            .env_clear()
            .env("CALL__DEV", "true")
            .env("CALL__SERVER__PORT", "0")
            .env("CALL__TURN__LISTEN", "udp:127.0.0.1:0,tcp:127.0.0.1:0")
            .env("CALL__SFU__LISTEN", "udp:127.0.0.1:0,tcp:127.0.0.1:0")
            .envs(variables.iter().copied())
            .current_dir(data.path())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let stderr = child.stderr.take().expect("piped");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut process = Self {
            child,
            lines,
            url: String::new(),
            said: Vec::new(),
            _data: data,
        };
        process.url = process.address();
        process
    }

    fn address(&mut self) -> String {
        let url = self.says("Call Server listening on ");
        // In JSON a quotation mark follows.
        url.split('"').next().unwrap_or_default().to_owned()
    }

    /// Reads on until a line says this; returns the rest of the line.
    fn says(&mut self, what: &str) -> String {
        let before = self.said.iter().find_map(|line| rest(line, what));
        if let Some(found) = before {
            return found;
        }
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no {what:?} in {:#?}", self.said));
            self.said.push(line.clone());
            if let Some(found) = rest(&line, what) {
                return found;
            }
        }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(status.success());
    }

    /// Waits for the end; returns the exit code and everything it said.
    fn ended(&mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = self
            .lines
            .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            self.said.push(line);
        }
        assert!(
            Instant::now() < deadline,
            "it did not end: {:#?}",
            self.said
        );
        let status = self.child.wait().expect("a child");
        (status.code(), self.said.join("\n"))
    }

    async fn socket(&self, user: &str) -> Socket {
        let client = reqwest::Client::new();
        let response = client
            .post(format!("{}/api/dev/token", self.url))
            .header("content-type", "application/json")
            .body(json!({ "userId": user }).to_string())
            .send()
            .await
            .expect("an answer");
        let body: Value =
            serde_json::from_str(&response.text().await.expect("a body")).expect("JSON");
        let address = format!("{}/ws", self.url.replacen("http", "ws", 1));
        let (mut socket, _) = connect_async(address).await.expect("a socket");
        let hello =
            json!({ "type": "session:hello", "token": body["token"], "deviceId": "device" });
        socket
            .send(Message::text(hello.to_string()))
            .await
            .expect("sent");
        let ready = next(&mut socket).await;
        assert!(
            ready
                .to_text()
                .is_ok_and(|text| text.contains("session:ready")),
            "{ready:?}"
        );
        socket
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn rest(line: &str, what: &str) -> Option<String> {
    line.split_once(what).map(|(_, rest)| rest.to_owned())
}

async fn next(socket: &mut Socket) -> Message {
    let message = tokio::time::timeout(PATIENCE, socket.next())
        .await
        .expect("in time");
    message.expect("the socket is open").expect("a message")
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_it_in_good_order() {
    for signal in ["TERM", "INT"] {
        let mut process = Process::start(&[]);
        let mut socket = process.socket("alice").await;
        process.signal(signal);
        let closed = loop {
            // Others may still be told something first.
            if let Message::Close(frame) = next(&mut socket).await {
                break frame.expect("a close code");
            }
        };
        assert_eq!(u16::from(closed.code), 1001);
        while let Some(Ok(_)) = socket.next().await {}
        let (code, said) = process.ended();
        assert_eq!(code, Some(0), "{said}");
        assert!(
            said.contains("stopping") && said.contains("stopped"),
            "{said}"
        );
        assert!(
            !said.contains("panicked") && !said.contains("ERROR"),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_goes_does_not_hold_it_up() {
    let mut process = Process::start(&[("CALL__SERVER__DRAIN_TIMEOUT", "1")]);
    // Says hello, then neither reads nor closes.
    let _socket = process.socket("alice").await;
    // And a request that never becomes whole.
    let address = process.url.trim_start_matches("http://").to_owned();
    let mut half = std::net::TcpStream::connect(address).expect("a connection");
    std::io::Write::write_all(
        &mut half,
        b"POST /api/calls/initiate HTTP/1.1\r\nContent-Le",
    )
    .expect("written");
    let asked = Instant::now();
    process.signal("TERM");
    let (code, said) = process.ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(asked.elapsed() < Duration::from_secs(10), "{said}");
    let mut rest = Vec::new();
    let _ = half.read_to_end(&mut rest);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_serves_until_everything_else_is_finished() {
    let mut process = Process::start(&[("CALL__SERVER__DRAIN_TIMEOUT", "20")]);
    let relay = process.says("the relay listens on udp ");
    // A request whose body never comes keeps it from ending; 100 says that it waits for the body.
    let address = process.url.trim_start_matches("http://").to_owned();
    let mut half = std::net::TcpStream::connect(address).expect("a connection");
    let head = b"POST /api/dev/token HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n\
        Content-Type: application/json\r\nContent-Length: 99\r\n\r\n";
    std::io::Write::write_all(&mut half, head).expect("written");
    let mut go_on = [0; 12];
    half.read_exact(&mut go_on).expect("an answer");
    assert_eq!(&go_on, b"HTTP/1.1 100");
    process.signal("TERM");
    process.says("stopping");
    let client = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
    client.set_read_timeout(Some(PATIENCE)).expect("set");
    // A STUN binding request (RFC 8489).
    let mut request = [0; 20];
    request[1] = 1;
    request[4..8].copy_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
    client.send_to(&request, relay).expect("sent");
    let mut answer = [0; 100];
    let length = client.recv(&mut answer).expect("an answer");
    assert_eq!(answer[..2], [1, 1], "{:?}", &answer[..length]);
    drop(half);
    let (code, said) = process.ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("stopped"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_where_it_listens_and_warns_of_development_but_tells_no_secret() {
    let secret = "do-not-log-this-secret-in-any-form!!";
    let mut process = Process::start(&[
        ("CALL__LOG__FORMAT", "json"),
        ("CALL__LOG__LEVEL", "debug"),
        ("CALL__AUTH__HS256_SECRETS", secret),
    ]);
    drop(process.socket("alice").await);
    process.signal("TERM");
    let (code, said) = process.ended();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("DEVELOPMENT MODE"), "{said}");
    assert!(!said.contains(secret) && !said.contains("eyJ"), "{said}");
    for line in said.lines() {
        let parsed: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(
            parsed["level"].is_string() && parsed["timestamp"].is_string(),
            "{line}"
        );
    }
}
