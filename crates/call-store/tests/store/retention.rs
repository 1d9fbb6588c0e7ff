//! What becomes of recordings that nobody wants any more, or that there is no room for.

use call_domain::{RecordingConsent, RecordingId, RecordingStatus};
use call_store::{Discarded, JobKind, RecordingStore, RecordingUpdate};

use crate::support::*;

contract!(
    a_discarded_recording_is_seen_by_nobody,
    what_runs_is_not_discarded,
    a_deletion_waits_for_whoever_is_at_work,
    only_what_was_discarded_is_removed,
    the_old_are_found_by_age,
    the_oldest_make_room,
);

/// A recording that is done, of this size.
async fn done(store: &TestStore, begin: u64, end: u64, bytes: u64) -> RecordingId {
    let id = recorded(store, begin, end).await;
    let update = RecordingUpdate {
        status: Some(RecordingStatus::Ready),
        bytes: Some(bytes),
        ..RecordingUpdate::default()
    };
    let files = vec![track("alice", bytes)];
    assert!(store.replace_files(id, files, update).await.unwrap());
    id
}

async fn a_discarded_recording_is_seen_by_nobody(store: TestStore) {
    let id = done(&store, 10, 60, 5).await;
    let before = recording(&store, id).await;
    store
        .enqueue_job(id, JobKind::Mix, after(61))
        .await
        .unwrap();
    assert_eq!(
        store.discard_recording(id, after(99)).await.unwrap(),
        Discarded::Done
    );

    assert_eq!(store.recording(id).await.unwrap(), None);
    assert_eq!(store.recordings_of(before.call_id).await.unwrap(), []);
    assert_eq!(
        store.recording_file(before.files[0].id).await.unwrap(),
        None
    );
    assert_eq!(store.unfinished_recordings().await.unwrap(), []);
    let update = RecordingUpdate::default();
    assert!(!store.update_recording(id, update).await.unwrap());
    assert!(!store.replace_files(id, Vec::new(), update).await.unwrap());
    assert!(
        !store
            .enqueue_job(id, JobKind::Upload, after(99))
            .await
            .unwrap()
    );
    // All that is left to do is to delete it.
    let jobs = store.jobs_of(id).await.unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!((jobs[0].kind, jobs[0].run_at), (JobKind::Delete, after(99)));

    let again = store.discard_recording(id, after(100)).await.unwrap();
    assert_eq!(again, Discarded::Unknown);
    let job = store
        .lease_job(&[JobKind::Delete], after(99), after(120))
        .await;
    assert_eq!(job.unwrap().unwrap().recording, id);
    assert!(store.remove_recording(id).await.unwrap());
    assert!(!store.remove_recording(id).await.unwrap());
    assert_eq!(store.jobs_of(id).await.unwrap(), []);
    let unknown = store.discard_recording(new_recording_id(), after(1)).await;
    assert_eq!(unknown.unwrap(), Discarded::Unknown);
}

async fn what_runs_is_not_discarded(store: TestStore) {
    let call = answered(&store, "alice", "bob", RecordingConsent::Notify).await;
    let id = new_recording_id();
    let call = step(&store, &call, record("alice", id), after(10)).await;
    assert_eq!(
        store.discard_recording(id, after(11)).await.unwrap(),
        Discarded::Live
    );
    assert_eq!(
        recording(&store, id).await.status,
        RecordingStatus::Recording
    );
    step(&store, &call, stop_recording("alice"), after(12)).await;
    // Its files are not made yet, and need not be.
    assert_eq!(
        store.discard_recording(id, after(13)).await.unwrap(),
        Discarded::Done
    );
    assert_eq!(store.jobs_of(id).await.unwrap()[0].kind, JobKind::Delete);
}

async fn a_deletion_waits_for_whoever_is_at_work(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let finish = store.lease_job(JobKind::ALL, after(60), after(90)).await;
    let finish = finish.unwrap().unwrap();
    assert_eq!(
        store.discard_recording(id, after(70)).await.unwrap(),
        Discarded::Done
    );
    let none = store
        .lease_job(JobKind::ALL, after(80), after(99))
        .await
        .unwrap();
    assert_eq!(none, None);
    assert!(store.finish_job(&finish, &[], after(81)).await.unwrap());
    let delete = store.lease_job(JobKind::ALL, after(82), after(99)).await;
    assert_eq!(delete.unwrap().unwrap().kind, JobKind::Delete);
    assert_eq!(store.jobs_of(id).await.unwrap().len(), 1);
}

async fn only_what_was_discarded_is_removed(store: TestStore) {
    let id = done(&store, 10, 60, 5).await;
    assert!(!store.remove_recording(id).await.unwrap());
    assert!(store.recording(id).await.unwrap().is_some());
}

async fn the_old_are_found_by_age(store: TestStore) {
    let second = done(&store, 10, 50, 5).await;
    let first = done(&store, 20, 40, 5).await;
    let third = done(&store, 10, 60, 5).await;
    let gone = done(&store, 1, 2, 5).await;
    store.discard_recording(gone, after(3)).await.unwrap();
    // Neither what runs nor what is not done.
    recorded(&store, 1, 3).await;
    let call = answered(&store, "alice", "bob", RecordingConsent::Notify).await;
    step(&store, &call, record("alice", new_recording_id()), after(2)).await;

    let older = async |seconds, limit| {
        let time = after(seconds);
        store.recordings_stopped_before(time, limit).await.unwrap()
    };
    assert_eq!(older(40, 10).await, []);
    assert_eq!(older(41, 10).await, [first]);
    assert_eq!(older(100, 2).await, [first, second]);
    assert_eq!(older(100, 10).await, [first, second, third]);
}

async fn the_oldest_make_room(store: TestStore) {
    let first = done(&store, 10, 60, 100).await;
    let second = done(&store, 11, 50, 20).await;
    let third = done(&store, 12, 40, 3).await;
    // Takes no room any more.
    let gone = done(&store, 9, 70, 1_000_000).await;
    store.discard_recording(gone, after(80)).await.unwrap();

    let beyond = async |bytes| store.recordings_beyond(bytes, 10).await.unwrap();
    assert_eq!(beyond(u64::MAX).await, []);
    assert_eq!(beyond(123).await, []);
    assert_eq!(beyond(122).await, [first]);
    assert_eq!(beyond(23).await, [first]);
    assert_eq!(beyond(22).await, [first, second]);
    assert_eq!(beyond(0).await, [first, second, third]);
    assert_eq!(store.recordings_beyond(0, 1).await.unwrap(), [first]);

    // What is not done takes room, and stays.
    let works = recorded(&store, 30, 35).await;
    let size = RecordingUpdate {
        bytes: Some(1000),
        ..RecordingUpdate::default()
    };
    assert!(store.update_recording(works, size).await.unwrap());
    assert_eq!(beyond(1002).await, [first, second, third]);
    assert_eq!(beyond(500).await, [first, second, third]);
    assert_eq!(beyond(1003).await, [first, second]);
}
