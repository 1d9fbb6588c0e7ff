//! Calls that go over the embedded SFU: hand-over, offers, what is refused, numbers.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::support::{Server, start_with, token};
use crate::turn_client::TurnClient;

const ENABLED: (&str, &str) = ("CALL__SFU__ENABLED", "true");
const PATIENCE: Duration = Duration::from_secs(20);

/// The socket of a device.
struct Device(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Device {
    /// Of the user's device `USER-1`.
    async fn open(server: &Server, user: &str) -> Self {
        let (socket, _) = connect_async(format!("ws://{}/ws", server.host()))
            .await
            .expect("a socket");
        let mut device = Self(socket);
        let hello = json!({
            "type": "session:hello", "token": token(user), "deviceId": format!("{user}-1")
        });
        device.send(&hello).await;
        device.next("session:ready").await;
        device
    }

    async fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.0.send(Message::text(text)).await.expect("sent");
    }

    /// The next message of that type; others are passed over.
    async fn next(&mut self, kind: &str) -> Value {
        self.find(|message| message["type"] == kind).await
    }

    async fn find(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let found = timeout(PATIENCE, async {
            loop {
                let frame = self.0.next().await.expect("open").expect("a frame");
                if let Message::Text(text) = frame {
                    let message: Value = serde_json::from_str(&text).expect("JSON");
                    if wanted(&message) {
                        return message;
                    }
                }
            }
        });
        found.await.expect("it comes")
    }
}

