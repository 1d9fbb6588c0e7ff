//! What a hostile or broken client sends disturbs nobody else.

use call_tests::{Device, Server};
use serde_json::{Value, json};

/// A server with a pair in a call, who must not notice anything.
struct Scene {
    server: Server,
    alice: Device,
    bob: Device,
    call: String,
}

impl Scene {
    async fn set(settings: &[(&str, &str)]) -> Self {
        let server = Server::start(settings).await;
        let mut alice = Device::connected(&server, "alice", "a1").await;
        let mut bob = Device::connected(&server, "bob", "b1").await;
        let call = alice.initiate(&["bob"]).await["id"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        bob.event("call:incoming").await;
        assert_eq!(bob.answer(&call).await.status, 200);
        alice.say_connected(&call).await;
        bob.say_connected(&call).await;
        alice
            .event_where("call:updated", |e| e["call"]["status"] == "active")
            .await;
        Self {
            server,
            alice,
            bob,
            call,
        }
    }

    /// The pair still hears each other.
    async fn goes_on(&mut self) {
        let offer = json!({"type": "call:offer", "callId": self.call, "to": "bob", "sdp": "v=0"});
        self.alice.send(&offer).await;
        assert_eq!(self.bob.event("call:offer").await["from"], "alice");
        assert_eq!(
            self.alice
                .get(&format!("/api/calls/{}", self.call))
                .await
                .status,
            200
        );
        assert!(
            !self.server.log().contains("panicked"),
            "{}",
            self.server.log()
        );
    }
}

#[tokio::test]
async fn bad_messages_get_an_error_with_a_code_and_do_no_harm() {
    let mut scene = Scene::set(&[]).await;
    let call = scene.call.clone();
    let offer = |sdp: &str| json!({"type": "call:offer", "id": "7", "callId": call, "to": "bob", "sdp": sdp});
    let candidate = |text: &str| {
        json!({"type": "call:ice-candidate", "callId": call, "to": "bob",
               "candidate": {"candidate": text, "sdpMid": "0", "sdpMLineIndex": 0}})
    };
    let bad = [
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "{}".to_owned(),
        json!({"type": "call:destroy"}).to_string(),
        json!({"type": 7}).to_string(),
        offer(&"x".repeat(33 * 1024)).to_string(),
        candidate("candidate:1\r\na=evil").to_string(),
        candidate(&"x".repeat(1025)).to_string(),
    ];
    // One socket each: ten errors in ten seconds end a session, and that is tested elsewhere.
    for (n, text) in bad.iter().enumerate() {
        let mut device = Device::connected(&scene.server, "alice", &format!("bad{n}")).await;
        device.send_text(text).await;
        let error = device.event("error").await;
        assert!(
            error["code"].is_string() && error["detail"].is_string(),
            "{text:.60}: {error}"
        );
    }
    let ids = [
        json!("\u{0}"),
        json!("x".repeat(10_000)),
        json!("not-a-uuid"),
        json!(""),
        json!(5),
        Value::Null,
    ];
    for (n, id) in ids.iter().enumerate() {
        let mut device = Device::connected(&scene.server, "alice", &format!("id{n}")).await;
        device
            .send(&json!({"type": "call:sync", "callId": id}))
            .await;
        assert!(device.event("error").await["code"].is_string());
    }
    scene.goes_on().await;
}

#[tokio::test]
async fn eleven_errors_end_the_session() {
    let mut scene = Scene::set(&[]).await;
    let mut eve = Device::connected(&scene.server, "eve", "e1").await;
    for _ in 0..11 {
        eve.send_text("{").await;
    }
    assert_eq!(eve.close_code().await, 4400);
    scene.goes_on().await;
}

#[tokio::test]
async fn an_sdp_of_a_megabyte_closes_its_own_socket_only() {
    let mut scene = Scene::set(&[]).await;
    let mut eve = Device::connected(&scene.server, "eve", "e1").await;
    let big = json!({"type": "call:offer", "callId": scene.call, "to": "bob", "sdp": "x".repeat(1 << 20)});
    // The server may close before all of it is sent.
    let sent = eve.try_send_text(&big.to_string()).await;
    let code = eve.close_code().await;
    assert!(
        code == 1009 || (!sent && code == 1006),
        "closed with {code}"
    );
    scene.goes_on().await;
}

#[tokio::test]
async fn a_million_fast_messages_end_in_4429() {
    let mut scene = Scene::set(&[]).await;
    let mut eve = Device::connected(&scene.server, "eve", "e1").await;
    let ping = json!({"type": "session:ping"}).to_string();
    let mut sent = 0_u32;
    while sent < 1_000_000 && eve.try_send_text(&ping).await {
        sent += 1;
    }
    let code = eve.close_code().await;
    assert!(
        code == 4429 || code == 1006,
        "closed with {code} after {sent}"
    );
    assert!(sent < 1_000_000, "nobody may send a million messages");
    scene.goes_on().await;
}

#[tokio::test]
async fn tokens_that_are_not_ours_open_nothing() {
    let mut scene = Scene::set(&[]).await;
    let expired = scene
        .server
        .token_with(&json!({"sub": "eve", "exp": 1_000_000_000}));
    let endless = scene.server.token_with(&json!({"sub": "eve"}));
    let nobody = scene
        .server
        .token_with(&json!({"sub": "a b", "exp": 9_999_999_999_u64}));
    // {"alg":"none","typ":"JWT"} . {"sub":"alice","exp":9999999999} . (no signature)
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6OTk5OTk5OTk5OX0.";
    let forged = format!("{}x", scene.server.token("alice"));
    for token in [
        expired.as_str(),
        &endless,
        &nobody,
        none,
        &forged,
        "",
        "a.b.c",
    ] {
        let mut eve = Device::new(&scene.server, "eve", "e1");
        eve.token = token.to_owned();
        let answer = eve.get("/api/calls").await;
        assert_eq!(answer.status, 401, "{token}: {}", answer.body);
        assert!(answer.headers.contains_key("www-authenticate"));
        eve.open().await;
        eve.send(&json!({"type": "session:hello", "token": token, "deviceId": "e1"}))
            .await;
        assert_eq!(eve.close_code().await, 4401, "{token}");
    }
    scene.goes_on().await;
}

#[tokio::test]
async fn nothing_is_accepted_before_hello() {
    let scene = Scene::set(&[]).await;
    let mut eve = Device::new(&scene.server, "eve", "e1");
    eve.open().await;
    eve.send(&json!({"type": "call:sync", "callId": scene.call}))
        .await;
    let first = eve.frame().await;
    match first {
        Ok(frame) => assert_eq!(frame["type"], "error"),
        Err(code) => assert_eq!(code, 4401),
    }
}

#[tokio::test]
async fn an_evil_origin_is_refused_before_the_upgrade() {
    let mut scene = Scene::set(&[]).await;
    let eve = Device::new(&scene.server, "eve", "e1");
    let upgrade = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let mut headers = upgrade.to_vec();
    headers.push(("origin", "https://evil.example"));
    let answer = eve
        .request(reqwest::Method::GET, "/ws", None, &headers)
        .await;
    assert_eq!(answer.status, 403);
    scene.goes_on().await;
}

#[tokio::test]
async fn a_second_session_of_a_device_replaces_the_first() {
    let mut scene = Scene::set(&[]).await;
    let mut newer = Device::connected(&scene.server, "bob", "b1").await;
    assert_eq!(scene.bob.close_code().await, 4409);
    let offer = json!({"type": "call:offer", "callId": scene.call, "to": "bob", "sdp": "v=0"});
    scene.alice.send(&offer).await;
    assert_eq!(newer.event("call:offer").await["from"], "alice");
}

#[tokio::test]
async fn rest_refuses_what_is_no_request() {
    let mut scene = Scene::set(&[]).await;
    let eve = Device::new(&scene.server, "eve", "e1");
    let long = "x".repeat(10_000);
    for body in [
        json!({}),
        json!([]),
        json!({"type": "hologram", "participantIds": ["bob"], "deviceId": "e1"}),
        json!({"type": "audio", "participantIds": [], "deviceId": "e1"}),
        json!({"type": "audio", "participantIds": ["eve"], "deviceId": "e1"}),
        json!({"type": "audio", "participantIds": ["bob", "bob"], "deviceId": "e1"}),
        json!({"type": "audio", "participantIds": ["b\u{0}b"], "deviceId": "e1"}),
        json!({"type": "audio", "participantIds": [long], "deviceId": "e1"}),
        json!({"type": "audio", "participantIds": ["bob"]}),
        json!({"type": "audio", "participantIds": ["bob"], "deviceId": "e 1"}),
    ] {
        let answer = eve.post("/api/calls/initiate", body.clone()).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (400, &json!("invalid_request")),
            "{body}"
        );
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
    let many =
        json!({"type": "audio", "participantIds": ["a", "b", "c", "d", "e"], "deviceId": "e1"});
    let answer = eve.post("/api/calls/initiate", many).await;
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (400, &json!("too_many_participants"))
    );
    for path in [
        "/api/calls?limit=201",
        "/api/calls?cursor=%00",
        "/api/calls?status=gone",
    ] {
        assert_eq!(eve.get(path).await.status, 400, "{path}");
    }
    for path in ["/api/calls/%00", "/api/calls/x", "/api/nothing"] {
        assert_eq!(eve.get(path).await.status, 404, "{path}");
    }
    scene.goes_on().await;
}
