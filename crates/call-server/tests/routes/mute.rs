use serde_json::{Value, json};

use crate::support::{Reply, Server, start};

async fn mute(server: &Server, by: &str, id: &str, user: &str, body: &Value) -> Reply {
    let path = format!("/api/calls/{id}/participants/{user}/mute");
    server.post(by, &path, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_initiator_turns_others_off_and_only_they_turn_on_again() {
    let server = start().await;
    let id = server.answered_call("alice", "bob").await;
    let path = format!("/api/calls/{id}/media");
    server.patch("bob", &path, &json!({ "screen": true })).await;
    let audio = json!({ "audio": true });
    let reply = mute(&server, "alice", &id, "bob", &audio).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json()["userId"], "bob");
    assert_eq!(
        reply.json()["media"],
        json!({ "audio": false, "video": false, "screen": true })
    );
    let both = json!({ "audio": true, "screen": true });
    let reply = mute(&server, "alice", &id, "bob", &both).await;
    assert_eq!(reply.json()["media"]["screen"], false);
    let refused = mute(&server, "bob", &id, "alice", &audio).await;
    refused.is_problem(403, "not_allowed");
    let on = server.patch("bob", &path, &audio).await;
    assert_eq!(on.json()["media"]["audio"], true);
    let events = server
        .get("bob", &format!("/api/calls/{id}/events"))
        .await
        .json();
    let items = events["items"].as_array().expect("items");
    let muted = items
        .iter()
        .find(|item| item["type"] == "muted")
        .expect("logged");
    assert_eq!(
        (&muted["userId"], &muted["data"]["by"]),
        (&json!("bob"), &json!("alice"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_is_told_so() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let audio = json!({ "audio": true });
    let ringing = mute(&server, "alice", &id, "bob", &audio).await;
    ringing.is_problem(409, "not_joined");
    let stranger = mute(&server, "eve", &id, "bob", &audio).await;
    stranger.is_problem(404, "not_found");
    let nobody = mute(&server, "alice", &id, "zoe", &audio).await;
    nobody.is_problem(404, "not_found");
    for body in [
        json!({}),
        json!({ "audio": false }),
        json!({ "audio": true, "video": false }),
        json!({ "audio": "yes" }),
        json!([]),
    ] {
        let reply = mute(&server, "alice", &id, "bob", &body).await;
        reply.is_problem(400, "invalid_request");
    }
}
