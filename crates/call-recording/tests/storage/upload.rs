use std::time::Duration;

use call_recording::storage::{
    Disposition, LocalFolder, Storage, StorageError, UploadJournal, UploadState,
};
use tokio::sync::Notify;

use crate::line::Line;
use crate::server::{Kept, Request, Server, config, file_of, storage};
use crate::watch::Watch;
use crate::{OBJECT, key, upload};

const MIB: usize = 1 << 20;

/// Three parts and a bit.
const LARGE: usize = 17 * MIB;

#[tokio::test]
async fn a_small_file_is_sent_at_once() {
    let mut server = Server::start();
    let store = storage(config(server.port));
    let folder = tempfile::tempdir().unwrap();
    for length in [0, 1, 5 * MIB] {
        let (file, content) = file_of(folder.path(), length);
        let mut watch = Watch::default();
        let sent = store.upload(upload(&file), None, &mut watch).await.unwrap();
        assert_eq!(sent, length as u64);
        assert_eq!(watch.progress, [(sent, sent)]);
        assert_eq!(watch.state(), None);
        assert_eq!(fetch(&store).await, content);
        let puts = server.requests();
        let puts = puts.iter().filter(|request| request.method == "PUT");
        assert_eq!(puts.count(), 1);
    }
    assert_eq!(server.kept(), kept(&[OBJECT], 0));
    for _ in 0..2 {
        store.delete(&[key()]).await.unwrap();
        assert_eq!(server.kept(), kept(&[], 0));
    }
}

#[tokio::test]
async fn a_large_file_is_sent_in_parts() {
    let mut server = Server::start();
    let store = storage(config(server.port));
    let folder = tempfile::tempdir().unwrap();
    let (file, content) = file_of(folder.path(), LARGE);
    let mut watch = Watch::default();
    let sent = store.upload(upload(&file), None, &mut watch).await.unwrap();
    assert_eq!(sent, LARGE as u64);
    assert_eq!(parts(&server.requests()), [1, 2, 3, 4]);
    assert_eq!(fetch(&store).await, content);
    assert_eq!(server.kept(), kept(&[OBJECT], 0));
    assert_eq!(watch.state(), None);
    assert!(watch.progress.is_sorted(), "{:?}", watch.progress);
    assert_eq!(watch.progress.first(), Some(&(0, sent)));
    assert_eq!(watch.progress.last(), Some(&(sent, sent)));
    assert!(watch.progress.len() >= 5, "{:?}", watch.progress);

    // It comes back in pieces, and goes with all that there is of the recording.
    let back = folder.path().join("back");
    store.fetch(&key(), &back).await.unwrap();
    assert_eq!(std::fs::read(&back).unwrap(), content);
    for _ in 0..2 {
        store.remove(key().recording).await.unwrap();
        assert_eq!(server.kept(), kept(&[], 0));
    }
    let error = store.fetch(&key(), &back).await.unwrap_err();
    assert!(matches!(error, StorageError::Missing), "{error:?}");

    // Nobody needs to be able to keep how far it has come.
    let mut watch = Watch::default();
    watch.is_full = true;
    let sent = store.upload(upload(&file), None, &mut watch).await;
    assert_eq!(sent.unwrap(), LARGE as u64);
    assert_eq!(server.kept(), kept(&[OBJECT], 0));
}

