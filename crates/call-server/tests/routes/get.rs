use crate::support::{NOBODYS_CALL, admin_token, start};

#[tokio::test(flavor = "multi_thread")]
async fn participants_and_administrators_read_a_call() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let path = format!("/api/calls/{id}");
    let seen = server.get("alice", &path).await;
    assert_eq!(seen.status, 200);
    assert_eq!(seen.text, server.get("bob", &path).await.text);
    let admin = server
        .ask("GET", &path)
        .with_token(&admin_token("root"))
        .send()
        .await;
    assert_eq!(seen.text, admin.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_a_stranger_it_looks_like_no_call_at_all() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    let stranger = server.get("eve", &format!("/api/calls/{id}")).await;
    stranger.is_problem(404, "not_found");
    let upper = id.replace('-', "");
    for other in [
        NOBODYS_CALL,
        "1",
        "..%2f..",
        "%F0%9F%98%80",
        "a%00b",
        upper.as_str(),
    ] {
        let reply = server.get("eve", &format!("/api/calls/{other}")).await;
        assert_eq!(
            (reply.status, reply.text),
            (404, stranger.text.clone()),
            "{other}"
        );
    }
}
