use serde_json::{Value, json};

use crate::support::{NOBODYS_CALL, admin_token, start};

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_cancels_and_the_called_declines() {
    let server = start().await;
    for (user, reason) in [("alice", "cancelled"), ("bob", "declined")] {
        let id = server.call("alice", &["bob"]).await;
        let path = format!("/api/calls/{id}/end");
        let ended = server.ask("POST", &path).by(user).send().await;
        assert_eq!(ended.status, 200);
        let call = ended.json();
        assert_eq!(
            (&call["status"], &call["endReason"]),
            (&json!("ended"), &json!(reason))
        );
        assert_eq!(call["endedBy"], user);
        for again in ["alice", "bob"] {
            let reply = server.ask("POST", &path).by(again).send().await;
            assert_eq!((reply.status, reply.text), (200, ended.text.clone()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_learns_nothing() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let known = server
        .ask("POST", &format!("/api/calls/{id}/end"))
        .by("eve")
        .send()
        .await;
    known.is_problem(404, "not_found");
    let path = format!("/api/calls/{NOBODYS_CALL}/end");
    let unknown = server.ask("POST", &path).by("eve").send().await;
    assert_eq!(known.text, unknown.text);
    let call = server
        .get("alice", &format!("/api/calls/{id}"))
        .await
        .json();
    assert_eq!(call["endReason"], Value::Null, "and changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_ends_any_call() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let path = format!("/api/calls/{id}/end");
    let reply = server
        .ask("POST", &path)
        .with_token(&admin_token("root"))
        .send()
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json()["endReason"], "ended_by_moderator");
    let unknown = format!("/api/calls/{NOBODYS_CALL}/end");
    let reply = server
        .ask("POST", &unknown)
        .with_token(&admin_token("root"))
        .send()
        .await;
    reply.is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_hangs_up_its_own_call_like_anybody() {
    let server = start().await;
    let id = server.call("root", &["bob"]).await;
    let path = format!("/api/calls/{id}/end");
    let reply = server
        .ask("POST", &path)
        .with_token(&admin_token("root"))
        .send()
        .await;
    assert_eq!(reply.json()["endReason"], "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_may_do_nothing_else() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    for (method, rest, body) in [
        ("POST", "answer", json!({ "deviceId": "root-1" })),
        ("POST", "reject", json!({})),
        ("POST", "leave", json!({})),
        ("PATCH", "media", json!({ "audio": false })),
    ] {
        let ask = server.ask(method, &format!("/api/calls/{id}/{rest}"));
        let reply = ask
            .with_token(&admin_token("root"))
            .json(&body)
            .send()
            .await;
        reply.is_problem(404, "not_found");
    }
}
