//! What only SQLite has: a file, and a process that may die over it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use call_domain::{CallId, MediaChange};
use call_store::{CallStore, ConnectError, Options, Store, StoreError};
use diesel::prelude::*;

use crate::support::*;

#[tokio::test]
async fn a_database_in_memory_works() {
    let store = migrated("sqlite::memory:").await;
    let call = active(&store, "alice", "bob").await;
    assert_eq!(load(&store, call.id()).await, call);
    assert_eq!(store.live_calls().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_drop() {
    let store = sqlite().await;
    let call = active(&store, "alice", "bob").await;
    let url = store.url.clone();
    let again = migrated(&url).await;
    drop(store.clone());
    assert_eq!(load(&again, call.id()).await, call);
}

#[tokio::test]
async fn the_file_and_its_folders_are_made_and_the_log_is_safe() {
    let store = sqlite().await;
    let path = store.url.strip_prefix("sqlite://").unwrap();
    assert!(std::path::Path::new(path).exists());
    let mode: Vec<Mode> = diesel::sql_query("PRAGMA journal_mode")
        .load(&mut SqliteConnection::establish(path).unwrap())
        .unwrap();
    assert_eq!(mode[0].journal_mode, "wal");
}

#[derive(QueryableByName)]
struct Root {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    rootpage: i32,
}

#[derive(QueryableByName)]
struct Mode {
    #[diesel(sql_type = diesel::sql_types::Text)]
    journal_mode: String,
}

#[tokio::test]
async fn a_file_that_is_no_database_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.sqlite3");
    std::fs::write(&path, "this is a text and no database at all, ".repeat(100)).unwrap();
    let url = format!("sqlite://{}", path.display());
    let refused = Store::connect(&url, Options::default()).await;
    let Err(ConnectError::Store(StoreError::Damaged(_))) = refused else {
        panic!("opened a text");
    };
}

#[tokio::test]
async fn a_damaged_file_is_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.sqlite3");
    let url = format!("sqlite://{}", path.display());
    let store = migrated(&url).await;
    let call = active(&store, "alice", "bob").await;
    drop(store);
    let roots: Vec<Root> = diesel::sql_query(
        "SELECT rootpage FROM sqlite_schema WHERE name IN ('calls', 'call_participants')",
    )
    .load(&mut SqliteConnection::establish(path.to_str().unwrap()).unwrap())
    .unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    for root in roots {
        let end = usize::try_from(root.rootpage).unwrap() * 4096;
        bytes[end - 4096..end].fill(0xa5);
    }
    std::fs::write(&path, bytes).unwrap();

    let store = Store::connect(&url, Options::default()).await.unwrap();
    let read = store.load(call.id()).await;
    assert!(matches!(read, Err(StoreError::Damaged(_))), "{read:?}");
    let written = store
        .record_quality(call.id(), &user("bob"), call_domain::Quality::Good)
        .await;
    assert!(
        matches!(written, Err(StoreError::Damaged(_))),
        "{written:?}"
    );
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let url = format!("sqlite://{}/sub/calls.sqlite3", file.display());
    let refused = Store::connect(&url, Options::default()).await;
    assert!(matches!(refused, Err(ConnectError::Folder { .. })));
}

#[tokio::test]
async fn two_stores_may_share_a_file() {
    let one = sqlite().await;
    let two = migrated(&one.url).await;
    let mut call = placed(&one, "alice", &["bob"], START).await;
    for (second, store) in (1..).zip([&*two, &*one, &*two]) {
        let change = call_domain::Command::ChangeMedia {
            user: user("alice"),
            change: MediaChange {
                audio: Some(second % 2 == 0),
                ..MediaChange::default()
            },
        };
        call = step(store, &call, change, after(second)).await;
    }
    assert_eq!(load(&one, call.id()).await, call);
}

/// Names the database to a copy of this program that is to be killed.
const VICTIM: &str = "CALL_STORE_TEST_VICTIM";

/// No test by itself: the part of `what_was_acknowledged_survives_kill_9` that gets killed. It says
/// what is durable, a line for each, until it dies.
#[tokio::test(flavor = "multi_thread")]
async fn victim() {
    let Ok(url) = std::env::var(VICTIM) else {
        return;
    };
    let store = migrated(&url).await;
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..8 {
        let store = std::sync::Arc::clone(&store);
        writers.spawn(async move {
            let mut call = placed(&store, &format!("a{n}"), &[&format!("b{n}")], START).await;
            for second in 1.. {
                let change = call_domain::Command::ChangeMedia {
                    user: user(&format!("a{n}")),
                    change: MediaChange {
                        screen: Some(second % 2 == 1),
                        ..MediaChange::default()
                    },
                };
                call = step(&store, &call, change, after(second)).await;
                let line = format!("durable {} {}\n", call.id(), call.version());
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("calls.sqlite3").display());
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "sqlite::victim",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(VICTIM, &url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut durable = std::collections::HashMap::<CallId, u64>::new();
    let mut acknowledged = 0;
    for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some((id, version)) = line
            .strip_prefix("durable ")
            .and_then(|rest| rest.split_once(' '))
        else {
            continue;
        };
        durable.insert(id.parse().unwrap(), version.parse().unwrap());
        acknowledged += 1;
        if acknowledged == 500 {
            // SIGKILL; what it still managed to say counts too.
            victim.kill().unwrap();
        }
    }
    victim.wait().unwrap();
    assert!(acknowledged >= 500, "only {acknowledged} changes were made");

    let store = migrated(&url).await;
    for (id, version) in durable {
        let call = load(&store, id).await;
        assert!(call.version() >= version, "{id} lost a change");
        let log = store.events(id).await.unwrap();
        assert_eq!(log.last().unwrap().version, call.version(), "half a change");
    }
}
