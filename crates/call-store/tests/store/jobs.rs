//! Who does what is to be done about recordings, and when.

use std::collections::BTreeSet;

use call_domain::{RecordingId, Timestamp};
use call_store::{Discarded, JobKind, RecordingJob, RecordingStore};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::*;

contract!(
    a_job_is_leased_when_it_is_due,
    the_oldest_of_the_wanted_comes_first,
    a_lease_that_runs_out_is_anothers,
    a_lost_lease_changes_nothing,
    a_lease_can_be_kept,
    what_failed_is_due_again_later,
    one_of_a_kind_is_enough,
    what_is_done_makes_the_next_due,
    one_at_a_time_is_at_work_on_a_recording,
    each_job_is_leased_to_one_of_many,
    an_attempt_goes_on_where_the_last_one_was,
    an_unknown_recording_has_nothing_to_do,
    all_jobs_are_counted_by_kind,
);

async fn lease(store: &TestStore, now: Timestamp, until: Timestamp) -> Option<RecordingJob> {
    store.lease_job(JobKind::ALL, now, until).await.unwrap()
}

async fn only(store: &TestStore, id: RecordingId) -> RecordingJob {
    let mut jobs = store.jobs_of(id).await.unwrap();
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    jobs.remove(0)
}

async fn a_job_is_leased_when_it_is_due(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let before = after(60) - std::time::Duration::from_micros(1);
    assert_eq!(lease(&store, before, after(90)).await, None);
    let job = lease(&store, after(60), after(90)).await.unwrap();
    let expected = RecordingJob {
        recording: id,
        kind: JobKind::Finish,
        attempts: 1,
        run_at: after(60),
        lease_until: Some(after(90)),
        state: None,
    };
    assert_eq!(job, expected);
    assert_eq!(only(&store, id).await, expected);
    assert_eq!(lease(&store, after(89), after(99)).await, None);
    assert!(store.finish_job(&job, &[], after(80)).await.unwrap());
    assert_eq!(store.jobs_of(id).await.unwrap(), []);
    assert!(!store.finish_job(&job, &[], after(80)).await.unwrap());
}

async fn all_jobs_are_counted_by_kind(store: TestStore) {
    let counts = async || {
        let counts = store.job_counts().await.unwrap();
        let kinds: Vec<JobKind> = counts.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, JobKind::ALL);
        counts.iter().map(|(_, n)| *n).collect::<Vec<_>>()
    };
    assert_eq!(counts().await, [0, 0, 0, 0]);
    let first = recorded(&store, 10, 60).await;
    let second = recorded(&store, 10, 60).await;
    assert_eq!(counts().await, [2, 0, 0, 0]);
    let late = after(9_000);
    assert!(
        store
            .enqueue_job(first, JobKind::Upload, late)
            .await
            .unwrap()
    );
    // Somebody is at it: it is to be done, still.
    let job = lease(&store, after(60), after(90)).await.unwrap();
    assert_eq!(counts().await, [2, 0, 1, 0]);
    let next = [JobKind::Mix];
    assert!(store.finish_job(&job, &next, after(70)).await.unwrap());
    assert_eq!(counts().await, [1, 1, 1, 0]);
    for id in [first, second] {
        let discarded = store.discard_recording(id, after(80)).await.unwrap();
        assert_eq!(discarded, Discarded::Done);
    }
    assert_eq!(counts().await, [0, 0, 0, 2]);
}

async fn the_oldest_of_the_wanted_comes_first(store: TestStore) {
    let late = recorded(&store, 10, 60).await;
    let early = recorded(&store, 10, 50).await;
    let mixed = recorded(&store, 10, 40).await;
    let finish = lease(&store, after(40), after(99)).await.unwrap();
    assert!(
        store
            .finish_job(&finish, &[JobKind::Mix], after(40))
            .await
            .unwrap()
    );

    let wanted = [JobKind::Finish, JobKind::Upload, JobKind::Delete];
    let mut order = Vec::new();
    while let Some(job) = store
        .lease_job(&wanted, after(70), after(99))
        .await
        .unwrap()
    {
        order.push(job.recording);
    }
    assert_eq!(order, [early, late], "a mix is not wanted");
    let mix = store.lease_job(&[JobKind::Mix], after(70), after(99)).await;
    assert_eq!(mix.unwrap().unwrap().recording, mixed);
    assert_eq!(
        store.lease_job(&[], after(70), after(99)).await.unwrap(),
        None
    );
}

async fn a_lease_that_runs_out_is_anothers(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let crashed = lease(&store, after(60), after(90)).await.unwrap();
    let next = lease(&store, after(90), after(120)).await.unwrap();
    assert_eq!((next.recording, next.attempts), (id, 2));
    assert_eq!(next.lease_until, Some(after(120)));
    assert_eq!(crashed.attempts, 1);
}

async fn a_lost_lease_changes_nothing(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let slow = lease(&store, after(60), after(90)).await.unwrap();
    // As long as nobody else has it, late is not lost.
    assert!(store.put_job_state(&slow, json!(1)).await.unwrap());
    let quick = lease(&store, after(95), after(120)).await.unwrap();
    assert!(!store.extend_lease(&slow, after(500)).await.unwrap());
    assert!(!store.put_job_state(&slow, json!(2)).await.unwrap());
    assert!(!store.retry_job(&slow, after(500)).await.unwrap());
    assert!(
        !store
            .finish_job(&slow, &[JobKind::Mix], after(96))
            .await
            .unwrap()
    );
    let mut expected = quick.clone();
    expected.state = Some(json!(1));
    assert_eq!(only(&store, id).await, expected);
    assert!(store.finish_job(&quick, &[], after(97)).await.unwrap());
    assert_eq!(store.jobs_of(id).await.unwrap(), []);
}

