use serde_json::{Value, json};

use crate::support::{Server, start};

async fn page(server: &Server, user: &str, query: &str) -> Value {
    let reply = server.get(user, &format!("/api/calls{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("items");
    items
        .iter()
        .map(|item| item["id"].as_str().expect("an id").to_owned())
        .collect()
}

async fn cancelled(server: &Server, caller: &str, invitee: &str) -> String {
    let id = server.call(caller, &[invitee]).await;
    server
        .post(caller, &format!("/api/calls/{id}/end"), &json!({}))
        .await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_newest_first() {
    let server = start().await;
    let mut made = Vec::new();
    for _ in 0..5 {
        made.push(cancelled(&server, "alice", "bob").await);
    }
    made.reverse();
    let first = page(&server, "alice", "?limit=2").await;
    let cursor = first["nextCursor"].as_str().expect("a cursor");
    let second = page(&server, "alice", &format!("?limit=2&cursor={cursor}")).await;
    let cursor = second["nextCursor"].as_str().expect("a cursor");
    let third = page(&server, "alice", &format!("?limit=2&cursor={cursor}")).await;
    assert_eq!(third["nextCursor"], Value::Null);
    assert_eq!([ids(&first), ids(&second), ids(&third)].concat(), made);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_looks_different_from_both_ends() {
    let server = start().await;
    cancelled(&server, "alice", "bob").await;
    let of = |page: &Value| {
        let item = &page["items"][0];
        (item["direction"].clone(), item["outcome"].clone())
    };
    let alice = page(&server, "alice", "").await;
    assert_eq!(of(&alice), (json!("outgoing"), json!("cancelled")));
    let bob = page(&server, "bob", "").await;
    assert_eq!(of(&bob), (json!("incoming"), json!("missed")));
    assert_eq!(
        page(&server, "eve", "").await,
        json!({ "items": [], "nextCursor": null })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_narrow_it() {
    let server = start().await;
    let missed = cancelled(&server, "bob", "alice").await;
    let out = cancelled(&server, "alice", "carol").await;
    let live = server.call("alice", &["bob"]).await;
    for (query, expected) in [
        ("?status=ended", vec![&out, &missed]),
        ("?type=audio", vec![&live, &out, &missed]),
        ("?type=video", vec![]),
        ("?direction=incoming", vec![&missed]),
        ("?direction=outgoing", vec![&live, &out]),
        ("?outcome=missed", vec![&missed]),
        ("?outcome=ongoing", vec![&live]),
        ("?with=bob", vec![&live, &missed]),
        ("?with=bob&direction=outgoing", vec![&live]),
        (
            "?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00%2B02:00",
            vec![&live, &out, &missed],
        ),
        ("?to=2000-01-01T00:00:00Z", vec![]),
        ("?from=2100-01-01T00:00:00Z", vec![]),
    ] {
        let found = ids(&page(&server, "alice", query).await);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_parameter_is_named() {
    let server = start().await;
    assert_eq!(
        server.get("alice", "/api/calls?limit=200").await.status,
        200
    );
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("status=over", "status"),
        ("type=fax", "type"),
        ("direction=sideways", "direction"),
        ("outcome=good", "outcome"),
        ("with=a%20b", "with"),
        ("from=yesterday", "from"),
        ("to=1700000000", "to"),
        ("limit=1&limit=2", "query"),
    ] {
        let reply = server.get("alice", &format!("/api/calls?{query}")).await;
        let problem = reply.is_problem(400, "invalid_request");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(
            detail.starts_with(&format!("{name}: ")),
            "{query}: {detail}"
        );
    }
}
