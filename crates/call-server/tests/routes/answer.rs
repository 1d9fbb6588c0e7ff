use serde_json::json;

use crate::support::{NOBODYS_CALL, start};

#[tokio::test(flavor = "multi_thread")]
async fn one_device_takes_the_call_for_its_user() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let path = format!("/api/calls/{id}/answer");
    let taken = server
        .post("bob", &path, &json!({ "deviceId": "bob-1" }))
        .await;
    assert_eq!(taken.status, 200);
    let call = taken.json();
    assert_eq!(call["status"], "connecting");
    assert_eq!(call["participants"][1]["status"], "accepted");
    assert_eq!(call["participants"][1]["deviceId"], "bob-1");
    assert_eq!(call["participants"][1]["name"], "BOB");
    let again = server
        .post("bob", &path, &json!({ "deviceId": "bob-1" }))
        .await;
    assert_eq!((again.status, again.json()), (200, call));
    let other = server
        .post("bob", &path, &json!({ "deviceId": "bob-2" }))
        .await;
    other.is_problem(409, "answered_elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_initiator_has_nothing_to_take() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let path = format!("/api/calls/{id}/answer");
    let reply = server
        .post("alice", &path, &json!({ "deviceId": "alice-2" }))
        .await;
    reply.is_problem(409, "not_ringing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_over_says_why() {
    let server = start().await;
    let cancelled = server.call("alice", &["bob"]).await;
    server
        .post("alice", &format!("/api/calls/{cancelled}/end"), &json!({}))
        .await;
    let path = format!("/api/calls/{cancelled}/answer");
    let reply = server
        .post("bob", &path, &json!({ "deviceId": "bob-1" }))
        .await;
    reply.is_problem(410, "cancelled");
    let declined = server.call("alice", &["bob"]).await;
    server
        .post("bob", &format!("/api/calls/{declined}/reject"), &json!({}))
        .await;
    let path = format!("/api/calls/{declined}/answer");
    let reply = server
        .post("bob", &path, &json!({ "deviceId": "bob-1" }))
        .await;
    reply.is_problem(410, "declined");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let body = json!({ "deviceId": "eve-1" });
    let mut answers = Vec::new();
    for call in [&id, NOBODYS_CALL, "no-id", "%00", &"x".repeat(10_000)] {
        let reply = server
            .post("eve", &format!("/api/calls/{call}/answer"), &body)
            .await;
        reply.is_problem(404, "not_found");
        answers.push(reply.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_must_be_named() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let path = format!("/api/calls/{id}/answer");
    for body in [
        json!({}),
        json!({ "deviceId": "" }),
        json!({ "deviceId": "a\u{0}b" }),
    ] {
        server
            .post("bob", &path, &body)
            .await
            .is_problem(400, "invalid_request");
    }
}
