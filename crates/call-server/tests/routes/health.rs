use crate::support::start;

#[tokio::test(flavor = "multi_thread")]
async fn it_lives_and_is_ready() {
    let server = start().await;
    for (path, text) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let reply = server.ask("GET", path).send().await;
        assert_eq!((reply.status, reply.text.as_str()), (200, text));
        let head = server.ask("HEAD", path).send().await;
        assert_eq!((head.status, head.text.as_str()), (200, ""));
    }
}
