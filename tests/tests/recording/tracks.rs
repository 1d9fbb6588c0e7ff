use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use crate::scene::{Scene, fetch, files, get};
use crate::watched::until;

#[tokio::test(flavor = "multi_thread")]
async fn everybodys_camera_and_microphone_become_files_that_can_be_played_and_deleted() {
    let mut scene = Scene::set(&[("CALL__RECORDING__URL_TTL", "20")]).await;
    let id = scene.start("tracks").await;
    for guest in [&mut scene.alice, &mut scene.bob] {
        let told = guest.hears("call:recording-changed", |_| true).await;
        assert_eq!(told["recording"]["id"], id.as_str());
        assert_eq!(told["recording"]["startedBy"], "alice");
    }
    scene.media_flows().await;
    let call = scene
        .alice
        .device
        .get(&format!("/api/calls/{}", scene.call))
        .await;
    assert_eq!(call.body["topology"], "sfu");
    assert_eq!(call.body["recording"]["id"], id.as_str());
    // Three seconds of two people.
    scene.frames_written(390).await;
    scene.stop().await;
    for guest in [&mut scene.alice, &mut scene.bob] {
        let told = guest
            .hears("call:recording-changed", |event| {
                event["recording"].is_null()
            })
            .await;
        let stopped = serde_json::json!({"id": id, "by": "alice", "cause": null});
        assert_eq!(told["stopped"], stopped);
    }

    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "ready", "{recording}");
    assert_eq!(recording["cause"], Value::Null);
    assert_eq!(recording["stoppedBy"], "alice");
    let tracks = files(&recording, "track");
    let of: BTreeSet<(&str, &str, &str)> = tracks
        .iter()
        .map(|track| {
            let text = |field: &str| track[field].as_str().unwrap();
            (text("userId"), text("source"), text("codec"))
        })
        .collect();
    let expected = [
        ("alice", "audio", "opus"),
        ("alice", "video", "vp8"),
        ("bob", "audio", "opus"),
        ("bob", "video", "vp8"),
    ];
    assert_eq!(of, BTreeSet::from(expected));
    for frames in scene.frames_of_tracks(&recording).await {
        assert!(frames > 30, "{frames}");
    }
    manifest_tells_the_same(&scene, &recording).await;
    let video = tracks.iter().find(|track| track["source"] == "video");
    parts_are_given_out(&scene, &id, video.unwrap()).await;

    let call = scene
        .alice
        .device
        .get(&format!("/api/calls/{}", scene.call))
        .await;
    let page = format!("/api/recordings/{id}");
    assert_eq!(call.body["recordingUrl"], page.as_str());
    let url = scene.url(&id, video.unwrap(), false).await;
    let deleted = scene
        .alice
        .device
        .request(Method::DELETE, &page, None, &[])
        .await;
    assert_eq!(deleted.status, 204, "{}", deleted.body);
    assert_eq!(scene.alice.device.get(&page).await.status, 404);
    assert_eq!(get(&url, &[]).await.status, 404);
    until("the files are gone", async || {
        (!scene.folder(&id).exists()).then_some(())
    })
    .await;
    let call = scene
        .alice
        .device
        .get(&format!("/api/calls/{}", scene.call))
        .await;
    assert_eq!(call.body["recordingUrl"], Value::Null);
}

