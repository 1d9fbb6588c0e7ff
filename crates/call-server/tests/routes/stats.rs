use serde_json::{Value, json};

use crate::support::{NOBODYS_CALL, admin_token, start};

#[tokio::test(flavor = "multi_thread")]
async fn everybody_in_the_call_is_in_it() {
    let server = start().await;
    let id = server.answered_call("alice", "bob").await;
    let path = format!("/api/calls/{id}/stats");
    let reply = server.get("alice", &path).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let stats = reply.json();
    assert_eq!(
        (&stats["callId"], &stats["topology"], &stats["sfuRoomId"]),
        (&json!(id), &json!("p2p"), &Value::Null)
    );
    assert!(stats["at"].as_str().is_some_and(|at| at.ends_with('Z')));
    let peer = |user: &str| json!({ "userId": user, "server": null, "client": null });
    assert_eq!(stats["peers"], json!([peer("alice"), peer("bob")]));
    server
        .post("bob", &format!("/api/calls/{id}/end"), &json!({}))
        .await;
    let over = server.get("bob", &path).await.json();
    assert_eq!(over["peers"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_for_participants_and_administrators() {
    let server = start().await;
    let id = server.answered_call("alice", "bob").await;
    let path = format!("/api/calls/{id}/stats");
    let root = server.ask("GET", &path).with_token(&admin_token("root"));
    assert_eq!(root.send().await.status, 200);
    let stranger = server.get("eve", &path).await;
    stranger.is_problem(404, "not_found");
    let unknown = format!("/api/calls/{NOBODYS_CALL}/stats");
    assert_eq!(server.get("eve", &unknown).await.text, stranger.text);
}
