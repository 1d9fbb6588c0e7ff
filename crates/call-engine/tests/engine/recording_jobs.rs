//! What becomes of a recording once it has stopped.

use std::sync::Arc;
use std::time::Duration;

use call_domain::{
    MixStatus, RecordingConsent, RecordingFault, RecordingId, RecordingMode, RecordingPolicy,
    RecordingStatus,
};
use call_engine::RecordingRules;
use call_store::{JobKind, RecordingUpdate, StoredRecording};

use crate::support::faulty::FaultyStore;
use crate::support::recorder::{FakeRecorder, Last, Work};
use crate::support::records::{by, recorded_world, recording_config, records};
use crate::support::{Records, START, World, user};

type Figures = (RecordingStatus, Option<RecordingFault>, MixStatus, usize);

fn figures(recording: &StoredRecording) -> Figures {
    (
        recording.status,
        recording.cause,
        recording.mix,
        recording.files.len(),
    )
}

#[tokio::test]
async fn tracks_are_ready_when_their_files_are_closed() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, id) = world.recorded_call(RecordingMode::Tracks).await;
    let done = world.done(id).await;
    assert_eq!(
        figures(&done),
        (RecordingStatus::Ready, None, MixStatus::None, 3)
    );
    assert_eq!(
        (done.bytes, done.duration),
        (300, Some(Duration::from_secs(10)))
    );
    assert_eq!(done.progress, None);
    assert_eq!(plane.worked(), ["Finish"]);
    let url = world.stored(call).await.annotations.recording_url;
    assert_eq!(url, Some(format!("/recordings/{id}")));
}

#[tokio::test]
async fn a_recording_is_as_long_as_from_its_start_to_its_end_however_long_a_commit_takes() {
    let plane = Arc::new(FakeRecorder::default());
    let config = recording_config(RecordingPolicy::Allow, RecordingConsent::Notify);
    let world = World::recording_over(config, records(&plane), |store, clock| {
        let commit = Duration::from_millis(20);
        Arc::new(FaultyStore::slow(store, Arc::clone(clock), commit))
    })
    .await;
    let (call, _alice, _bob) = world.talk().await;
    for ends in [false, true] {
        let recording = world.record(call, RecordingMode::Tracks).await;
        let id = recording.expect("recording").id;
        if ends {
            world.engine.end(call, user("alice")).await.expect("end");
        } else {
            let stopped = world.engine.stop_recording(call, by("alice")).await;
            stopped.expect("stop");
        }
        let stopped_at = world.done(id).await.stopped_at.expect("stopped");
        assert_eq!(plane.last(id), Some(Last::Stop(stopped_at)));
    }
}

#[tokio::test]
async fn a_mix_is_made_after_the_call_and_brought_where_recordings_are_kept() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().elsewhere = true;
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Mixed).await;
    let done = world.done(id).await;
    assert_eq!(
        figures(&done),
        (RecordingStatus::Ready, None, MixStatus::Done, 4)
    );
    assert_eq!(done.bytes, 400);
    assert_eq!(plane.worked(), ["Finish", "Mix", "Upload"]);
    assert_eq!(*plane.uploaded.lock(), *plane.kept.lock());
    assert!(world.alerts().await.is_empty());
}

#[tokio::test]
async fn progress_is_shown_while_a_mix_is_made() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().hangs.insert(Work::Mix);
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Mixed).await;
    world
        .until("half of it is done", async || {
            let recording = world.stored_recording(id).await.expect("stored");
            recording.progress == Some(0.5) && recording.mix == MixStatus::Running
        })
        .await;
    // Longer than any lease: it is held.
    for _ in 0..60 {
        world.clock.advance(Duration::from_secs(1));
        world.stored_recording(id).await;
    }
    assert_eq!(plane.worked(), ["Finish", "Mix"]);
}

