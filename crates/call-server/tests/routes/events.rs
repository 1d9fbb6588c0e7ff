use serde_json::json;

use crate::support::{NOBODYS_CALL, admin_token, start};

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_happened_is_told_in_order() {
    let server = start().await;
    let id = server.answered_call("alice", "bob").await;
    server
        .post("bob", &format!("/api/calls/{id}/leave"), &json!({}))
        .await;
    let path = format!("/api/calls/{id}/events");
    let body = server.get("alice", &path).await.json();
    let items = body["items"].as_array().expect("items");
    assert_eq!(items[0]["type"], "created");
    assert_eq!(items[0]["userId"], "alice");
    assert_eq!(items[0]["deviceId"], "alice-1");
    assert_eq!(items[0]["data"], json!({ "type": "audio" }));
    let answered = items
        .iter()
        .find(|item| item["type"] == "answered")
        .expect("answered");
    assert_eq!(
        (&answered["userId"], &answered["deviceId"]),
        (&json!("bob"), &json!("bob-1"))
    );
    let last = items.last().expect("an end");
    assert_eq!(last["type"], "ended");
    assert_eq!(last["data"]["reason"], "declined");
    let versions: Vec<u64> = items
        .iter()
        .filter_map(|item| item["version"].as_u64())
        .collect();
    assert!(
        versions.is_sorted() && versions.len() == items.len(),
        "{versions:?}"
    );
    let admin = server
        .ask("GET", &path)
        .with_token(&admin_token("root"))
        .send()
        .await;
    assert_eq!(admin.json(), body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let known = server.get("eve", &format!("/api/calls/{id}/events")).await;
    known.is_problem(404, "not_found");
    let unknown = server
        .get("eve", &format!("/api/calls/{NOBODYS_CALL}/events"))
        .await;
    assert_eq!(known.text, unknown.text);
}
