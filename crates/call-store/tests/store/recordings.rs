//! Recordings, from the step that begins one to its files.

use std::time::Duration;

use call_domain::{
    Command, Consent, ConsentState, MixStatus, RecordingConsent, RecordingFault, RecordingFileId,
    RecordingFileKind, RecordingId, RecordingMode, RecordingStatus,
};
use call_store::{
    CallStore, CommitError, JobKind, RecordingFile, RecordingStore, RecordingUpdate, StoreError,
};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::*;

contract!(
    a_recording_begins_with_the_step_and_its_end_makes_its_finish_due,
    the_end_of_a_call_stops_its_recording,
    what_the_recorder_gave_up_has_a_cause,
    answers_are_kept_with_every_change,
    of_two_who_stop_it_one_does_and_it_is_finished_once,
    a_step_that_comes_too_late_records_nothing,
    files_take_the_place_of_those_before,
    files_are_found_by_their_id,
    updates_change_what_they_name,
    an_update_of_what_runs_leaves_its_status_to_the_call,
    what_cannot_be_kept_is_refused,
    the_unfinished_are_found,
    a_call_knows_where_its_recording_is,
    an_unknown_recording_is_none,
);

async fn a_recording_begins_with_the_step_and_its_end_makes_its_finish_due(store: TestStore) {
    let call = answered(&store, "alice", "bob", RecordingConsent::Notify).await;
    let id = new_recording_id();
    let call = step(&store, &call, record("alice", id), after(10)).await;
    assert_eq!(load(&store, call.id()).await, call);
    let begun = recording(&store, id).await;
    assert_eq!((begun.id, begun.call_id), (id, call.id()));
    assert_eq!(begun.mode, RecordingMode::Tracks);
    assert_eq!(begun.status, RecordingStatus::Recording);
    assert_eq!(begun.cause, None);
    assert_eq!(begun.started_by, Some(user("alice")));
    assert_eq!(begun.stopped_by, None);
    assert_eq!(begun.consent, RecordingConsent::Notify);
    assert_eq!(begun.consents, []);
    assert_eq!((begun.started_at, begun.stopped_at), (after(10), None));
    assert_eq!((begun.duration, begun.bytes), (None, 0));
    assert_eq!((begun.progress, begun.mix), (None, MixStatus::None));
    assert_eq!(begun.files, []);
    assert_eq!(store.jobs_of(id).await.unwrap(), []);

    let call = step(&store, &call, stop_recording("alice"), after(70)).await;
    assert!(call.parts().was_recorded);
    assert_eq!(load(&store, call.id()).await, call);
    let stopped = recording(&store, id).await;
    assert_eq!(stopped.status, RecordingStatus::Processing);
    assert_eq!(stopped.stopped_at, Some(after(70)));
    assert_eq!(stopped.stopped_by, Some(user("alice")));
    assert_eq!(stopped.cause, None);
    let jobs = store.jobs_of(id).await.unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!((jobs[0].kind, jobs[0].run_at), (JobKind::Finish, after(70)));
    assert_eq!((jobs[0].attempts, jobs[0].lease_until), (0, None));

    // The next one of the same call, which is to be mixed.
    let next = new_recording_id();
    let mixed = Command::StartRecording {
        by: Some(user("admin")),
        admin: true,
        id: next,
        mode: RecordingMode::Mixed,
    };
    let call = step(&store, &call, mixed, after(80)).await;
    assert_eq!(recording(&store, next).await.mix, MixStatus::Queued);
    let both = store.recordings_of(call.id()).await.unwrap();
    assert_eq!(both.iter().map(|r| r.id).collect::<Vec<_>>(), [id, next]);
    // What was stopped is not touched by later steps.
    step(&store, &call, end("bob"), after(90)).await;
    assert_eq!(recording(&store, id).await, stopped);
    assert_eq!(recording(&store, next).await.stopped_by, None);
    assert_eq!(store.jobs_of(id).await.unwrap(), jobs);
}

