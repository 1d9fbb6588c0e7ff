use serde_json::{Value, json};

use crate::support::{NOBODYS_CALL, Reply, Server, admin_token, start};

/// Alice, Bob and Carol are in it; Dave is called.
async fn group(server: &Server) -> String {
    let id = server.call("alice", &["bob", "carol", "dave"]).await;
    for user in ["bob", "carol"] {
        let device = json!({ "deviceId": format!("{user}-1") });
        let reply = server
            .post(user, &format!("/api/calls/{id}/answer"), &device)
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    id
}

async fn remove(server: &Server, by: &str, id: &str, user: &str) -> Reply {
    let path = format!("/api/calls/{id}/participants/{user}");
    server.ask("DELETE", &path).by(by).send().await
}

async fn set_role(server: &Server, by: &str, id: &str, user: &str, role: &str) -> Reply {
    let path = format!("/api/calls/{id}/participants/{user}");
    server.patch(by, &path, &json!({ "role": role })).await
}

fn status_of(reply: &Reply, user: &str) -> Value {
    let call = reply.json();
    let participants = call["participants"].as_array().expect("participants");
    let found = participants.iter().find(|p| p["userId"] == user);
    found.expect("a participant")["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_initiator_removes_people() {
    let server = start().await;
    let id = group(&server).await;
    let reply = remove(&server, "alice", &id, "bob").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(status_of(&reply, "bob"), "removed");
    let reply = remove(&server, "alice", &id, "dave").await;
    assert_eq!(status_of(&reply, "dave"), "removed");
    let twice = remove(&server, "alice", &id, "dave").await;
    assert_eq!(twice.json()["version"], reply.json()["version"]);
    let events = server
        .get("bob", &format!("/api/calls/{id}/events"))
        .await
        .json();
    let items = events["items"].as_array().expect("items");
    let removed = items.iter().find(|item| item["type"] == "removed");
    let removed = removed.expect("logged");
    assert_eq!(
        (&removed["userId"], &removed["data"]),
        (&json!("bob"), &json!({ "by": "alice" }))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn moderators_are_made_and_may_remove() {
    let server = start().await;
    let id = group(&server).await;
    let refused = remove(&server, "bob", &id, "carol").await;
    refused.is_problem(403, "not_allowed");
    let refused = set_role(&server, "bob", &id, "bob", "moderator").await;
    refused.is_problem(403, "not_allowed");
    let made = set_role(&server, "alice", &id, "bob", "moderator").await;
    assert_eq!(made.status, 200, "{}", made.text);
    assert_eq!(
        (&made.json()["userId"], &made.json()["role"]),
        (&json!("bob"), &json!("moderator"))
    );
    for initiators in [
        remove(&server, "bob", &id, "alice").await,
        set_role(&server, "bob", &id, "alice", "participant").await,
    ] {
        initiators.is_problem(403, "not_allowed");
    }
    let removed = remove(&server, "bob", &id, "carol").await;
    assert_eq!(status_of(&removed, "carol"), "removed");
    let unmade = set_role(&server, "alice", &id, "bob", "participant").await;
    assert_eq!(unmade.json()["role"], "participant");
    let refused = remove(&server, "bob", &id, "dave").await;
    refused.is_problem(403, "not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_removes_anybody_and_does_nothing_else() {
    let server = start().await;
    let id = group(&server).await;
    let path = |user: &str| format!("/api/calls/{id}/participants/{user}");
    let root = admin_token("root");
    let ask = |method: &str, path: &str| server.ask(method, path).with_token(&root);
    let reply = ask("DELETE", &path("alice")).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(status_of(&reply, "alice"), "removed");
    let role = ask("PATCH", &path("bob")).json(&json!({ "role": "moderator" }));
    role.send().await.is_problem(404, "not_found");
    let mute = ask("POST", &format!("{}/mute", path("bob"))).json(&json!({ "audio": true }));
    mute.send().await.is_problem(404, "not_found");
    let nobody = ask("DELETE", &path("zoe")).send().await;
    nobody.is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_is_told_so() {
    let server = start().await;
    let id = group(&server).await;
    for user in ["zoe", "a%20b", &"x".repeat(129)] {
        let reply = remove(&server, "alice", &id, user).await;
        reply.is_problem(404, "not_found");
    }
    let stranger = remove(&server, "eve", &id, "bob").await;
    stranger.is_problem(404, "not_found");
    let unknown = remove(&server, "eve", NOBODYS_CALL, "bob").await;
    assert_eq!(stranger.text, unknown.text);
    for role in ["initiator", "king", ""] {
        let reply = set_role(&server, "alice", &id, "bob", role).await;
        reply.is_problem(400, "invalid_request");
    }
    server
        .post("carol", &format!("/api/calls/{id}/leave"), &json!({}))
        .await;
    let gone = remove(&server, "alice", &id, "carol").await;
    gone.is_problem(409, "not_joined");
    let outside = remove(&server, "carol", &id, "bob").await;
    outside.is_problem(409, "not_joined");
}
