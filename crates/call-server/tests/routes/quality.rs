use serde_json::json;

use crate::support::{NOBODYS_CALL, start};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_was_measured_yet() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let reply = server
        .get("alice", &format!("/api/calls/{id}/quality"))
        .await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "items": [] })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let known = server.get("eve", &format!("/api/calls/{id}/quality")).await;
    known.is_problem(404, "not_found");
    let unknown = server
        .get("eve", &format!("/api/calls/{NOBODYS_CALL}/quality"))
        .await;
    assert_eq!(known.text, unknown.text);
}
