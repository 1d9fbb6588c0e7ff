//! Offers, answers and candidates between participants.

use call_signal::wire::{ErrorCode, SignalError};
use serde_json::Value;

use crate::support::{Phone, World, kind, user};

fn code(refused: Result<(), SignalError>) -> ErrorCode {
    refused.expect_err("refused").code
}

fn candidates(frames: &[Value]) -> Vec<&str> {
    frames
        .iter()
        .filter_map(|frame| frame["candidate"]["candidate"].as_str())
        .collect()
}

#[tokio::test]
async fn only_between_devices_that_took_the_call() {
    let world = World::new().await;
    let (alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let (mut tablet, eve) = (
        world.phone("bob", "b2").await,
        world.phone("eve", "e1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();

    assert_eq!(
        code(alice.offer(&world, call, "bob")),
        ErrorCode::PeerNotInCall
    );
    assert_eq!(code(bob.offer(&world, call, "alice")), ErrorCode::NotInCall);
    world.take(&bob, call).await;
    bob.drain();
    tablet.drain();
    alice.offer(&world, call, "bob").expect("relay");
    assert_eq!(bob.told(), ["call:offer v=0"]);
    assert!(tablet.told().is_empty());

    assert_eq!(
        code(tablet.offer(&world, call, "alice")),
        ErrorCode::NotInCall
    );
    assert_eq!(
        code(alice.offer(&world, call, "alice")),
        ErrorCode::PeerNotInCall
    );
    assert_eq!(
        code(alice.offer(&world, call, "eve")),
        ErrorCode::PeerNotInCall
    );
    assert_eq!(code(eve.offer(&world, call, "alice")), ErrorCode::NotInCall);

    world.engine.end(call, user("alice")).await.expect("end");
    assert_eq!(code(alice.offer(&world, call, "bob")), ErrorCode::NotInCall);
}

#[tokio::test]
async fn kept_while_the_peer_reconnects_and_delivered_in_order() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;
    bob.disconnect(&world).await;
    for n in 0..256 {
        alice.signal(&world, call, "bob", n).expect("kept");
    }
    assert_eq!(
        code(alice.signal(&world, call, "bob", 256)),
        ErrorCode::PeerReconnecting
    );

    bob.connect(&world).await;
    alice.signal(&world, call, "bob", 999).expect("relay");
    let frames = bob.drain();
    assert_eq!(kind(&frames[0]), "session:ready");
    let mut expected: Vec<_> = (0..256).map(|n| format!("candidate:{n}")).collect();
    expected.push("candidate:999".into());
    assert_eq!(candidates(&frames), expected);
}

#[tokio::test]
async fn a_device_that_answered_by_rest_alone_gets_them_when_it_comes() {
    let world = World::new().await;
    let alice = world.phone("alice", "a1").await;
    let mut bob = Phone::off("bob", "b1");
    let call = world.call(&alice, &["bob"]).await.call.id();
    world.take(&bob, call).await;
    alice.offer(&world, call, "bob").expect("kept");
    let calls = bob.connect(&world).await;
    assert_eq!(calls[0]["participants"][1]["status"], "accepted");
    assert_eq!(bob.told()[0], "session:ready");
    world.engine.end(call, user("alice")).await.expect("end");
    bob.wait_for("call:ended").await;
}

#[tokio::test]
async fn what_was_kept_for_somebody_who_left_is_gone() {
    let world = World::new().await;
    let alice = world.phone("alice", "a1").await;
    let (mut bob, carol) = (
        world.phone("bob", "b1").await,
        world.phone("carol", "c1").await,
    );
    let call = world.call(&alice, &["bob", "carol"]).await.call.id();
    world.take(&bob, call).await;
    world.take(&carol, call).await;
    bob.disconnect(&world).await;
    alice.signal(&world, call, "bob", 1).expect("kept");
    world.engine.leave(call, user("bob")).await.expect("leave");
    assert_eq!(
        code(alice.signal(&world, call, "bob", 2)),
        ErrorCode::PeerNotInCall
    );
    bob.connect(&world).await;
    assert_eq!(candidates(&bob.drain()), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_overtaken_around_a_reconnect() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;
    bob.disconnect(&world).await;
    let service = std::sync::Arc::clone(&world.service);
    let sender = alice.address.clone();
    let sending = std::thread::spawn(move || {
        for n in 0..200 {
            let phone = Phone::off(sender.user.as_str(), sender.device.as_str());
            phone.signal_by(&service, call, "bob", n).expect("relay");
        }
    });
    bob.connect(&world).await;
    sending.join().expect("thread");
    let expected: Vec<_> = (0..200).map(|n| format!("candidate:{n}")).collect();
    assert_eq!(candidates(&bob.drain()), expected);
}
