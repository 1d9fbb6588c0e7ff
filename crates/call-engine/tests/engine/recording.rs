//! Calls that are recorded: who starts and stops it, who is told, and what the call has to do with it.

use std::sync::Arc;
use std::time::Duration;

use call_domain::{
    Event, RecordingConsent, RecordingFault, RecordingMode, RecordingPolicy, RecordingStatus,
    Topology,
};
use call_engine::{CommandError, RecordingError, RecordingEvent};

use crate::support::recorder::{FakeRecorder, Last};
use crate::support::records::{admin, by, recorded_world, recording_config, records};
use crate::support::{Phone, World, config, kind, user};

#[tokio::test]
async fn everybody_in_the_call_is_told_that_it_is_recorded_and_that_it_no_longer_is() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, mut alice, mut bob) = world.talk().await;
    let recording = world
        .record(call, RecordingMode::Tracks)
        .await
        .expect("recording");
    assert_eq!(recording.status, RecordingStatus::Recording);
    assert_eq!(recording.started_by, Some(user("alice")));
    for phone in [&mut alice, &mut bob] {
        let told = phone.wait_for("call:recording-changed").await;
        assert_eq!(told["recording"]["id"], recording.id.to_string());
        assert_eq!(told["recording"]["startedBy"], "alice");
    }
    let view = world.stored(call).await.call;
    assert_eq!(
        view.parts().topology,
        Topology::Sfu,
        "media goes where it can be recorded"
    );
    assert_eq!(
        plane.wish(recording.id).room.map(|room| room.to_string()),
        view.parts().sfu_room_id.map(|room| room.to_string())
    );
    assert_eq!(plane.heard(recording.id), ["alice", "bob"]);

    world.clock.advance(Duration::from_secs(7));
    let stopped = world
        .engine
        .stop_recording(call, by("alice"))
        .await
        .expect("stop");
    assert_eq!(stopped.id, recording.id);
    assert_eq!(stopped.status, RecordingStatus::Processing);
    assert_eq!(stopped.stopped_by, Some(user("alice")));
    for phone in [&mut alice, &mut bob] {
        let told = phone.wait_for("call:recording-changed").await;
        assert!(told["recording"].is_null());
        let stopped = serde_json::json!({ "id": recording.id, "by": "alice", "cause": null });
        assert_eq!(told["stopped"], stopped);
    }
    assert_eq!(plane.last(recording.id), Some(Last::Stop(world_time(7))));
    let done = world.done(recording.id).await;
    assert_eq!(done.status, RecordingStatus::Ready);
    assert_eq!(done.duration, Some(Duration::from_secs(7)));
    // Whoever makes its files is told, too.
    assert_eq!(plane.finished.lock()[0].stopped_by, done.stopped_by);
    assert!(!world.stored(call).await.call.is_ended());

    let second = world
        .record(call, RecordingMode::Tracks)
        .await
        .expect("recording");
    assert_ne!(second.id, recording.id);
}

fn world_time(seconds: u64) -> call_domain::Timestamp {
    crate::support::START + Duration::from_secs(seconds)
}

