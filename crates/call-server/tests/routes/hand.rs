use serde_json::json;

use crate::support::{NOBODYS_CALL, start};

#[tokio::test(flavor = "multi_thread")]
async fn hands_go_up_and_down() {
    let server = start().await;
    let id = server.answered_call("alice", "bob").await;
    let path = format!("/api/calls/{id}/hand");
    let raise = |raised: bool| server.put("bob", &path, json!({ "raised": raised }));
    let up = raise(true).await;
    assert_eq!(up.status, 200, "{}", up.text);
    let since = up.json()["handRaisedAt"].clone();
    assert!(since.is_string());
    assert_eq!(up.json()["userId"], "bob");
    assert_eq!(
        raise(true).await.json()["handRaisedAt"],
        since,
        "raised twice"
    );
    let call = server.get("alice", &format!("/api/calls/{id}")).await;
    let participants = &call.json()["participants"];
    assert_eq!(participants[1]["handRaisedAt"], since);
    assert!(participants[0]["handRaisedAt"].is_null());
    assert!(raise(false).await.json()["handRaisedAt"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_is_told_so() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let path = format!("/api/calls/{id}/hand");
    let raised = json!({ "raised": true });
    let invited = server.put("bob", &path, raised.clone()).await;
    invited.is_problem(409, "not_joined");
    for body in [json!({}), json!({ "raised": "yes" }), json!([])] {
        let reply = server.put("alice", &path, body).await;
        reply.is_problem(400, "invalid_request");
    }
    let stranger = server.put("eve", &path, raised.clone()).await;
    stranger.is_problem(404, "not_found");
    let nowhere = format!("/api/calls/{NOBODYS_CALL}/hand");
    assert_eq!(
        stranger.text,
        server.put("eve", &nowhere, raised.clone()).await.text
    );
    server
        .post("alice", &format!("/api/calls/{id}/end"), &json!({}))
        .await;
    let over = server.put("alice", &path, raised).await;
    over.is_problem(410, "cancelled");
}
