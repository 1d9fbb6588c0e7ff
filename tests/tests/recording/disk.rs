use std::process::Command;

use crate::admin::{admin, alerts, metric};
use crate::scene::{Scene, files};
use crate::watched::until;

/// The folder of recordings becomes a small disk that only the server sees. Wants `unshare` (util-linux), and either root or user
/// namespaces.
fn small_disk() -> Vec<&'static str> {
    const SETTLE: &str = "mkdir -p recordings
mount -t tmpfs -o size=1600k recordings recordings
exec \"$@\"";
    let id = Command::new("id").arg("-u").output().unwrap();
    let mut launcher = vec!["unshare", "--mount"];
    if id.stdout.trim_ascii() != b"0" {
        launcher.push("--map-root-user");
    }
    launcher.extend(["sh", "-ec", SETTLE, "sh"]);
    launcher
}

/// In the metrics.
const RAISED: &str = "call_alerts_total{cause=\"disk_full\",kind=\"recording_partial\"}";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_recording_and_not_the_call() {
    let mut scene = Scene::set_by(&small_disk(), &[]).await;
    let id = scene.start("tracks").await;
    scene
        .bob
        .hears("call:recording-changed", |event| {
            !event["recording"].is_null()
        })
        .await;
    let told = scene
        .bob
        .hears("call:recording-changed", |event| {
            event["recording"].is_null()
        })
        .await;
    let stopped = serde_json::json!({"id": id, "by": null, "cause": "disk_full"});
    assert_eq!(told["stopped"], stopped);
    scene.media_flows().await;

    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "partial", "{recording}");
    assert_eq!(recording["cause"], "disk_full");
    assert_eq!(files(&recording, "track").len(), 4);
    for frames in scene.frames_of_tracks(&recording).await {
        assert!(frames > 30, "{frames}");
    }
    let raised = alerts(&scene.server, &id).await;
    let alert = ("recording_partial".to_owned(), "disk_full".to_owned());
    assert_eq!(raised, [alert]);
    assert!(metric(&scene.server, RAISED).await > 0);

    let call = scene
        .alice
        .device
        .get(&format!("/api/calls/{}", scene.call))
        .await;
    assert_eq!(call.body["status"], "active");
    scene.media_flows().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_taken_away_costs_the_recording_and_not_the_call() {
    let scene = Scene::set(&[]).await;
    let id = scene.start("tracks").await;
    scene.all_on_disk(&id).await;
    std::fs::remove_dir_all(scene.folder(&id)).unwrap();
    scene.media_flows().await;
    scene.stop().await;
    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "failed", "{recording}");
    assert!(files(&recording, "track").is_empty());
    let raised = alerts(&scene.server, &id).await;
    assert!(
        raised.iter().any(|(kind, _)| kind == "recording_failed"),
        "{raised:?}"
    );
    scene.media_flows().await;
    // The next one is whole again.
    let id = scene.start("tracks").await;
    scene.all_on_disk(&id).await;
    scene.stop().await;
    assert_eq!(scene.done(&id).await["status"], "ready");
}

/// Bytes that are free where servers under test keep their data.
fn free_bytes() -> u64 {
    let mut stat = Command::new("stat");
    let stat = stat.args(["--file-system", "--format=%a %S"]);
    let told = stat.arg(std::env::temp_dir()).output().unwrap().stdout;
    let told = String::from_utf8(told).unwrap();
    let figures = told.split_whitespace().map(str::parse::<u64>);
    figures.map(Result::unwrap).product()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mix_takes_no_room_that_recordings_need() {
    // Enough for recordings, and not for twice as much.
    let least = (free_bytes() / 3 * 2).to_string();
    let scene = Scene::set(&[("CALL__RECORDING__MIN_FREE_BYTES", &least)]).await;
    let id = scene.start("tracks").await;
    scene.frames_written(130).await;
    scene.stop().await;
    assert_eq!(scene.done(&id).await["status"], "ready");
    let path = format!("/api/recordings/{id}/mix");
    let asked = scene.alice.device.post(&path, serde_json::json!({})).await;
    assert_eq!(asked.status, 409, "{}", asked.body);
    assert_eq!(asked.body["code"], "mixing_unavailable");
    assert_eq!(asked.body["cause"], "disk_full");
    let recording = scene.recording(&id).await;
    assert_eq!(
        (&recording["status"], &recording["mix"]),
        (&"ready".into(), &"none".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_room_calls_go_on_without_being_recorded() {
    let scene = Scene::set(&[
        ("CALL__RECORDING__POLICY", "force"),
        ("CALL__RECORDING__MIN_FREE_BYTES", "1000000000000000000"),
    ])
    .await;
    let operator = admin(&scene.server);
    let alert = until("the operator is told", async || {
        let alerts = operator.get("/api/alerts").await;
        let items = alerts.body["items"].as_array()?;
        items.first().cloned()
    })
    .await;
    assert_eq!(alert["kind"], "recording_failed", "{alert}");
    assert_eq!(alert["cause"], "disk_full");
    assert_eq!(alert["callId"], scene.call.as_str());
    let asked = scene.ask(&operator, "tracks").await;
    assert_eq!(asked.status, 409, "{}", asked.body);
    assert_eq!(asked.body["code"], "recording_unavailable");
    assert_eq!(asked.body["cause"], "disk_full");
    let path = format!("/api/calls/{}", scene.call);
    let call = scene.alice.device.get(&path).await;
    assert_eq!(call.body["status"], "active");
    assert_eq!(call.body["recording"], serde_json::Value::Null);
}
