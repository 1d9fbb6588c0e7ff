use serde_json::json;

use crate::support::{start, start_with};

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_directory_unless_it_is_on() {
    let server = start().await;
    server
        .get("alice", "/api/presence")
        .await
        .is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_lists_who_is_online() {
    let server = start_with(&[("CALL__PRESENCE__DIRECTORY", "on")]).await;
    let reply = server.get("alice", "/api/presence").await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "items": [] })));
}
