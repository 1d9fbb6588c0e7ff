use std::path::PathBuf;

use call_tests::Device;
use serde_json::{Value, json};

use crate::scene::{Scene, files, get};
use crate::watched::{media_files, until};

async fn says(scene: &Scene, device: &Device, given: bool) {
    let path = format!("/api/calls/{}/recording/consent", scene.call);
    let body = Some(json!({ "given": given }));
    let answer = device.request(reqwest::Method::PUT, &path, body, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn bytes(files: &[PathBuf]) -> u64 {
    files
        .iter()
        .map(|file| file.metadata().unwrap().len())
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_of_whoever_has_not_said_yes_or_no_longer_does() {
    let mut scene = Scene::set(&[("CALL__RECORDING__CONSENT", "ask")]).await;
    let id = scene.start("tracks").await;
    let asked = scene
        .bob
        .hears("call:recording-changed", |event| {
            !event["recording"].is_null()
        })
        .await;
    let of_bob = asked["recording"]["consents"].as_array().unwrap();
    let of_bob = of_bob.iter().find(|consent| consent["userId"] == "bob");
    assert_eq!(of_bob.unwrap()["status"], "asked");
    says(&scene, &scene.alice.device, true).await;

    let folder = scene.folder(&id);
    let of_alice = until("alice is written", async || {
        let files = media_files(&folder);
        (files.len() == 2).then_some(files)
    })
    .await;
    scene.media_flows().await;
    scene.frames_written(130).await;
    assert_eq!(media_files(&folder), of_alice, "bob has said nothing");
    let journal = std::fs::read_to_string(folder.join("journal.jsonl")).unwrap();
    let tracks = journal.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        (line["line"] == "track").then(|| line["userId"].clone())
    });
    assert_eq!(tracks.collect::<Vec<_>>(), ["alice", "alice"]);

    says(&scene, &scene.bob.device, true).await;
    let of_bob = until("bob is written", async || {
        let mut files = media_files(&folder);
        files.retain(|file| !of_alice.contains(file));
        (files.len() == 2 && bytes(&files) > 20_000).then_some(files)
    })
    .await;

    says(&scene, &scene.bob.device, false).await;
    // What had come before is brought to the disk within a second.
    scene.frames_written(130).await;
    let (before, alice_before) = (bytes(&of_bob), bytes(&of_alice));
    scene.media_flows().await;
    scene.frames_written(130).await;
    assert_eq!(bytes(&of_bob), before);
    assert!(bytes(&of_alice) > alice_before);
    scene.stop().await;

    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "ready", "{recording}");
    assert_eq!(files(&recording, "track").len(), 4);
    times_are_those_of_the_answers(&scene, &recording).await;
    for frames in scene.frames_of_tracks(&recording).await {
        assert!(frames > 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_into_a_recorded_call_is_asked_first() {
    let scene = Scene::set(&[("CALL__RECORDING__CONSENT", "ask")]).await;
    let id = scene.start("tracks").await;
    says(&scene, &scene.bob.device, true).await;
    scene.all_on_disk(&id).await;
    let folder = scene.folder(&id);
    let before = media_files(&folder);

    let carol = scene.join("carol").await;
    until("carol sees and hears the others", async || {
        let got = carol.got().await;
        (got.pictures > 30 && got.sounds > 30).then_some(())
    })
    .await;
    let recording = scene.recording(&id).await;
    let consents = recording["consents"].as_array().unwrap();
    let of_carol = consents.iter().find(|of| of["userId"] == "carol");
    assert_eq!(of_carol.unwrap()["status"], "asked");
    scene.frames_written(200).await;
    assert_eq!(media_files(&folder), before, "carol has said nothing");

    says(&scene, &carol.device, true).await;
    until("carol is written", async || {
        (media_files(&folder).len() == 6).then_some(())
    })
    .await;
    let page = format!("/api/recordings/{id}");
    assert_eq!(carol.device.get(&page).await.status, 200);
    scene.stop().await;
    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "ready", "{recording}");
    let tracks = files(&recording, "track");
    let of_carol = tracks.iter().filter(|track| track["userId"] == "carol");
    assert_eq!(of_carol.count(), 2);
}

/// What there is of Bob lies between his yes and his no.
async fn times_are_those_of_the_answers(scene: &Scene, recording: &Value) {
    /// A frame lasts a while, and the sender's clock is known as well as the machine's load lets it be.
    const MARGIN: u64 = 500;
    let id = recording["id"].as_str().unwrap();
    let url = scene.url(id, files(recording, "manifest")[0], false).await;
    let manifest: Value = serde_json::from_slice(&get(&url, &[]).await.body).unwrap();
    let answered = |given: bool| {
        let events = manifest["events"].as_array().unwrap();
        let event = events.iter().find(|event| {
            event["type"] == "consent" && event["userId"] == "bob" && event["given"] == given
        });
        event.unwrap()["atMs"].as_u64().unwrap()
    };
    let (yes, no) = (answered(true), answered(false));
    let tracks = manifest["tracks"].as_array().unwrap();
    for track in tracks.iter().filter(|track| track["userId"] == "bob") {
        let begin = track["offsetMs"].as_u64().unwrap();
        let end = begin + track["durationMs"].as_u64().unwrap();
        assert!(begin + MARGIN >= yes, "{begin} is before {yes}");
        assert!(end <= no + MARGIN, "{end} is after {no}");
    }
    let people = manifest["participants"].as_array().unwrap();
    let bob = people.iter().find(|person| person["userId"] == "bob");
    assert_eq!(bob.unwrap()["consent"], "refused");
}
