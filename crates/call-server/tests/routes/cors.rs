use crate::support::{Ask, Server, start, start_with};

const FRIEND: &str = "https://app.example.com";

fn preflight<'a>(server: &'a Server, origin: &str) -> Ask<'a> {
    server
        .ask("OPTIONS", "/api/calls/initiate")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,content-type,idempotency-key",
        )
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_allowed_origins_may_ask() {
    let server = start_with(&[("CALL__SERVER__ALLOWED_ORIGINS", FRIEND)]).await;
    let reply = preflight(&server, FRIEND).send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("access-control-allow-origin"), Some(FRIEND));
    let allowed = reply
        .header("access-control-allow-headers")
        .expect("headers")
        .to_lowercase();
    for name in ["authorization", "content-type", "idempotency-key"] {
        assert!(allowed.contains(name), "{allowed}");
    }
    let error = server
        .ask("GET", "/api/calls")
        .header("origin", FRIEND)
        .send()
        .await;
    error.is_problem(401, "unauthenticated");
    assert_eq!(error.header("access-control-allow-origin"), Some(FRIEND));
    let exposed = error
        .header("access-control-expose-headers")
        .expect("headers");
    assert!(exposed.contains("retry-after") && exposed.contains("idempotent-replayed"));
    assert_eq!(error.header("access-control-allow-credentials"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_that_a_route_has_may_be_asked_for() {
    let server = start_with(&[("CALL__SERVER__ALLOWED_ORIGINS", FRIEND)]).await;
    let description = server.ask("GET", "/api/openapi.json").send().await.json();
    let paths = description["paths"].as_object().expect("paths").values();
    let mut methods: Vec<String> = paths
        .flat_map(|path| path.as_object().expect("methods").keys())
        .map(|method| method.to_uppercase())
        .collect();
    methods.sort_unstable();
    methods.dedup();
    assert!(methods.len() > 3, "{methods:?}");
    for method in methods {
        let ask = preflight(&server, FRIEND).header("access-control-request-method", &method);
        let allowed = ask.send().await;
        assert_eq!(allowed.status, 200, "{method}: {}", allowed.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_address_is_an_origin_too() {
    let server = start_with(&[("CALL__SERVER__PUBLIC_URL", "https://calls.example.com/")]).await;
    let reply = preflight(&server, "https://calls.example.com").send().await;
    let allowed = reply.header("access-control-allow-origin");
    assert_eq!(allowed, Some("https://calls.example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_not() {
    let server = start().await;
    for origin in [
        FRIEND,
        "null",
        "http://127.0.0.1:1",
        "https://127.0.0.1.evil.example",
    ] {
        let reply = preflight(&server, origin).send().await;
        assert_eq!(
            reply.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
        let reply = server
            .ask("GET", "/api/config")
            .header("origin", origin)
            .send()
            .await;
        assert_eq!(
            reply.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
    }
}
