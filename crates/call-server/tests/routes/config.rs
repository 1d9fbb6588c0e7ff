use serde_json::json;

use crate::support::{start, start_with};

#[tokio::test(flavor = "multi_thread")]
async fn anybody_learns_what_the_server_offers() {
    let server = start().await;
    let body = server.ask("GET", "/api/config").send().await.json();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        body,
        json!({
            "dev": false, "presence": false, "meshMax": 5, "sfu": false, "maxParticipants": 5,
            "version": version
        })
    );
    let server = start_with(&[("CALL__DEV", "true"), ("CALL__POLICY__MESH_MAX", "3")]).await;
    let body = server.ask("GET", "/api/config").send().await.json();
    assert_eq!(
        body,
        json!({
            "dev": true, "presence": true, "meshMax": 3, "sfu": false, "maxParticipants": 3,
            "version": version
        })
    );
    let server = start_with(&[("CALL__SFU__ENABLED", "true")]).await;
    let body = server.ask("GET", "/api/config").send().await.json();
    assert_eq!(
        (&body["sfu"], &body["maxParticipants"]),
        (&json!(true), &json!(50))
    );
}
