use crate::support::start;

#[tokio::test(flavor = "multi_thread")]
async fn routes_of_the_app_get_its_page() {
    let server = start().await;
    let home = server.ask("GET", "/").send().await;
    assert_eq!(home.status, 200);
    assert!(
        home.header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
    );
    for path in [
        "/calls",
        "/calls/0190-x",
        "/call/abc?x=1",
        "/settings/devices",
    ] {
        let reply = server.ask("GET", path).send().await;
        assert_eq!(
            (reply.status, reply.text),
            (200, home.text.clone()),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_file_is_not_the_page() {
    let server = start().await;
    for path in [
        "/assets/gone-1a2b.js",
        "/nope.css",
        "/.env",
        "/..%2f..%2fCargo.toml",
    ] {
        let reply = server.ask("GET", path).send().await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(!reply.text.contains("<html"), "{path}");
    }
}
