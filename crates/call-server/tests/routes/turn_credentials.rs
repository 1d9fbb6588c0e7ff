use std::time::Duration;

use call_domain::Timestamp;
use call_turn::{Secret, TurnAuthority};
use serde_json::json;

use crate::support::{now, start, start_with};

const PATH: &str = "/api/calls/turn-credentials";

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_a_turn_server_accepts() {
    let server = start_with(&[
        ("TURN_SERVER_HOST", "turn.example.com"),
        ("TURN_SECRET", "shared with coturn"),
        ("TURN_TTL", "600"),
    ])
    .await;
    let reply = server.get("alice", PATH).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let body = reply.json();
    let text = |name: &str| body[name].as_str().expect("a text").to_owned();
    let authority = TurnAuthority::new(
        vec![Secret::new("shared with coturn").expect("a secret")],
        Vec::new(),
        Duration::from_mins(10),
    )
    .expect("an authority");
    let moment = Timestamp::from_micros(i64::try_from(now()).expect("seconds") * 1_000_000);
    let user = authority.verify(&text("username"), &text("credential"), moment);
    assert_eq!(user.map(|user| user.to_string()), Ok("alice".to_owned()));
    assert_eq!(body["ttl"], 600);
    assert_eq!(
        body["uris"],
        json!([
            "stun:turn.example.com:3478",
            "turn:turn.example.com:3478?transport=udp",
            "turn:turn.example.com:3478?transport=tcp"
        ])
    );
    let servers = body["iceServers"].as_array().expect("servers");
    assert_eq!(
        servers[0],
        json!({ "urls": ["stun:turn.example.com:3478"] })
    );
    assert_eq!(servers[1]["username"], body["username"]);
    assert_eq!(servers[1]["credential"], body["credential"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_turn_server_there_is_none_to_name() {
    let server = start().await;
    let body = server.get("alice", PATH).await.json();
    assert_eq!(
        body,
        json!({ "username": "", "credential": "", "ttl": 86400, "uris": [], "iceServers": [] })
    );
}
