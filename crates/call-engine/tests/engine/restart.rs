//! The process dies and another one goes on.

use std::time::Duration;

use crate::support::{Phone, World, kind, user};

#[tokio::test]
async fn a_call_that_rang_rings_on_and_is_answered() {
    let world = World::new().await;
    let (alice, bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    bob.alerting(&world, call).await.expect("alerting");

    let world = world.crash_and_restart(Duration::from_secs(5)).await;
    assert_eq!(world.engine.live_calls(), 1);
    let (mut alice, mut bob) = (Phone::off("alice", "a1"), Phone::off("bob", "b1"));
    assert_eq!(alice.connect(&world).await.len(), 1);
    bob.connect(&world).await;
    bob.wait_for("call:incoming").await;
    world.take(&bob, call).await;
    alice.wait_for("call:participant-joined").await;
    alice.offer(&world, call, "bob").expect("relay");
}

#[tokio::test]
async fn a_call_that_rang_too_long_meanwhile_is_missed_once() {
    let world = World::new().await;
    let (alice, bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    bob.alerting(&world, call).await.expect("alerting");

    let world = world.crash_and_restart(Duration::from_secs(50)).await;
    let mut bob = Phone::off("bob", "b1");
    // Whether or not the deadline was carried out by now: it rings no more in the end.
    bob.connect(&world).await;
    let mut again = world.phone("alice", "a2").await;
    while world.end_reason(call).await.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.end_reason(call).await, Some("no_answer"));
    assert_ended_once(&world, call).await;
    again.drain();
}

#[tokio::test]
async fn grace_of_a_running_call_is_counted_from_the_new_start() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;

    let world = world.crash_and_restart(Duration::from_mins(10)).await;
    world.clock.advance(Duration::from_secs(29));
    assert_eq!(world.end_reason(call).await, None);
    let (mut alice, mut bob) = (Phone::off("alice", "a1"), Phone::off("bob", "b1"));
    let calls = alice.connect(&world).await;
    assert_eq!(calls[0]["status"], "active");
    bob.connect(&world).await;
    world.clock.advance(Duration::from_mins(5));
    bob.offer(&world, call, "alice").expect("relay");
    alice.wait_for("call:offer").await;
    world.engine.end(call, user("bob")).await.expect("end");
    assert_eq!(world.end_reason(call).await, Some("completed"));
}

#[tokio::test]
async fn a_running_call_that_nobody_comes_back_to_ends_once() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;

    let world = world.crash_and_restart(Duration::from_secs(3)).await;
    let mut watching = world.phone("alice", "a9").await;
    world.clock.advance(Duration::from_secs(30));
    while world.end_reason(call).await.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.end_reason(call).await, Some("connection_lost"));
    assert_ended_once(&world, call).await;
    assert!(
        watching
            .drain()
            .iter()
            .all(|frame| kind(frame) != "call:incoming")
    );
}

#[tokio::test]
async fn two_restarts_in_a_row_lose_nothing() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;
    let world = world.crash_and_restart(Duration::from_secs(1)).await;
    let world = world.crash_and_restart(Duration::from_secs(1)).await;
    let mut alice = Phone::off("alice", "a1");
    assert_eq!(alice.connect(&world).await[0]["id"], call.to_string());
    let log = world.store.events(call).await.expect("events");
    let mut versions: Vec<_> = log.iter().map(|event| event.version).collect();
    versions.dedup();
    assert_eq!(versions, (1..=versions.len() as u64).collect::<Vec<_>>());
}

async fn assert_ended_once(world: &World, call: call_domain::CallId) {
    let log = world.store.events(call).await.expect("events");
    let ends = log
        .iter()
        .filter(|event| matches!(event.event, call_domain::Event::Ended { .. }));
    assert_eq!(ends.count(), 1);
}
