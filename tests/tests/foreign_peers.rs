//! WebRTC stacks that nobody here wrote, as participants of a call over the SFU: aiortc and `GStreamer`'s webrtcbin, by the scripts in
//! `tests/peers`.
//!
//! Each test runs in a network namespace of its own, since neither stack takes a loopback address for a candidate.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use call_tests::media::{Crowd, MediaPeer, PeerId, SendPlan};
use call_tests::{Device, ISLAND, Server, id_of, is_island, island};
use serde_json::{Value, json};

/// Small enough for a decoder in Python on a busy machine.
const PLAN: SendPlan = SendPlan {
    frame_rate: 15.0,
    packets: 3,
    packet_bytes: 500,
};

/// An interpreter starts, and so does media.
const PATIENCE: Duration = Duration::from_mins(1);

/// How large the pictures are, which tells whose they are.
const SYNTHETIC: (u64, u64) = (64, 48);
const AIORTC: (u64, u64) = (320, 240);
const GSTREAMER: (u64, u64) = (256, 144);

#[test]
fn aiortc_sees_and_is_seen() {
    on_an_island("aiortc_sees_and_is_seen", || sees_and_is_seen("aiortc"));
}

#[test]
fn gstreamer_sees_and_is_seen() {
    on_an_island("gstreamer_sees_and_is_seen", || {
        sees_and_is_seen("gstreamer")
    });
}

#[test]
fn aiortc_and_gstreamer_see_each_other() {
    on_an_island("aiortc_and_gstreamer_see_each_other", see_each_other);
}

/// A call of a stranger and Alice, to which Carol comes and from which she goes.
async fn sees_and_is_seen(stranger: &str) {
    let mut scene = Scene::begin(&[stranger]).await;
    scene
        .until("both see and hear each other", |scene| {
            scene.stranger(stranger).has_seen("alice", 20, SYNTHETIC)
                && scene.stranger(stranger).has_heard("alice", 50)
                && scene.person("alice").packets(stranger, "video") > 30
                && scene.person("alice").packets(stranger, "audio") > 50
        })
        .await;

    scene.add("carol").await;
    scene
        .until("they see and hear a third, who sees them", |scene| {
            scene.stranger(stranger).has_seen("carol", 20, SYNTHETIC)
                && scene.stranger(stranger).has_heard("carol", 50)
                && scene.person("carol").packets(stranger, "video") > 30
                && scene.person("carol").packets(stranger, "audio") > 50
        })
        .await;

    scene.leave("carol").await;
    let frames = scene.stranger(stranger).frames("alice", "video");
    let packets = scene.person("alice").packets(stranger, "video");
    scene
        .until("it goes on without the third", |scene| {
            let now = scene.stranger(stranger).frames("alice", "video");
            now > frames + 20 && scene.person("alice").packets(stranger, "video") > packets + 30
        })
        .await;
    scene.end().await;
}

/// What one encodes the other decodes.
async fn see_each_other() {
    let mut scene = Scene::begin(&["aiortc", "gstreamer"]).await;
    scene
        .until("they see and hear each other", |scene| {
            scene
                .stranger("aiortc")
                .has_seen("gstreamer", 20, GSTREAMER)
                && scene.stranger("aiortc").has_heard("gstreamer", 50)
                && scene.stranger("gstreamer").has_seen("aiortc", 20, AIORTC)
                && scene.stranger("gstreamer").has_heard("aiortc", 50)
        })
        .await;
    scene.end().await;
}

/// Runs a test of this program there.
fn on_an_island<S: Future<Output = ()>>(name: &str, scenario: impl FnOnce() -> S) {
    if is_island() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        return runtime.unwrap().block_on(scenario());
    }
    let mut again = island(std::env::current_exe().unwrap());
    let output = again.args([name, "--exact", "--nocapture"]).output();
    let output =
        output.expect("`unshare` (util-linux) and `ip` (iproute2) make a network namespace");
    let told = String::from_utf8_lossy(&output.stdout);
    println!("{told}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && told.contains("1 passed"));
}

/// A server, people with synthetic media, and strangers.
struct Scene {
    server: Server,
    call: String,
    crowd: Crowd,
    began: Instant,
    people: Vec<Person>,
    strangers: Vec<Stranger>,
}