#[tokio::test]
async fn a_call_that_ends_ends_its_recording() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (_, recording) = world.recorded_call(RecordingMode::Tracks).await;
    assert!(plane.is_stopped(recording));
    let done = world.done(recording).await;
    assert_eq!(
        (done.status, done.stopped_by),
        (RecordingStatus::Ready, None)
    );
    assert_eq!(world.alerts().await, [""; 0]);
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_is_begun() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, _alice, _bob) = world.talk().await;

    plane.will.lock().no_mixing = true;
    let refused = world.record(call, RecordingMode::Mixed).await;
    assert!(
        matches!(refused, Err(RecordingError::MixingUnavailable)),
        "{refused:?}"
    );
    for fault in [RecordingFault::Overloaded, RecordingFault::DiskFull] {
        plane.will.lock().full = Some(fault);
        let refused = world.record(call, RecordingMode::Tracks).await;
        let Err(RecordingError::Call(CommandError::RecordingUnavailable(cause))) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(cause, fault);
    }
    // Who may not is not told what the server is able to.
    let refused = world
        .engine
        .start_recording(call, by("bob"), RecordingMode::Mixed)
        .await;
    assert!(
        matches!(refused, Err(RecordingError::Call(CommandError::NotAllowed))),
        "{refused:?}"
    );
    let refused = world
        .engine
        .start_recording(call, by("mallory"), RecordingMode::Mixed)
        .await;
    assert!(
        matches!(refused, Err(RecordingError::Call(CommandError::NotFound))),
        "{refused:?}"
    );
    let refused = world.engine.stop_recording(call, by("alice")).await;
    assert!(
        matches!(
            refused,
            Err(RecordingError::Call(CommandError::NotRecording))
        ),
        "{refused:?}"
    );
    assert!(world.stored(call).await.call.recording().is_none());
    assert!(plane.wishes().is_empty());

    plane.will.lock().full = None;
    world
        .engine
        .start_recording(call, admin(), RecordingMode::Tracks)
        .await
        .expect("recording");
    let refused = world.record(call, RecordingMode::Tracks).await;
    assert!(
        matches!(
            refused,
            Err(RecordingError::Call(CommandError::AlreadyRecording))
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn without_a_recording_plane_nothing_is_recorded() {
    let world = World::with(
        call_engine::EngineConfig {
            recording: None,
            ..recording_config(RecordingPolicy::Force, RecordingConsent::Notify)
        },
        |store| store,
    )
    .await;
    let (call, _alice, _bob) = world.talk().await;
    let refused = world.record(call, RecordingMode::Tracks).await;
    assert!(
        matches!(
            refused,
            Err(RecordingError::Call(CommandError::RecordingForbidden))
        ),
        "{refused:?}"
    );
    assert!(
        world
            .engine
            .recordings(call, &by("alice"))
            .await
            .expect("none")
            .is_empty()
    );
    assert_eq!(config().policy.recording, RecordingPolicy::Forbid);
}

#[tokio::test]
async fn what_the_policy_wants_is_begun_once_and_only_an_administrator_stops_it() {
    let plane = Arc::new(FakeRecorder::default());
    let config = recording_config(RecordingPolicy::Force, RecordingConsent::Notify);
    let world = World::recording(config, records(&plane)).await;
    let (call, mut alice, _bob) = world.talk().await;
    let running = async || world.stored(call).await.call.recording().map(|r| r.id);
    world
        .until("it is recorded", async || running().await.is_some())
        .await;
    let id = running().await.expect("recording");
    let recording = world.stored_recording(id).await.expect("stored");
    assert_eq!(recording.started_by, None);
    alice.wait_for("call:recording-changed").await;
    let refused = world.engine.stop_recording(call, by("alice")).await;
    assert!(
        matches!(refused, Err(RecordingError::Call(CommandError::NotAllowed))),
        "{refused:?}"
    );
    assert_eq!(running().await, Some(id));

    world
        .engine
        .stop_recording(call, admin())
        .await
        .expect("stop");
    world.done(id).await;
    // More changes of the call: it is not begun anew.
    world
        .engine
        .raise_hand(call, user("alice"), true)
        .await
        .expect("hand");
    world.clock.advance(Duration::from_secs(20));
    world
        .engine
        .raise_hand(call, user("alice"), false)
        .await
        .expect("hand");
    assert_eq!(running().await, None);
    let log = world.store.events(call).await.expect("events");
    let started = log
        .iter()
        .filter(|event| matches!(event.event, Event::RecordingStarted { .. }));
    assert_eq!(started.count(), 1);
}

#[tokio::test]
async fn what_the_policy_wants_waits_for_room_and_operators_are_told_once() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().full = Some(RecordingFault::DiskFull);
    let config = recording_config(RecordingPolicy::Force, RecordingConsent::Notify);
    let world = World::recording(config, records(&plane)).await;
    let (call, _alice, _bob) = world.talk().await;
    world
        .until("operators are told", async || {
            !world.alerts().await.is_empty()
        })
        .await;
    for _ in 0..20 {
        world.clock.advance(Duration::from_secs(10));
        world
            .engine
            .raise_hand(call, user("alice"), true)
            .await
            .expect("hand");
        world
            .engine
            .raise_hand(call, user("alice"), false)
            .await
            .expect("hand");
    }
    assert_eq!(world.alerts().await, ["recording_failed disk_full"]);
    assert_eq!(world.engine.alert_counts()[0].count, 1);
    assert!(world.stored(call).await.call.recording().is_none());
    plane.will.lock().full = None;
    world
        .until("it is recorded", async || {
            world.stored(call).await.call.recording().is_some()
        })
        .await;
}

#[tokio::test]
async fn a_recorder_that_cannot_go_on_leaves_the_call_alone() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, mut alice, bob) = world.talk().await;
    let recording = world
        .record(call, RecordingMode::Tracks)
        .await
        .expect("recording")
        .id;
    alice.drain();
    let failed = RecordingEvent::Failed {
        call,
        recording,
        fault: RecordingFault::DiskFull,
    };
    world.engine.recording_event(failed);
    world.engine.recording_event(failed);
    let told = alice.wait_for("call:recording-changed").await;
    assert!(told["recording"].is_null());
    world
        .until("the plane is told", async || plane.is_stopped(recording))
        .await;
    let done = world.done(recording).await;
    assert_eq!(
        (done.status, done.cause),
        (RecordingStatus::Partial, Some(RecordingFault::DiskFull))
    );
    assert_eq!(done.files.len(), 3, "what there is is kept");
    assert_eq!(world.alerts().await, ["recording_partial disk_full"]);
    let log = world.store.events(call).await.expect("events");
    assert!(log.iter().any(|event| matches!(
        event.event,
        Event::RecordingStopped {
            cause: Some(RecordingFault::DiskFull),
            by: None,
            ..
        }
    )));
    bob.offer(&world, call, "alice").expect("the call goes on");
    // Too late to matter.
    world.engine.recording_event(failed);
    assert_eq!(world.alerts().await, ["recording_partial disk_full"]);
}

