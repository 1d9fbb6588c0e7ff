//! Who was in the call, and when, says what they may see of its recordings.

use std::sync::Arc;
use std::time::Duration;

use call_domain::{CallId, RecordingId, RecordingMode, Role};
use call_engine::{CommandError, RecordingError};

use crate::support::recorder::FakeRecorder;
use crate::support::records::{by, recorded_world};
use crate::support::{Phone, World, user};

/// Alice calls Bob and Carol; Bob takes it.
async fn three(world: &World) -> (CallId, [Phone; 3]) {
    let alice = world.phone("alice", "a1").await;
    let bob = world.phone("bob", "b1").await;
    let carol = world.phone("carol", "c1").await;
    let call = world.call(&alice, &["bob", "carol"]).await.call.id();
    world.take(&bob, call).await;
    for phone in [&alice, &bob] {
        phone.connected(world, call).await.expect("connected");
    }
    (call, [alice, bob, carol])
}

async fn join(world: &World, phone: &Phone, call: CallId) {
    world.take(phone, call).await;
    phone.connected(world, call).await.expect("connected");
}

async fn put_out(world: &World, call: CallId, who: &str) {
    let removed = world
        .engine
        .remove_participant(call, user("alice"), false, user(who));
    removed.await.expect("removed");
}

/// Records for ten seconds, and speaks of nobody who is not there.
async fn record(world: &World, plane: &FakeRecorder, call: CallId) -> RecordingId {
    let recording = world.record(call, RecordingMode::Tracks).await;
    let id = recording.expect("recording").id;
    let people = plane.wish(id).people;
    let there = world.stored(call).await.call;
    let there = there.participants().iter().filter(|p| p.is_present());
    assert_eq!(people.len(), there.count(), "{people:?}");
    world.clock.advance(Duration::from_secs(10));
    world
        .engine
        .stop_recording(call, by("alice"))
        .await
        .expect("stop");
    id
}

/// Which recordings of a call somebody is shown, and gets.
async fn seen(world: &World, call: CallId, who: &str) -> Vec<RecordingId> {
    let listed = world.engine.recordings(call, &by(who)).await.expect("list");
    for recording in &listed {
        let got = world.engine.recording(recording.id, &by(who)).await;
        assert_eq!(got.expect("listed").id, recording.id);
    }
    listed.iter().map(|recording| recording.id).collect()
}

#[tokio::test]
async fn whose_invitation_was_withdrawn_sees_nothing() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, _phones) = three(&world).await;
    put_out(&world, call, "carol").await;
    let id = record(&world, &plane, call).await;
    assert_eq!(seen(&world, call, "bob").await, [id]);
    assert_eq!(seen(&world, call, "carol").await, []);
    let refused = world.engine.recording(id, &by("carol")).await;
    assert!(
        matches!(refused, Err(RecordingError::NotFound)),
        "{refused:?}"
    );
}

#[tokio::test]
async fn who_was_put_out_sees_what_was_recorded_until_then() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, [_alice, _bob, carol]) = three(&world).await;
    join(&world, &carol, call).await;
    let role = world
        .engine
        .set_role(call, user("alice"), user("carol"), Role::Moderator);
    role.await.expect("role");
    let first = record(&world, &plane, call).await;
    put_out(&world, call, "carol").await;
    let second = record(&world, &plane, call).await;
    assert_eq!(seen(&world, call, "bob").await, [first, second]);
    assert_eq!(seen(&world, call, "carol").await, [first]);
    let refused = world.engine.delete_recording(first, &by("carol")).await;
    assert!(
        matches!(refused, Err(RecordingError::Call(CommandError::NotAllowed))),
        "{refused:?}"
    );

    // Taken back, while the third runs.
    let third = world.record(call, RecordingMode::Tracks).await;
    let third = third.expect("recording").id;
    assert_eq!(seen(&world, call, "carol").await, [first]);
    world
        .engine
        .add_participants(call, user("alice"), vec![user("carol")])
        .await
        .expect("add");
    assert_eq!(seen(&world, call, "carol").await, [first], "only rings");
    join(&world, &carol, call).await;
    assert_eq!(seen(&world, call, "carol").await, [first, third]);
}

#[tokio::test]
async fn who_left_and_is_called_again_keeps_what_they_may() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, [_alice, bob, carol]) = three(&world).await;
    join(&world, &carol, call).await;
    let id = record(&world, &plane, call).await;
    world.done(id).await;
    world
        .engine
        .leave(call, user("alice"))
        .await
        .expect("leave");
    world
        .engine
        .add_participants(call, bob.address.user.clone(), vec![user("alice")])
        .await
        .expect("add");
    assert_eq!(seen(&world, call, "alice").await, [id]);
    world
        .engine
        .delete_recording(id, &by("alice"))
        .await
        .expect("the initiator may");
}