#[tokio::test]
async fn an_upload_goes_on_where_it_stopped() {
    let mut server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let (file, content) = file_of(folder.path(), LARGE);
    let state = stopped(&server, &file).await;
    assert_eq!(server.kept(), kept(&[], 1));
    let before: Vec<u64> = there(&state);
    assert_eq!(before.len(), 2);
    assert!(parts(&server.requests()).len() >= 2);

    // Another program, later.
    let store = storage(config(server.port));
    let mut watch = Watch::default();
    let sent = store.upload(upload(&file), Some(state.clone()), &mut watch);
    assert_eq!(sent.await.unwrap(), LARGE as u64);
    let mut after = parts(&server.requests());
    // One of them may have been on its way when the other program ended, and came as well.
    after.dedup();
    assert_eq!(after.len(), 2, "{after:?}");
    assert!(!after.iter().any(|part| before.contains(part)), "{after:?}");
    assert_eq!(watch.progress.first(), Some(&(state.sent(), LARGE as u64)));
    assert_eq!(watch.state(), None);
    assert_eq!(server.kept(), kept(&[OBJECT], 0));
    assert_eq!(fetch(&store).await, content);

    // It was complete, but nobody was told: that is found out.
    server.requests();
    let mut watch = Watch::default();
    let known: Vec<_> = (1..=4).map(|part| Some(part.to_string())).collect();
    let told = UploadState {
        parts: known,
        ..state.clone()
    };
    let sent = store.upload(upload(&file), Some(told), &mut watch).await;
    assert_eq!(sent.unwrap(), LARGE as u64);
    assert_eq!(parts(&server.requests()), Vec::<u64>::new());
    assert_eq!(watch.state(), None);
}

#[tokio::test]
async fn an_upload_that_cannot_go_on_begins_anew() {
    let mut server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let (file, content) = file_of(folder.path(), LARGE);

    // The store has thrown it away.
    let state = stopped(&server, &file).await;
    server.forget_uploads();
    server.requests();
    let store = storage(config(server.port));
    let mut watch = Watch::default();
    let sent = store.upload(upload(&file), Some(state), &mut watch).await;
    assert_eq!(sent.unwrap(), LARGE as u64);
    assert_eq!(watch.state(), None);
    assert_eq!(server.kept(), kept(&[OBJECT], 0));
    assert_eq!(fetch(&store).await, content);
    store.delete(&[key()]).await.unwrap();

    // The file is another one: what the store has of the old one goes.
    let state = stopped(&server, &file).await;
    let (file, content) = file_of(folder.path(), LARGE + MIB);
    server.requests();
    let mut watch = Watch::default();
    let sent = store.upload(upload(&file), Some(state), &mut watch).await;
    assert_eq!(sent.unwrap(), (LARGE + MIB) as u64);
    let mut after = parts(&server.requests());
    // One of the former file's may have been on its way when that program ended.
    after.dedup();
    assert_eq!(after, [1, 2, 3, 4]);
    assert_eq!(server.kept(), kept(&[OBJECT], 0));
    assert_eq!(fetch(&store).await, content);
    store.delete(&[key()]).await.unwrap();

    // It has become a small one.
    let state = stopped(&server, &file).await;
    let (file, content) = file_of(folder.path(), MIB);
    let mut watch = Watch::default();
    let sent = store.upload(upload(&file), Some(state), &mut watch).await;
    assert_eq!(sent.unwrap(), MIB as u64);
    assert_eq!(server.kept(), kept(&[OBJECT], 0));
    assert_eq!(fetch(&store).await, content);
}

#[tokio::test]
async fn an_upload_that_is_given_up_leaves_nothing() {
    let mut server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = file_of(folder.path(), LARGE);
    let state = stopped(&server, &file).await;
    assert_eq!(server.kept(), kept(&[], 1));
    let store = storage(config(server.port));
    for _ in 0..2 {
        store.abort(&state).await.unwrap();
        assert_eq!(server.kept(), kept(&[], 0));
    }
}

