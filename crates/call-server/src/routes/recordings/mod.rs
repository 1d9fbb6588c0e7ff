//! Recordings of calls: one file for each resource.

pub(crate) mod alerts;
pub(crate) mod consent;
pub(crate) mod delete;
pub(crate) mod file_url;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod media;
pub(crate) mod mix;
pub(crate) mod start;
pub(crate) mod stop;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use call_domain::{RecordingFileId, RecordingId};
use call_engine::Requester;
use call_signal::wire::{self, rfc3339};
use call_store::{RecordingFile, StoredRecording};
use std::future::{Ready, ready};
use std::time::Duration;

use crate::auth::Caller;
use crate::http::Problem;

/// The `{id}` of a recording's path. What is no id is answered like an id of no recording.
pub(crate) struct RecordingPath(pub(crate) RecordingId);

impl FromRequest for RecordingPath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let id = request.match_info().get("id").unwrap_or_default();
        ready(
            id.parse()
                .map(Self)
                .map_err(|_| Problem::no_such_recording()),
        )
    }
}

/// The `{id}` and the `{fileId}` of a path.
pub(crate) struct FilePath(pub(crate) RecordingId, pub(crate) RecordingFileId);

impl FromRequest for FilePath {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let part = |name| request.match_info().get(name).unwrap_or_default();
        let (recording, file) = (part("id").parse(), part("fileId").parse());
        ready(match (recording, file) {
            (Ok(recording), Ok(file)) => Ok(Self(recording, file)),
            (Err(_), _) | (_, Err(_)) => Err(Problem::no_such_recording()),
        })
    }
}

/// Who asks.
fn requester(caller: Caller) -> Requester {
    Requester {
        user: caller.user_id,
        admin: caller.admin,
    }
}

/// A recording as it goes over the wire.
fn to_wire(recording: &StoredRecording) -> wire::Recording {
    wire::Recording {
        id: recording.id.to_string(),
        call_id: recording.call_id.to_string(),
        mode: recording.mode.into(),
        status: recording.status.into(),
        cause: recording.cause.map(Into::into),
        started_by: recording.started_by.as_ref().map(ToString::to_string),
        started_at: rfc3339(recording.started_at),
        stopped_at: recording.stopped_at.map(rfc3339),
        stopped_by: recording.stopped_by.as_ref().map(ToString::to_string),
        duration_ms: recording.duration.map(milliseconds),
        bytes: recording.bytes,
        progress: recording.progress,
        mix: recording.mix.into(),
        consent: recording.consent.into(),
        consents: recording.consents.iter().map(Into::into).collect(),
        files: recording.files.iter().map(file_to_wire).collect(),
    }
}

fn file_to_wire(file: &RecordingFile) -> wire::RecordingFile {
    wire::RecordingFile {
        id: file.id.to_string(),
        kind: file.kind.into(),
        user_id: file.user_id.as_ref().map(ToString::to_string),
        source: file.source.as_deref().and_then(source),
        codec: file.codec.clone(),
        content_type: file.content_type.clone(),
        bytes: file.bytes,
        offset_ms: milliseconds(file.offset),
        duration_ms: file.duration.map(milliseconds),
        width: file.width,
        height: file.height,
    }
}

/// Of the name that the recorder gave it.
fn source(name: &str) -> Option<wire::MediaSource> {
    serde_json::from_value(name.into()).ok()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
