use serde_json::json;

use crate::support::{admin_token, start, start_with};

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted() {
    let server = start().await;
    let id = server.call("alice", &["bob"]).await;
    server.call("carol", &["dave"]).await;
    server
        .post("alice", &format!("/api/calls/{id}/end"), &json!({}))
        .await;
    server.ask("GET", "/api/calls").send().await;
    let reply = server.ask("GET", "/metrics").send().await;
    assert_eq!(reply.status, 200);
    assert!(
        reply
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/plain"))
    );
    for line in [
        "calls_started_total{type=\"audio\"} 2",
        "calls_ended_total{reason=\"cancelled\"} 1",
        "calls_live{status=\"created\"} 1",
        "calls_live{status=\"active\"} 0",
        "call_refused_total{reason=\"token\"} 0",
        "call_sockets 0",
        "call_store_seconds_count{operation=\"place\"} 2",
        "call_http_requests_total{method=\"POST\",route=\"/api/calls/initiate\",status=\"201\"} 2",
        "call_http_requests_total{method=\"POST\",route=\"/api/calls/{id}/end\",status=\"200\"} 1",
        "call_http_requests_total{method=\"GET\",route=\"/api/calls\",status=\"401\"} 1",
    ] {
        assert!(
            reply.text.lines().any(|found| found == line),
            "{line}\n{}",
            reply.text
        );
    }
    assert!(!reply.text.contains(&id), "ids are no labels");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_through_a_proxy_needs_an_administrators_token() {
    let server = start().await;
    for header in ["x-forwarded-for", "forwarded"] {
        let ask = || {
            server
                .ask("GET", "/metrics")
                .header(header, "for=203.0.113.7")
        };
        ask().send().await.is_problem(401, "unauthenticated");
        ask()
            .by("alice")
            .send()
            .await
            .is_problem(403, "not_allowed");
        assert_eq!(
            ask().with_token(&admin_token("root")).send().await.status,
            200
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn they_may_be_made_public() {
    let server = start_with(&[("CALL__SERVER__METRICS_PUBLIC", "true")]).await;
    let reply = server
        .ask("GET", "/metrics")
        .header("x-forwarded-for", "203.0.113.7")
        .send()
        .await;
    assert_eq!(reply.status, 200);
}
