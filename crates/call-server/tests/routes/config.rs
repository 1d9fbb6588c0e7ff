use serde_json::json;

use crate::support::{start, start_with};

#[tokio::test(flavor = "multi_thread")]
async fn anybody_learns_what_the_server_offers() {
    let server = start().await;
    let mut body = server.ask("GET", "/api/config").send().await.json();
    // Whether this machine has ffmpeg.
    let mixing = body["recording"]["mixing"].take();
    assert!(mixing.is_boolean());
    let recording = json!({
        "available": false, "forced": false, "consent": "notify", "mixing": null
    });
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        body,
        json!({
            "dev": false, "presence": false, "meshMax": 5, "sfu": false, "maxParticipants": 5,
            "recording": recording, "version": version
        })
    );
    let server = start_with(&[
        ("CALL__DEV", "true"),
        ("CALL__POLICY__MESH_MAX", "3"),
        ("CALL__RECORDING__ENABLED", "false"),
    ])
    .await;
    let body = server.ask("GET", "/api/config").send().await.json();
    assert_eq!(
        body,
        json!({
            "dev": true, "presence": true, "meshMax": 3, "sfu": false, "maxParticipants": 3,
            "recording": {
                "available": false, "forced": false, "consent": "notify", "mixing": false
            },
            "version": version
        })
    );
    let server = start_with(&[("CALL__SFU__ENABLED", "true")]).await;
    let body = server.ask("GET", "/api/config").send().await.json();
    assert_eq!(
        (&body["sfu"], &body["maxParticipants"]),
        (&json!(true), &json!(50))
    );
    assert_eq!(body["recording"]["available"], true);
    let server = start_with(&[
        ("CALL__SFU__ENABLED", "true"),
        ("CALL__RECORDING__POLICY", "force"),
        ("CALL__RECORDING__CONSENT", "ask"),
        ("CALL__RECORDING__FFMPEG", "no-such-program"),
    ])
    .await;
    let body = server.ask("GET", "/api/config").send().await.json();
    assert_eq!(
        body["recording"],
        json!({ "available": true, "forced": true, "consent": "ask", "mixing": false })
    );
}
