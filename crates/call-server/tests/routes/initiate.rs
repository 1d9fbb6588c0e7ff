use serde_json::{Value, json};

use crate::support::{Reply, Server, start, start_with};

fn wish(kind: &str, called: &[&str], device: &str) -> Value {
    json!({ "type": kind, "participantIds": called, "deviceId": device })
}

async fn initiate(server: &Server, user: &str, body: &Value) -> Reply {
    server.post(user, "/api/calls/initiate", body).await
}

async fn initiate_with_key(server: &Server, user: &str, key: &str, body: &Value) -> Reply {
    let ask = server
        .ask("POST", "/api/calls/initiate")
        .by(user)
        .header("Idempotency-Key", key);
    ask.json(body).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_begins() {
    let server = start().await;
    let body = json!({
        "type": "video", "participantIds": ["bob", "carol"], "deviceId": "alice-1",
        "conversationId": "c-42", "metadata": { "topic": ["budget", 7] }
    });
    let reply = initiate(&server, "alice", &body).await;
    assert_eq!(reply.status, 201);
    let call = reply.json();
    let id = call["id"].as_str().expect("an id");
    assert_eq!(
        reply.header("location"),
        Some(format!("/api/calls/{id}").as_str())
    );
    assert_eq!(reply.header("idempotent-replayed"), None);
    assert_eq!(call["version"], 1);
    assert_eq!(call["type"], "video");
    assert_eq!(call["topology"], "p2p");
    assert_eq!(call["initiatorId"], "alice");
    assert_eq!(call["conversationId"], "c-42");
    assert_eq!(call["metadata"], body["metadata"]);
    let participants = call["participants"].as_array().expect("participants");
    assert_eq!(participants.len(), 3);
    assert_eq!(participants[0]["name"], "ALICE");
    assert_eq!(participants[0]["role"], "initiator");
    assert_eq!(participants[0]["status"], "accepted");
    assert_eq!(participants[0]["deviceId"], "alice-1");
    assert_eq!(participants[1]["userId"], "bob");
    assert_eq!(participants[1]["status"], "invited");
    let stored = server.get("alice", &format!("/api/calls/{id}")).await;
    assert_eq!(stored.json(), call);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_valid_wish_names_the_field() {
    let server = start().await;
    let good = wish("audio", &["bob"], "alice-1");
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (body, said) in [
        (with("participantIds", json!([])), "Nobody is called"),
        (
            with("participantIds", json!(["alice"])),
            "annot call itself",
        ),
        (
            with("participantIds", json!(["bob", "bob"])),
            "called twice",
        ),
        (
            with("participantIds", json!(["bob", "b b"])),
            "participantIds[1]",
        ),
        (
            with("participantIds", json!(["b\u{0}b"])),
            "participantIds[0]",
        ),
        (
            with("participantIds", json!(["x".repeat(10_000)])),
            "participantIds[0]",
        ),
        (with("participantIds", json!("bob")), "not as documented"),
        (with("participantIds", json!([7])), "not as documented"),
        (with("deviceId", json!("")), "deviceId"),
        (with("deviceId", Value::Null), "not as documented"),
        (with("type", json!("hologram")), "not as documented"),
        (with("conversationId", json!("c\n1")), "conversationId"),
        (with("metadata", json!("text")), "not as documented"),
        (
            with("metadata", json!({ "big": "x".repeat(5000) })),
            "metadata",
        ),
        (with("metadata", json!({ "nul": "a\u{0}b" })), "stored"),
    ] {
        let problem = initiate(&server, "alice", &body)
            .await
            .is_problem(400, "invalid_request");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains(said), "{detail:?} should say {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mesh_has_an_end() {
    let server = start().await;
    let four = wish("audio", &["b", "c", "d", "e"], "a-1");
    assert_eq!(initiate(&server, "a", &four).await.status, 201);
    let five = wish("audio", &["b", "c", "d", "e", "f"], "a-2");
    initiate(&server, "a", &five)
        .await
        .is_problem(400, "too_many_participants");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_makes_one_call_at_a_time() {
    let server = start().await;
    let first = server.call("alice", &["bob"]).await;
    let again = wish("audio", &["carol"], "alice-1");
    let problem = initiate(&server, "alice", &again)
        .await
        .is_problem(409, "already_in_call");
    assert_eq!(problem["callId"], first.as_str());
    let elsewhere = wish("audio", &["carol"], "alice-2");
    assert_eq!(initiate(&server, "alice", &elsewhere).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_call_each_other_share_one_call() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let reply = initiate(&server, "bob", &wish("audio", &["alice"], "bob-1")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("location"), None);
    let call = reply.json();
    assert_eq!(call["id"], id.as_str());
    assert_eq!(call["status"], "connecting");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_of_different_types_do_not_merge() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let reply = initiate(&server, "bob", &wish("video", &["alice"], "bob-1")).await;
    assert_eq!(reply.is_problem(409, "glare")["callId"], id.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_gets_the_first_answer() {
    let server = start().await;
    let body = wish("audio", &["bob"], "alice-1");
    let first = initiate_with_key(&server, "alice", "key 1", &body).await;
    assert_eq!(first.status, 201);
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = initiate_with_key(&server, "alice", "key 1", &body).await;
    assert_eq!(again.status, 201);
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.text, first.text);
    let other = wish("audio", &["carol"], "alice-1");
    let conflict = initiate_with_key(&server, "alice", "key 1", &other).await;
    conflict.is_problem(409, "idempotency_conflict");
    let of_carol = wish("audio", &["dave"], "carol-1");
    let of_another = initiate_with_key(&server, "carol", "key 1", &of_carol).await;
    assert_eq!(of_another.status, 201, "keys of different users never meet");
    assert_eq!(of_another.header("idempotent-replayed"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_merge_is_answered_as_a_merge() {
    let server = start().await;
    server.call("alice", &["bob"]).await;
    let body = wish("audio", &["alice"], "bob-1");
    let first = initiate_with_key(&server, "bob", "k", &body).await;
    let again = initiate_with_key(&server, "bob", "k", &body).await;
    assert_eq!((first.status, again.status), (200, 200));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_not_kept() {
    let server = start().await;
    let first = server.call("alice", &["bob"]).await;
    let body = wish("audio", &["carol"], "alice-1");
    let refused = initiate_with_key(&server, "alice", "k", &body).await;
    refused.is_problem(409, "already_in_call");
    server
        .post("alice", &format!("/api/calls/{first}/end"), &json!({}))
        .await;
    assert_eq!(
        initiate_with_key(&server, "alice", "k", &body).await.status,
        201
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_printable_ascii_of_bounded_length() {
    let server = start().await;
    let body = wish("audio", &["bob"], "alice-1");
    for key in ["", "ä", "tab\there", &"k".repeat(256)] {
        let reply = initiate_with_key(&server, "alice", key, &body).await;
        reply.is_problem(400, "invalid_request");
    }
    let longest = "~".repeat(255);
    assert_eq!(
        initiate_with_key(&server, "alice", &longest, &body)
            .await
            .status,
        201
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_cannot_start_calls_without_end() {
    let server = start_with(&[("CALL__LIMITS__INITIATE_PER_MINUTE", "2")]).await;
    for device in ["alice-1", "alice-2"] {
        let reply = initiate(&server, "alice", &wish("audio", &["bob"], device)).await;
        assert_eq!(reply.status, 201);
    }
    let reply = initiate(&server, "alice", &wish("audio", &["bob"], "alice-3")).await;
    reply.is_problem(429, "rate_limited");
    let wait: u64 = reply
        .header("retry-after")
        .expect("a time")
        .parse()
        .expect("seconds");
    assert!((1..=31).contains(&wait), "{wait}");
    let other = initiate(&server, "carol", &wish("audio", &["bob"], "carol-1")).await;
    assert_eq!(other.status, 201, "others are not concerned");
}

#[tokio::test(flavor = "multi_thread")]
async fn calling_somebody_busy_ends_at_once() {
    let server = start().await;
    server.answered_call("alice", "bob").await;
    let reply = initiate(&server, "carol", &wish("audio", &["bob"], "carol-1")).await;
    assert_eq!(reply.status, 201);
    let call = reply.json();
    assert_eq!(
        (&call["status"], &call["endReason"]),
        (&json!("ended"), &json!("busy"))
    );
}
