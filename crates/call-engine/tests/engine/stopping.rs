//! The orderly end of a process.

use std::time::Duration;

use call_domain::CallType;
use call_engine::{CommandError, InitiateError, Unavailable};

use crate::support::{World, user};

#[tokio::test]
async fn a_draining_engine_begins_no_calls_and_finishes_those_that_live() {
    let world = World::new().await;
    let (alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    world.engine.drain();
    let carol = world.phone("carol", "c1").await;
    let refused = world.initiate(&carol, &["dave"], CallType::Audio).await;
    assert!(matches!(
        refused,
        Err(InitiateError::Unavailable(Unavailable::Stopping))
    ));
    world.take(&bob, call).await;
    bob.wait_for("call:participant-joined").await;
}

#[tokio::test]
async fn a_stopped_engine_refuses_and_leaves_live_calls_to_the_next() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;
    world.engine.stop().await;
    let refused = world.engine.end(call, user("alice")).await;
    assert!(
        matches!(
            refused,
            Err(CommandError::Unavailable(Unavailable::Stopping))
        ),
        "{refused:?}"
    );
    let world = world.crash_and_restart(Duration::from_secs(1)).await;
    assert_eq!(world.engine.live_calls(), 1);
    world.engine.end(call, user("alice")).await.expect("end");
}