#[tokio::test]
async fn what_is_to_be_done_is_counted_with_every_sweep() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().waits.insert(Work::Mix);
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Mixed).await;
    world
        .until("it is mixed", async || plane.has_worked("Mix"))
        .await;
    let counted = |kind| {
        let counts = world.engine.recording_jobs();
        counts.iter().find(|(of, _)| *of == kind).map(|(_, n)| *n)
    };
    world.clock.advance(Duration::from_secs(5));
    world
        .until("it is counted", async || counted(JobKind::Mix) == Some(1))
        .await;
    assert_eq!(counted(JobKind::Finish), Some(0));
    plane.will.lock().waits.clear();
    world.done(id).await;
    world.clock.advance(Duration::from_secs(5));
    world
        .until("it is done", async || counted(JobKind::Mix) == Some(0))
        .await;
}

#[tokio::test]
async fn a_stop_waits_for_no_job_and_the_next_start_goes_on_at_once() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().hangs.insert(Work::Mix);
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Mixed).await;
    world
        .until("it is mixed", async || plane.has_worked("Mix"))
        .await;
    world.engine.stop().await;
    let jobs = world.recordings.jobs_of(id).await.expect("jobs");
    assert_eq!(jobs[0].lease_until, None, "given back");

    plane.will.lock().hangs.clear();
    let world = world.crash_and_restart(Duration::ZERO).await;
    assert_eq!(world.done(id).await.mix, MixStatus::Done);
}

#[tokio::test]
async fn a_mix_that_a_crash_broke_off_is_made_by_the_next_start_at_once() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().hangs.insert(Work::Mix);
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Mixed).await;
    world
        .until("it is mixed", async || plane.has_worked("Mix"))
        .await;
    plane.will.lock().hangs.clear();
    let world = world.crash_and_restart(Duration::ZERO).await;
    // The clock stands still: no lease runs out.
    let mixed = async {
        while world.stored_recording(id).await.expect("stored").mix != MixStatus::Done {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), mixed)
        .await
        .expect("taken over");
    assert_eq!(
        figures(&world.done(id).await),
        (RecordingStatus::Ready, None, MixStatus::Done, 4)
    );
}

#[tokio::test]
async fn a_mix_that_fails_is_tried_again_and_again_and_then_the_tracks_are_what_there_is() {
    let plane = Arc::new(FakeRecorder::default());
    plane.fails(Work::Mix, 3, RecordingFault::MixFailed);
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Mixed).await;
    let done = world.done(id).await;
    let cause = Some(RecordingFault::MixFailed);
    assert_eq!(
        figures(&done),
        (RecordingStatus::Partial, cause, MixStatus::Failed, 3)
    );
    assert_eq!(
        plane.worked(),
        ["Finish", "Mix", "Mix", "Mix", "DiscardMix"]
    );
    assert_eq!(world.alerts().await, ["mix_failed mix_failed"]);

    // Asked for once more, it works out.
    world
        .engine
        .request_mix(id, &by("alice"))
        .await
        .expect("mix");
    let done = world.done(id).await;
    assert_eq!(
        figures(&done),
        (RecordingStatus::Ready, None, MixStatus::Done, 4)
    );
}

#[tokio::test]
async fn a_mix_that_nobody_needed_takes_nothing_away_when_it_fails() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Tracks).await;
    world.done(id).await;
    plane.fails(Work::Mix, 9, RecordingFault::DiskFull);
    plane.worked();
    world
        .engine
        .request_mix(id, &by("alice"))
        .await
        .expect("mix");
    let done = world.done(id).await;
    // What the tries have left is not kept for one that nobody asked for.
    assert_eq!(plane.worked(), ["Mix", "Mix", "Mix", "DiscardMix"]);
    assert_eq!(
        figures(&done),
        (RecordingStatus::Ready, None, MixStatus::Failed, 3)
    );
    assert_eq!(world.alerts().await, ["mix_failed disk_full"]);
}