/// What the manifest says of the tracks is what the server says.
async fn manifest_tells_the_same(scene: &Scene, recording: &Value) {
    let id = recording["id"].as_str().unwrap();
    let file = files(recording, "manifest")[0];
    let download = get(&scene.url(id, file, false).await, &[]).await;
    assert_eq!(download.headers["content-type"], "application/json");
    let manifest: Value = serde_json::from_slice(&download.body).unwrap();
    assert_eq!(manifest["version"], 1);
    assert_eq!(manifest["recordingId"], id);
    assert_eq!(manifest["callId"], scene.call.as_str());
    assert_eq!(manifest["complete"], true);
    assert_eq!(manifest["cause"], Value::Null);
    assert_eq!(manifest["durationMs"], recording["durationMs"]);
    let duration = recording["durationMs"].as_u64().unwrap();
    assert!((2500..30_000).contains(&duration), "{duration}");

    let events = manifest["events"].as_array().unwrap();
    let end = events
        .iter()
        .find(|event| event["type"] == "recording-stopped");
    assert_eq!(end.unwrap()["userId"], recording["stoppedBy"]);

    let people = manifest["participants"].as_array().unwrap();
    let people: BTreeSet<&str> = people
        .iter()
        .map(|person| person["userId"].as_str().unwrap())
        .collect();
    assert_eq!(people, BTreeSet::from(["alice", "bob"]));
    for track in manifest["tracks"].as_array().unwrap() {
        let said = files(recording, "track");
        let said = said
            .iter()
            .find(|file| file["id"] == track["fileId"])
            .unwrap();
        for field in [
            "userId",
            "source",
            "codec",
            "contentType",
            "offsetMs",
            "durationMs",
            "bytes",
        ] {
            assert_eq!(track[field], said[field], "{field}");
        }
        assert_eq!(track["clean"], true);
        let end = track["offsetMs"].as_u64().unwrap() + track["durationMs"].as_u64().unwrap();
        assert!(end <= duration + 500, "{end} of {duration}");
        if track["source"] == "video" {
            assert_eq!(
                (&track["width"], &track["height"]),
                (&64.into(), &48.into())
            );
        }
    }
    let events = manifest["events"].as_array().unwrap();
    for kind in [
        "recording-started",
        "participant-joined",
        "recording-stopped",
    ] {
        assert!(
            events.iter().any(|event| event["type"] == kind),
            "no {kind} in {events:?}"
        );
    }
}

/// A file by its signed URL: whole and in parts, and not by any other URL.
async fn parts_are_given_out(scene: &Scene, id: &str, file: &Value) {
    let size = file["bytes"].as_u64().unwrap();
    let url = scene.url(id, file, true).await;
    let whole = get(&url, &[]).await;
    assert_eq!((whole.status, whole.body.len() as u64), (200, size));
    let header = |download: &crate::scene::Download, name: &str| {
        download.headers[name].to_str().unwrap().to_owned()
    };
    assert_eq!(header(&whole, "content-type"), file["contentType"]);
    assert_eq!(header(&whole, "accept-ranges"), "bytes");
    assert!(header(&whole, "content-disposition").starts_with("attachment; filename="));
    let shown = get(&scene.url(id, file, false).await, &[]).await;
    assert!(header(&shown, "content-disposition").starts_with("inline"));

    let part = get(&url, &[("range", "bytes=100-299")]).await;
    assert_eq!(part.status, 206);
    assert_eq!(
        header(&part, "content-range"),
        format!("bytes 100-299/{size}")
    );
    assert_eq!(part.body, whole.body[100..300]);
    let rest = get(&url, &[("range", "bytes=-10")]).await;
    assert_eq!(rest.body, whole.body[whole.body.len() - 10..]);
    let beyond = get(&url, &[("range", &format!("bytes={size}-"))]).await;
    assert_eq!(beyond.status, 416);
    assert_eq!(header(&beyond, "content-range"), format!("bytes */{size}"));
    let known = get(&url, &[("if-none-match", &header(&whole, "etag"))]).await;
    assert_eq!(known.status, 304);
    let head = fetch(Method::HEAD, &url, &[]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(header(&head, "content-length"), size.to_string());

    let (base, token) = url.rsplit_once('/').unwrap();
    for at in [0, token.len() / 2, token.len() - 2] {
        let other = if token.as_bytes()[at] == b'A' {
            "B"
        } else {
            "A"
        };
        let mut flipped = token.to_owned();
        flipped.replace_range(at..=at, other);
        refused_as_expired(&get(&format!("{base}/{flipped}"), &[]).await);
    }
}

fn refused_as_expired(download: &crate::scene::Download) {
    assert_eq!(download.status, 403);
    let problem: Value = serde_json::from_slice(&download.body).unwrap();
    assert_eq!(problem["code"], "url_expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_url_is_good_for_a_while() {
    let scene = Scene::set(&[("CALL__RECORDING__URL_TTL", "3")]).await;
    let id = scene.start("tracks").await;
    scene.frames_written(30).await;
    scene.stop().await;
    let recording = scene.done(&id).await;
    let url = scene
        .url(&id, files(&recording, "manifest")[0], false)
        .await;
    assert_eq!(get(&url, &[]).await.status, 200);
    let refused = until("the URL expires", async || {
        let download = get(&url, &[]).await;
        (download.status != 200).then_some(download)
    })
    .await;
    refused_as_expired(&refused);
    let fresh = scene
        .url(&id, files(&recording, "manifest")[0], false)
        .await;
    assert_eq!(get(&fresh, &[]).await.status, 200);
}
