use serde_json::{Value, json};

use crate::support::{NOBODYS_CALL, start};

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_ends_a_call_of_two() {
    let server = start().await;
    for (body, reason) in [
        (json!({}), "declined"),
        (json!({ "reason": "declined" }), "declined"),
        (json!({ "reason": Value::Null }), "declined"),
        (json!({ "reason": "busy" }), "busy"),
    ] {
        let id = server.call("alice", &["bob"]).await;
        let reply = server
            .post("bob", &format!("/api/calls/{id}/reject"), &body)
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let call = reply.json();
        assert_eq!(
            (&call["status"], &call["endReason"]),
            (&json!("ended"), &json!(reason))
        );
        assert_eq!(call["participants"][1]["status"], reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_body_may_be_left_out() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let reply = server
        .ask("POST", &format!("/api/calls/{id}/reject"))
        .by("bob")
        .send()
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["endReason"], "declined");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_call_goes_on() {
    let server = start().await;
    let id = server.call("alice", &["bob", "carol"]).await;
    let reply = server
        .post("bob", &format!("/api/calls/{id}/reject"), &json!({}))
        .await;
    let call = reply.json();
    assert_eq!(call["endReason"], Value::Null);
    assert_eq!(call["participants"][1]["status"], "declined");
    assert_eq!(call["participants"][2]["status"], "invited");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_refuse_is_told_so() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let path = format!("/api/calls/{id}/reject");
    server
        .post("bob", &path, &json!({ "reason": "bored" }))
        .await
        .is_problem(400, "invalid_request");
    server
        .post("bob", &path, &json!({ "reason": 7 }))
        .await
        .is_problem(400, "invalid_request");
    server
        .post("alice", &path, &json!({}))
        .await
        .is_problem(409, "not_ringing");
    let stranger = server.post("eve", &path, &json!({})).await;
    stranger.is_problem(404, "not_found");
    let unknown = server
        .post(
            "eve",
            &format!("/api/calls/{NOBODYS_CALL}/reject"),
            &json!({}),
        )
        .await;
    assert_eq!(stranger.text, unknown.text);
    server
        .post("alice", &format!("/api/calls/{id}/end"), &json!({}))
        .await;
    server
        .post("bob", &path, &json!({}))
        .await
        .is_problem(410, "cancelled");
}