async fn a_lease_can_be_kept(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let job = lease(&store, after(60), after(90)).await.unwrap();
    assert!(store.extend_lease(&job, after(120)).await.unwrap());
    assert_eq!(only(&store, id).await.lease_until, Some(after(120)));
    assert_eq!(lease(&store, after(119), after(200)).await, None);
    // The proof is still that of the first lease.
    assert!(store.extend_lease(&job, after(150)).await.unwrap());
    assert!(store.finish_job(&job, &[], after(149)).await.unwrap());
}

async fn what_failed_is_due_again_later(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let job = lease(&store, after(60), after(90)).await.unwrap();
    assert!(store.retry_job(&job, after(300)).await.unwrap());
    let waits = only(&store, id).await;
    assert_eq!((waits.run_at, waits.lease_until), (after(300), None));
    assert_eq!(lease(&store, after(299), after(999)).await, None);
    // Whoever has given it back does not hold it any more.
    assert!(!store.finish_job(&job, &[], after(299)).await.unwrap());
    let again = lease(&store, after(300), after(999)).await.unwrap();
    assert_eq!(again.attempts, 2);
}

async fn one_of_a_kind_is_enough(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    assert!(
        !store
            .enqueue_job(id, JobKind::Finish, after(1))
            .await
            .unwrap()
    );
    assert_eq!(only(&store, id).await.run_at, after(60));
    assert!(
        store
            .enqueue_job(id, JobKind::Mix, after(70))
            .await
            .unwrap()
    );
    assert!(
        !store
            .enqueue_job(id, JobKind::Mix, after(71))
            .await
            .unwrap()
    );
    let jobs = store.jobs_of(id).await.unwrap();
    let due: Vec<_> = jobs.iter().map(|job| (job.kind, job.run_at)).collect();
    assert_eq!(
        due,
        [(JobKind::Finish, after(60)), (JobKind::Mix, after(70))]
    );
}

async fn what_is_done_makes_the_next_due(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    let finish = lease(&store, after(60), after(90)).await.unwrap();
    // One of them is there already.
    store
        .enqueue_job(id, JobKind::Upload, after(500))
        .await
        .unwrap();
    let next = [JobKind::Mix, JobKind::Upload];
    assert!(store.finish_job(&finish, &next, after(65)).await.unwrap());
    let jobs = store.jobs_of(id).await.unwrap();
    let due: Vec<_> = jobs.iter().map(|job| (job.kind, job.run_at)).collect();
    assert_eq!(
        due,
        [(JobKind::Mix, after(65)), (JobKind::Upload, after(500))]
    );
    // Nothing more becomes of what was discarded meanwhile.
    let mix = lease(&store, after(65), after(90)).await.unwrap();
    assert_eq!(
        store.discard_recording(id, after(66)).await.unwrap(),
        Discarded::Done
    );
    assert!(
        store
            .finish_job(&mix, &[JobKind::Upload], after(67))
            .await
            .unwrap()
    );
    assert_eq!(only(&store, id).await.kind, JobKind::Delete);
}

async fn one_at_a_time_is_at_work_on_a_recording(store: TestStore) {
    let id = recorded(&store, 10, 60).await;
    store
        .enqueue_job(id, JobKind::Upload, after(61))
        .await
        .unwrap();
    let finish = lease(&store, after(70), after(90)).await.unwrap();
    assert_eq!(finish.kind, JobKind::Finish);
    assert_eq!(lease(&store, after(71), after(99)).await, None);
    let other = recorded(&store, 10, 65).await;
    let theirs = lease(&store, after(71), after(99)).await.unwrap();
    assert_eq!(theirs.recording, other);
    assert!(store.retry_job(&finish, after(500)).await.unwrap());
    let upload = lease(&store, after(72), after(99)).await.unwrap();
    assert_eq!((upload.recording, upload.kind), (id, JobKind::Upload));
}

async fn each_job_is_leased_to_one_of_many(store: TestStore) {
    let mut all = BTreeSet::new();
    for _ in 0..12 {
        all.insert(recorded(&store, 10, 60).await);
    }
    let mut workers = JoinSet::new();
    for _ in 0..6 {
        let store = store.clone();
        workers.spawn(async move {
            let mut mine = Vec::new();
            while let Some(job) = lease(&store, after(60), after(90)).await {
                mine.push(job.recording);
            }
            mine
        });
    }
    let leased: Vec<RecordingId> = workers.join_all().await.into_iter().flatten().collect();
    assert_eq!(leased.len(), 12, "nobody has another's");
    assert_eq!(leased.into_iter().collect::<BTreeSet<_>>(), all);
}

async fn an_attempt_goes_on_where_the_last_one_was(store: TestStore) {
    recorded(&store, 10, 60).await;
    let job = lease(&store, after(60), after(90)).await.unwrap();
    let state = json!({ "upload": { "id": "Ünïcode", "parts": [1, 2.5, null] } });
    assert!(store.put_job_state(&job, state.clone()).await.unwrap());
    assert!(store.retry_job(&job, after(100)).await.unwrap());
    let again = lease(&store, after(100), after(190)).await.unwrap();
    assert_eq!(again.state, Some(state));
    let nul = store.put_job_state(&again, json!({ "nul": "\0" })).await;
    assert!(nul.is_err());
}

async fn an_unknown_recording_has_nothing_to_do(store: TestStore) {
    let id = new_recording_id();
    assert!(!store.enqueue_job(id, JobKind::Mix, after(1)).await.unwrap());
    assert_eq!(store.jobs_of(id).await.unwrap(), []);
    assert_eq!(lease(&store, after(99), after(100)).await, None);
}
