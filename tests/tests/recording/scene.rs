use std::path::PathBuf;

use call_tests::{Answer, Device, Server, talking};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use crate::admin::metric;
use crate::guest::Guest;
use crate::stage::Stage;
use crate::watched::{media_files, until};

/// Alice has called Bob, and both have media to send; she may have the call recorded.
pub(crate) struct Scene {
    pub(crate) server: Server,
    stage: Stage,
    pub(crate) alice: Guest,
    pub(crate) bob: Guest,
    pub(crate) call: String,
}

/// Frames that were written, in the metrics.
pub(crate) const FRAMES: &str = "call_recording_frames_total";

/// What a download answered.
pub(crate) struct Download {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Scene {
    /// With an SFU that nothing goes over yet, unless the settings say otherwise.
    pub(crate) async fn set(settings: &[(&str, &str)]) -> Self {
        Self::set_by(&[], settings).await
    }

    /// As [`Scene::set`]; nobody has a camera.
    pub(crate) async fn of_voices(settings: &[(&str, &str)]) -> Self {
        Self::with(&[], settings, false).await
    }

    /// As [`Scene::set`]; a launcher becomes the server.
    pub(crate) async fn set_by(launcher: &[&str], settings: &[(&str, &str)]) -> Self {
        Self::with(launcher, settings, true).await
    }

    async fn with(launcher: &[&str], settings: &[(&str, &str)], cameras: bool) -> Self {
        let mut all = vec![
            ("CALL__SFU__ENABLED", "true"),
            ("CALL__SFU__SIMULCAST", "false"),
            ("CALL__RECORDING__MIN_FREE_BYTES", "0"),
            ("CALL__RECORDING__MIX_SIZE", "320x180"),
        ];
        all.extend(settings);
        let server = Server::start_by(launcher, &all).await;
        let mut alice = Device::connected(&server, "alice", "desk").await;
        let mut bob = Device::connected(&server, "bob", "phone").await;
        let call = talking(&mut alice, &mut bob).await;
        let stage = Stage::start(cameras);
        Self {
            alice: Guest::new(&server, alice, &call, &["bob"], &stage),
            bob: Guest::new(&server, bob, &call, &["alice"], &stage),
            server,
            stage,
            call,
        }
    }

    /// Alice has somebody called, too, who takes it.
    pub(crate) async fn join(&self, user: &str) -> Guest {
        let mut device = Device::connected(&self.server, user, "phone").await;
        let path = format!("/api/calls/{}/participants", self.call);
        let added = self.alice.device.post(&path, json!({ "userIds": [user] }));
        assert_eq!(added.await.status, 200);
        device.event("call:incoming").await;
        assert_eq!(device.answer(&self.call).await.status, 200);
        Guest::new(
            &self.server,
            device,
            &self.call,
            &["alice", "bob"],
            &self.stage,
        )
    }

    /// Asks for a recording, as somebody.
    pub(crate) async fn ask(&self, device: &Device, mode: &str) -> Answer {
        let path = format!("/api/calls/{}/recording", self.call);
        device.post(&path, json!({ "mode": mode })).await
    }

    /// Asks for its end, as somebody.
    pub(crate) async fn ask_to_stop(&self, device: &Device) -> Answer {
        let path = format!("/api/calls/{}/recording", self.call);
        device
            .request(reqwest::Method::DELETE, &path, None, &[])
            .await
    }

    /// Alice has it recorded; returns the recording's id.
    pub(crate) async fn start(&self, mode: &str) -> String {
        let answer = self.ask(&self.alice.device, mode).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.body["id"].as_str().unwrap().to_owned()
    }