#[tokio::test]
async fn a_store_that_was_away_gets_what_it_lacks() {
    let mut server = Server::start();
    let mut line = Line::to(server.port).await;
    let store = storage(config(line.port));
    let folder = tempfile::tempdir().unwrap();
    let (file, content) = file_of(folder.path(), LARGE);

    // In the third of its parts, or the fourth.
    line.cut_after(12 * MIB as u64);
    let mut watch = Watch::default();
    let error = store.upload(upload(&file), None, &mut watch).await;
    unreachable(&error.unwrap_err());
    let state = watch.state().expect("something to go on with");
    let before = there(&state);
    assert!((1..=2).contains(&before.len()), "{before:?}");

    // Still away: nothing is lost by trying.
    let error = store.upload(upload(&file), Some(state.clone()), &mut watch);
    unreachable(&error.await.unwrap_err());
    assert_eq!(watch.state().unwrap_or(state.clone()), state);
    unreachable(&store.delete(&[key()]).await.unwrap_err());
    unreachable(&store.abort(&state).await.unwrap_err());
    unreachable(&store.check().await.unwrap_err());

    line.mend().await;
    server.requests();
    let sent = store.upload(upload(&file), Some(state), &mut watch).await;
    assert_eq!(sent.unwrap(), LARGE as u64);
    let mut after = parts(&server.requests());
    after.dedup();
    assert_eq!(after.len() + before.len(), 4, "{before:?} {after:?}");
    assert!(!after.iter().any(|part| before.contains(part)), "{after:?}");
    assert_eq!(fetch(&store).await, content);
    assert_eq!(server.kept(), kept(&[OBJECT], 0));

    // A connection that lay idle meanwhile harms nobody.
    line.cut().await;
    line.mend().await;
    store.check().await.unwrap();
    assert_eq!(server.kept(), kept(&[OBJECT], 0));
}

#[tokio::test]
async fn who_deletes_a_recording_finds_its_uploads() {
    let mut server = Server::start();
    let store = storage(config(server.port));
    let top = tempfile::tempdir().unwrap();
    let folder = LocalFolder::new(top.path());
    std::fs::create_dir(folder.of(key().recording)).unwrap();
    let (file, _) = file_of(top.path(), LARGE);
    std::fs::rename(file, folder.file(&key())).unwrap();

    let far = Notify::new();
    let mut journal = UploadJournal::new(&folder, &key(), |sent, _| {
        if sent > 5 * MIB as u64 {
            far.notify_one();
        }
    });
    let file = folder.file(&key());
    tokio::select! {
        ended = store.upload(upload(&file), None, &mut journal) => panic!("it ended: {ended:?}"),
        () = far.notified() => {}
    }
    let state = journal.state().await.expect("something to go on with");
    assert!(there(&state).len() >= 2, "{state:?}");
    assert_eq!(server.kept(), kept(&[], 1));

    let uploads = folder.uploads(key().recording).await;
    assert_eq!(uploads, std::slice::from_ref(&state));
    store.abort(&state).await.unwrap();
    folder.remove(key().recording).await.unwrap();
    assert_eq!(server.kept(), kept(&[], 0));
    assert!(folder.uploads(key().recording).await.is_empty());
}

/// How far an upload had come whose task was dropped when the store had two parts.
async fn stopped(server: &Server, file: &std::path::Path) -> UploadState {
    let store = storage(config(server.port));
    let (mut watch, stopped) = Watch::stopping_at(2);
    tokio::select! {
        ended = store.upload(upload(file), None, &mut watch) => panic!("it ended: {ended:?}"),
        () = stopped.notified() => {}
    }
    watch.state().expect("something to go on with")
}

fn unreachable(error: &StorageError) {
    let is_it = matches!(error, StorageError::Unreachable(_));
    assert!(is_it && error.is_temporary(), "{error:?}");
}

/// Which parts the store has, counted from 1.
fn there(state: &UploadState) -> Vec<u64> {
    let parts = (1..).zip(&state.parts);
    parts
        .filter_map(|(number, part)| part.as_ref().map(|_| number))
        .collect()
}

/// Which parts came, in their order.
fn parts(requests: &[Request]) -> Vec<u64> {
    let came = requests.iter().filter(|request| request.status == 200);
    let mut parts: Vec<u64> = came.filter_map(|request| request.part).collect();
    parts.sort_unstable();
    parts
}

fn kept(objects: &[&str], uploads: u64) -> Kept {
    Kept {
        objects: objects.iter().map(|&object| object.into()).collect(),
        uploads,
    }
}

/// What is stored, as a browser gets it.
async fn fetch(store: &Storage) -> Vec<u8> {
    let (key, ttl) = (key(), Duration::from_mins(1));
    let url = store.signed_url(&key, ttl, Disposition::Inline, "video/webm");
    let url = url.await.unwrap().expect("a URL").into_inner();
    let answer = reqwest::get(url).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.bytes().await.unwrap().into()
}
