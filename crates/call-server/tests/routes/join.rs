use serde_json::json;

use crate::support::{NOBODYS_CALL, Reply, Server, now, start, start_with, token_of};

/// A call of the conversation `team-42`.
async fn call_of_the_team(server: &Server) -> String {
    let body = json!({
        "type": "audio", "participantIds": ["bob", "carol"], "deviceId": "alice-1",
        "conversationId": "team-42"
    });
    let reply = server.post("alice", "/api/calls/initiate", &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let id = reply.json()["id"].as_str().expect("an id").to_owned();
    take(server, "bob", &id, "answer").await;
    id
}

async fn take(server: &Server, user: &str, id: &str, how: &str) -> Reply {
    let device = json!({ "deviceId": format!("{user}-1") });
    server
        .post(user, &format!("/api/calls/{id}/{how}"), &device)
        .await
}

async fn join_with(
    server: &Server,
    user: &str,
    id: &str,
    conversations: serde_json::Value,
) -> Reply {
    let claims =
        json!({ "sub": user, "exp": now() + 60, "name": "Dave", "conversations": conversations });
    let ask = server.ask("POST", &format!("/api/calls/{id}/join"));
    let ask = ask.with_token(&token_of(&claims));
    ask.json(&json!({ "deviceId": "d-1" })).send().await
}

fn participant(reply: &Reply, user: &str) -> serde_json::Value {
    let call = reply.json();
    let participants = call["participants"].as_array().expect("participants");
    let found = participants.iter().find(|p| p["userId"] == user);
    found.cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_in_it_comes_back() {
    let server = start().await;
    let id = call_of_the_team(&server).await;
    take(&server, "carol", &id, "reject").await;
    let reply = take(&server, "carol", &id, "join").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let carol = participant(&reply, "carol");
    assert_eq!(
        (&carol["status"], &carol["deviceId"]),
        (&json!("accepted"), &json!("carol-1"))
    );
    server
        .post("carol", &format!("/api/calls/{id}/leave"), &json!({}))
        .await;
    let reply = take(&server, "carol", &id, "join").await;
    assert_eq!(participant(&reply, "carol")["status"], "accepted");
    let again = take(&server, "carol", &id, "join").await;
    assert_eq!(again.json()["version"], reply.json()["version"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_belongs_to_the_conversation_comes_along() {
    let server = start().await;
    let id = call_of_the_team(&server).await;
    for conversations in [json!([]), json!(null), json!(["team-7", "a b", ""])] {
        let reply = join_with(&server, "dave", &id, conversations).await;
        reply.is_problem(404, "not_found");
    }
    let malformed = join_with(&server, "dave", &id, json!("team-42")).await;
    malformed.is_problem(401, "unauthenticated");
    let reply = join_with(&server, "dave", &id, json!(["team-7", "team-42"])).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let dave = participant(&reply, "dave");
    assert_eq!(
        (&dave["status"], &dave["name"], &dave["role"]),
        (&json!("accepted"), &json!("Dave"), &json!("participant"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_part_in_it_learns_nothing() {
    let server = start().await;
    let id = server.answered_call("alice", "bob").await;
    let stranger = take(&server, "eve", &id, "join").await;
    stranger.is_problem(404, "not_found");
    let unknown = take(&server, "eve", NOBODYS_CALL, "join").await;
    assert_eq!(stranger.text, unknown.text);
    for body in [json!({}), json!({ "deviceId": "a b" }), json!(["bob-1"])] {
        let reply = server
            .post("bob", &format!("/api/calls/{id}/join"), &body)
            .await;
        reply.is_problem(400, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_is_named() {
    let server = start_with(&[("CALL__POLICY__MESH_MAX", "3")]).await;
    let id = call_of_the_team(&server).await;
    let full = join_with(&server, "dave", &id, json!(["team-42"])).await;
    full.is_problem(400, "too_many_participants");
    let removed = server
        .ask("DELETE", &format!("/api/calls/{id}/participants/carol"))
        .by("alice")
        .send()
        .await;
    assert_eq!(removed.status, 200, "{}", removed.text);
    let carol = take(&server, "carol", &id, "join").await;
    carol.is_problem(403, "not_allowed");
    let other = server.call("frank", &["erin"]).await;
    let claims = json!({ "sub": "frank", "exp": now() + 60, "conversations": ["team-42"] });
    let busy = server
        .ask("POST", &format!("/api/calls/{id}/join"))
        .with_token(&token_of(&claims))
        .json(&json!({ "deviceId": "frank-1" }))
        .send()
        .await;
    assert_eq!(busy.is_problem(409, "already_in_call")["callId"], other);
    server
        .post("alice", &format!("/api/calls/{id}/end"), &json!({}))
        .await;
    let over = take(&server, "bob", &id, "join").await;
    assert_eq!(over.status, 410, "{}", over.text);
}