async fn the_end_of_a_call_stops_its_recording(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let stored = recording(&store, id).await;
    assert_eq!(stored.status, RecordingStatus::Processing);
    assert_eq!(stored.stopped_at, Some(after(60)));
    let jobs = store.jobs_of(id).await.unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!((jobs[0].kind, jobs[0].run_at), (JobKind::Finish, after(60)));
    let call = load(&store, stored.call_id).await;
    assert!(call.is_ended() && call.recording().is_none());
}

async fn what_the_recorder_gave_up_has_a_cause(store: TestStore) {
    let call = answered(&store, "alice", "bob", RecordingConsent::Notify).await;
    let id = new_recording_id();
    let call = step(&store, &call, record("alice", id), after(10)).await;
    step(&store, &call, abort_recording(id), after(20)).await;
    let stored = recording(&store, id).await;
    assert_eq!(stored.status, RecordingStatus::Processing);
    assert_eq!(stored.cause, Some(RecordingFault::DiskFull));
    assert_eq!(store.jobs_of(id).await.unwrap().len(), 1);
}

async fn answers_are_kept_with_every_change(store: TestStore) {
    let call = answered(&store, "alice", "bob", RecordingConsent::Ask).await;
    let id = new_recording_id();
    let call = step(&store, &call, record("alice", id), after(10)).await;
    let said = |name: &str, state| Consent {
        user: user(name),
        state,
    };
    let alice = said("alice", ConsentState::Given { at: after(10) });
    let consents = recording(&store, id).await.consents;
    assert_eq!(consents, [alice.clone(), said("bob", ConsentState::Asked)]);

    let call = step(&store, &call, consent("bob", true), after(11)).await;
    let join = Command::Join {
        user: user("carol"),
        device: device("carol"),
        name: None,
        online: true,
    };
    let call = step(&store, &call, join, after(12)).await;
    let expected = [
        alice.clone(),
        said("bob", ConsentState::Given { at: after(11) }),
        said("carol", ConsentState::Asked),
    ];
    assert_eq!(recording(&store, id).await.consents, expected);
    assert_eq!(load(&store, call.id()).await, call);

    let call = step(&store, &call, consent("bob", false), after(13)).await;
    let call = step(&store, &call, consent("carol", true), after(14)).await;
    step(&store, &call, stop_recording("alice"), after(15)).await;
    let expected = [
        alice,
        said("bob", ConsentState::Refused { at: after(13) }),
        said("carol", ConsentState::Given { at: after(14) }),
    ];
    assert_eq!(recording(&store, id).await.consents, expected);
}

async fn of_two_who_stop_it_one_does_and_it_is_finished_once(store: TestStore) {
    let call = answered(&store, "alice", "bob", RecordingConsent::Notify).await;
    let id = new_recording_id();
    let call = step(&store, &call, record("alice", id), after(10)).await;
    let mut rivals = JoinSet::new();
    for command in [
        stop_recording("alice"),
        end("bob"),
        abort_recording(id),
        stop_recording("alice"),
    ] {
        let (store, step) = (store.clone(), unstored(&call, command, after(20)));
        let expected = call.version();
        rivals.spawn(async move { store.commit(&step, expected, after(20)).await });
    }
    let done = rivals.join_all().await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1);
    assert_eq!(store.jobs_of(id).await.unwrap().len(), 1);
    assert_eq!(recording(&store, id).await.stopped_at, Some(after(20)));
}

async fn a_step_that_comes_too_late_records_nothing(store: TestStore) {
    let call = answered(&store, "alice", "bob", RecordingConsent::Notify).await;
    let id = new_recording_id();
    let late = unstored(&call, record("alice", id), after(10));
    let call = step(&store, &call, end("bob"), after(9)).await;
    let refused = store
        .commit(&late, late.call.version() - 1, after(10))
        .await;
    assert!(matches!(refused, Err(CommitError::VersionConflict)));
    assert_eq!(store.recordings_of(call.id()).await.unwrap(), []);
}

