use serde_json::json;

use crate::support::{start, start_with};

const PATH: &str = "/api/dev/token";

#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_exist_in_production() {
    let server = start().await;
    let body = json!({ "userId": "alice" });
    let nowhere = server.ask("POST", "/api/nope").json(&body).send().await;
    nowhere.is_problem(404, "not_found");
    for method in ["POST", "GET", "PUT"] {
        let reply = server.ask(method, PATH).json(&body).send().await;
        assert_eq!(
            (reply.status, reply.text),
            (404, nowhere.text.clone()),
            "{method}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_development_anybody_becomes_anybody() {
    let server = start_with(&[("CALL__DEV", "true")]).await;
    let body = json!({ "userId": "alice", "name": " Al\u{7}ice " });
    let reply = server.ask("POST", PATH).json(&body).send().await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let issued = reply.json();
    assert!(
        issued["expiresAt"]
            .as_str()
            .is_some_and(|time| time.ends_with('Z'))
    );
    let token = issued["token"].as_str().expect("a token");
    let call = json!({ "type": "audio", "participantIds": ["bob"], "deviceId": "d" });
    let ask = server.ask("POST", "/api/calls/initiate").with_token(token);
    let begun = ask.json(&call).send().await.json();
    assert_eq!(begun["initiatorId"], "alice");
    assert_eq!(begun["participants"][0]["name"], "Alice");
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_pages_get_none_not_even_by_a_name_of_their_own() {
    let server = start_with(&[("CALL__DEV", "true")]).await;
    let ask = || server.ask("POST", PATH).json(&json!({ "userId": "alice" }));
    let foreign = ask().header("origin", "https://evil.example").send().await;
    foreign.is_problem(403, "not_allowed");
    let rebound = ask()
        .header("host", "evil.example")
        .header("origin", "http://evil.example");
    rebound.send().await.is_problem(403, "not_allowed");
    let own = format!("http://{}", server.host());
    assert_eq!(ask().header("origin", &own).send().await.status, 200);
    assert_eq!(
        ask().header("host", "localhost:8080").send().await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_must_be_a_user_id() {
    let server = start_with(&[("CALL__DEV", "true")]).await;
    for body in [
        json!({}),
        json!({ "userId": "" }),
        json!({ "userId": "a b" }),
        json!({ "userId": 7 }),
    ] {
        let reply = server.ask("POST", PATH).json(&body).send().await;
        reply.is_problem(400, "invalid_request");
    }
}
