//! Who may see recordings, and do something to them.

use std::sync::Arc;
use std::time::Duration;

use call_domain::{
    CallId, RecordingFault, RecordingFileId, RecordingFileKind, RecordingId, RecordingMode,
};
use call_engine::{CommandError, Disposition, RecordingError};
use uuid::Uuid;

use crate::support::recorder::{FakeRecorder, Work};
use crate::support::records::{admin, by, recorded_world};
use crate::support::{START, World, user};

/// Alice and Bob are recorded; Carol was called, and did not take the call.
async fn recorded_three(world: &World) -> (CallId, RecordingId, RecordingFileId) {
    let alice = world.phone("alice", "a1").await;
    let bob = world.phone("bob", "b1").await;
    let carol = world.phone("carol", "c1").await;
    let call = world.call(&alice, &["bob", "carol"]).await.call.id();
    world.take(&bob, call).await;
    world
        .engine
        .reject(call, user("carol"), call_domain::RejectReason::Declined)
        .await
        .expect("reject");
    let id = world
        .record(call, RecordingMode::Tracks)
        .await
        .expect("recording")
        .id;
    world.engine.end(call, user("alice")).await.expect("end");
    let file = world.done(id).await.files[0].id;
    drop(carol);
    (call, id, file)
}

#[tokio::test]
async fn those_who_took_part_see_it() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, id, file) = recorded_three(&world).await;
    for who in [by("alice"), by("bob"), admin()] {
        assert_eq!(
            world
                .engine
                .recordings(call, &who)
                .await
                .expect("list")
                .len(),
            1
        );
        assert_eq!(
            world
                .engine
                .recording(id, &who)
                .await
                .expect("recording")
                .id,
            id
        );
        let url = world
            .engine
            .recording_url(id, file, Disposition::Attachment, &who)
            .await
            .expect("url");
        assert_eq!(url.url, format!("/media/{file}?Attachment"));
        assert_eq!(url.expires_at, START + Duration::from_mins(5));
        assert!(
            !format!("{url:?}").contains("/media/"),
            "a signed URL is a secret"
        );
    }
}

#[tokio::test]
async fn others_learn_nothing_and_who_moderates_nothing_changes_nothing() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, id, file) = recorded_three(&world).await;
    // Was called, and did not take it; and somebody who was not even called.
    assert!(
        world
            .engine
            .recordings(call, &by("carol"))
            .await
            .expect("list")
            .is_empty()
    );
    let refused = world.engine.recordings(call, &by("mallory")).await;
    assert!(
        matches!(refused, Err(RecordingError::Call(CommandError::NotFound))),
        "{refused:?}"
    );
    for who in [by("carol"), by("mallory")] {
        let refused = world.engine.recording(id, &who).await;
        assert!(
            matches!(refused, Err(RecordingError::NotFound)),
            "{refused:?}"
        );
        let refused = world
            .engine
            .recording_url(id, file, Disposition::Inline, &who)
            .await;
        assert!(
            matches!(refused, Err(RecordingError::NotFound)),
            "{refused:?}"
        );
        let refused = world.engine.request_mix(id, &who).await;
        assert!(
            matches!(refused, Err(RecordingError::NotFound)),
            "{refused:?}"
        );
        let refused = world.engine.delete_recording(id, &who).await;
        assert!(
            matches!(refused, Err(RecordingError::NotFound)),
            "{refused:?}"
        );
    }
    // Sees it, and moderates nothing.
    let refused = world.engine.request_mix(id, &by("bob")).await;
    assert!(
        matches!(refused, Err(RecordingError::Call(CommandError::NotAllowed))),
        "{refused:?}"
    );
    let refused = world.engine.delete_recording(id, &by("bob")).await;
    assert!(
        matches!(refused, Err(RecordingError::Call(CommandError::NotAllowed))),
        "{refused:?}"
    );
    assert!(world.stored_recording(id).await.is_some());
}

#[tokio::test]
async fn what_is_unknown_is_not_found_and_what_cannot_be_reached_says_so() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (_, id, file) = recorded_three(&world).await;
    let unknown = RecordingId::new(Uuid::from_u128(7));
    let refused = world.engine.recording(unknown, &admin()).await;
    assert!(
        matches!(refused, Err(RecordingError::NotFound)),
        "{refused:?}"
    );
    let unknown = RecordingFileId::new(Uuid::from_u128(7));
    let refused = world
        .engine
        .recording_url(id, unknown, Disposition::Inline, &admin())
        .await;
    assert!(
        matches!(refused, Err(RecordingError::NotFound)),
        "{refused:?}"
    );
    plane.fails(Work::Url, 1, RecordingFault::StorageUnreachable);
    let refused = world
        .engine
        .recording_url(id, file, Disposition::Inline, &admin())
        .await;
    assert!(
        matches!(
            refused,
            Err(RecordingError::Files(RecordingFault::StorageUnreachable))
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_recording_that_runs_is_not_deleted_nor_mixed() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, _alice, _bob) = world.talk().await;
    let id = world
        .record(call, RecordingMode::Tracks)
        .await
        .expect("recording")
        .id;
    for who in [by("alice"), admin()] {
        let refused = world.engine.delete_recording(id, &who).await;
        assert!(matches!(refused, Err(RecordingError::Live)), "{refused:?}");
        let refused = world.engine.request_mix(id, &who).await;
        assert!(matches!(refused, Err(RecordingError::Live)), "{refused:?}");
    }
    assert!(world.stored(call).await.call.recording().is_some());
}