async fn files_take_the_place_of_those_before(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let other = recorded(&store, 10, 60).await;
    let theirs = vec![track("mallory", 3)];
    let nothing = RecordingUpdate::default();
    assert!(
        store
            .replace_files(other, theirs.clone(), nothing)
            .await
            .unwrap()
    );

    let manifest = RecordingFile {
        kind: RecordingFileKind::Manifest,
        user_id: None,
        source: None,
        codec: None,
        content_type: "application/json".into(),
        duration: None,
        offset: Duration::ZERO,
        width: None,
        height: None,
        ..track("nobody", 17)
    };
    let files = vec![
        track("bob", 5),
        manifest,
        track("alice", u64::from(u32::MAX) * 3),
    ];
    let update = RecordingUpdate {
        status: Some(RecordingStatus::Ready),
        bytes: Some(1234),
        duration: Some(Some(Duration::from_millis(50_001))),
        ..RecordingUpdate::default()
    };
    for _ in 0..2 {
        assert!(
            store
                .replace_files(id, files.clone(), update)
                .await
                .unwrap()
        );
        let stored = recording(&store, id).await;
        assert_eq!(stored.files, files);
        assert_eq!(stored.status, RecordingStatus::Ready);
        assert_eq!(stored.bytes, 1234);
        assert_eq!(stored.duration, Some(Duration::from_millis(50_001)));
    }
    let of_call = store
        .recordings_of(recording(&store, id).await.call_id)
        .await;
    assert_eq!(of_call.unwrap()[0].files, files);

    // Nothing of that happens where one of the two cannot.
    let twice = vec![files[0].clone(), files[0].clone()];
    let failed = RecordingUpdate {
        status: Some(RecordingStatus::Failed),
        ..RecordingUpdate::default()
    };
    assert!(store.replace_files(id, twice, failed).await.is_err());
    let stored = recording(&store, id).await;
    assert_eq!(
        (stored.files, stored.status),
        (files, RecordingStatus::Ready)
    );

    assert!(store.replace_files(id, Vec::new(), nothing).await.unwrap());
    assert_eq!(recording(&store, id).await.files, []);
    assert_eq!(recording(&store, other).await.files, theirs);
}

async fn files_are_found_by_their_id(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let files = vec![track("alice", 1), track("bob", 2)];
    let nothing = RecordingUpdate::default();
    store
        .replace_files(id, files.clone(), nothing)
        .await
        .unwrap();
    for file in &files {
        let found = store.recording_file(file.id).await.unwrap();
        assert_eq!(found, Some((id, file.clone())));
    }
    let unknown = RecordingFileId::new(Uuid::now_v7());
    assert_eq!(store.recording_file(unknown).await.unwrap(), None);
}

async fn updates_change_what_they_name(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let mut expected = recording(&store, id).await;
    let update = RecordingUpdate {
        status: Some(RecordingStatus::Partial),
        cause: Some(Some(RecordingFault::Overloaded)),
        progress: Some(Some(0.25)),
        mix: Some(MixStatus::Running),
        bytes: Some(u64::from(u32::MAX) * 1000),
        duration: Some(Some(Duration::from_secs(49))),
    };
    assert!(store.update_recording(id, update).await.unwrap());
    expected.status = RecordingStatus::Partial;
    expected.cause = Some(RecordingFault::Overloaded);
    expected.progress = Some(0.25);
    expected.mix = MixStatus::Running;
    expected.bytes = u64::from(u32::MAX) * 1000;
    expected.duration = Some(Duration::from_secs(49));
    assert_eq!(recording(&store, id).await, expected);

    let nothing = RecordingUpdate::default();
    assert!(store.update_recording(id, nothing).await.unwrap());
    assert_eq!(recording(&store, id).await, expected);

    let emptied = RecordingUpdate {
        cause: Some(None),
        progress: Some(None),
        duration: Some(None),
        ..nothing
    };
    assert!(store.update_recording(id, emptied).await.unwrap());
    (expected.cause, expected.progress, expected.duration) = (None, None, None);
    assert_eq!(recording(&store, id).await, expected);
}

