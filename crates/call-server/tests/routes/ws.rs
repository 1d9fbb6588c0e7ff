use crate::support::{Ask, Server, start_with};

const FRIEND: &str = "https://app.example.com";

fn upgrade(server: &Server) -> Ask<'_> {
    server
        .ask("GET", "/ws")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_pages_are_refused_before_the_upgrade() {
    let server = start_with(&[("CALL__SERVER__ALLOWED_ORIGINS", FRIEND)]).await;
    let own = format!("http://{}", server.host());
    for origin in [
        "https://evil.example",
        "null",
        "http://app.example.com",
        "",
        "file://",
    ] {
        let reply = upgrade(&server).header("origin", origin).send().await;
        reply.is_problem(403, "not_allowed");
    }
    for origin in [FRIEND, own.as_str()] {
        let reply = upgrade(&server).header("origin", origin).send().await;
        assert_eq!(reply.status, 101, "{origin}");
    }
    assert_eq!(
        upgrade(&server).send().await.status,
        101,
        "no browser, no origin"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_for_sockets_only() {
    let server = start_with(&[]).await;
    server
        .ask("GET", "/ws")
        .send()
        .await
        .is_problem(400, "invalid_request");
}
