//! WebRTC stacks that nobody here wrote, as participants of a call over the SFU: aiortc and GStreamer's webrtcbin.
//!
//! Each test runs in a network namespace of its own, since neither stack takes a loopback address for a candidate.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use call_tests::media::{Crowd, MediaPeer, PeerId, SendPlan};
use call_tests::{Device, ISLAND, PATIENCE, Server, is_island, island};
use serde_json::{Value, json};

const PLAN: SendPlan = SendPlan {
    frame_rate: 30.0,
    packets: 2,
    packet_bytes: 1000,
};

/// A foreign participant: a script that takes the call, and what it says.
struct Foreigner {
    child: Child,
    name: &'static str,
    said: Arc<Mutex<Value>>,
}

impl Foreigner {
    fn start(script: &'static str, server: &Server, user: &str, call: &str) -> Self {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let python = top.join("target/peers/bin/python");
        assert!(
            python.exists(),
            "run `cargo xtask test --only packages,peers` first"
        );
        let mut child = Command::new(python)
            .arg(top.join("tests/peers").join(script))
            .args(["--url", &server.url(), "--call", call])
            .args(["--token", &server.token(user)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let said = Arc::new(Mutex::new(Value::Null));
        let latest = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                *latest.lock().unwrap() = serde_json::from_str(&line).expect("lines of JSON");
            }
        });
        Self {
            child,
            name: script,
            said,
        }
    }

    /// What it has got: `packets` or `frames` of `audio` or `video`.
    fn got(&self, what: &str, kind: &str) -> u64 {
        let said = self.said.lock().unwrap();
        said[what][kind].as_u64().unwrap_or(0)
    }

    fn assert_lives(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("{} ended with {status}", self.name);
        }
    }
}

impl Drop for Foreigner {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Alice, of the engine that the other tests use, and whoever she calls.
struct Scene {
    server: Server,
    alice: Device,
    crowd: Crowd,
    media: Option<PeerId>,
    call: String,
    foreigners: Vec<Foreigner>,
}

impl Scene {
    async fn begin(scripts: &[&'static str]) -> Self {
        let listen = format!("udp:{ISLAND}:0,tcp:{ISLAND}:0");
        let server = Server::start(&[
            ("CALL__SFU__ENABLED", "true"),
            ("CALL__SFU__LISTEN", &listen),
            ("CALL__POLICY__TOPOLOGY", "sfu"),
        ])
        .await;
        let alice = Device::connected(&server, "alice", "a1").await;
        let users = ["bob", "carol"];
        let callees = &users[..scripts.len()];
        let call = alice.initiate(callees).await;
        let call = call["id"].as_str().unwrap().to_owned();
        let foreigners = scripts
            .iter()
            .zip(callees)
            .map(|(script, user)| Foreigner::start(script, &server, user, &call))
            .collect();
        Self {
            server,
            alice,
            crowd: Crowd::new().unwrap(),
            media: None,
            call,
            foreigners,
        }
    }

    /// Lets everybody live until it is so.
    async fn until(&mut self, what: &str, so: impl Fn(&mut MediaPeer, &[Foreigner]) -> bool) {
        let end = Instant::now() + 2 * PATIENCE;
        let mut is_connected = false;
        loop {
            for foreigner in &mut self.foreigners {
                foreigner.assert_lives();
            }
            let now = Instant::now();
            while let Ok(frame) =
                tokio::time::timeout(Duration::from_millis(1), self.alice.frame()).await
            {
                let message = frame.expect("alice's socket stays open");
                if message["type"] == "media:offer" {
                    self.answer(&message).await;
                }
            }
            self.crowd.run(Duration::from_millis(5)).unwrap();
            let media = self.media.and_then(|media| self.crowd.peer(media));
            if let Some(media) = media {
                if media.is_connected() && !is_connected {
                    is_connected = true;
                    self.alice.say_connected(&self.call).await;
                }
                if so(media, &self.foreigners) {
                    return;
                }
            }
            if now >= end {
                let said = self.foreigners.iter();
                let said: Vec<_> = said
                    .map(|one| one.said.lock().unwrap().to_string())
                    .collect();
                let stats = format!("/api/calls/{}/stats", self.call);
                let stats = self.alice.get(&stats).await.body;
                let log = self.server.log();
                panic!(
                    "waited in vain until {what}; the foreigners say {said:?}, the server {stats:#}\n{log}"
                );
            }
        }
    }

    async fn answer(&mut self, offer: &Value) {
        let media = *self.media.get_or_insert_with(|| {
            let peer = MediaPeer::new(ISLAND, Instant::now(), Some(PLAN)).unwrap();
            self.crowd.add(peer).unwrap()
        });
        let peer = self.crowd.peer(media).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let sdp = peer
            .answer(&text(&offer["sdp"]), &text(&offer["publish"]["video"]))
            .unwrap();
        peer.speak_on(&text(&offer["publish"]["audio"]));
        let answer = json!({
            "type": "media:answer", "callId": self.call, "session": offer["session"],
            "revision": offer["revision"], "sdp": sdp,
        });
        self.alice.send(&answer).await;
    }
}

/// Runs the test of that name again where there is an address that is not loopback; `false`: this is there.
fn runs_on_an_island(test: &str) -> bool {
    if is_island() {
        return false;
    }
    let status = island(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .status()
        .expect("`unshare` of util-linux");
    assert!(status.success(), "{test} failed on its island");
    true
}

fn hears_and_sees(alice: &MediaPeer) -> bool {
    alice.received.packets > 50 && alice.received.sounds > 50
}

#[tokio::test]
async fn aiortc_and_a_participant_get_each_others_media() {
    if runs_on_an_island("aiortc_and_a_participant_get_each_others_media") {
        return;
    }
    let mut scene = Scene::begin(&["aiortc_peer.py"]).await;
    scene
        .until(
            "alice and aiortc have media of each other",
            |alice, peers| {
                hears_and_sees(alice)
                    && peers[0].got("packets", "video") > 50
                    && peers[0].got("frames", "audio") > 50
            },
        )
        .await;
}

#[tokio::test]
async fn gstreamer_and_a_participant_get_each_others_media() {
    if runs_on_an_island("gstreamer_and_a_participant_get_each_others_media") {
        return;
    }
    let mut scene = Scene::begin(&["gstreamer_peer.py"]).await;
    scene
        .until(
            "alice and GStreamer have media of each other",
            |alice, peers| {
                hears_and_sees(alice)
                    && peers[0].got("packets", "video") > 50
                    && peers[0].got("packets", "audio") > 50
            },
        )
        .await;
}

/// What alice sends nobody can decode; what these two send, both can.
#[tokio::test]
async fn two_foreign_stacks_decode_each_others_pictures() {
    if runs_on_an_island("two_foreign_stacks_decode_each_others_pictures") {
        return;
    }
    let mut scene = Scene::begin(&["aiortc_peer.py", "gstreamer_peer.py"]).await;
    scene
        .until("both have decoded the other's pictures", |alice, peers| {
            hears_and_sees(alice)
                && peers.iter().all(|peer| {
                    peer.got("frames", "video") > 20 && peer.got("frames", "audio") > 50
                })
        })
        .await;
}