async fn an_update_of_what_runs_leaves_its_status_to_the_call(store: TestStore) {
    let call = answered(&store, "alice", "bob", RecordingConsent::Notify).await;
    let id = new_recording_id();
    let call = step(&store, &call, record("alice", id), after(10)).await;
    let failed = RecordingUpdate {
        status: Some(RecordingStatus::Failed),
        bytes: Some(7),
        ..RecordingUpdate::default()
    };
    assert!(!store.update_recording(id, failed).await.unwrap());
    assert_eq!(recording(&store, id).await.bytes, 0);
    let grown = RecordingUpdate {
        bytes: Some(7),
        ..RecordingUpdate::default()
    };
    assert!(store.update_recording(id, grown).await.unwrap());
    assert_eq!(recording(&store, id).await.bytes, 7);
    let runs = RecordingUpdate {
        status: Some(RecordingStatus::Recording),
        ..RecordingUpdate::default()
    };
    step(&store, &call, end("alice"), after(20)).await;
    let refused = store.update_recording(id, runs).await;
    assert!(matches!(refused, Err(StoreError::Unstorable(_))));
}

async fn what_cannot_be_kept_is_refused(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    for progress in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let update = RecordingUpdate {
            progress: Some(Some(progress)),
            ..RecordingUpdate::default()
        };
        let refused = store.update_recording(id, update).await;
        assert!(matches!(refused, Err(StoreError::Unstorable("progress"))));
    }
    let nul = || Some("\0".to_owned());
    for file in [
        RecordingFile {
            bytes: u64::MAX,
            ..track("alice", 1)
        },
        RecordingFile {
            source: nul(),
            ..track("alice", 1)
        },
        RecordingFile {
            codec: nul(),
            ..track("alice", 1)
        },
        RecordingFile {
            width: Some(u32::MAX),
            ..track("alice", 1)
        },
        RecordingFile {
            offset: Duration::MAX,
            ..track("alice", 1)
        },
    ] {
        let refused = store
            .replace_files(id, vec![file], RecordingUpdate::default())
            .await;
        assert!(
            matches!(refused, Err(StoreError::Unstorable(_))),
            "{refused:?}"
        );
    }
    assert_eq!(recording(&store, id).await.files, []);
}

async fn the_unfinished_are_found(store: TestStore) {
    let call = answered(&store, "alice", "bob", RecordingConsent::Notify).await;
    let runs = new_recording_id();
    step(&store, &call, record("alice", runs), after(30)).await;
    let processing = recorded(&store, 10, 60).await;
    for status in [
        RecordingStatus::Ready,
        RecordingStatus::Partial,
        RecordingStatus::Failed,
    ] {
        let update = RecordingUpdate {
            status: Some(status),
            ..RecordingUpdate::default()
        };
        let done = recorded(&store, 1, 2).await;
        assert!(store.update_recording(done, update).await.unwrap());
    }
    let found = store.unfinished_recordings().await.unwrap();
    let expected = [
        recording(&store, processing).await,
        recording(&store, runs).await,
    ];
    assert_eq!(found, expected);
}

async fn a_call_knows_where_its_recording_is(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let call = recording(&store, id).await.call_id;
    let url = async || {
        let stored = store.load(call).await.unwrap().unwrap();
        stored.annotations.recording_url
    };
    let before = load(&store, call).await;
    let there = Some(format!("/api/recordings/{id}"));
    store.set_recording_url(call, there.clone()).await.unwrap();
    assert_eq!(url().await, there);
    assert_eq!(load(&store, call).await, before, "no new version");
    store.set_recording_url(call, None).await.unwrap();
    assert_eq!(url().await, None);
    let stranger = call_domain::CallId::new(Uuid::now_v7());
    store.set_recording_url(stranger, there).await.unwrap();
}

async fn an_unknown_recording_is_none(store: TestStore) {
    let id = RecordingId::new(Uuid::now_v7());
    assert_eq!(store.recording(id).await.unwrap(), None);
    let update = RecordingUpdate {
        bytes: Some(1),
        ..RecordingUpdate::default()
    };
    assert!(!store.update_recording(id, update).await.unwrap());
    let files = vec![track("alice", 1)];
    let file = files[0].id;
    assert!(!store.replace_files(id, files, update).await.unwrap());
    assert_eq!(store.recording_file(file).await.unwrap(), None);
    let call = call_domain::CallId::new(Uuid::now_v7());
    assert_eq!(store.recordings_of(call).await.unwrap(), []);
}