/// Alice, with a socket, and Bob and Carol, without, are in a call.
async fn three(server: &Server) -> (Device, String) {
    let alice = Device::open(server, "alice").await;
    let id = server.call("alice", &["bob", "carol"]).await;
    for user in ["bob", "carol"] {
        let device = json!({ "deviceId": format!("{user}-1") });
        let reply = server
            .post(user, &format!("/api/calls/{id}/answer"), &device)
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    (alice, id)
}

/// Where the server's offer says that it is, by `udp` or `tcp`.
fn candidate(offer: &Value, protocol: &str) -> SocketAddr {
    let sdp = offer["sdp"].as_str().expect("a text");
    let found = sdp.lines().find_map(|line| {
        let words: Vec<_> = line.strip_prefix("a=candidate:")?.split(' ').collect();
        let of_protocol = words[2].eq_ignore_ascii_case(protocol);
        of_protocol.then(|| {
            format!("{}:{}", words[4], words[5])
                .parse()
                .expect("an address")
        })
    });
    found.expect("a candidate")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_third_person_takes_a_call_to_the_sfu() {
    let server = start_with(&[ENABLED]).await;
    let (mut alice, id) = three(&server).await;
    let updated = alice
        .find(|m| m["type"] == "call:updated" && m["call"]["topology"] == "sfu")
        .await;
    let room = updated["call"]["sfuRoomId"]
        .as_str()
        .expect("a room")
        .to_owned();
    assert_eq!(room, format!("{id}-{}", updated["version"]));
    let offer = alice.next("media:offer").await;
    assert_eq!(
        (&offer["callId"], &offer["revision"]),
        (&json!(id), &json!(1))
    );
    assert_eq!(
        offer["publish"],
        json!({ "audio": "a", "video": "v", "screen": "s", "screenAudio": "sa" })
    );
    let sdp = offer["sdp"].as_str().expect("a text");
    for line in ["a=ice-lite", "a=setup:actpass", "a=mid:a", "a=mid:v"] {
        assert!(sdp.lines().any(|found| found == line), "{line}\n{sdp}");
    }
    assert!(sdp.contains("a=fingerprint:sha-256 "));
    assert!(candidate(&offer, "udp").ip().is_loopback());
    let tcp = candidate(&offer, "tcp");
    assert!(TcpStream::connect(tcp).await.is_ok(), "it listens there");
    // The others have no socket, hence nobody to offer to.
    let stats = server
        .get("bob", &format!("/api/calls/{id}/stats"))
        .await
        .json();
    assert_eq!(
        (&stats["topology"], &stats["sfuRoomId"]),
        (&json!("sfu"), &json!(room))
    );
    assert_eq!(stats["peers"].as_array().map(Vec::len), Some(3));
    let seen = &stats["peers"][0]["server"];
    assert_eq!(
        (&seen["connected"], &seen["inbound"]),
        (&json!(false), &json!([]))
    );
    assert!(stats["peers"][1]["server"].is_null());
    for _ in 0..200 {
        let text = server.ask("GET", "/metrics").send().await.text;
        let has = |line: &str| text.lines().any(|found| found == line);
        if has("call_sfu_rooms 1") && has("call_sfu_peers 1") {
            assert!(has("calls_topology_changes_total{to=\"sfu\"} 1"), "{text}");
            return;
        }
    }
    panic!("the room is not counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_answers_are_refused_and_a_new_session_helps() {
    let server = start_with(&[ENABLED]).await;
    let (mut alice, id) = three(&server).await;
    let offer = alice.next("media:offer").await;
    let session = offer["session"].clone();
    let answer = |session: &Value, revision: u32| {
        json!({
            "type": "media:answer", "id": "1", "callId": id, "session": session,
            "revision": revision, "sdp": "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\n"
        })
    };
    alice.send(&answer(&session, 1)).await;
    assert_eq!(alice.next("error").await["code"], "bad_sdp");
    alice.send(&answer(&json!("another"), 1)).await;
    let error = alice.next("error").await;
    assert_eq!(
        (&error["code"], &error["callId"]),
        (&json!("unknown_session"), &json!(id))
    );
    let restart = json!({ "type": "media:restart", "id": "2", "callId": id, "session": null });
    alice.send(&restart).await;
    let fresh = alice.next("media:offer").await;
    assert_ne!(fresh["session"], session);
    assert_eq!(fresh["revision"], 1);
    // Whoever has no part in the call is not told whether there is one.
    let mut eve = Device::open(&server, "eve").await;
    eve.send(&restart).await;
    let error = eve.next("error").await;
    assert!(
        error["code"] == "not_in_call" || error["code"] == "call_not_found",
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_two_goes_back() {
    let return_after = ("CALL__POLICY__P2P_RETURN_AFTER", "0.1");
    let server = start_with(&[ENABLED, return_after]).await;
    let (mut alice, id) = three(&server).await;
    alice.next("media:offer").await;
    server
        .post("carol", &format!("/api/calls/{id}/leave"), &json!({}))
        .await;
    let updated = alice
        .find(|m| m["type"] == "call:updated" && m["call"]["topology"] == "p2p")
        .await;
    assert!(updated["call"]["sfuRoomId"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_back_is_offered_again() {
    let server = start_with(&[ENABLED]).await;
    let (mut alice, _) = three(&server).await;
    alice.next("media:offer").await;
    drop(alice);
    let mut back = Device::open(&server, "alice").await;
    back.next("media:offer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_everybody_is_offered_again() {
    let server = start_with(&[ENABLED]).await;
    let (mut alice, id) = three(&server).await;
    let before = alice.next("media:offer").await;
    let server = server.restart_with(&[ENABLED]).await;
    let mut alice = Device::open(&server, "alice").await;
    let offer = alice.next("media:offer").await;
    assert_eq!(
        (&offer["callId"], &offer["revision"]),
        (&json!(id), &json!(1))
    );
    assert_ne!(offer["session"], before["session"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_relay_reaches_the_sfu_and_no_other_port_of_this_host() {
    let relay = [
        ("CALL__TURN__EMBEDDED", "true"),
        ("CALL__TURN__LISTEN", "udp:127.0.0.1:0,tcp:127.0.0.1:0"),
    ];
    let server = start_with(&[ENABLED, relay[0], relay[1]]).await;
    let (mut alice, _) = three(&server).await;
    let sfu = candidate(&alice.next("media:offer").await, "udp");
    let issued = server
        .get("alice", "/api/calls/turn-credentials")
        .await
        .json();
    let mut client = TurnClient::connect(&issued, "tcp").await;
    client.allocate().await.expect("allocated");
    assert_eq!(client.permit(sfu.ip()).await, Ok(()));
    assert_eq!(client.bind(sfu).await, Ok(()));
    let other = tokio::net::UdpSocket::bind("127.0.0.1:0")
        .await
        .expect("a socket");
    let other = other.local_addr().expect("bound");
    assert_eq!(client.bind(other).await, Err(403));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_sfu_three_stay_peer_to_peer() {
    let server = start_with(&[]).await;
    let (mut alice, id) = three(&server).await;
    let call = server
        .get("alice", &format!("/api/calls/{id}"))
        .await
        .json();
    assert_eq!(
        (&call["topology"], &call["sfuRoomId"]),
        (&json!("p2p"), &Value::Null)
    );
    let restart = json!({ "type": "media:restart", "id": "1", "callId": id, "session": null });
    alice.send(&restart).await;
    assert_eq!(alice.next("error").await["code"], "not_on_sfu");
}
