//! The store fails: whoever asked is told, and nobody is left in a wrong state.

use std::sync::Arc;
use std::time::Duration;

use call_domain::CallType;
use call_engine::{CommandError, Idempotency, Initiate, InitiateError, Unavailable};

use crate::support::faulty::{Fault, FaultyStore};
use crate::support::{World, config, user, wish};

async fn world() -> (World, Arc<FaultyStore>) {
    let mut faulty = None;
    let world = World::with(config(), |store| {
        let store = Arc::new(FaultyStore::new(store));
        faulty = Some(Arc::clone(&store));
        store
    })
    .await;
    (world, faulty.expect("made"))
}

#[tokio::test]
async fn a_command_that_was_not_stored_did_not_happen() {
    let (world, store) = world().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    alice.drain();
    bob.drain();

    store.set(Fault::Down);
    let refused = world.engine.answer(call, bob.address.clone(), None).await;
    assert!(
        matches!(
            refused,
            Err(CommandError::Unavailable(Unavailable::Store(_)))
        ),
        "{refused:?}"
    );
    let refused = world.initiate(&bob, &["carol"], CallType::Audio).await;
    assert!(
        matches!(refused, Err(InitiateError::Unavailable(_))),
        "{refused:?}"
    );
    assert!(alice.told().is_empty() && bob.told().is_empty());
    assert!(
        alice.offer(&world, call, "bob").is_err(),
        "bob is not in the call"
    );

    store.set(Fault::None);
    let view = world.take(&bob, call).await;
    assert_eq!(view.call.version(), 2);
    assert_eq!(alice.told(), ["call:participant-joined v2 bob accepted"]);
    alice.offer(&world, call, "bob").expect("relay");
}

#[tokio::test]
async fn signals_and_presence_go_on_while_the_store_is_down() {
    let (world, store) = world().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.active_call(&mut alice, &mut bob).await;
    store.set(Fault::Down);
    assert!(world.engine.end(call, user("alice")).await.is_err());
    bob.offer(&world, call, "alice")
        .expect("media goes on, and so do signals");
    assert_eq!(alice.told(), ["call:offer v=0"]);

    // The loss of a connection cannot be noted now; the sweep does it later.
    bob.disconnect(&world).await;
    store.set(Fault::None);
    world.clock.advance(Duration::from_secs(6));
    let updated = alice.wait_for("call:updated").await;
    assert_eq!(updated["call"]["participants"][1]["status"], "reconnecting");
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_told_a_moment_later() {
    let (world, store) = world().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let mut tablet = world.phone("bob", "b2").await;
    let call = world.call(&alice, &["bob"]).await.call.id();
    for phone in [&mut alice, &mut bob, &mut tablet] {
        phone.drain();
    }
    store.set(Fault::AnswerLost);
    assert!(
        world
            .engine
            .answer(call, bob.address.clone(), None)
            .await
            .is_err()
    );
    assert!(alice.told().is_empty(), "nobody knows yet");

    store.set(Fault::None);
    world.clock.advance(Duration::from_secs(1));
    let updated = alice.wait_for("call:updated").await;
    assert_eq!(
        (&updated["version"], &updated["call"]["status"]),
        (&2.into(), &"connecting".into())
    );
    bob.wait_for("call:updated").await;
    assert_eq!(
        tablet.wait_for("call:ended").await["reason"],
        "answered_elsewhere"
    );
    alice.offer(&world, call, "bob").expect("relay");
}

#[tokio::test]
async fn an_end_whose_answer_was_lost_is_told_a_moment_later() {
    let (world, store) = world().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    store.set(Fault::AnswerLost);
    assert!(world.engine.end(call, user("alice")).await.is_err());
    store.set(Fault::None);
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(bob.wait_for("call:ended").await["reason"], "cancelled");
    assert_eq!(alice.wait_for("call:ended").await["reason"], "cancelled");
    assert_eq!(world.engine.live_calls(), 0);
}

#[tokio::test]
async fn a_call_whose_creation_seemed_to_fail_rings_when_it_is_asked_for_again() {
    let (world, store) = world().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let idempotency = Some(Idempotency {
        key: "k".into(),
        fingerprint: "1".into(),
    });
    let wish = Initiate {
        idempotency,
        ..wish(&alice, &["bob"], CallType::Video)
    };
    store.set(Fault::AnswerLost);
    assert!(world.engine.initiate(wish.clone()).await.is_err());
    bob.drain();
    store.set(Fault::None);
    let again = world.engine.initiate(wish).await.expect("initiate");
    assert!(again.replayed);
    bob.wait_for("call:incoming").await;
    alice.wait_for("call:updated").await;
    world.take(&bob, again.call.call.id()).await;
}

#[tokio::test]
async fn trying_anew_has_an_end() {
    let (world, store) = world().await;
    let (alice, bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    store.set(Fault::Conflict);
    let refused = world.engine.answer(call, bob.address.clone(), None).await;
    assert!(
        matches!(
            refused,
            Err(CommandError::Unavailable(Unavailable::Contended))
        ),
        "{refused:?}"
    );
    store.set(Fault::None);
    world.take(&bob, call).await;
}

#[tokio::test]
async fn a_deadline_that_could_not_be_stored_is_carried_out_later() {
    let (world, store) = world().await;
    let (alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    store.set(Fault::Down);
    world.clock.advance(Duration::from_secs(45));
    // A command behind the failed one in the same lane: by then the deadline was tried.
    assert!(world.engine.end(call, user("alice")).await.is_err());
    store.set(Fault::None);
    world.clock.advance(Duration::from_secs(6));
    assert_eq!(bob.wait_for("call:ended").await["reason"], "no_answer");
}
