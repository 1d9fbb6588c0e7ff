//! A request to begin a call that comes twice.

use std::time::Duration;

use call_domain::CallType;
use call_engine::{Idempotency, Initiate, InitiateError};

use crate::support::{Phone, World, user, wish};

fn with_key(from: &Phone, key: &str, fingerprint: &str) -> Initiate {
    let idempotency = Some(Idempotency {
        key: key.into(),
        fingerprint: fingerprint.into(),
    });
    Initiate {
        idempotency,
        ..wish(from, &["bob"], CallType::Audio)
    }
}

#[tokio::test]
async fn begins_one_call_and_gets_the_first_answer_again() {
    let world = World::new().await;
    let (alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let first = world
        .engine
        .initiate(with_key(&alice, "k", "1"))
        .await
        .expect("initiate");
    assert!(!first.replayed);
    bob.drain();
    bob.alerting(&world, first.call.call.id())
        .await
        .expect("alerting");
    let again = world
        .engine
        .initiate(with_key(&alice, "k", "1"))
        .await
        .expect("initiate");
    assert!(again.replayed);
    assert_eq!(again.answer, first.answer);
    assert_eq!(again.call.to_wire(), first.call.to_wire());
    assert!(bob.told().is_empty());
    assert_eq!(world.engine.live_calls(), 1);

    let other = world.engine.initiate(with_key(&alice, "k", "2")).await;
    assert!(
        matches!(other, Err(InitiateError::IdempotencyConflict)),
        "{other:?}"
    );
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let world = World::new().await;
    let (alice, bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    let refused = world.engine.initiate(with_key(&alice, "k", "1")).await;
    assert!(
        matches!(refused, Err(InitiateError::Refused(_))),
        "{refused:?}"
    );
    world.engine.end(call, user(bob.user())).await.expect("end");
    let begun = world
        .engine
        .initiate(with_key(&alice, "k", "1"))
        .await
        .expect("initiate");
    assert!(!begun.replayed);
}

#[tokio::test]
async fn is_forgotten_after_a_day_and_survives_a_restart_until_then() {
    let world = World::new().await;
    let alice = world.phone("alice", "a1").await;
    let first = world
        .engine
        .initiate(with_key(&alice, "k", "1"))
        .await
        .expect("initiate");
    let id = first.call.call.id();
    world.engine.end(id, user("alice")).await.expect("end");
    let world = world.crash_and_restart(Duration::from_hours(23)).await;
    let again = world
        .engine
        .initiate(with_key(&alice, "k", "1"))
        .await
        .expect("initiate");
    assert_eq!((again.replayed, again.call.call.id()), (true, id));
    world.clock.advance(Duration::from_hours(2));
    let anew = world
        .engine
        .initiate(with_key(&alice, "k", "1"))
        .await
        .expect("initiate");
    assert_eq!((anew.replayed, anew.call.call.id() == id), (false, false));
}
