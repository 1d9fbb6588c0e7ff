use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use reqwest::Method;
use serde_json::{Value, json};

use crate::admin::alerts;
use crate::scene::{Scene, files, get};
use crate::watched::until;

const KEY_ID: &str = "a-key-of-a-test";
const SECRET: &str = "a secret of a test";

/// `tests/peers/s3_server.py`, with a bucket `calls`.
struct Store {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    port: u16,
}

impl Store {
    fn start() -> Self {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let python = top.join("target/peers/bin/python");
        assert!(
            python.exists(),
            "no {}: `cargo xtask test --only packages,peers` makes it",
            python.display()
        );
        let mut child = Command::new(python)
            .arg(top.join("tests/peers/s3_server.py"))
            .args(["--bucket", "calls", "--key-id", KEY_ID, "--secret", SECRET])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let first = line(&mut output);
        Self {
            child,
            input,
            output,
            port: u16::try_from(first["port"].as_u64().unwrap()).unwrap(),
        }
    }

    /// What it keeps.
    fn objects(&mut self) -> BTreeSet<String> {
        writeln!(self.input, "{{}}").unwrap();
        loop {
            // Lines before tell of requests that it answered.
            if let Some(objects) = line(&mut self.output)["objects"].as_array() {
                let keys = objects.iter().map(|key| key.as_str().unwrap().to_owned());
                return keys.collect();
            }
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(output: &mut impl BufRead) -> Value {
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    serde_json::from_str(&line).expect("the store speaks JSON")
}

/// A scene whose recordings go to a store on that port.
async fn scene_with(port: u16) -> Scene {
    Scene::set(&[
        ("CALL__RECORDING__STORE", "s3://calls/some/where"),
        (
            "CALL__RECORDING__S3_ENDPOINT",
            &format!("http://127.0.0.1:{port}"),
        ),
        ("CALL__RECORDING__S3_ACCESS_KEY_ID", KEY_ID),
        ("CALL__RECORDING__S3_SECRET_ACCESS_KEY", SECRET),
        ("CALL__RECORDING__S3_ALLOW_HTTP", "true"),
    ])
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_go_to_the_object_store_and_are_read_from_there() {
    let mut store = Store::start();
    let scene = scene_with(store.port).await;
    let id = scene.start("tracks").await;
    scene.frames_written(130).await;
    scene.stop().await;
    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "ready", "{recording}");
    let objects = store.objects();
    assert_eq!(objects.len(), 5, "{objects:?}");
    let prefix = format!("some/where/{id}/");
    assert!(
        objects.iter().all(|key| key.starts_with(&prefix)),
        "{objects:?}"
    );
    assert!(!scene.folder(&id).exists());

    let file = files(&recording, "track")[0];
    let url = scene.url(&id, file, true).await;
    assert!(url.starts_with(&format!("http://127.0.0.1:{}/", store.port)));
    let whole = get(&url, &[]).await;
    assert_eq!(whole.status, 200);
    let part = get(&url, &[("range", "bytes=10-99")]).await;
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[10..100]));
    assert!(
        scene
            .frames_of_tracks(&recording)
            .await
            .iter()
            .all(|frames| *frames > 0)
    );

    let page = format!("/api/recordings/{id}");
    let deleted = scene
        .alice
        .device
        .request(Method::DELETE, &page, None, &[])
        .await;
    assert_eq!(deleted.status, 204);
    until("the bucket is empty", async || {
        store.objects().is_empty().then_some(())
    })
    .await;
    assert_ne!(get(&url, &[]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mix_of_what_is_in_the_object_store_already_is_made_and_brought_there() {
    let mut store = Store::start();
    let scene = scene_with(store.port).await;
    let id = scene.start("tracks").await;
    scene.frames_written(130).await;
    scene.stop().await;
    assert_eq!(scene.done(&id).await["status"], "ready");
    let tracks = store.objects();

    let path = format!("/api/recordings/{id}/mix");
    let asked = scene.alice.device.post(&path, json!({})).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let recording = scene
        .recording_when(&id, "the mix is there", |recording| {
            recording["mix"] == "done" && recording["status"] == "ready"
        })
        .await;
    let objects = store.objects();
    assert!(objects.is_superset(&tracks), "{objects:?}");
    assert_eq!(objects.len(), tracks.len() + 1, "{objects:?}");
    assert!(!scene.folder(&id).exists());
    let mix = files(&recording, "mixed")[0];
    let url = scene.url(&id, mix, false).await;
    assert!(url.starts_with(&format!("http://127.0.0.1:{}/", store.port)));
    let download = get(&url, &[]).await;
    assert_eq!(download.body.len() as u64, mix["bytes"].as_u64().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_waits_for_a_store_that_cannot_be_reached() {
    let mut store = Store::start();
    // Nobody listens there yet.
    let vacant = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = vacant.local_addr().unwrap().port();
    drop(vacant);
    let scene = scene_with(port).await;
    let id = scene.start("tracks").await;
    scene.frames_written(130).await;
    scene.stop().await;
    let waiting = scene
        .recording_when(&id, "the upload fails", |recording| {
            recording["cause"] == "storage_unreachable"
        })
        .await;
    assert_eq!(waiting["status"], "partial", "{waiting}");
    assert_eq!(scene.frames_of_tracks(&waiting).await.len(), 4);
    let alert = ("upload_failed".to_owned(), "storage_unreachable".to_owned());
    assert_eq!(alerts(&scene.server, &id).await, [alert]);
    assert!(store.objects().is_empty());

    let line = tokio::net::TcpListener::bind(("127.0.0.1", port))
        .await
        .unwrap();
    let to = store.port;
    tokio::spawn(async move {
        while let Ok((mut client, _)) = line.accept().await {
            tokio::spawn(async move {
                let mut server = tokio::net::TcpStream::connect(("127.0.0.1", to)).await?;
                tokio::io::copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    let recording = scene
        .recording_when(&id, "the upload is done", |recording| {
            recording["status"] == "ready"
        })
        .await;
    assert_eq!(recording["cause"], json!(null));
    assert_eq!(store.objects().len(), 5);
    assert!(
        scene
            .frames_of_tracks(&recording)
            .await
            .iter()
            .all(|frames| *frames > 0)
    );
}