#[tokio::test]
async fn where_there_is_no_mixer_any_more_the_tracks_are_what_there_is() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, _alice, _bob) = world.talk().await;
    let id = world
        .record(call, RecordingMode::Mixed)
        .await
        .expect("recording")
        .id;
    plane.will.lock().no_mixing = true;
    world.engine.end(call, user("alice")).await.expect("end");
    let done = world.done(id).await;
    let cause = Some(RecordingFault::MixingUnavailable);
    assert_eq!(
        figures(&done),
        (RecordingStatus::Partial, cause, MixStatus::Unavailable, 3)
    );
    assert_eq!(world.alerts().await, ["mix_failed mixing_unavailable"]);
    plane.will.lock().no_mixing = false;
    world
        .engine
        .request_mix(id, &by("alice"))
        .await
        .expect("mix");
    assert_eq!(world.done(id).await.status, RecordingStatus::Ready);
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_is_tried_until_it_can() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().elsewhere = true;
    plane.fails(Work::Upload, 6, RecordingFault::StorageUnreachable);
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Tracks).await;
    let unreachable = async || world.stored_recording(id).await.expect("stored").status;
    world
        .until("it is known", async || {
            unreachable().await == RecordingStatus::Partial
        })
        .await;
    let partial = world.stored_recording(id).await.expect("stored");
    assert_eq!(partial.cause, Some(RecordingFault::StorageUnreachable));
    assert_eq!(partial.files.len(), 3, "what there is is kept, and shown");
    let done = world.done(id).await;
    assert_eq!(
        figures(&done),
        (RecordingStatus::Ready, None, MixStatus::None, 3)
    );
    assert_eq!(plane.uploaded.lock().len(), 3);
    assert_eq!(world.alerts().await, ["upload_failed storage_unreachable"]);
    assert!(
        plane.has_worked(r#"goes on from {"parts":1}"#),
        "{:?}",
        plane.worked()
    );
}

#[tokio::test]
async fn a_store_that_cannot_be_reached_for_days_is_tried_for_days() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().elsewhere = true;
    plane.fails(Work::Upload, 40, RecordingFault::StorageUnreachable);
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Tracks).await;
    world.nothing_due(id).await;
    let done = world.stored_recording(id).await.expect("stored");
    assert_eq!(
        figures(&done),
        (RecordingStatus::Ready, None, MixStatus::None, 3)
    );
    assert_eq!(plane.uploaded.lock().len(), 3);
    assert!(call_engine::Clock::now(&*world.clock).since(START) > Duration::from_hours(24));
    assert_eq!(world.alerts().await, ["upload_failed storage_unreachable"]);
}

#[tokio::test]
async fn a_mix_that_is_asked_for_during_an_upload_is_waited_for() {
    for failures in [1, 2] {
        let plane = Arc::new(FakeRecorder::default());
        plane.will.lock().elsewhere = true;
        plane.fails(Work::Upload, failures, RecordingFault::StorageUnreachable);
        let world = recorded_world(&plane).await;
        let (_, id) = world.recorded_call(RecordingMode::Tracks).await;
        let stored = async || world.stored_recording(id).await.expect("stored");
        world
            .until("it failed once", async || {
                stored().await.status == RecordingStatus::Partial
            })
            .await;
        plane.worked();
        plane.will.lock().waits.extend([Work::Upload, Work::Mix]);
        world
            .until("it is tried again", async || plane.has_worked("Upload"))
            .await;
        let asked = world.engine.request_mix(id, &by("alice")).await;
        assert_eq!(asked.expect("mix").status, RecordingStatus::Processing);
        plane.will.lock().waits.remove(&Work::Upload);
        world
            .until("it is mixed", async || plane.has_worked("Mix"))
            .await;
        let (mixing, mix) = (stored().await.status, stored().await.mix);
        assert_eq!(
            (mixing, mix),
            (RecordingStatus::Processing, MixStatus::Running)
        );
        plane.will.lock().waits.clear();
        let done = world.done(id).await;
        assert_eq!(
            figures(&done),
            (RecordingStatus::Ready, None, MixStatus::Done, 4)
        );
        assert_eq!(plane.uploaded.lock().len(), 4);
    }
}

