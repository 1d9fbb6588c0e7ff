use call_tests::{Answer, Device};
use reqwest::Method;
use serde_json::{Value, json};

use crate::admin::admin;
use crate::scene::{Scene, files};
use crate::watched::until;

fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.body["code"], code, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_nothing_to_do_with_a_call_finds_no_recording_of_it() {
    let scene = Scene::set(&[]).await;
    let stranger = Device::new(&scene.server, "mallory", "phone");
    let id = scene.start("tracks").await;
    scene.frames_written(30).await;
    nothing_is_found(
        &scene,
        &stranger,
        &id,
        "00112233-4455-4677-8899-aabbccddeeff",
    )
    .await;
    scene.stop().await;
    let recording = scene.done(&id).await;
    let file = files(&recording, "track")[0]["id"].as_str().unwrap();
    nothing_is_found(&scene, &stranger, &id, file).await;
    assert_eq!(scene.recording(&id).await, recording);
}

/// Everything is answered as if there were no such call and recording.
async fn nothing_is_found(scene: &Scene, stranger: &Device, recording: &str, file: &str) {
    /// What nobody has.
    const UNKNOWN: &str = "0199c2f4-7a3e-7b10-8f6e-0123456789ab";
    let call = scene.call.as_str();
    let requests: [(Method, &str, &str, Option<Value>); 9] = [
        (
            Method::POST,
            "/api/calls/CALL/recording",
            call,
            Some(json!({"mode": "tracks"})),
        ),
        (Method::DELETE, "/api/calls/CALL/recording", call, None),
        (
            Method::PUT,
            "/api/calls/CALL/recording/consent",
            call,
            Some(json!({"given": true})),
        ),
        (Method::GET, "/api/calls/CALL/recordings", call, None),
        (Method::GET, "/api/recordings/ID", recording, None),
        (Method::POST, "/api/recordings/ID/mix", recording, None),
        (Method::DELETE, "/api/recordings/ID", recording, None),
        (
            Method::POST,
            "/api/recordings/ID/files/FILE/url",
            recording,
            Some(json!({})),
        ),
        (
            Method::POST,
            "/api/recordings/ID/files/FILE/url",
            recording,
            Some(json!({"download": true})),
        ),
    ];
    for (method, path, id, body) in requests {
        let path = |id: &str| {
            path.replace("CALL", id)
                .replace("ID", id)
                .replace("FILE", file)
        };
        let answer = stranger
            .request(method.clone(), &path(id), body.clone(), &[])
            .await;
        let unknown = stranger
            .request(method.clone(), &path(UNKNOWN), body, &[])
            .await;
        assert_eq!(answer.status, 404, "{method} {}: {}", path(id), answer.body);
        assert_eq!(answer.body, unknown.body, "{method} {}", path(id));
        assert_eq!(answer.status, unknown.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_participant_sees_recordings_and_a_moderator_or_an_administrator_makes_them() {
    let scene = Scene::set(&[]).await;
    let (alice, bob) = (&scene.alice.device, &scene.bob.device);
    let admin = admin(&scene.server);
    assert_refused(&scene.ask(bob, "tracks").await, 403, "not_allowed");
    assert_refused(&scene.ask_to_stop(alice).await, 409, "not_recording");
    let id = scene.start("tracks").await;
    assert_refused(&scene.ask(alice, "tracks").await, 409, "already_recording");
    assert_refused(&scene.ask(&admin, "mixed").await, 409, "already_recording");
    assert_refused(&scene.ask_to_stop(bob).await, 403, "not_allowed");
    let page = format!("/api/recordings/{id}");
    let delete =
        async |device: &Device, page: &str| device.request(Method::DELETE, page, None, &[]).await;
    assert_refused(&delete(alice, &page).await, 409, "recording_live");
    scene.frames_written(30).await;
    scene.stop().await;
    let recording = scene.done(&id).await;

    for reader in [bob, &admin] {
        assert_eq!(reader.get(&page).await.body, recording);
        let list = reader
            .get(&format!("/api/calls/{}/recordings", scene.call))
            .await;
        assert_eq!(list.body["items"], json!([recording]));
        let file = files(&recording, "track")[0]["id"].as_str().unwrap();
        let url = reader
            .post(&format!("{page}/files/{file}/url"), json!({}))
            .await;
        assert_eq!(url.status, 200, "{}", url.body);
    }
    assert_refused(&delete(bob, &page).await, 403, "not_allowed");
    assert_refused(
        &bob.post(&format!("{page}/mix"), json!({})).await,
        403,
        "not_allowed",
    );
    assert_refused(&bob.get("/api/alerts").await, 403, "not_allowed");

    let started = scene.ask(&admin, "tracks").await;
    assert_eq!(started.status, 201, "{}", started.body);
    assert_eq!(started.body["startedBy"], "root");
    scene.frames_written(30).await;
    assert_eq!(scene.ask_to_stop(&admin).await.status, 200);
    let second = started.body["id"].as_str().unwrap();
    assert_eq!(scene.done(second).await["status"], "ready");
    let second = format!("/api/recordings/{second}");
    assert_eq!(delete(&admin, &second).await.status, 204);
    assert_eq!(admin.get(&second).await.status, 404);
    assert_eq!(alice.get(&page).await.body, recording);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_may_record_nobody_does() {
    let scene = Scene::set(&[("CALL__RECORDING__POLICY", "forbid")]).await;
    let admin = admin(&scene.server);
    for device in [&scene.alice.device, &admin] {
        assert_refused(
            &scene.ask(device, "tracks").await,
            403,
            "recording_forbidden",
        );
    }
    let list = admin
        .get(&format!("/api/calls/{}/recordings", scene.call))
        .await;
    assert_eq!(list.body, json!({"items": []}));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_sfu_nothing_can_be_recorded() {
    let scene = Scene::set(&[("CALL__SFU__ENABLED", "false")]).await;
    let answer = scene.ask(&scene.alice.device, "tracks").await;
    assert_refused(&answer, 409, "recording_unavailable");
    assert_eq!(answer.body["cause"], "sfu_unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_ffmpeg_there_are_tracks_and_no_mix() {
    let scene = Scene::set(&[("CALL__RECORDING__FFMPEG", "/nonexistent")]).await;
    let alice = &scene.alice.device;
    assert_refused(&scene.ask(alice, "mixed").await, 409, "mixing_unavailable");
    let id = scene.start("tracks").await;
    scene.frames_written(30).await;
    scene.stop().await;
    let recording = scene.done(&id).await;
    assert_eq!(
        (&recording["status"], &recording["mix"]),
        (&json!("ready"), &json!("none"))
    );
    let mix = alice
        .post(&format!("/api/recordings/{id}/mix"), json!({}))
        .await;
    assert_refused(&mix, 409, "mixing_unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_every_call_is_recorded_only_an_administrator_stops_it() {
    let mut scene = Scene::set(&[("CALL__RECORDING__POLICY", "force")]).await;
    let told = scene.bob.hears("call:recording-changed", |_| true).await;
    assert_eq!(told["recording"]["startedBy"], Value::Null);
    let id = told["recording"]["id"].as_str().unwrap();
    scene.frames_written(60).await;
    for device in [&scene.alice.device, &scene.bob.device] {
        assert_refused(&scene.ask_to_stop(device).await, 403, "not_allowed");
    }
    let stopped = scene.ask_to_stop(&admin(&scene.server)).await;
    assert_eq!(stopped.status, 200, "{}", stopped.body);
    let recording = scene.done(id).await;
    assert_eq!(recording["status"], "ready", "{recording}");
    assert_eq!(recording["startedBy"], Value::Null);
    assert_eq!(files(&recording, "track").len(), 4);
    // It does not begin again by itself.
    let call = scene
        .alice
        .device
        .get(&format!("/api/calls/{}", scene.call))
        .await;
    assert_eq!(call.body["recording"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_ends_ends_its_recording() {
    let scene = Scene::set(&[]).await;
    let id = scene.start("tracks").await;
    scene.frames_written(60).await;
    assert_eq!(scene.alice.device.end(&scene.call).await.status, 200);
    let recording = scene.done(&id).await;
    assert_eq!(recording["status"], "ready", "{recording}");
    assert_eq!(files(&recording, "track").len(), 4);
    let list = until("the ended call names its recording", async || {
        let call = scene
            .bob
            .device
            .get(&format!("/api/calls/{}", scene.call))
            .await;
        call.body["recordingUrl"].as_str().map(str::to_owned)
    })
    .await;
    assert_eq!(list, format!("/api/recordings/{id}"));
    let answer = scene.ask(&scene.alice.device, "tracks").await;
    assert_eq!(answer.status, 410, "{}", answer.body);
}
