use serde_json::json;

use crate::support::{NOBODYS_CALL, start};

#[tokio::test(flavor = "multi_thread")]
async fn what_one_sends_is_told() {
    let server = start().await;
    let id = server.answered_call("alice", "bob").await;
    let path = format!("/api/calls/{id}/media");
    let reply = server
        .patch("bob", &path, &json!({ "audio": false, "screen": true }))
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let participant = reply.json();
    assert_eq!(participant["userId"], "bob");
    assert_eq!(
        participant["media"],
        json!({ "audio": false, "video": false, "screen": true })
    );
    let call = server
        .get("alice", &format!("/api/calls/{id}"))
        .await
        .json();
    assert_eq!(call["participants"][1]["media"], participant["media"]);
    let back = server
        .patch("bob", &path, &json!({ "audio": true }))
        .await
        .json();
    assert_eq!(
        back["media"],
        json!({ "audio": true, "video": false, "screen": true })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_is_told_so() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let path = format!("/api/calls/{id}/media");
    let change = json!({ "audio": false });
    server
        .patch("bob", &path, &change)
        .await
        .is_problem(409, "not_joined");
    for body in [
        json!({}),
        json!({ "audio": "no" }),
        json!({ "volume": 11 }),
        json!([]),
    ] {
        server
            .patch("alice", &path, &body)
            .await
            .is_problem(400, "invalid_request");
    }
    let stranger = server.patch("eve", &path, &change).await;
    stranger.is_problem(404, "not_found");
    let unknown = server
        .patch("eve", &format!("/api/calls/{NOBODYS_CALL}/media"), &change)
        .await;
    assert_eq!(stranger.text, unknown.text);
}
