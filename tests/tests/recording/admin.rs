use std::time::{SystemTime, UNIX_EPOCH};

use call_tests::{Device, Server};
use serde_json::{Value, json};

/// An administrator, who is in no call.
pub(crate) fn admin(server: &Server) -> Device {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let claims = json!({
        "sub": "root", "name": "Root", "roles": ["admin"], "exp": now.as_secs() + 3600,
    });
    let mut device = Device::new(server, "root", "console");
    device.token = server.token_with(&claims);
    device
}

/// The alerts of a recording: kind and cause.
pub(crate) async fn alerts(server: &Server, recording: &str) -> Vec<(String, String)> {
    let answer = admin(server).get("/api/alerts").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let items = answer.body["items"].as_array().unwrap();
    items
        .iter()
        .filter(|alert| alert["recordingId"] == recording)
        .map(|alert| (text(&alert["kind"]), text(&alert["cause"])))
        .collect()
}

/// The value of a line of the metrics, such as `call_recordings_active`.
pub(crate) async fn metric(server: &Server, line: &str) -> u64 {
    let answer = reqwest::get(format!("{}/metrics", server.url())).await;
    let text = answer.unwrap().text().await.unwrap();
    let value = text.lines().find_map(|found| found.strip_prefix(line));
    let value = value.unwrap_or_else(|| panic!("no {line} in the metrics"));
    value.trim().parse().unwrap()
}