    /// Alice has it end.
    pub(crate) async fn stop(&self) -> Value {
        let answer = self.ask_to_stop(&self.alice.device).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// Until so many frames more were written.
    pub(crate) async fn frames_written(&self, more: u64) {
        let before = metric(&self.server, FRAMES).await;
        until("frames are written", async || {
            let now = metric(&self.server, FRAMES).await;
            (now >= before + more).then_some(())
        })
        .await;
    }

    /// A recording as Alice sees it.
    pub(crate) async fn recording(&self, id: &str) -> Value {
        let answer = self
            .alice
            .device
            .get(&format!("/api/recordings/{id}"))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// A recording, once it is as it is to be.
    pub(crate) async fn recording_when(
        &self,
        id: &str,
        what: &str,
        so: impl Fn(&Value) -> bool,
    ) -> Value {
        until(what, async || {
            let recording = self.recording(id).await;
            so(&recording).then_some(recording)
        })
        .await
    }

    /// A recording that nothing more is done about.
    pub(crate) async fn done(&self, id: &str) -> Value {
        self.recording_when(id, "the recording is done", |recording| {
            ["ready", "partial", "failed"].contains(&recording["status"].as_str().unwrap())
        })
        .await
    }

    /// Where the files of a recording lie while they are here.
    pub(crate) fn folder(&self, id: &str) -> PathBuf {
        self.server.data().join("recordings").join(id)
    }

    /// Bytes of media on the disk, as they lie there now.
    pub(crate) fn bytes_on_disk(&self, id: &str) -> u64 {
        let files = media_files(&self.folder(id));
        files
            .iter()
            .map(|file| file.metadata().unwrap().len())
            .sum()
    }

    /// Until cameras and microphones of both have come to the disk, for a while: it is brought there once a second.
    pub(crate) async fn all_on_disk(&self, id: &str) {
        let folder = self.folder(id);
        until("everything comes to the disk", async || {
            let files = media_files(&folder);
            let grown = |file: &PathBuf| file.metadata().is_ok_and(|of| of.len() > 5_000);
            (files.len() == 4 && files.iter().all(grown)).then_some(())
        })
        .await;
    }

    /// A signed URL of a file.
    pub(crate) async fn url(&self, recording: &str, file: &Value, download: bool) -> String {
        let id = file["id"].as_str().unwrap();
        let path = format!("/api/recordings/{recording}/files/{id}/url");
        let device = &self.alice.device;
        let answer = device.post(&path, json!({ "download": download })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let url = answer.body["url"].as_str().unwrap();
        if url.starts_with('/') {
            return format!("{}{url}", self.server.url());
        }
        url.to_owned()
    }

    /// Downloads every track into a folder of its own; frames of each, which decode without a complaint.
    pub(crate) async fn frames_of_tracks(&self, recording: &Value) -> Vec<u64> {
        let id = recording["id"].as_str().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut counts = Vec::new();
        for file in files(recording, "track") {
            let download = get(&self.url(id, file, true).await, &[]).await;
            assert_eq!(download.status, 200);
            assert_eq!(download.body.len() as u64, file["bytes"].as_u64().unwrap());
            let path = folder.path().join("track.webm");
            std::fs::write(&path, &download.body).unwrap();
            counts.push(crate::watched::frames_without_complaint(&path));
        }
        counts
    }

    /// Until what the two send comes to each other, from now on.
    pub(crate) async fn media_flows(&self) {
        for guest in [&self.alice, &self.bob] {
            let before = guest.got().await;
            until("media flows", async || {
                let now = guest.got().await;
                let more = now.pictures > before.pictures + 10 && now.sounds > before.sounds + 10;
                more.then_some(())
            })
            .await;
        }
    }
}

/// The files of one kind.
pub(crate) fn files<'a>(recording: &'a Value, kind: &str) -> Vec<&'a Value> {
    let files = recording["files"].as_array().unwrap();
    files.iter().filter(|file| file["kind"] == kind).collect()
}

/// GET of a signed URL.
pub(crate) async fn get(url: &str, headers: &[(&str, &str)]) -> Download {
    fetch(reqwest::Method::GET, url, headers).await
}

/// Any request of a signed URL, which is all that it needs.
pub(crate) async fn fetch(
    method: reqwest::Method,
    url: &str,
    headers: &[(&str, &str)],
) -> Download {
    let mut request = reqwest::Client::new().request(method, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    Download {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body: answer.bytes().await.unwrap().to_vec(),
    }
}
