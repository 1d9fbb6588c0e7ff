//! Many calls at the same time.

use std::sync::Arc;

use call_domain::EndReason;
use call_engine::Reader;

use crate::support::{Phone, World, assert_gapless};

const CALLS: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_at_once_each_in_order() {
    let world = Arc::new(World::new().await);
    let calls: Vec<_> = (0..CALLS)
        .map(|n| {
            let world = Arc::clone(&world);
            tokio::spawn(async move { one_call(&world, n).await })
        })
        .collect();
    for call in calls {
        call.await.expect("task");
    }
    assert_eq!(world.engine.live_calls(), 0);
    assert!(world.store.live_calls().await.expect("live").is_empty());
}

async fn one_call(world: &World, n: usize) {
    // Presence is told to everybody: registered at the hub alone, these make no such noise.
    let mut alice = Phone::off(&format!("alice-{n}"), "a");
    let mut bob = Phone::off(&format!("bob-{n}"), "b");
    alice.connect_quietly(world);
    bob.connect_quietly(world);
    let call = world.call(&alice, &[bob.user()]).await.call.id();
    bob.alerting(world, call).await.expect("alerting");
    world.take(&bob, call).await;
    alice.offer(world, call, bob.user()).expect("relay");
    bob.signal(world, call, alice.user(), 1).expect("relay");
    let (one, two) = tokio::join!(alice.connected(world, call), bob.connected(world, call));
    one.and(two).expect("connected");
    let by = if n.is_multiple_of(2) { &alice } else { &bob }
        .address
        .user
        .clone();
    let view = world.engine.end(call, by.clone()).await.expect("end");
    assert_eq!(view.call.end_reason(), Some(EndReason::Completed));
    for phone in [&mut alice, &mut bob] {
        let frames = phone.drain();
        assert_gapless(&frames, call);
        assert_eq!(frames.last().expect("told")["type"], "call:ended");
    }
    let read = world
        .engine
        .call(call, &Reader::User(alice.address.user))
        .await
        .expect("read");
    assert_eq!(read.call.version(), view.call.version());
    assert_eq!(read.call.ended_by(), Some(&by));
}
