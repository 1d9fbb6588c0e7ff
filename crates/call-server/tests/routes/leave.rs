use serde_json::{Value, json};

use crate::support::{NOBODYS_CALL, start};

#[tokio::test(flavor = "multi_thread")]
async fn leaving_ends_a_call_of_two() {
    let server = start().await;
    let id = server.answered_call("alice", "bob").await;
    let reply = server
        .post("bob", &format!("/api/calls/{id}/leave"), &json!({}))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json()["status"], "ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_call_goes_on() {
    let server = start().await;
    let id = server.call("alice", &["bob", "carol"]).await;
    for user in ["bob", "carol"] {
        let device = json!({ "deviceId": format!("{user}-1") });
        server
            .post(user, &format!("/api/calls/{id}/answer"), &device)
            .await;
    }
    let reply = server
        .ask("POST", &format!("/api/calls/{id}/leave"))
        .by("bob")
        .send()
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let call = reply.json();
    assert_eq!(call["endReason"], Value::Null);
    assert_eq!(call["participants"][1]["status"], "left");
    assert_eq!(call["participants"][1]["leaveReason"], "left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let known = server
        .post("eve", &format!("/api/calls/{id}/leave"), &json!({}))
        .await;
    known.is_problem(404, "not_found");
    let path = format!("/api/calls/{NOBODYS_CALL}/leave");
    assert_eq!(known.text, server.post("eve", &path, &json!({})).await.text);
}