#[tokio::test]
async fn what_is_missing_is_told_once_and_remembered_to_the_end() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, _alice, _bob) = world.talk().await;
    let recording = world
        .record(call, RecordingMode::Tracks)
        .await
        .expect("recording")
        .id;
    let degraded = RecordingEvent::Degraded {
        call,
        recording,
        fault: RecordingFault::Overloaded,
    };
    for _ in 0..100 {
        world.engine.recording_event(degraded);
    }
    assert_eq!(world.alerts().await, ["recording_partial overloaded"]);
    assert_eq!(world.engine.alert_counts()[0].count, 1);
    assert!(!plane.is_stopped(recording), "it goes on");
    // The next server does not know of it but by the store.
    let world = world.crash_and_restart(Duration::from_secs(1)).await;
    world
        .engine
        .stop_recording(call, by("alice"))
        .await
        .expect("stop");
    let done = world.done(recording).await;
    assert_eq!(
        (done.status, done.cause),
        (RecordingStatus::Partial, Some(RecordingFault::Overloaded))
    );
    assert_eq!(world.alerts().await, ["recording_partial overloaded"]);
}

#[tokio::test]
async fn a_restart_goes_on_with_the_recording() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, _alice, _bob) = world.talk().await;
    let recording = world
        .record(call, RecordingMode::Tracks)
        .await
        .expect("recording")
        .id;
    plane.wishes();
    let world = world.crash_and_restart(Duration::from_secs(2)).await;
    let wishes = plane.wishes();
    assert!(!wishes.is_empty() && wishes.iter().all(|wish| wish.recording == recording));
    // The room is made anew by those who come back: it has to be looked up again.
    let mut bob = Phone::off("bob", "b1");
    bob.connect(&world).await;
    let again = plane.wishes();
    assert!(!again.is_empty(), "followed again");
    assert_eq!(plane.heard(recording), ["alice", "bob"]);
    let told = bob.drain();
    assert!(
        told.iter()
            .all(|frame| kind(frame) != "call:recording-changed")
    );
    world.engine.end(call, user("bob")).await.expect("end");
    assert_eq!(world.done(recording).await.status, RecordingStatus::Ready);
}

#[tokio::test]
async fn a_server_that_does_not_record_stops_what_another_began() {
    let plane = Arc::new(FakeRecorder::default());
    let mut world = recorded_world(&plane).await;
    let (call, _alice, _bob) = world.talk().await;
    let recording = world
        .record(call, RecordingMode::Tracks)
        .await
        .expect("recording")
        .id;
    world.records = None;
    let world = world.crash_and_restart(Duration::from_secs(1)).await;
    world
        .until("it is stopped", async || {
            world.stored(call).await.call.recording().is_none()
        })
        .await;
    let stored = world.stored_recording(recording).await.expect("stored");
    assert_eq!(stored.cause, Some(RecordingFault::Interrupted));
    assert!(!world.stored(call).await.call.is_ended());
    // The one after it makes what can be made of it.
    let mut world = world;
    world.records = Some(records(&plane));
    let world = world.crash_and_restart(Duration::from_secs(1)).await;
    assert_eq!(world.done(recording).await.status, RecordingStatus::Partial);
}
