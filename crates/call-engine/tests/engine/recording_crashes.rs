//! The process dies at every point at which something about a recording is written: in the end nothing can be told of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use call_domain::{
    MixStatus, RecordingConsent, RecordingFault, RecordingId, RecordingMode, RecordingPolicy,
    RecordingStatus,
};

use crate::support::crashing::Crash;
use crate::support::recorder::{FakeRecorder, Work};
use crate::support::records::{by, recorded_world, recording_config, records};
use crate::support::{Records, World};

/// More points than any of these has.
const TOO_MANY: usize = 200;

/// All that is left of a recording in the end.
#[derive(Debug, PartialEq, Eq)]
struct End {
    status: RecordingStatus,
    cause: Option<RecordingFault>,
    mix: MixStatus,
    bytes: u64,
    files: BTreeSet<String>,
    uploaded: usize,
    shown: bool,
    alerts: Vec<String>,
}

async fn world_that_dies(plane: &Arc<FakeRecorder>, crash: &Arc<Crash>) -> World {
    let config = recording_config(RecordingPolicy::Allow, RecordingConsent::Notify);
    let crash = Some(Arc::clone(crash));
    World::recording(
        config,
        Records {
            crash,
            ..records(plane)
        },
    )
    .await
}

async fn end(world: &World, plane: &FakeRecorder, id: RecordingId) -> End {
    let done = world.done(id).await;
    let url = world.stored(done.call_id).await.annotations.recording_url;
    let ids: BTreeSet<_> = done.files.iter().map(|file| file.id.to_string()).collect();
    assert_eq!(ids.len(), done.files.len(), "nothing is there twice");
    assert_eq!(done.progress, None);
    let uploaded = plane.uploaded.lock().len();
    End {
        status: done.status,
        cause: done.cause,
        mix: done.mix,
        bytes: done.bytes,
        files: done
            .files
            .iter()
            .map(|file| format!("{} {:?}", file.kind, file.user_id))
            .collect(),
        uploaded,
        shown: url == Some(format!("/recordings/{id}")),
        alerts: world.alerts().await,
    }
}

/// A mixed recording of which some is missing, in bad weather: every job fails once.
fn stormy() -> Arc<FakeRecorder> {
    let plane = Arc::new(FakeRecorder::default());
    plane.will.lock().elsewhere = true;
    plane.will.lock().cause = Some(RecordingFault::Overloaded);
    plane.fails(Work::Finish, 1, RecordingFault::WriteFailed);
    plane.fails(Work::Mix, 1, RecordingFault::MixFailed);
    plane.fails(Work::Upload, 1, RecordingFault::StorageUnreachable);
    plane
}

#[tokio::test]
async fn a_recording_is_made_once_wherever_the_process_dies() {
    let expected = End {
        status: RecordingStatus::Partial,
        cause: Some(RecordingFault::Overloaded),
        mix: MixStatus::Done,
        bytes: 400,
        files: [
            "track Some(alice)",
            "track Some(bob)",
            "manifest None",
            "mixed None",
        ]
        .map(|file| {
            file.replace("alice", r#"UserId("alice")"#)
                .replace("bob", r#"UserId("bob")"#)
        })
        .into(),
        uploaded: 4,
        shown: true,
        alerts: vec![
            "mix_failed mix_failed".into(),
            "recording_partial overloaded".into(),
            "upload_failed storage_unreachable".into(),
        ],
    };
    for point in 0..TOO_MANY {
        let (plane, crash) = (stormy(), Crash::at(point));
        let world = world_that_dies(&plane, &crash).await;
        let (_, id) = world.recorded_call(RecordingMode::Mixed).await;
        world
            .until("it dies, or is done", async || {
                crash.is_reached() || world.is_settled(id).await
            })
            .await;
        if !crash.is_reached() {
            assert_eq!(end(&world, &plane, id).await, expected, "without a crash");
            assert!(point > 20, "only {point} points");
            return;
        }
        let world = world.crash_and_restart(Duration::from_secs(1)).await;
        let mut ended = end(&world, &plane, id).await;
        // A failure that was forgotten and did not come again is no news; what is missing in the end is.
        assert!(
            ended
                .alerts
                .contains(&"recording_partial overloaded".into())
        );
        assert!(
            ended
                .alerts
                .iter()
                .all(|alert| expected.alerts.contains(alert))
        );
        ended.alerts.clone_from(&expected.alerts);
        assert_eq!(ended, expected, "died at point {point}");
    }
    panic!("it is never done");
}

#[tokio::test]
async fn what_is_deleted_is_gone_wherever_the_process_dies() {
    for point in 0..TOO_MANY {
        let plane = Arc::new(FakeRecorder::default());
        let mut world = recorded_world(&plane).await;
        let (call, id) = world.recorded_call(RecordingMode::Tracks).await;
        world.done(id).await;
        plane.fails(Work::Delete, 1, RecordingFault::StorageUnreachable);
        let crash = Crash::at(point);
        if let Some(records) = &mut world.records {
            records.crash = Some(Arc::clone(&crash));
        }
        let world = world.crash_and_restart(Duration::from_secs(1)).await;

        let engine = Arc::clone(&world.engine);
        let asked = tokio::spawn(async move { engine.delete_recording(id, &by("alice")).await });
        let gone = async || {
            let jobs = world.recordings.jobs_of(id).await.expect("jobs");
            asked.is_finished() && jobs.is_empty()
        };
        world
            .until("it dies, or is gone", async || {
                crash.is_reached() || gone().await
            })
            .await;
        let over = !crash.is_reached();
        asked.abort();
        let world = world.crash_and_restart(Duration::from_secs(1)).await;
        if world.stored_recording(id).await.is_some() {
            // Nobody was told that it is gone: it is asked for again.
            world
                .engine
                .delete_recording(id, &by("alice"))
                .await
                .expect("delete");
        }
        assert_eq!(world.settled(id).await, None, "died at point {point}");
        assert!(plane.kept.lock().is_empty(), "died at point {point}");
        assert_eq!(world.stored(call).await.annotations.recording_url, None);
        if over {
            assert!(point > 5, "only {point} points");
            return;
        }
    }
    panic!("it is never gone");
}
