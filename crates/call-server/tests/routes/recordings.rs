//! Recordings: who may, what is refused, and files in parts by signed URLs.

use std::time::Duration;

use call_domain::{RecordingFileId, RecordingFileKind};
use call_store::{Options, RecordingFile, RecordingStore as _, RecordingUpdate, Store};
use serde_json::{Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::support::{NOBODYS_CALL, Reply, Server, admin_token, start, start_with};

const SFU: (&str, &str) = ("CALL__SFU__ENABLED", "true");
const NO_FFMPEG: (&str, &str) = ("CALL__RECORDING__FFMPEG", "no-such-program");
const PATIENCE: Duration = Duration::from_secs(20);

/// What is in the file of a track.
const CONTENT: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl Server {
    async fn delete(&self, user: &str, path: &str) -> Reply {
        self.ask("DELETE", path).by(user).send().await
    }

    /// Has a call recorded by its initiator; returns the recording's id.
    async fn record(&self, call: &str) -> String {
        let path = format!("/api/calls/{call}/recording");
        let reply = self
            .post("alice", &path, &json!({ "mode": "tracks" }))
            .await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        let id = reply.json()["id"].as_str().expect("an id").to_owned();
        assert_eq!(
            reply.header("location"),
            Some(format!("/api/recordings/{id}").as_str())
        );
        id
    }

    /// A recording that has stopped and whose files are done.
    async fn done(&self, recording: &str) -> Value {
        let path = format!("/api/recordings/{recording}");
        let done = timeout(PATIENCE, async {
            loop {
                let found = self.get("alice", &path).await.json();
                if found["status"] != "recording" && found["status"] != "processing" {
                    return found;
                }
                tokio::task::yield_now().await;
            }
        });
        done.await.expect("it is done at last")
    }

    /// As if a track had been recorded: a file in the folder, and in the database. Returns its id.
    async fn put_track(&self, recording: &str) -> String {
        let id = RecordingFileId::new(Uuid::new_v4());
        let key = format!("{recording}/{id}.webm");
        let path = self.folder().join("recordings").join(&key);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, CONTENT).expect("written");
        let file = RecordingFile {
            id,
            kind: RecordingFileKind::Track,
            user_id: Some("bob".parse().expect("a user id")),
            source: Some("screenAudio".to_owned()),
            codec: Some("opus".to_owned()),
            content_type: "audio/webm".to_owned(),
            object_key: key,
            bytes: CONTENT.len() as u64,
            offset: Duration::from_millis(1500),
            duration: Some(Duration::from_secs(2)),
            width: None,
            height: None,
        };
        let url = format!("sqlite://{}/calls.sqlite3", self.folder().display());
        let store = Store::connect(&url, Options::default())
            .await
            .expect("open");
        let recording = recording.parse().expect("a recording's id");
        let put = store.replace_files(recording, vec![file], RecordingUpdate::default());
        assert!(put.await.expect("stored"));
        id.to_string()
    }

    /// The path of a signed URL.
    async fn signed(&self, user: &str, recording: &str, file: &str, body: &Value) -> Reply {
        let path = format!("/api/recordings/{recording}/files/{file}/url");
        self.post(user, &path, body).await
    }
}

/// A recording that is done, with a track; the ids of the recording and of the track's file.
async fn recorded(server: &Server) -> (String, String) {
    let call = server.answered_call("alice", "bob").await;
    let recording = server.record(&call).await;
    let path = format!("/api/calls/{call}/recording");
    let stopped = server.delete("alice", &path).await;
    assert_eq!(stopped.status, 200, "{}", stopped.text);
    server.done(&recording).await;
    let file = server.put_track(&recording).await;
    (recording, file)
}

