use serde_json::Value;

use crate::admin::metric;
use crate::mixing::Script;
use crate::scene::{FRAMES, Scene, files, get};
use crate::watched::{frames_of_torn, frames_without_complaint, media_files, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_outlives_the_server_and_goes_on_in_the_same_files() {
    let mut scene = Scene::set(&[]).await;
    let id = scene.start("tracks").await;
    scene.all_on_disk(&id).await;
    scene.server.kill();

    let folder = scene.folder(&id);
    let torn = media_files(&folder);
    assert_eq!(torn.len(), 4);
    let copies = tempfile::tempdir().unwrap();
    for file in &torn {
        let copy = copies.path().join(file.file_name().unwrap());
        std::fs::copy(file, &copy).unwrap();
        assert!(frames_of_torn(&copy) > 0, "{}", file.display());
    }
    let before = scene.bytes_on_disk(&id);

    scene.server.start_again().await;
    scene.alice.come_back(&scene.server).await;
    scene.bob.come_back(&scene.server).await;
    scene.media_flows().await;
    until("the files grow", async || {
        (scene.bytes_on_disk(&id) > before + 50_000).then_some(())
    })
    .await;
    assert_eq!(media_files(&folder), torn);
    scene.stop().await;

    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "partial", "{recording}");
    assert_eq!(recording["cause"], "interrupted");
    assert_eq!(files(&recording, "track").len(), 4);
    for frames in scene.frames_of_tracks(&recording).await {
        assert!(frames > 30, "{frames}");
    }
    let url = scene
        .url(&id, files(&recording, "manifest")[0], false)
        .await;
    let manifest: Value = serde_json::from_slice(&get(&url, &[]).await.body).unwrap();
    assert_eq!(manifest["complete"], false);
    let events = manifest["events"].as_array().unwrap();
    assert!(
        events
            .iter()
            .any(|event| event["type"] == "recorder-restarted")
    );
    for track in manifest["tracks"].as_array().unwrap() {
        assert_eq!(track["clean"], false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_well_loses_nothing_that_was_written() {
    let mut scene = Scene::set(&[]).await;
    let id = scene.start("tracks").await;
    scene.all_on_disk(&id).await;
    let before = metric(&scene.server, FRAMES).await;
    scene.server.terminate();
    assert!(scene.server.ended_well().await);
    let files = media_files(&scene.folder(&id));
    assert_eq!(files.len(), 4);
    let written: u64 = files.iter().map(|file| frames_of_torn(file)).sum();
    assert!(written >= before, "{written} of {before}");
    scene.server.start_again().await;
    scene.stop().await;
    let recording = scene.done(&id).await;
    assert_eq!(recording["cause"], "interrupted", "{recording}");
    assert!(
        scene
            .frames_of_tracks(&recording)
            .await
            .iter()
            .all(|frames| *frames > 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_had_to_finish_the_next_start_finishes() {
    let mut scene = Scene::set(&[]).await;
    let id = scene.start("tracks").await;
    scene.all_on_disk(&id).await;
    // It has to close the files now.
    scene.stop().await;
    scene.server.kill();
    scene.server.start_again().await;
    let recording = scene.done(&id).await;
    assert_ne!(recording["status"], "failed", "{recording}");
    assert_eq!(files(&recording, "track").len(), 4);
    assert!(
        scene
            .frames_of_tracks(&recording)
            .await
            .iter()
            .all(|frames| *frames > 0)
    );
    let call = scene
        .alice
        .device
        .get(&format!("/api/calls/{}", scene.call))
        .await;
    assert_eq!(call.body["recordingUrl"], format!("/api/recordings/{id}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mix_that_a_killed_server_was_at_is_made_after_the_next_start() {
    let ffmpeg = Script::new("while echo frame=0 >&2; do sleep 0.1; done; exit 1");
    ffmpeg.spoil();
    let mut scene = Scene::set(&[("CALL__RECORDING__FFMPEG", ffmpeg.path())]).await;
    let id = scene.start("mixed").await;
    scene.frames_written(130).await;
    scene.stop().await;
    scene
        .recording_when(&id, "it is mixed", |recording| {
            recording["mix"] == "running"
        })
        .await;
    until("ffmpeg is at work", async || ffmpeg.was_run().then_some(())).await;
    scene.server.kill();
    ffmpeg.mend();
    scene.server.start_again().await;
    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "ready", "{recording}");
    assert_eq!(recording["mix"], "done");
    let mix = get(
        &scene.url(&id, files(&recording, "mixed")[0], false).await,
        &[],
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mix");
    std::fs::write(&path, &mix.body).unwrap();
    assert!(frames_without_complaint(&path) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorded_call_that_nobody_comes_back_to_ends_with_what_there_is() {
    let mut scene = Scene::set(&[("CALL__POLICY__RECONNECT_GRACE", "1")]).await;
    let id = scene.start("tracks").await;
    scene.all_on_disk(&id).await;
    scene.server.kill();
    scene.server.start_again().await;
    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "partial", "{recording}");
    assert_eq!(recording["cause"], "interrupted");
    let tracks = scene.frames_of_tracks(&recording).await;
    assert_eq!(tracks.len(), 4);
    assert!(tracks.iter().all(|frames| *frames > 0), "{tracks:?}");
    let path = format!("/api/calls/{}", scene.call);
    let call = scene.alice.device.get(&path).await;
    assert_eq!(call.body["status"], "ended");
    assert_eq!(call.body["recording"], Value::Null);
}