#[tokio::test]
async fn files_that_cannot_be_closed_at_once_are_closed_later() {
    let plane = Arc::new(FakeRecorder::default());
    plane.fails(Work::Finish, 3, RecordingFault::WriteFailed);
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Tracks).await;
    assert_eq!(
        figures(&world.done(id).await),
        (RecordingStatus::Ready, None, MixStatus::None, 3)
    );
    assert!(world.alerts().await.is_empty());
}

#[tokio::test]
async fn files_that_cannot_be_closed_for_long_are_closed_in_the_end() {
    let plane = Arc::new(FakeRecorder::default());
    plane.fails(Work::Finish, 30, RecordingFault::WriteFailed);
    let world = recorded_world(&plane).await;
    let (call, id) = world.recorded_call(RecordingMode::Mixed).await;
    world
        .until("it is known", async || {
            let recording = world.stored_recording(id).await.expect("stored");
            recording.status == RecordingStatus::Failed
        })
        .await;
    let failed = world.stored_recording(id).await.expect("stored");
    assert_eq!(failed.cause, Some(RecordingFault::WriteFailed));
    assert_eq!(world.alerts().await, ["recording_failed write_failed"]);
    assert_eq!(world.stored(call).await.annotations.recording_url, None);

    world.nothing_due(id).await;
    let done = world.stored_recording(id).await.expect("stored");
    assert_eq!(
        figures(&done),
        (RecordingStatus::Ready, None, MixStatus::Done, 4)
    );
    let told = plane.finished.lock().clone();
    assert_eq!(told.last().map(|stopped| stopped.cause), Some(None));
    assert_eq!(world.alerts().await, ["recording_failed write_failed"]);
    let url = world.stored(call).await.annotations.recording_url;
    assert_eq!(url, Some(format!("/recordings/{id}")));
}

#[tokio::test]
async fn nothing_recorded_is_never_ready_and_nobodys_fault_if_nothing_went_wrong() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().silent = true;
    let world = recorded_world(&plane).await;
    let (call, id) = world.recorded_call(RecordingMode::Tracks).await;
    assert_eq!(
        figures(&world.done(id).await),
        (RecordingStatus::Failed, None, MixStatus::None, 1)
    );
    assert_eq!(
        world.stored(call).await.annotations.recording_url,
        None,
        "nothing to show"
    );
    assert!(world.alerts().await.is_empty());
    plane.will.lock().cause = Some(RecordingFault::DiskFull);
    let (_, id) = world.recorded_call(RecordingMode::Mixed).await;
    let cause = Some(RecordingFault::DiskFull);
    assert_eq!(
        figures(&world.done(id).await),
        (RecordingStatus::Failed, cause, MixStatus::None, 1)
    );
    assert_eq!(world.alerts().await, ["recording_failed disk_full"]);
}

#[tokio::test]
async fn what_is_deleted_while_it_is_mixed_is_mixed_no_more() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().hangs.insert(Work::Mix);
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Mixed).await;
    world
        .until("it is mixed", async || plane.has_worked("Mix"))
        .await;
    world
        .engine
        .delete_recording(id, &by("alice"))
        .await
        .expect("delete");
    world.gone(id).await;
    assert!(plane.kept.lock().is_empty());
    // The worker is free for the next.
    plane.will.lock().hangs.clear();
    let (_, id) = world.recorded_call(RecordingMode::Mixed).await;
    assert_eq!(world.done(id).await.mix, MixStatus::Done);
}

#[tokio::test]
async fn what_is_to_be_gone_goes_however_often_that_fails() {
    let plane = Arc::new(FakeRecorder::default());
    plane.fails(Work::Delete, 15, RecordingFault::StorageUnreachable);
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Tracks).await;
    world.done(id).await;
    world
        .engine
        .delete_recording(id, &by("alice"))
        .await
        .expect("delete");
    world.nothing_due(id).await;
    assert!(plane.kept.lock().is_empty());
    assert_eq!(world.alerts().await, ["delete_failed storage_unreachable"]);
}