async fn media_path(server: &Server, recording: &str, file: &str, body: Value) -> String {
    let reply = server.signed("bob", recording, file, &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let url = reply.json()["url"].as_str().expect("a URL").to_owned();
    assert!(url.starts_with("/api/recordings/media/"), "{url}");
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_starts_is_seen_and_stops() {
    let server = start_with(&[SFU]).await;
    let call = server.answered_call("alice", "bob").await;
    let path = format!("/api/calls/{call}/recording");
    let id = server.record(&call).await;
    let shown = server
        .get("bob", &format!("/api/calls/{call}"))
        .await
        .json();
    assert_eq!(shown["topology"], "sfu", "it is recorded from the SFU");
    let recording = &shown["recording"];
    assert_eq!(
        (&recording["id"], &recording["mode"]),
        (&json!(id), &json!("tracks"))
    );
    assert_eq!(
        (&recording["startedBy"], &recording["consent"]),
        (&json!("alice"), &json!("notify"))
    );
    let again = server
        .post("alice", &path, &json!({ "mode": "tracks" }))
        .await;
    again.is_problem(409, "already_recording");
    let live = server
        .get("bob", &format!("/api/recordings/{id}"))
        .await
        .json();
    assert_eq!(
        (&live["status"], &live["callId"]),
        (&json!("recording"), &json!(call))
    );
    assert_eq!(live["files"], json!([]));
    server
        .delete("alice", &format!("/api/recordings/{id}"))
        .await
        .is_problem(409, "recording_live");
    server
        .put("bob", &format!("{path}/consent"), json!({ "given": true }))
        .await
        .is_problem(409, "not_asked");
    let stopped = server.delete("alice", &path).await;
    assert_eq!(stopped.status, 200, "{}", stopped.text);
    assert!(stopped.json()["stoppedAt"].is_string());
    assert_eq!(stopped.json()["stoppedBy"], "alice");
    let shown = server
        .get("bob", &format!("/api/calls/{call}"))
        .await
        .json();
    assert_eq!(shown["recording"], Value::Null);
    server
        .delete("alice", &path)
        .await
        .is_problem(409, "not_recording");
    let done = server.done(&id).await;
    assert_eq!(
        done["status"], "failed",
        "nobody sent anything that could be kept: {done}"
    );
    let kinds = done["files"].as_array().expect("files").iter();
    let kinds: Vec<_> = kinds.map(|file| &file["kind"]).collect();
    assert_eq!(kinds, ["manifest"], "nobody sent anything");
    let listed = server.get("bob", &format!("{path}s")).await.json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["items"][0]["id"], json!(id));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_with_the_right_record() {
    let server = start_with(&[SFU]).await;
    let rings = server.call("carol", &["dave"]).await;
    let tracks = json!({ "mode": "tracks" });
    server
        .post("carol", &format!("/api/calls/{rings}/recording"), &tracks)
        .await
        .is_problem(409, "not_answered");
    let call = server.answered_call("alice", "bob").await;
    let path = format!("/api/calls/{call}/recording");
    server
        .post("bob", &path, &tracks)
        .await
        .is_problem(403, "not_allowed");
    server
        .post("mallory", &path, &tracks)
        .await
        .is_problem(404, "not_found");
    server
        .post(
            "alice",
            &format!("/api/calls/{NOBODYS_CALL}/recording"),
            &tracks,
        )
        .await
        .is_problem(404, "not_found");
    for body in [json!({}), json!({ "mode": "video" })] {
        server
            .post("alice", &path, &body)
            .await
            .is_problem(400, "invalid_request");
    }
    let by_admin = server
        .ask("POST", &path)
        .with_token(&admin_token("root"))
        .json(&tracks)
        .send()
        .await;
    assert_eq!(by_admin.status, 201, "{}", by_admin.text);
    assert_eq!(by_admin.json()["startedBy"], "root");
    server
        .delete("bob", &path)
        .await
        .is_problem(403, "not_allowed");
    server
        .delete("mallory", &path)
        .await
        .is_problem(404, "not_found");
    server
        .post("alice", &format!("/api/calls/{call}/end"), &json!({}))
        .await;
    server
        .post("alice", &path, &tracks)
        .await
        .is_problem(410, "cancelled");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_cannot_it_says() {
    let tracks = json!({ "mode": "tracks" });
    for (settings, status, code) in [
        (
            &[("CALL__RECORDING__POLICY", "forbid"), SFU][..],
            403,
            "recording_forbidden",
        ),
        (
            &[("CALL__RECORDING__ENABLED", "false"), SFU],
            403,
            "recording_forbidden",
        ),
    ] {
        let server = start_with(settings).await;
        let call = server.answered_call("alice", "bob").await;
        let path = format!("/api/calls/{call}/recording");
        server
            .post("alice", &path, &tracks)
            .await
            .is_problem(status, code);
        let listed = server.get("alice", &format!("{path}s")).await;
        assert_eq!(
            (listed.status, listed.json()),
            (200, json!({ "items": [] }))
        );
    }
    let server = start_with(&[SFU, NO_FFMPEG]).await;
    let call = server.answered_call("alice", "bob").await;
    let path = format!("/api/calls/{call}/recording");
    server
        .post("alice", &path, &json!({ "mode": "mixed" }))
        .await
        .is_problem(409, "mixing_unavailable");
    let id = server.record(&call).await;
    server
        .post("alice", &format!("/api/recordings/{id}/mix"), &json!({}))
        .await
        .is_problem(409, "recording_live");
    server.delete("alice", &path).await;
    server.done(&id).await;
    server
        .post("alice", &format!("/api/recordings/{id}/mix"), &json!({}))
        .await
        .is_problem(409, "mixing_unavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_cannot_be_recorded_now_is_told_why_and_what_helps() {
    const ALL: (&str, &str) = ("CALL__RECORDING__MIN_FREE_BYTES", "1000000000000000000");
    for (settings, cause, help) in [
        (&[][..], "sfu_unavailable", "turn it on"),
        (&[SFU, ALL], "disk_full", "make room"),
    ] {
        let server = start_with(settings).await;
        let call = server.answered_call("alice", "bob").await;
        let path = format!("/api/calls/{call}/recording");
        let refused = server
            .post("alice", &path, &json!({ "mode": "tracks" }))
            .await
            .is_problem(409, "recording_unavailable");
        assert_eq!(refused["cause"], cause, "{refused}");
        let detail = refused["detail"].as_str().expect("words");
        assert!(detail.contains(help), "{detail}");
        // Of what is not about recordings nothing is said of them.
        let other = server
            .delete("alice", &path)
            .await
            .is_problem(409, "not_recording");
        assert_eq!(other.get("cause"), None, "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_calls_are_recorded_than_may_be() {
    let server = start_with(&[SFU, ("CALL__RECORDING__MAX_ACTIVE", "1")]).await;
    let first = server.answered_call("alice", "bob").await;
    server.record(&first).await;
    let second = server.answered_call("carol", "dave").await;
    let path = format!("/api/calls/{second}/recording");
    let refused = server
        .post("carol", &path, &json!({ "mode": "tracks" }))
        .await
        .is_problem(409, "recording_unavailable");
    assert_eq!(refused["cause"], "overloaded", "{refused}");
    let metrics = server.ask("GET", "/metrics").send().await.text;
    assert!(
        metrics.contains("\ncall_recordings_active 1\n"),
        "{metrics}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_asked_answers_and_may_change_their_mind() {
    let server = start_with(&[SFU, ("CALL__RECORDING__CONSENT", "ask")]).await;
    let call = server.answered_call("alice", "bob").await;
    server.record(&call).await;
    let path = format!("/api/calls/{call}/recording/consent");
    let of_bob = |recording: &Value| {
        let consents = recording["consents"].as_array().expect("consents");
        let bob = consents.iter().find(|c| c["userId"] == "bob");
        bob.cloned().expect("bob was asked")
    };
    let live = server
        .get("bob", &format!("/api/calls/{call}"))
        .await
        .json();
    let asked = of_bob(&live["recording"]);
    assert_eq!(
        (&asked["status"], &asked["at"]),
        (&json!("asked"), &Value::Null)
    );
    for (given, status) in [(true, "given"), (false, "refused")] {
        let reply = server.put("bob", &path, json!({ "given": given })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let said = of_bob(&reply.json());
        assert_eq!(said["status"], status);
        assert!(said["at"].is_string());
    }
    server
        .put("mallory", &path, json!({ "given": true }))
        .await
        .is_problem(404, "not_found");
    server
        .put("bob", &path, json!({}))
        .await
        .is_problem(400, "invalid_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn recordings_are_for_those_who_took_part() {
    let server = start_with(&[SFU]).await;
    let (recording, file) = recorded(&server).await;
    let path = format!("/api/recordings/{recording}");
    let shown = server.get("bob", &path).await.json();
    assert_eq!(
        shown["files"],
        json!([{
            "id": file, "kind": "track", "userId": "bob", "source": "screenAudio", "codec": "opus",
            "contentType": "audio/webm", "bytes": CONTENT.len(), "offsetMs": 1500, "durationMs": 2000,
            "width": null, "height": null
        }])
    );
    server
        .get("mallory", &path)
        .await
        .is_problem(404, "not_found");
    let of_nobody = server
        .signed("mallory", &recording, &file, &json!({}))
        .await;
    of_nobody.is_problem(404, "not_found");
    server
        .delete("mallory", &path)
        .await
        .is_problem(404, "not_found");
    server
        .delete("bob", &path)
        .await
        .is_problem(403, "not_allowed");
    for id in [NOBODYS_CALL, "nonsense", "..%2f..%2fetc"] {
        let path = format!("/api/recordings/{id}");
        server
            .get("alice", &path)
            .await
            .is_problem(404, "not_found");
    }
    let other = Uuid::new_v4().to_string();
    let unknown = server.signed("bob", &recording, &other, &json!({})).await;
    unknown.is_problem(404, "not_found");
    let admin = server.ask("GET", &path).with_token(&admin_token("root"));
    assert_eq!(admin.send().await.status, 200);
    server
        .ask("GET", &path)
        .send()
        .await
        .is_problem(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_url_gives_the_file_and_its_parts() {
    let server = start_with(&[SFU]).await;
    let (recording, file) = recorded(&server).await;
    let path = media_path(&server, &recording, &file, json!({})).await;
    let get = |headers: &[(&str, &str)]| {
        let mut ask = server.ask("GET", &path);
        for (name, value) in headers {
            ask = ask.header(name, value);
        }
        ask.send()
    };
    // Without a token of its own, and never compressed.
    let whole = get(&[("accept-encoding", "gzip")]).await;
    assert_eq!((whole.status, whole.text.as_bytes()), (200, CONTENT));
    let name = format!("inline; filename=\"{file}.webm\"");
    for (header, value) in [
        ("content-type", "audio/webm"),
        ("accept-ranges", "bytes"),
        ("content-length", "36"),
        ("content-disposition", name.as_str()),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "private, max-age=3600"),
    ] {
        assert_eq!(whole.header(header), Some(value), "{header}");
    }
    assert_eq!(whole.header("content-encoding"), None);
    for (range, part, of) in [
        ("bytes=0-0", "0", "bytes 0-0/36"),
        ("bytes=10-13", "abcd", "bytes 10-13/36"),
        ("bytes=30-", "uvwxyz", "bytes 30-35/36"),
        ("bytes=30-999", "uvwxyz", "bytes 30-35/36"),
        ("bytes=-2", "yz", "bytes 34-35/36"),
    ] {
        let reply = get(&[("range", range)]).await;
        assert_eq!((reply.status, reply.text.as_str()), (206, part), "{range}");
        assert_eq!(reply.header("content-range"), Some(of));
        assert_eq!(reply.header("content-type"), Some("audio/webm"));
    }
    for range in ["bytes=36-", "bytes=99-100", "bytes=-0"] {
        let reply = get(&[("range", range)]).await;
        assert_eq!((reply.status, reply.text.as_str()), (416, ""), "{range}");
        assert_eq!(reply.header("content-range"), Some("bytes */36"));
    }
    for range in ["lines=1-2", "bytes=nonsense", "bytes=0-1,4-5"] {
        let reply = get(&[("range", range)]).await;
        assert_eq!(
            (reply.status, reply.text.as_bytes()),
            (200, CONTENT),
            "{range}"
        );
    }
    let head = server.ask("HEAD", &path).send().await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), Some("36"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_another_file_is_not_mixed_in() {
    let server = start_with(&[SFU]).await;
    let (recording, file) = recorded(&server).await;
    let path = media_path(&server, &recording, &file, json!({})).await;
    let whole = server.ask("GET", &path).send().await;
    let etag = whole.header("etag").expect("a tag").to_owned();
    let modified = whole.header("last-modified").expect("a date").to_owned();
    let part_if = |condition: &str| {
        let ask = server.ask("GET", &path).header("range", "bytes=1-2");
        ask.header("if-range", condition).send()
    };
    for (condition, status) in [
        (etag.as_str(), 206),
        (modified.as_str(), 206),
        ("\"another\"", 200),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 200),
        ("nonsense", 200),
    ] {
        assert_eq!(part_if(condition).await.status, status, "{condition}");
    }
    let known = server.ask("GET", &path).header("if-none-match", &etag);
    let known = known.send().await;
    assert_eq!((known.status, known.text.as_str()), (304, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_url_is_for_one_file_for_a_while_also_after_a_restart() {
    let server = start_with(&[SFU]).await;
    let (recording, file) = recorded(&server).await;
    let path = media_path(&server, &recording, &file, json!({ "download": true })).await;
    let saved = server.ask("GET", &path).send().await;
    let name = format!("attachment; filename=\"{file}.webm\"");
    assert_eq!(saved.header("content-disposition"), Some(name.as_str()));
    let changed = format!("{}A", &path[..path.len() - 1]);
    let other = if changed == path {
        format!("{}B", &path[..path.len() - 1])
    } else {
        changed
    };
    for bad in [other.as_str(), "/api/recordings/media/nonsense"] {
        server
            .ask("GET", bad)
            .send()
            .await
            .is_problem(403, "url_expired");
    }
    let server = server.restart_with(&[SFU]).await;
    assert_eq!(server.ask("GET", &path).send().await.status, 200);
    let gone = server
        .delete("alice", &format!("/api/recordings/{recording}"))
        .await;
    assert_eq!((gone.status, gone.text.as_str()), (204, ""));
    server
        .ask("GET", &path)
        .send()
        .await
        .is_problem(404, "not_found");
    server
        .get("alice", &format!("/api/recordings/{recording}"))
        .await
        .is_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_urls_are_absolute() {
    let public = ("CALL__SERVER__PUBLIC_URL", "https://calls.example.com");
    let server = start_with(&[SFU, public]).await;
    let (recording, file) = recorded(&server).await;
    let reply = server
        .signed("bob", &recording, &file, &json!({}))
        .await
        .json();
    let url = reply["url"].as_str().expect("a URL");
    assert!(
        url.starts_with("https://calls.example.com/api/recordings/media/"),
        "{url}"
    );
    assert!(reply["expiresAt"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_may_play_from_where_recordings_are_kept() {
    let media_src = |reply: &Reply| {
        let policy = reply.header("content-security-policy").expect("a policy");
        let media = policy
            .split("; ")
            .find(|part| part.starts_with("media-src"));
        media.expect("about media").to_owned()
    };
    let server = start().await;
    let page = server.ask("GET", "/").send().await;
    assert_eq!(media_src(&page), "media-src 'self' blob: mediastream:");
    let server = start_with(&[
        ("CALL__RECORDING__STORE", "s3://calls/recordings"),
        (
            "CALL__RECORDING__S3_ENDPOINT",
            "https://store.example.com:9000",
        ),
        ("CALL__RECORDING__S3_ACCESS_KEY_ID", "id"),
        ("CALL__RECORDING__S3_SECRET_ACCESS_KEY", "secret"),
    ])
    .await;
    let page = server.ask("GET", "/").send().await;
    assert_eq!(
        media_src(&page),
        "media-src 'self' blob: mediastream: https://store.example.com:9000"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_are_for_administrators() {
    let server = start_with(&[SFU]).await;
    server
        .get("alice", "/api/alerts")
        .await
        .is_problem(403, "not_allowed");
    server
        .ask("GET", "/api/alerts")
        .send()
        .await
        .is_problem(401, "unauthenticated");
    let ask = |path: &'static str| server.ask("GET", path).with_token(&admin_token("root"));
    let none = ask("/api/alerts").send().await;
    assert_eq!(none.json(), json!({ "items": [], "nextCursor": null }));
    for wrong in [
        "/api/alerts?limit=0",
        "/api/alerts?limit=201",
        "/api/alerts?cursor=x",
    ] {
        ask(wrong).send().await.is_problem(400, "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_go_wrong_is_counted_from_the_start() {
    let server = start_with(&[SFU]).await;
    let text = server.ask("GET", "/metrics").send().await.text;
    for line in [
        "call_recordings_active 0",
        "call_recording_bytes_total 0",
        "call_recording_packets_lost_total 0",
        "call_recording_faults_total{cause=\"disk_full\"} 0",
        "call_recording_jobs_total{kind=\"finish\",outcome=\"done\"} 0",
        "call_recording_jobs_running{kind=\"mix\"} 0",
        "call_recording_jobs{kind=\"upload\"} 0",
        "call_alerts_total{cause=\"disk_full\",kind=\"recording_failed\"} 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}
