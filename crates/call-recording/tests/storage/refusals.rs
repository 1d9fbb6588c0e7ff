use std::time::Duration;

use call_recording::storage::{S3Config, SecretKey, StorageError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::server::{KEY_ID, SECRET, Server, config, file_of, storage};
use crate::watch::Watch;
use crate::{key, upload};

#[tokio::test]
async fn a_check_does_what_a_recording_needs_and_leaves_nothing() {
    let mut server = Server::start();
    storage(config(server.port)).check().await.unwrap();
    let methods: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| request.method)
        .collect();
    assert_eq!(methods, ["PUT", "GET", "DELETE", "POST", "DELETE"]);
    let kept = server.kept();
    assert_eq!((kept.objects.len(), kept.uploads), (0, 0));
}

#[tokio::test]
async fn a_refusal_names_the_setting() {
    type Change = fn(&mut S3Config);
    let mut server = Server::start();
    let cases: [(Change, &str, &str); 4] = [
        (
            |config| config.secret_access_key = SecretKey::new("another"),
            "403 SignatureDoesNotMatch",
            "recording.s3_secret_access_key",
        ),
        (
            |config| config.access_key_id = "another".to_owned(),
            "403 InvalidAccessKeyId",
            "recording.s3_access_key_id",
        ),
        (
            |config| config.region = "eu-central-1".to_owned(),
            "400 AuthorizationHeaderMalformed",
            "recording.s3_region",
        ),
        (
            |config| config.location = "s3://nobodys".parse().unwrap(),
            "404 NoSuchBucket",
            "recording.store",
        ),
    ];
    for (change, what, setting) in cases {
        let mut config = config(server.port);
        change(&mut config);
        refuses(config, what, setting).await;
        // A refusal is not asked for again.
        assert!(server.requests().len() <= 3);
    }
    server.move_clock(Duration::from_hours(1));
    let what = "403 RequestTimeTooSkewed";
    refuses(config(server.port), what, "the clock of this machine").await;
}

/// Whatever is asked.
async fn refuses(config: S3Config, what: &str, setting: &str) {
    let store = storage(config);
    let folder = tempfile::tempdir().unwrap();
    let (small, _) = file_of(folder.path(), 10);
    let checked = store.check().await;
    let put = store
        .upload(upload(&small), None, &mut Watch::default())
        .await;
    let (large, _) = file_of(folder.path(), 6 << 20);
    let in_parts = store
        .upload(upload(&large), None, &mut Watch::default())
        .await;
    for refused in [checked, put.map(drop), in_parts.map(drop)] {
        let error = refused.unwrap_err();
        assert!(!error.is_temporary(), "{error:?}");
        let text = format!("{error} {error:?}");
        for secret in [SECRET, KEY_ID, "127.0.0.1", &key().to_string(), "another"] {
            assert!(!text.contains(secret), "{text}");
        }
        let StorageError::Refused {
            what: said,
            setting: named,
        } = error
        else {
            panic!("{error:?}");
        };
        assert_eq!((&*said, named), (what, setting));
    }
}

#[tokio::test]
async fn what_is_no_store_of_that_kind_is_named() {
    let page = "<html>Welcome</html>";
    let answer = format!("200 OK\r\nContent-Length: {}\r\n\r\n{page}", page.len());
    let (port, task) = answering(vec![answer; 3]).await;
    let error = storage(config(port)).check().await.unwrap_err();
    task.abort();
    let StorageError::Refused { setting, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(setting, "recording.s3_endpoint");
}

#[tokio::test]
async fn a_store_that_is_busy_is_asked_again() {
    let busy = "503 Slow Down\r\nContent-Length: 35\r\n\r\n<Error><Code>SlowDown</Code></Error>";
    let done = "204 No Content\r\n\r\n";
    let answers = [busy, busy, done].map(str::to_owned).to_vec();
    let (port, task) = answering(answers).await;
    storage(config(port)).delete(&[key()]).await.unwrap();
    task.await.unwrap();

    let (port, task) = answering(vec![busy.to_owned(); 4]).await;
    let error = storage(config(port)).delete(&[key()]).await.unwrap_err();
    // Not for ever.
    task.await.unwrap();
    assert!(error.is_temporary(), "{error:?}");
    assert!(error.to_string().ends_with(": 503 SlowDown"), "{error}");
}

#[tokio::test]
async fn what_was_kept_in_part_is_found_out() {
    let put = "200 OK\r\nETag: \"a\"\r\nContent-Length: 0\r\n\r\n";
    let head = "200 OK\r\nETag: \"a\"\r\nLast-Modified: Thu, 26 Nov 2026 06:04:00 GMT\r\nContent-Length: 3\r\n\r\n";
    let (port, task) = answering(vec![put.to_owned(), head.to_owned()]).await;
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = file_of(folder.path(), 10);
    let store = storage(config(port));
    let sent = store
        .upload(upload(&file), None, &mut Watch::default())
        .await;
    let error = sent.unwrap_err();
    task.await.unwrap();
    let is_it = matches!(
        error,
        StorageError::Damaged {
            expected: 10,
            found: 3
        }
    );
    assert!(is_it, "{error:?}");
    assert!(error.is_temporary());
}

/// Gives these answers to whatever is asked, one to each connection.
async fn answering(answers: Vec<String>) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        for answer in answers {
            let mut stream = listener.accept().await.unwrap().0;
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let answer = format!(
                "HTTP/1.1 {}",
                answer.replacen("\r\n", "\r\nConnection: close\r\n", 1)
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (port, task)
}
