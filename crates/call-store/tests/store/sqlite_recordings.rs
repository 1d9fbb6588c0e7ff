//! Recordings survive a server that is killed at any moment.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;

use call_domain::{Event, RecordingConsent, RecordingId, RecordingStatus};
use call_store::{CallStore, JobKind, RecordingStore};

use crate::support::*;

/// Names the database to a copy of this program that is to be killed.
const VICTIM: &str = "CALL_STORE_TEST_RECORDING_VICTIM";

fn say(what: &str, id: RecordingId) {
    let line = format!("{what} {id}\n");
    std::io::stdout().write_all(line.as_bytes()).unwrap();
}

/// No test by itself: the part of `recordings_survive_kill_9` that gets killed. Calls are recorded
/// again and again, and what has stopped is finished and due to be mixed; it says what is durable.
#[tokio::test(flavor = "multi_thread")]
async fn victim() {
    let Ok(url) = std::env::var(VICTIM) else {
        return;
    };
    let store = migrated(&url).await;
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..4 {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            let (alice, bob) = (format!("a{n}"), format!("b{n}"));
            let mut call = answered(&store, &alice, &bob, RecordingConsent::Ask).await;
            for second in 2.. {
                let id = new_recording_id();
                call = step(&store, &call, record(&alice, id), after(second)).await;
                call = step(&store, &call, consent(&bob, true), after(second)).await;
                call = step(&store, &call, stop_recording(&alice), after(second)).await;
                say("stopped", id);
            }
        });
    }
    for _ in 0..2 {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            loop {
                let leased =
                    store.lease_job(&[JobKind::Finish], after(1_000_000), after(1_000_060));
                let Some(job) = leased.await.unwrap() else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let done = store.finish_job(&job, &[JobKind::Mix], after(7)).await;
                assert!(done.unwrap(), "a lease was lost");
                say("finished", job.recording);
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn recordings_survive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("calls.sqlite3").display());
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "sqlite_recordings::victim",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(VICTIM, &url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut acknowledged = 0;
    let (mut stopped, mut finished) = (BTreeSet::new(), BTreeSet::new());
    for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let (to, id) = match line.split_once(' ') {
            Some(("stopped", id)) => (&mut stopped, id),
            Some(("finished", id)) => (&mut finished, id),
            _ => continue,
        };
        to.insert(id.parse::<RecordingId>().unwrap());
        acknowledged += 1;
        if acknowledged == 150 {
            // SIGKILL; what it still managed to say counts too.
            victim.kill().unwrap();
        }
    }
    victim.wait().unwrap();
    assert!(acknowledged >= 150, "only {acknowledged} changes were made");
    assert!(!finished.is_empty() && !stopped.is_empty());

    let store = migrated(&url).await;
    let (mut running, mut jobs_left) = (0, 0);
    for stored in store.live_calls().await.unwrap() {
        let log = store.events(stored.call.id()).await.unwrap();
        let told: Vec<RecordingId> = (log.iter())
            .filter_map(|line| match line.event {
                Event::RecordingStarted { recording, .. } => Some(recording),
                _ => None,
            })
            .collect();
        let kept = store.recordings_of(stored.call.id()).await.unwrap();
        assert_eq!(
            kept.iter().map(|r| r.id).collect::<BTreeSet<_>>(),
            told.into_iter().collect()
        );
        for recording in kept {
            let kinds: Vec<_> = (store.jobs_of(recording.id).await.unwrap().iter())
                .map(|job| job.kind)
                .collect();
            if recording.status == RecordingStatus::Recording {
                assert_eq!(stored.call.recording().map(|r| r.id), Some(recording.id));
                assert_eq!(kinds, []);
                assert!(!stopped.remove(&recording.id), "it was stopped");
                running += 1;
            } else {
                stopped.remove(&recording.id);
                let expected = if finished.remove(&recording.id) {
                    vec![JobKind::Mix]
                } else {
                    // It may have been finished without a word.
                    vec![if kinds == [JobKind::Mix] {
                        JobKind::Mix
                    } else {
                        JobKind::Finish
                    }]
                };
                assert_eq!(kinds, expected, "there is one thing to do");
                jobs_left += usize::from(kinds == [JobKind::Finish]);
            }
        }
    }
    assert!(running <= 4);
    assert_eq!(
        (stopped, finished),
        (BTreeSet::new(), BTreeSet::new()),
        "forgotten"
    );
    // What somebody was at work on comes back when the lease has run out.
    let mut taken = 0;
    let now = after(1_000_060);
    while let Some(job) = store
        .lease_job(&[JobKind::Finish], now, after(2_000_000))
        .await
        .unwrap()
    {
        assert!(job.attempts <= 2);
        taken += 1;
    }
    assert_eq!(taken, jobs_left);
}
