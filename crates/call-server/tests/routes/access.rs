use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::json;

use crate::support::{NOBODYS_CALL, now, start, token_of};

fn guarded() -> Vec<(&'static str, String)> {
    let call = |rest: &str| format!("/api/calls/{NOBODYS_CALL}{rest}");
    vec![
        ("GET", "/api/calls".to_owned()),
        ("POST", "/api/calls/initiate".to_owned()),
        ("GET", "/api/calls/turn-credentials".to_owned()),
        ("GET", call("")),
        ("POST", call("/answer")),
        ("POST", call("/reject")),
        ("POST", call("/end")),
        ("POST", call("/leave")),
        ("PATCH", call("/media")),
        ("POST", call("/participants")),
        ("PATCH", call("/participants/bob")),
        ("DELETE", call("/participants/bob")),
        ("POST", call("/participants/bob/mute")),
        ("POST", call("/join")),
        ("PUT", call("/hand")),
        ("GET", call("/stats")),
        ("GET", call("/events")),
        ("GET", call("/quality")),
        ("GET", "/api/presence".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_guarded_route_asks_for_a_token() {
    let server = start().await;
    for (method, path) in guarded() {
        let reply = server.ask(method, &path).send().await;
        reply.is_problem(401, "unauthenticated");
        assert_eq!(
            reply.header("www-authenticate"),
            Some("Bearer"),
            "{method} {path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bad_token_opens_anything() {
    let server = start().await;
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "sub": "alice", "exp": now() + 60 });
    let unsigned = format!(
        "{}.{}.",
        part(json!({ "alg": "none" })),
        part(claims.clone())
    );
    let foreign = encode(
        &Header::default(),
        &claims,
        &EncodingKey::from_secret(b"another secret"),
    )
    .expect("signed");
    let expired = token_of(&json!({ "sub": "alice", "exp": now() - 60 }));
    let endless = token_of(&json!({ "sub": "alice" }));
    let nobody = token_of(&json!({ "exp": now() + 60 }));
    let spaced = token_of(&json!({ "sub": "a b", "exp": now() + 60 }));
    for token in [
        &unsigned, &foreign, &expired, &endless, &nobody, &spaced, "x", "",
    ] {
        let reply = server
            .ask("GET", "/api/calls")
            .with_token(token)
            .send()
            .await;
        let problem = reply.is_problem(401, "unauthenticated");
        assert!(token.len() < 2 || !problem.to_string().contains(token));
    }
    let basic = server
        .ask("GET", "/api/calls")
        .header("authorization", "Basic YTpi")
        .send()
        .await;
    basic.is_problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_leads_nowhere_is_a_problem() {
    let server = start().await;
    for path in [
        "/api",
        "/api/",
        "/api/nope",
        "/api/calls/",
        "/api/calls/x/y/z",
        "/api/v1/calls",
    ] {
        server.get("alice", path).await.is_problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_a_path_lacks_is_405_and_names_those_it_has() {
    let server = start().await;
    let call = format!("/api/calls/{NOBODYS_CALL}");
    for (method, path, allow) in [
        ("DELETE", "/api/calls".to_owned(), "GET, HEAD"),
        ("GET", "/api/calls/initiate".to_owned(), "POST"),
        (
            "POST",
            "/api/calls/turn-credentials".to_owned(),
            "GET, HEAD",
        ),
        ("PUT", call.clone(), "GET, HEAD"),
        ("GET", format!("{call}/answer"), "POST"),
        ("POST", format!("{call}/media"), "PATCH"),
        ("GET", format!("{call}/participants"), "POST"),
        ("GET", format!("{call}/participants/bob"), "PATCH, DELETE"),
        ("POST", format!("{call}/hand"), "PUT"),
        ("POST", "/api/config".to_owned(), "GET, HEAD"),
        ("POST", "/ws".to_owned(), "GET"),
        ("POST", "/healthz".to_owned(), "GET, HEAD"),
        ("POST", "/calls".to_owned(), "GET, HEAD"),
    ] {
        let reply = server.ask(method, &path).by("alice").send().await;
        reply.is_problem(405, "method_not_allowed");
        assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_must_be_json_and_small() {
    let server = start().await;
    let post = || server.ask("POST", "/api/calls/initiate").by("alice");
    for broken in [
        "{",
        "[]",
        "null",
        "\"x\"",
        "{\"type\":\"audio\"}",
        "\u{feff}{}",
        "{}{}",
    ] {
        let reply = post().body("application/json", broken).send().await;
        reply.is_problem(400, "invalid_request");
    }
    let deep = "[".repeat(30_000);
    post()
        .body("application/json", deep)
        .send()
        .await
        .is_problem(400, "invalid_request");
    post()
        .body("application/json", vec![0xff, 0xfe])
        .send()
        .await
        .is_problem(400, "invalid_request");
    post()
        .body("text/plain", "{}")
        .send()
        .await
        .is_problem(415, "unsupported_media_type");
    let large = " ".repeat(64 * 1024 + 1);
    post()
        .body("application/json", large)
        .send()
        .await
        .is_problem(413, "payload_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_security_headers() {
    let server = start().await;
    for path in [
        "/",
        "/api/nope",
        "/api/config",
        "/healthz",
        "/api/docs/",
        "/missing.js",
    ] {
        let reply = server.ask("GET", path).send().await;
        assert_eq!(
            reply.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            reply.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        let policy = reply.header("content-security-policy").expect("a policy");
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(
            !policy.contains("unsafe-eval") && !policy.contains("script-src 'unsafe"),
            "{policy}"
        );
        let permissions = reply.header("permissions-policy").expect("permissions");
        for own in [
            "camera=(self)",
            "microphone=(self)",
            "display-capture=(self)",
        ] {
            assert!(permissions.contains(own), "{path}: {permissions}");
        }
    }
    let api = server.ask("GET", "/api/config").send().await;
    assert_eq!(api.header("cache-control"), Some("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_have_ids() {
    let server = start().await;
    let made = server.ask("GET", "/healthz").send().await;
    assert_eq!(made.header("x-request-id").map(str::len), Some(36));
    let given = server
        .ask("GET", "/healthz")
        .header("x-request-id", "from-proxy.7")
        .send()
        .await;
    assert_eq!(given.header("x-request-id"), Some("from-proxy.7"));
    for odd in ["a b", "<script>", &"x".repeat(65)] {
        let reply = server
            .ask("GET", "/healthz")
            .header("x-request-id", odd)
            .send()
            .await;
        assert_ne!(reply.header("x-request-id"), Some(odd));
    }
}
