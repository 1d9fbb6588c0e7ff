use serde_json::{Value, json};

use crate::support::{NOBODYS_CALL, Reply, Server, start, start_with};

async fn add(server: &Server, by: &str, id: &str, users: &Value) -> Reply {
    let body = json!({ "userIds": users });
    server
        .post(by, &format!("/api/calls/{id}/participants"), &body)
        .await
}

fn users(reply: &Reply) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let call = reply.json();
    let participants = call["participants"].as_array().expect("participants");
    participants
        .iter()
        .map(|p| (text(&p["userId"]), text(&p["status"])))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_of_two_becomes_a_group_call() {
    let server = start().await;
    let id = server.answered_call("alice", "bob").await;
    let reply = add(
        &server,
        "bob",
        &id,
        &json!(["carol", "dave", "carol", "alice"]),
    )
    .await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let expected = [
        ("alice", "accepted"),
        ("bob", "accepted"),
        ("carol", "invited"),
        ("dave", "invited"),
    ];
    let expected = expected.map(|(user, status)| (user.to_owned(), status.to_owned()));
    assert_eq!(users(&reply), expected);
    let carols = server.get("carol", &format!("/api/calls/{id}")).await;
    assert_eq!(carols.status, 200, "she may read it now");
    let events = server
        .get("alice", &format!("/api/calls/{id}/events"))
        .await
        .json();
    let items = events["items"].as_array().expect("items");
    let added = items
        .iter()
        .find(|item| item["type"] == "added")
        .expect("added");
    assert_eq!(
        (&added["userId"], &added["data"]),
        (&json!("carol"), &json!({ "by": "bob" }))
    );
    // Once more: they ring already.
    let again = add(&server, "alice", &id, &json!(["carol"])).await;
    assert_eq!(again.json()["version"], reply.json()["version"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_is_told_so() {
    let server = start_with(&[("CALL__POLICY__MESH_MAX", "3")]).await;
    let id = server.call("alice", &["bob"]).await;
    let carol = json!(["carol"]);
    let invited = add(&server, "bob", &id, &carol).await;
    invited.is_problem(409, "not_joined");
    let stranger = add(&server, "eve", &id, &carol).await;
    stranger.is_problem(404, "not_found");
    let unknown = add(&server, "eve", NOBODYS_CALL, &carol).await;
    assert_eq!(stranger.text, unknown.text);
    for wrong in [
        json!([]),
        json!(null),
        json!("carol"),
        json!(["a b"]),
        json!([7]),
        json!([""]),
    ] {
        let reply = add(&server, "alice", &id, &wrong).await;
        reply.is_problem(400, "invalid_request");
    }
    for many in [
        json!(["carol", "dave"]),
        (0..2000).map(|n| format!("u{n}")).collect(),
    ] {
        let reply = add(&server, "alice", &id, &many).await;
        reply.is_problem(400, "too_many_participants");
    }
    server
        .post("alice", &format!("/api/calls/{id}/end"), &json!({}))
        .await;
    let over = add(&server, "alice", &id, &carol).await;
    over.is_problem(410, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_rings_people_all_the_time() {
    let server = start_with(&[("CALL__LIMITS__INITIATE_PER_MINUTE", "2")]).await;
    let id = server.answered_call("alice", "bob").await;
    let first = add(&server, "alice", &id, &json!(["carol"])).await;
    assert_eq!(first.status, 200, "{}", first.text);
    let second = add(&server, "alice", &id, &json!(["dave"])).await;
    second.is_problem(429, "rate_limited");
    assert!(second.header("retry-after").is_some());
}
