//! Real sockets against a fake application.
#![allow(clippy::expect_used)]

#[path = "socket/scene.rs"]
mod scene;

use std::time::Duration;

use call_signal::{CloseCode, Delivery, Frame, SocketConfig};
use scene::{CALL, Client, Scene, address};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as RawFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

fn text_part(text: &str, opcode: Data, last: bool) -> Message {
    Message::Frame(RawFrame::message(
        text.to_owned(),
        OpCode::Data(opcode),
        last,
    ))
}

#[actix_web::test]
async fn a_session_opens_and_passes_signals_on() {
    let scene = Scene::start(SocketConfig::default());
    let mut alice = Client::ready(&scene, "alice", "a1").await;
    let mut bob = Client::ready(&scene, "bob", "b1").await;
    alice
        .send(json!({"type": "call:offer", "id": "1", "callId": CALL, "to": "bob", "sdp": "v=0"}))
        .await;
    assert_eq!(
        bob.json().await,
        json!({"type": "call:offer", "from": "alice", "sdp": "v=0"})
    );
    assert_eq!(alice.json().await, json!({"type": "ack", "id": "1"}));
    alice
        .send(json!({"type": "call:offer", "id": 7, "callId": CALL, "to": "bob", "sdp": "v=0"}))
        .await;
    assert_eq!(alice.json().await["code"], "invalid_message");
    alice
        .send(json!({"type": "call:offer", "callId": CALL, "to": "carol", "sdp": "v=0"}))
        .await;
    let error = alice.json().await;
    assert_eq!(
        (&error["code"], &error["callId"]),
        (&json!("peer_not_in_call"), &json!(CALL))
    );
    alice.send(json!({"type": "session:ping"})).await;
    assert_eq!(alice.json().await, json!({"type": "session:pong"}));
    assert_eq!(
        scene.log(),
        [
            "opened alice a1",
            "ready alice a1",
            "opened bob b1",
            "ready bob b1"
        ]
    );
}

#[actix_web::test]
async fn what_is_kept_for_a_device_follows_ready() {
    let scene = Scene::start(SocketConfig::default());
    scene.keep_for_ready(300);
    let mut alice = Client::open(&scene).await;
    alice.hello("alice", "a1").await;
    assert_eq!(alice.json().await["type"], "session:ready");
    for n in 0..300 {
        assert_eq!(alice.json().await, json!({"kept": n}));
    }
    assert_eq!(alice.json().await, json!({"type": "ack", "id": "hello"}));
}

#[actix_web::test]
async fn silence_gets_4401() {
    let config = SocketConfig {
        hello_timeout: Duration::from_millis(50),
        ..SocketConfig::default()
    };
    let scene = Scene::start(config);
    let mut client = Client::open(&scene).await;
    assert_eq!(client.close_code().await, 4401);
}

#[actix_web::test]
async fn a_bad_token_gets_4401_after_the_error() {
    let scene = Scene::start(SocketConfig::default());
    let mut client = Client::open(&scene).await;
    client.hello("bad", "a1").await;
    let error = client.json().await;
    assert_eq!(
        (&error["code"], &error["id"]),
        (&json!("unauthenticated"), &json!("hello"))
    );
    assert_eq!(client.close_code().await, 4401);
}

#[actix_web::test]
async fn a_session_that_cannot_be_opened_gets_1013_after_the_error() {
    let scene = Scene::start(SocketConfig::default());
    let mut client = Client::open(&scene).await;
    client.hello("overloaded", "a1").await;
    assert_eq!(client.json().await["code"], "overloaded");
    assert_eq!(client.close_code().await, 1013);
    scene.logged("closed overloaded a1").await;
}

#[actix_web::test]
async fn the_end_of_the_token_is_the_end_of_the_session() {
    let scene = Scene::start(SocketConfig::default());
    let mut client = Client::ready(&scene, "short-lived", "a1").await;
    assert_eq!(client.close_code().await, 4401);
    scene.logged("closed short-lived a1").await;
}

#[actix_web::test]
async fn frames_above_the_limit_get_1009_and_the_limit_itself_passes() {
    let scene = Scene::start(SocketConfig::default());
    let mut client = Client::ready(&scene, "alice", "a1").await;
    client.text(&"x".repeat(64 * 1024)).await;
    assert_eq!(client.json().await["code"], "invalid_message");
    client.text(&"x".repeat(64 * 1024 + 1)).await;
    assert_eq!(client.close_code().await, 1009);
}

#[actix_web::test]
async fn a_frame_of_a_gigabyte_is_refused_by_its_header() {
    let scene = Scene::start(SocketConfig::default());
    let mut client = Client::ready(&scene, "alice", "a1").await;
    let mut header = vec![0x81, 0xFF];
    header.extend((1_u64 << 30).to_be_bytes());
    header.extend([0; 4]);
    client.bytes(&header).await;
    assert_eq!(client.close_code().await, 1009);
}