#[tokio::test]
async fn what_was_left_without_a_job_is_taken_up_again() {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().hangs.insert(Work::Finish);
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Tracks).await;
    world
        .until("it is at work", async || plane.has_worked("Finish"))
        .await;
    // Somebody has deleted the job by hand.
    let job = world.recordings.jobs_of(id).await.expect("jobs").remove(0);
    assert_eq!(job.kind, JobKind::Finish);
    assert!(
        world
            .recordings
            .finish_job(&job, &[], START)
            .await
            .expect("finish")
    );
    plane.will.lock().hangs.clear();
    world.clock.advance(Duration::from_mins(11));
    assert_eq!(world.done(id).await.status, RecordingStatus::Ready);
}

#[tokio::test]
async fn a_mix_that_was_promised_and_has_no_job_is_made() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (_, id) = world.recorded_call(RecordingMode::Tracks).await;
    world.done(id).await;
    plane.worked();
    // The process died between the two.
    let promised = RecordingUpdate {
        status: Some(RecordingStatus::Processing),
        mix: Some(MixStatus::Queued),
        ..RecordingUpdate::default()
    };
    let updated = world.recordings.update_recording(id, promised).await;
    assert!(updated.expect("update"));
    let world = world.crash_and_restart(Duration::from_secs(1)).await;
    let done = world.done(id).await;
    assert_eq!(
        figures(&done),
        (RecordingStatus::Ready, None, MixStatus::Done, 4)
    );
    assert_eq!(plane.worked(), ["Mix"]);
}

async fn kept_world(plane: &Arc<FakeRecorder>, rules: RecordingRules) -> World {
    let config = recording_config(RecordingPolicy::Allow, RecordingConsent::Notify);
    World::recording(
        config,
        Records {
            rules,
            ..records(plane)
        },
    )
    .await
}

async fn three_recordings(world: &World) -> Vec<RecordingId> {
    let (call, _alice, _bob) = world.talk().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let id = world
            .record(call, RecordingMode::Tracks)
            .await
            .expect("recording")
            .id;
        world.clock.advance(Duration::from_secs(30));
        world
            .engine
            .stop_recording(call, by("alice"))
            .await
            .expect("stop");
        world.done(id).await;
        ids.push(id);
    }
    ids
}

#[tokio::test]
async fn recordings_are_kept_for_as_long_as_the_rules_say() {
    let plane = Arc::new(FakeRecorder::default());
    let rules = RecordingRules {
        retention: Some(Duration::from_hours(24)),
        ..RecordingRules::default()
    };
    let world = kept_world(&plane, rules).await;
    let (_, old) = world.recorded_call(RecordingMode::Tracks).await;
    world.done(old).await;
    world.clock.advance(Duration::from_hours(20));
    let (live, _alice, _bob) = world.talk().await;
    let running = world
        .record(live, RecordingMode::Tracks)
        .await
        .expect("recording")
        .id;
    world.clock.advance(Duration::from_hours(5));
    world.gone(old).await;
    let kept = plane.kept.lock().clone();
    assert!(!kept.iter().any(|key| key.starts_with(&old.to_string())));
    assert_eq!(world.end_reason(live).await, None);
    let stored = world.stored_recording(running).await.expect("it runs");
    assert_eq!(stored.stopped_at, None);
}

#[tokio::test]
async fn the_oldest_go_when_they_take_too_much_room() {
    let plane = Arc::new(FakeRecorder::default());
    let rules = RecordingRules {
        retention_bytes: Some(700),
        ..RecordingRules::default()
    };
    let world = kept_world(&plane, rules).await;
    let ids = three_recordings(&world).await;
    world.clock.advance(Duration::from_mins(11));
    world.gone(ids[0]).await;
    for id in &ids[1..] {
        assert_eq!(world.done(*id).await.files.len(), 3);
    }
    assert_eq!(plane.kept.lock().len(), 6);
}
