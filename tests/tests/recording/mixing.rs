use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use tempfile::TempDir;

use crate::admin::{alerts, metric};
use crate::scene::{Scene, files, get};
use crate::watched::frames_without_complaint;

/// Tries that failed, in the metrics.
const FAILED: &str = "call_recording_jobs_total{kind=\"mix\",outcome=\"mix_failed\"}";
/// Alerts, in the metrics.
const RAISED: &str = "call_alerts_total{cause=\"mix_failed\",kind=\"mix_failed\"}";

/// An ffmpeg that does something else when it is to mix, while it is spoiled.
pub(crate) struct Script {
    folder: TempDir,
    path: String,
}

impl Script {
    /// What it does, in the language of the shell.
    pub(crate) fn new(instead: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        // Only what mixes is asked for its progress.
        let text = format!(
            "#!/bin/sh\n\
            case \" $* \" in *' -progress '*)\n\
            : > '{at}/run'\n\
            if [ -e '{at}/spoiled' ]; then {instead}; fi;;\n\
            esac\n\
            exec ffmpeg \"$@\"\n"
        );
        let path = folder.path().join("ffmpeg");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            path: path.to_str().unwrap().to_owned(),
            folder,
        }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    pub(crate) fn spoil(&self) {
        std::fs::write(self.folder.path().join("spoiled"), "").unwrap();
    }

    pub(crate) fn mend(&self) {
        std::fs::remove_file(self.folder.path().join("spoiled")).unwrap();
    }

    /// Whether it was told to mix.
    pub(crate) fn was_run(&self) -> bool {
        self.folder.path().join("run").exists()
    }
}

/// Downloads a mix; its frames, which decode without a complaint.
async fn frames_of_mix(scene: &Scene, recording: &serde_json::Value) -> u64 {
    let id = recording["id"].as_str().unwrap();
    let file = files(recording, "mixed")[0];
    assert_eq!(
        (&file["width"], &file["height"]),
        (&json!(320), &json!(180))
    );
    let mix = get(&scene.url(id, file, false).await, &[]).await;
    assert_eq!(mix.body.len() as u64, file["bytes"].as_u64().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mix");
    std::fs::write(&path, &mix.body).unwrap();
    frames_without_complaint(&path)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mix_of_voices_alone_is_fetched_as_any_other() {
    let scene = Scene::of_voices(&[]).await;
    let id = scene.start("mixed").await;
    scene.frames_written(130).await;
    scene.stop().await;
    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "ready", "{recording}");
    assert_eq!(files(&recording, "track").len(), 2);
    let file = files(&recording, "mixed")[0];
    let kind = file["contentType"].as_str().unwrap();
    assert!(kind.starts_with("audio/"), "{kind}");
    assert_eq!(file["width"], json!(null));
    let mix = get(&scene.url(&id, file, true).await, &[]).await;
    assert_eq!(mix.status, 200);
    assert_eq!(mix.headers["content-type"], kind);
    assert_eq!(mix.body.len() as u64, file["bytes"].as_u64().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mix");
    std::fs::write(&path, &mix.body).unwrap();
    assert!(frames_without_complaint(&path) > 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ffmpeg_that_is_killed_is_started_again() {
    let ffmpeg = Script::new("rm \"${0%/*}/spoiled\"; kill -KILL $$");
    ffmpeg.spoil();
    let scene = Scene::set(&[("CALL__RECORDING__FFMPEG", ffmpeg.path())]).await;
    let id = scene.start("mixed").await;
    scene.frames_written(130).await;
    scene.stop().await;
    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "ready", "{recording}");
    assert_eq!(recording["mix"], "done");
    assert_eq!(recording["cause"], serde_json::Value::Null);
    assert!(frames_of_mix(&scene, &recording).await > 30);
    assert_eq!(metric(&scene.server, FAILED).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mix_that_cannot_be_made_leaves_the_tracks_and_may_be_asked_for_again() {
    let ffmpeg = Script::new("exit 1");
    ffmpeg.spoil();
    let scene = Scene::set(&[("CALL__RECORDING__FFMPEG", ffmpeg.path())]).await;
    let id = scene.start("mixed").await;
    scene.frames_written(130).await;
    scene.stop().await;
    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "partial", "{recording}");
    assert_eq!(
        (&recording["mix"], &recording["cause"]),
        (&json!("failed"), &json!("mix_failed"))
    );
    assert!(files(&recording, "mixed").is_empty());
    assert!(
        !scene.folder(&id).join("mix").exists(),
        "nothing of it stays"
    );
    assert_eq!(scene.frames_of_tracks(&recording).await.len(), 4);
    let alert = ("mix_failed".to_owned(), "mix_failed".to_owned());
    assert_eq!(alerts(&scene.server, &id).await, [alert]);
    assert!(metric(&scene.server, RAISED).await > 0);

    ffmpeg.mend();
    let asked = scene
        .alice
        .device
        .post(&format!("/api/recordings/{id}/mix"), json!({}))
        .await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let recording = scene
        .recording_when(&id, "the mix is done", |recording| {
            recording["mix"] == "done"
        })
        .await;
    assert_eq!(
        (&recording["status"], &recording["cause"]),
        (&json!("ready"), &json!(null))
    );
    assert!(frames_of_mix(&scene, &recording).await > 30);
}
