use std::os::unix::fs::PermissionsExt as _;

use call_recording::storage::{ObjectKey, StorageError, Upload};

use crate::key;
use crate::server::{Server, config, file_of, storage};
use crate::watch::Watch;

/// Another file of the same recording, and the file of another.
const OTHERS: [&str; 2] = [
    "0199c2f4-7a3e-7b10-8f6e-0123456789ab/manifest.json",
    "0199c2f4-7a3e-7b10-8f6e-0123456789ac/manifest.json",
];

#[tokio::test]
async fn a_file_comes_back_as_it_went() {
    let server = Server::start();
    let store = storage(config(server.port));
    let folder = tempfile::tempdir().unwrap();
    let (file, content) = file_of(folder.path(), 300_000);
    let upload = crate::upload(&file);
    let sent = store.upload(upload, None, &mut Watch::default()).await;
    assert_eq!(sent.unwrap(), 300_000);
    store.verify(&key(), 300_000).await.unwrap();
    let damaged = store.verify(&key(), 300_001).await;
    assert!(
        matches!(damaged, Err(StorageError::Damaged { .. })),
        "{damaged:?}"
    );
    let back = folder.path().join("back.webm");
    store.fetch(&key(), &back).await.unwrap();
    assert_eq!(std::fs::read(&back).unwrap(), content);
    let mode = std::fs::metadata(&back).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "nobody else's business");
    // What is not there leaves nothing behind.
    let other: ObjectKey = OTHERS[0].parse().unwrap();
    let none = folder.path().join("none.json");
    let missing = store.fetch(&other, &none).await;
    assert!(matches!(missing, Err(StorageError::Missing)), "{missing:?}");
    assert!(!none.exists());
    let missing = store.verify(&other, 300_000).await;
    assert!(matches!(missing, Err(StorageError::Missing)), "{missing:?}");
}

#[tokio::test]
async fn a_recording_goes_with_all_that_it_has_and_takes_no_other() {
    let mut server = Server::start();
    let store = storage(config(server.port));
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = file_of(folder.path(), 1_000);
    let keys = [
        key(),
        OTHERS[0].parse().unwrap(),
        OTHERS[1].parse().unwrap(),
    ];
    for key in keys {
        let upload = Upload {
            file: &file,
            key,
            content_type: "video/webm",
        };
        let sent = store.upload(upload, None, &mut Watch::default()).await;
        sent.unwrap();
    }
    // Twice: what is gone counts as deleted.
    for _ in 0..2 {
        store.remove(key().recording).await.unwrap();
        let kept = server.kept();
        assert_eq!(kept.objects, [format!("some/where/{}", OTHERS[1])]);
    }
}
