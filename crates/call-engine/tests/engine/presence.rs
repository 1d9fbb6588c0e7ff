//! Devices that come and go.

use call_domain::CallType;

use crate::support::{Phone, World, user};

#[tokio::test]
async fn everybody_is_told_who_comes_and_goes_once_per_user() {
    let world = World::new().await;
    let mut alice = world.phone("alice", "a1").await;
    alice.drain();
    let mut bob = world.phone("bob", "b1").await;
    let mut tablet = world.phone("bob", "b2").await;
    bob.disconnect(&world).await;
    tablet.disconnect(&world).await;
    let told: Vec<_> = alice
        .drain()
        .iter()
        .map(|frame| {
            (
                frame["userId"].clone(),
                frame["name"].clone(),
                frame["online"].clone(),
            )
        })
        .collect();
    let bob = || ("bob".into(), "Name of bob".into());
    let expected = [true, false].map(|online| (bob().0, bob().1, online.into()));
    assert_eq!(told, expected);
    let present = world.engine.present().expect("shown");
    assert_eq!(present.len(), 1);
    assert_eq!(present[0].user_id, user("alice"));
    assert_eq!(present[0].name.as_deref(), Some("Name of alice"));
}

#[tokio::test]
async fn is_shown_only_where_the_directory_is_on() {
    let config = call_engine::EngineConfig {
        presence_directory: false,
        ..crate::support::config()
    };
    let world = World::with(config, |store| store).await;
    let mut alice = world.phone("alice", "a1").await;
    alice.drain();
    let _bob = world.phone("bob", "b1").await;
    assert!(alice.drain().is_empty());
    assert!(world.engine.present().is_none());
}

#[tokio::test]
async fn a_device_that_comes_while_its_user_is_rung_rings_too() {
    let world = World::new().await;
    let (mut alice, _bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    alice.drain();
    let mut tablet = Phone::off("bob", "b2");
    let calls = tablet.connect(&world).await;
    assert_eq!((calls.len(), &calls[0]["version"]), (1, &2.into()));
    assert_eq!(tablet.told(), ["session:ready", "call:incoming v2"]);
    assert_eq!(alice.told(), ["call:updated v2 created"]);

    // Once more: the call is offered again, and nothing changes.
    tablet.disconnect(&world).await;
    tablet.connect(&world).await;
    assert_eq!(tablet.told(), ["session:ready", "call:incoming v2"]);
    assert!(alice.told().is_empty());

    world.take(&tablet, call).await;
    let mut late = Phone::off("bob", "b3");
    assert_eq!(late.connect(&world).await.len(), 1);
    assert_eq!(late.told(), ["session:ready"]);
}

#[tokio::test]
async fn a_caller_without_a_socket_has_some_time_to_open_it() {
    let world = World::new().await;
    let mut alice = Phone::off("alice", "a1");
    let mut bob = world.phone("bob", "b1").await;
    let first = world
        .initiate(&alice, &["bob"], CallType::Audio)
        .await
        .expect("by REST alone");
    world.clock.advance(std::time::Duration::from_secs(10));
    assert_eq!(bob.wait_for("call:ended").await["reason"], "caller_lost");

    let second = world
        .initiate(&alice, &["bob"], CallType::Audio)
        .await
        .expect("by REST alone");
    alice.connect(&world).await;
    world.clock.advance(std::time::Duration::from_secs(20));
    bob.alerting(&world, second.call.call.id())
        .await
        .expect("still rings");
    assert_ne!(first.call.call.id(), second.call.call.id());
    alice.wait_for("call:ringing").await;
}