/// A device, and the synthetic media of its peer connection.
struct Person {
    device: Device,
    media: Option<PeerId>,
    session: Value,
    is_connected: bool,
    /// What comes on which line.
    tracks: Vec<Value>,
    /// Packets that have come on each of them.
    counted: Vec<u64>,
}

/// A script.
struct Stranger {
    name: String,
    child: Child,
    reports: Receiver<Value>,
    /// What it told last.
    latest: Value,
}

impl Scene {
    /// Alice calls the strangers.
    async fn begin(strangers: &[&str]) -> Self {
        let server = Server::start(&[
            ("CALL__SFU__ENABLED", "true"),
            (
                "CALL__SFU__LISTEN",
                &format!("udp:{ISLAND}:0,tcp:{ISLAND}:0"),
            ),
            ("CALL__POLICY__TOPOLOGY", "sfu"),
        ])
        .await;
        let alice = Person::new(Device::connected(&server, "alice", "a1").await);
        let started = strangers
            .iter()
            .map(|name| Stranger::start(name, &server))
            .collect();
        let call = id_of(&alice.device.initiate(strangers).await);
        Self {
            server,
            call,
            crowd: Crowd::new().unwrap(),
            began: Instant::now(),
            people: vec![alice],
            strangers: started,
        }
    }

    /// Alice has somebody called, who takes it.
    async fn add(&mut self, name: &str) {
        let device = Device::connected(&self.server, name, "device").await;
        let path = format!("/api/calls/{}/participants", self.call);
        let added = self.people[0]
            .device
            .post(&path, json!({"userIds": [name]}));
        assert_eq!(added.await.status, 200);
        assert_eq!(device.answer(&self.call).await.status, 200);
        self.people.push(Person::new(device));
    }

    async fn leave(&mut self, name: &str) {
        let at = self.people.iter().position(|p| p.device.user == name);
        let person = self.people.remove(at.unwrap());
        let path = format!("/api/calls/{}/leave", self.call);
        assert_eq!(person.device.post(&path, json!({})).await.status, 200);
        self.crowd.remove(person.media.unwrap());
    }

    /// Alice ends the call, and the strangers notice.
    async fn end(mut self) {
        // Hers goes first: it takes it for an error when it hears goodbye before its data channel is there.
        let people = self.people.iter_mut();
        for media in people.filter_map(|person| person.media.take()) {
            self.crowd.remove(media);
        }
        let path = format!("/api/calls/{}/end", self.call);
        let ended = self.people[0].device.post(&path, json!({})).await;
        assert_eq!(ended.status, 200);
        self.until("the strangers have gone home", |scene| {
            let strangers = &mut scene.strangers;
            strangers.iter_mut().all(|stranger| {
                let is_over = stranger.child.try_wait().unwrap().is_some();
                is_over && stranger.latest["final"] == true
            })
        })
        .await;
        assert!(!self.server.log().contains("panicked"));
    }

    fn person(&self, name: &str) -> &Person {
        let mut people = self.people.iter();
        people.find(|person| person.device.user == name).unwrap()
    }

    fn stranger(&self, name: &str) -> &Stranger {
        let mut strangers = self.strangers.iter();
        strangers.find(|stranger| stranger.name == name).unwrap()
    }