#[tokio::test]
async fn what_is_deleted_is_gone_and_the_call_names_the_one_before() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, _alice, _bob) = world.talk().await;
    let mut recorded = Vec::new();
    for _ in 0..2 {
        let id = world
            .record(call, RecordingMode::Tracks)
            .await
            .expect("recording")
            .id;
        world.clock.advance(Duration::from_secs(5));
        world
            .engine
            .stop_recording(call, by("alice"))
            .await
            .expect("stop");
        world.done(id).await;
        recorded.push(id);
    }
    let url = async || {
        let reader = call_engine::Reader::Admin;
        world
            .engine
            .call(call, &reader)
            .await
            .expect("call")
            .annotations
            .recording_url
    };
    assert_eq!(
        url().await,
        Some(format!("/recordings/{}", recorded[1])),
        "also while the call lives"
    );
    world
        .engine
        .delete_recording(recorded[1], &by("alice"))
        .await
        .expect("delete");
    assert_eq!(url().await, Some(format!("/recordings/{}", recorded[0])));
    let refused = world.engine.recording(recorded[1], &by("alice")).await;
    assert!(
        matches!(refused, Err(RecordingError::NotFound)),
        "out of sight at once: {refused:?}"
    );
    let refused = world
        .engine
        .delete_recording(recorded[1], &by("alice"))
        .await;
    assert!(
        matches!(refused, Err(RecordingError::NotFound)),
        "{refused:?}"
    );
    assert_eq!(world.settled(recorded[1]).await, None);
    let of = |id: RecordingId| {
        plane
            .kept
            .lock()
            .iter()
            .filter(|key| key.starts_with(&id.to_string()))
            .count()
    };
    assert_eq!((of(recorded[0]), of(recorded[1])), (3, 0));

    world
        .engine
        .delete_recording(recorded[0], &admin())
        .await
        .expect("delete");
    assert_eq!(world.settled(recorded[0]).await, None);
    assert_eq!(url().await, None);
    assert_eq!(world.stored(call).await.annotations.recording_url, None);
}

#[tokio::test]
async fn a_mix_can_be_asked_for_later() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Tracks).await;
    world.done(id).await;
    plane.will.lock().no_mixing = true;
    let refused = world.engine.request_mix(id, &by("alice")).await;
    assert!(
        matches!(refused, Err(RecordingError::MixingUnavailable)),
        "{refused:?}"
    );
    plane.will.lock().no_mixing = false;
    plane.will.lock().no_room = Some(RecordingFault::DiskFull);
    let refused = world.engine.request_mix(id, &by("alice")).await;
    assert!(
        matches!(
            refused,
            Err(RecordingError::MixRefused(RecordingFault::DiskFull))
        ),
        "{refused:?}"
    );
    let stored = world.stored_recording(id).await.expect("stored");
    assert_eq!(stored.mix, call_domain::MixStatus::None);
    plane.will.lock().no_room = None;
    let queued = world
        .engine
        .request_mix(id, &by("alice"))
        .await
        .expect("mix");
    assert_eq!(queued.status, call_domain::RecordingStatus::Processing);
    assert_eq!(queued.files.len(), 3, "what there is can be seen meanwhile");
    world
        .engine
        .request_mix(id, &by("alice"))
        .await
        .expect("again");
    let mixed = world.done(id).await;
    assert_eq!(mixed.mix, call_domain::MixStatus::Done);
    assert_eq!(mixed.bytes, 400);
    let kinds = mixed
        .files
        .iter()
        .filter(|file| file.kind == RecordingFileKind::Mixed);
    assert_eq!(kinds.count(), 1);
    plane.worked();
    world
        .engine
        .request_mix(id, &by("alice"))
        .await
        .expect("there is one");
    world.done(id).await;
    assert!(plane.worked().is_empty());
}

#[tokio::test]
async fn there_is_nothing_to_mix_where_nobody_was_recorded() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().silent = true;
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Mixed).await;
    let done = world.done(id).await;
    assert_eq!(done.status, call_domain::RecordingStatus::Failed);
    assert_eq!(done.mix, call_domain::MixStatus::None);
    let refused = world.engine.request_mix(id, &by("alice")).await;
    assert!(
        matches!(refused, Err(RecordingError::MixingUnavailable)),
        "{refused:?}"
    );
}
