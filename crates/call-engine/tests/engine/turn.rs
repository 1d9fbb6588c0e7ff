//! TURN credentials are recorded when they are issued.

use std::time::Duration;

use crate::support::faulty::{Fault, FaultyStore};
use crate::support::{START, World, config, user};

#[tokio::test]
async fn issued_recorded_and_cleaned_up() {
    let world = World::new().await;
    let issued = world
        .engine
        .issue_turn_credential(user("alice"))
        .await
        .expect("issued");
    let credential = issued.credential.expect("a secret is configured");
    assert_eq!(
        credential.username,
        format!("{}:alice", START.as_secs() + 86_400)
    );
    let now = START + Duration::from_hours(24);
    let deleted = world
        .store
        .delete_expired_turn_credentials(now)
        .await
        .expect("deleted");
    assert_eq!(deleted, 1);
}

#[tokio::test]
async fn not_given_out_unless_recorded() {
    let mut faulty = None;
    let world = World::with(config(), |store| {
        let store = std::sync::Arc::new(FaultyStore::new(store));
        faulty = Some(std::sync::Arc::clone(&store));
        store
    })
    .await;
    faulty.expect("made").set(Fault::Down);
    assert!(
        world
            .engine
            .issue_turn_credential(user("alice"))
            .await
            .is_err()
    );
}