    /// Lets everybody live until it is so.
    async fn until(&mut self, what: &str, mut so: impl FnMut(&mut Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !so(self) {
            let is_late = Instant::now() > end;
            let told = if is_late {
                self.tell().await
            } else {
                String::new()
            };
            assert!(!is_late, "waited in vain until {what}\n{told}");
            self.live().await;
        }
    }

    async fn live(&mut self) {
        for at in 0..self.people.len() {
            let frame = self.people[at].device.frame();
            if let Ok(frame) = tokio::time::timeout(Duration::from_millis(1), frame).await {
                self.message(at, &frame.expect("the socket is open")).await;
            }
        }
        self.crowd.run(Duration::from_millis(10)).unwrap();
        for person in &mut self.people {
            let Some(peer) = person.media.and_then(|media| self.crowd.peer(media)) else {
                continue;
            };
            if peer.is_connected() && !person.is_connected {
                person.is_connected = true;
                person.device.say_connected(&self.call).await;
            }
            person.counted = person
                .tracks
                .iter()
                .map(|track| peer.received.on_line(track["mid"].as_str().unwrap()))
                .collect();
        }
        for stranger in &mut self.strangers {
            while let Ok(report) = stranger.reports.try_recv() {
                println!("{}: {report}", stranger.name);
                stranger.latest = report;
            }
            if let Some(status) = stranger.child.try_wait().unwrap() {
                assert!(status.success(), "{} ended with {status}", stranger.name);
            }
        }
    }

    async fn message(&mut self, at: usize, message: &Value) {
        let user = &self.people[at].device.user;
        assert_ne!(message["type"], "error", "{user} was told: {message}");
        if message["type"] != "media:offer" {
            return;
        }
        let person = &mut self.people[at];
        let media = if let Some(media) = person.media {
            assert_eq!(message["session"], person.session, "one session is enough");
            media
        } else {
            let peer = MediaPeer::new(ISLAND, self.began, Some(PLAN)).unwrap();
            self.crowd.add(peer).unwrap()
        };
        person.media = Some(media);
        person.session = message["session"].clone();
        person
            .tracks
            .clone_from(message["tracks"].as_array().unwrap());
        let peer = self.crowd.peer(media).unwrap();
        let line = |source: &str| message["publish"][source].as_str().unwrap();
        let sdp = message["sdp"].as_str().unwrap();
        let answer = peer.answer(sdp, line("video")).unwrap();
        peer.speak_on(line("audio"));
        let answer = json!({
            "type": "media:answer", "callId": self.call, "session": message["session"],
            "revision": message["revision"], "sdp": answer,
        });
        person.device.send(&answer).await;
    }

    /// What is known when something went wrong.
    async fn tell(&self) -> String {
        let path = format!("/api/calls/{}/stats", self.call);
        let stats = self.people[0].device.get(&path).await.body;
        let log = self.server.log();
        let reports: Vec<_> = self
            .strangers
            .iter()
            .map(|s| s.latest.to_string())
            .collect();
        format!("{}\n{stats:#}\n{log}", reports.join("\n"))
    }
}

impl Person {
    fn new(device: Device) -> Self {
        Self {
            device,
            media: None,
            session: Value::Null,
            is_connected: false,
            tracks: Vec::new(),
            counted: Vec::new(),
        }
    }

    /// Packets that came of somebody's camera or microphone.
    fn packets(&self, user: &str, source: &str) -> u64 {
        let tracks = self.tracks.iter().zip(&self.counted);
        tracks
            .filter(|(track, _)| track["userId"] == user && track["source"] == source)
            .map(|(_, packets)| *packets)
            .sum()
    }
}

impl Stranger {
    fn start(name: &str, server: &Server) -> Self {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = tests.join("../target/peers/bin/python");
        assert!(
            python.exists(),
            "no {}: `cargo xtask test --only packages,peers` makes it",
            python.display()
        );
        let mut child = Command::new(python)
            .arg(tests.join(format!("peers/{name}_peer.py")))
            .args(["--url", &server.url(), "--token", &server.token(name)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (teller, reports) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let report = serde_json::from_str(&line).expect("the script prints JSON");
                if teller.send(report).is_err() {
                    return;
                }
            }
        });
        Self {
            name: name.to_owned(),
            child,
            reports,
            latest: Value::Null,
        }
    }

    fn has_seen(&self, user: &str, frames: u64, (width, height): (u64, u64)) -> bool {
        let seen = self.received(user, "video");
        seen["frames"].as_u64() >= Some(frames)
            && seen["width"] == width
            && seen["height"] == height
    }

    fn has_heard(&self, user: &str, frames: u64) -> bool {
        self.frames(user, "audio") >= frames
    }

    /// Decoded frames of somebody's camera or microphone.
    fn frames(&self, user: &str, source: &str) -> u64 {
        self.received(user, source)["frames"].as_u64().unwrap_or(0)
    }

    fn received(&self, user: &str, source: &str) -> Value {
        let received = self.latest["received"].as_array();
        let mut received = received.into_iter().flatten();
        let wanted = |one: &&Value| one["userId"] == user && one["source"] == source;
        received.find(wanted).cloned().unwrap_or_default()
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