#[actix_web::test]
async fn fragments_are_put_together_up_to_the_limit() {
    let scene = Scene::start(SocketConfig::default());
    let mut client = Client::ready(&scene, "alice", "a1").await;
    client
        .message(text_part(r#"{"type":"#, Data::Text, false))
        .await;
    client.message(Message::Ping("between".into())).await;
    client
        .message(text_part(r#""session:ping"}"#, Data::Continue, true))
        .await;
    assert_eq!(client.json().await, json!({"type": "session:pong"}));
    client
        .message(text_part(&"x".repeat(40_000), Data::Text, false))
        .await;
    client
        .message(text_part(&"x".repeat(40_000), Data::Continue, true))
        .await;
    assert_eq!(client.close_code().await, 1009);
}

#[actix_web::test]
async fn a_binary_frame_gets_1003() {
    let scene = Scene::start(SocketConfig::default());
    let mut client = Client::ready(&scene, "alice", "a1").await;
    client.message(Message::Binary(vec![1, 2, 3].into())).await;
    assert_eq!(client.close_code().await, 1003);
}

#[actix_web::test]
async fn text_that_is_not_utf_8_gets_1007() {
    let scene = Scene::start(SocketConfig::default());
    let mut client = Client::ready(&scene, "alice", "a1").await;
    client.bytes(&[0x81, 0x82, 0, 0, 0, 0, 0xC3, 0x28]).await;
    assert_eq!(client.close_code().await, 1007);
}

#[actix_web::test]
async fn bytes_that_are_no_frame_get_1002() {
    let scene = Scene::start(SocketConfig::default());
    let mut client = Client::ready(&scene, "alice", "a1").await;
    client.bytes(&[0xF1, 0x80, 0, 0, 0, 0]).await;
    assert_eq!(client.close_code().await, 1002);
}

#[actix_web::test]
async fn too_many_errors_get_4400() {
    let scene = Scene::start(SocketConfig::default());
    let mut client = Client::ready(&scene, "alice", "a1").await;
    for _ in 0..11 {
        client.text("{").await;
    }
    for _ in 0..11 {
        assert_eq!(client.json().await["code"], "invalid_message");
    }
    assert_eq!(client.close_code().await, 4400);
}

#[actix_web::test]
async fn a_flood_gets_4429_and_the_neighbour_notices_nothing() {
    let scene = Scene::start(SocketConfig::default());
    let mut flood = Client::ready(&scene, "flood", "f1").await;
    let mut alice = Client::ready(&scene, "alice", "a1").await;
    let mut bob = Client::ready(&scene, "bob", "b1").await;
    let mut sent = 0;
    while sent < 200_000 && flood.try_text(r#"{"type":"session:ping"}"#).await {
        sent += 1;
    }
    let code = flood.close_code().await;
    // A client that writes on after the close may find the connection reset before it reads.
    assert!(code == 4429 || code == 1006, "{code}");
    let closes = scene.closes(CloseCode::TooManyMessages).await;
    assert_eq!(closes, 1);
    alice
        .send(json!({"type": "call:offer", "callId": CALL, "to": "bob", "sdp": "v=0"}))
        .await;
    assert_eq!(bob.json().await["from"], "alice");
}

#[actix_web::test]
async fn a_burst_within_the_limit_makes_nobody_a_slow_reader() {
    let scene = Scene::start(SocketConfig::default());
    let mut alice = Client::ready(&scene, "alice", "a1").await;
    let mut bob = Client::ready(&scene, "bob", "b1").await;
    let offer = json!({"type": "call:offer", "id": "x", "callId": CALL, "to": "bob", "sdp": ""});
    let burst = (0..450).map(|_| Message::text(offer.to_string()));
    alice.messages(burst).await;
    for _ in 0..450 {
        assert_eq!(alice.json().await["type"], "ack");
        assert_eq!(bob.json().await["type"], "call:offer");
    }
}

#[actix_web::test]
async fn pings_count_as_messages() {
    let config = SocketConfig {
        message_burst: 10,
        messages_per_second: 1,
        ..SocketConfig::default()
    };
    let scene = Scene::start(config);
    let mut client = Client::ready(&scene, "alice", "a1").await;
    for _ in 0..10 {
        client.message(Message::Ping("".into())).await;
    }
    assert_eq!(client.close_code().await, 4429);
}

#[actix_web::test]
async fn a_slow_reader_gets_4408_and_the_neighbour_everything() {
    let scene = Scene::start(SocketConfig::default());
    let mut slow = Client::ready(&scene, "slow", "s1").await;
    let mut quick = Client::ready(&scene, "quick", "q1").await;
    let frame = Frame::from(json!({"fill": "x".repeat(32 * 1024)}).to_string());
    let mut overflowed = false;
    // What the kernel buffers for a connection is finite: some megabytes.
    for _ in 0..5_000 {
        let delivery = scene.hub.send(&address("slow", "s1"), frame.clone());
        assert_eq!(
            scene.hub.send(&address("quick", "q1"), frame.clone()),
            Delivery::Sent
        );
        assert_eq!(quick.text_frame().await.len(), frame.len());
        if delivery == Delivery::Overflowed {
            overflowed = true;
            break;
        }
    }
    assert!(
        overflowed,
        "somebody who reads nothing cannot take everything"
    );
    scene.logged("closed slow s1").await;
    assert_eq!(slow.close_code().await, 4408);
}

#[actix_web::test]
async fn a_newer_session_of_the_device_replaces_the_older_without_a_goodbye() {
    let scene = Scene::start(SocketConfig::default());
    let mut old = Client::ready(&scene, "alice", "a1").await;
    let mut new = Client::ready(&scene, "alice", "a1").await;
    assert_eq!(old.close_code().await, 4409);
    assert_eq!(scene.closes(CloseCode::Replaced).await, 1);
    assert!(!scene.log().iter().any(|line| line.starts_with("closed")));
    new.message(Message::Close(None)).await;
    scene.logged("closed alice a1").await;
}

#[actix_web::test]
async fn a_peer_that_answers_no_ping_is_dropped_and_one_that_does_is_not() {
    let config = SocketConfig {
        heartbeat: Duration::from_millis(50),
        ..SocketConfig::default()
    };
    let scene = Scene::start(config);
    let mut alive = Client::ready(&scene, "alive", "a1").await;
    // Nobody reads this one, so nobody answers its pings.
    let _dead = Client::ready(&scene, "dead", "d1").await;
    let read = async {
        loop {
            alive.message_frame().await;
        }
    };
    tokio::select! {
        () = read => {}
        () = scene.logged("closed dead d1") => {}
    }
    assert!(scene.hub.is_connected(&address("alive", "a1")));
    assert_eq!(scene.closes(CloseCode::Lost).await, 1);
}

#[actix_web::test]
async fn a_lost_connection_is_noticed() {
    let scene = Scene::start(SocketConfig::default());
    let client = Client::ready(&scene, "alice", "a1").await;
    drop(client);
    scene.logged("closed alice a1").await;
    assert_eq!(scene.hub.online(), []);
}

#[actix_web::test]
async fn commands_keep_their_order_and_a_slow_one_stops_no_heartbeat() {
    let config = SocketConfig {
        heartbeat: Duration::from_millis(20),
        ..SocketConfig::default()
    };
    let scene = Scene::start(config);
    let mut alice = Client::ready(&scene, "alice", "a1").await;
    alice
        .send(json!({"type": "call:alerting", "id": "1", "callId": CALL}))
        .await;
    alice
        .send(json!({"type": "call:offer", "id": "2", "callId": CALL, "to": "alice", "sdp": ""}))
        .await;
    scene.logged("command begins").await;
    // More of them than would be missed if the silence of an unread peer counted.
    for _ in 0..5 {
        assert!(matches!(alice.message_frame().await, Message::Ping(_)));
    }
    scene.release_command();
    assert_eq!(alice.json().await, json!({"type": "ack", "id": "1"}));
    assert_eq!(alice.json().await["type"], "call:offer");
    assert_eq!(alice.json().await, json!({"type": "ack", "id": "2"}));
}

#[actix_web::test]
async fn a_command_is_finished_before_the_goodbye() {
    let scene = Scene::start(SocketConfig::default());
    let mut alice = Client::ready(&scene, "alice", "a1").await;
    alice
        .send(json!({"type": "call:alerting", "callId": CALL}))
        .await;
    scene.logged("command begins").await;
    let newer = Client::ready(&scene, "bob", "b1").await;
    drop((alice, newer));
    scene.logged("closed bob b1").await;
    assert!(!scene.log().contains(&"closed alice a1".to_owned()));
    scene.release_command();
    scene.logged("closed alice a1").await;
    let log = scene.log();
    let at = |line: &str| log.iter().position(|l| l == line);
    assert!(at("command ends") < at("closed alice a1"), "{log:?}");
}

#[actix_web::test]
async fn draining_says_1001_to_everybody_and_lets_nobody_in() {
    let scene = Scene::start(SocketConfig::default());
    let mut alice = Client::ready(&scene, "alice", "a1").await;
    let mut silent = Client::open(&scene).await;
    scene
        .hub
        .send(&address("alice", "a1"), r#"{"last":true}"#.into());
    scene.hub.close_all(CloseCode::GoingAway);
    assert_eq!(alice.json().await, json!({"last": true}));
    assert_eq!(alice.close_code().await, 1001);
    silent.hello("bob", "b1").await;
    assert_eq!(silent.close_code().await, 1001);
    scene.hub.drained().await;
    assert_eq!(Client::refused(&scene).await, 503);
    assert_eq!(scene.hub.counts().sockets, 0);
}
