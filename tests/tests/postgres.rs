//! The same calls on PostgreSQL: a real server, started for the test.

use call_store::testing::PostgresServer;
use call_tests::{Device, Server, id_of, talking};
use serde_json::json;

/// A PostgreSQL server and a Call Server on it.
async fn on_postgres() -> (PostgresServer, Server) {
    let postgres = PostgresServer::start();
    let url = postgres.create_database();
    let server = Server::start(&[("CALL__DATABASE__URL", &url)]).await;
    (postgres, server)
}

#[tokio::test]
async fn a_call_lives_and_ends_and_is_remembered() {
    let (_postgres, server) = on_postgres().await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;
    let id = talking(&mut alice, &mut bob).await;
    let media = alice
        .patch(&format!("/api/calls/{id}/media"), json!({"video": false}))
        .await;
    assert_eq!(
        (media.status, &media.body["media"]["video"]),
        (200, &json!(false))
    );
    bob.event("call:media-state-changed").await;
    assert_eq!(bob.end(&id).await.body["endReason"], "completed");
    for device in [&mut alice, &mut bob] {
        device.event("call:ended").await;
        device.assert_gapless(&id);
        let history = device
            .get("/api/calls?outcome=answered&type=video")
            .await
            .body;
        assert_eq!(history["items"][0]["id"], json!(id));
        assert_eq!(history["nextCursor"], json!(null));
    }
    let log = alice.get(&format!("/api/calls/{id}/events")).await.body;
    let kinds: Vec<_> = log["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|e| &e["type"])
        .collect();
    for kind in ["created", "answered", "joined", "started", "ended"] {
        assert!(kinds.contains(&&json!(kind)), "{kind} is in {kinds:?}");
    }
}

#[tokio::test]
async fn a_killed_server_takes_up_its_calls_again() {
    let (_postgres, mut server) = on_postgres().await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;
    let id = talking(&mut alice, &mut bob).await;
    server.start_again().await;
    for device in [&mut alice, &mut bob] {
        assert_eq!(device.connect().await["calls"][0]["id"], json!(id));
    }
    assert_eq!(alice.end(&id).await.body["endReason"], "completed");
}

#[tokio::test]
async fn two_who_call_each_other_meet_in_one_call() {
    let (_postgres, server) = on_postgres().await;
    let alice = Device::connected(&server, "alice", "a1").await;
    let bob = Device::connected(&server, "bob", "b1").await;
    let wish = |to: &str, device: &Device| json!({"type": "audio", "participantIds": [to], "deviceId": device.id});
    let (hers, his) = tokio::join!(
        alice.post("/api/calls/initiate", wish("bob", &alice)),
        bob.post("/api/calls/initiate", wish("alice", &bob)),
    );
    let mut statuses = [hers.status, his.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201], "{} {}", hers.body, his.body);
    assert_eq!(id_of(&hers.body), id_of(&his.body));
}

#[tokio::test]
async fn the_database_is_made_by_hand_and_unmade() {
    let postgres = PostgresServer::start();
    let url = postgres.create_database();
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(call_tests::binary("call-server"))
            .args(arguments)
            .env("CALL__DATABASE__URL", &url)
            .env(
                "CALL__AUTH__HS256_SECRETS",
                "a-secret-for-tests-only-0123456789abcdef",
            )
            .output();
        let output = output.unwrap_or_else(|error| panic!("{error}"));
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    run(&["migrate"]);
    run(&["check"]);
    run(&["migrate"]);
}
