use call_domain::ConsentState;
use serde::{Deserialize, Serialize};

use super::names::mirrors;
use super::{MediaSource, rfc3339};

mirrors!(
    /// What a recording leads to; see [`call_domain::RecordingMode`].
    RecordingMode of call_domain::RecordingMode { Tracks, Mixed }
);
mirrors!(
    /// Whose word a recording needs; see [`call_domain::RecordingConsent`].
    RecordingConsent of call_domain::RecordingConsent { Notify, Ask }
);
mirrors!(
    /// Where a recording stands; see [`call_domain::RecordingStatus`].
    RecordingStatus of call_domain::RecordingStatus { Recording, Processing, Ready, Partial, Failed }
);
mirrors!(
    /// Where the mix of a recording stands; see [`call_domain::MixStatus`].
    MixStatus of call_domain::MixStatus { None, Queued, Running, Done, Failed, Unavailable }
);
mirrors!(
    /// What went wrong with a recording; see [`call_domain::RecordingFault`].
    RecordingFault of call_domain::RecordingFault {
        DiskFull, StorageUnreachable, WriteFailed, Overloaded, MixFailed, MixingUnavailable,
        Interrupted, SfuUnavailable,
    }
);
mirrors!(
    /// What a file of a recording is; see [`call_domain::RecordingFileKind`].
    RecordingFileKind of call_domain::RecordingFileKind { Track, Mixed, Manifest }
);

/// What a participant said to being recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ConsentStatus {
    /// Nothing yet.
    Asked,
    /// Yes.
    Given,
    /// No, or no longer.
    Refused,
}

/// A call's recording while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallRecording {
    /// Which recording (UUID version 7).
    pub id: String,
    /// What it leads to.
    pub mode: RecordingMode,
    /// Who started it; null: the server's policy.
    pub started_by: Option<String>,
    /// When.
    pub started_at: String,
    /// Whose word it needs.
    pub consent: RecordingConsent,
    /// What was said; empty where nobody is asked.
    pub consents: Vec<RecordingConsentItem>,
}

/// How a recording stopped, while its call goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordingStop {
    /// Which recording.
    pub id: String,
    /// Who stopped it; null: it could not go on.
    pub by: Option<String>,
    /// Why it could not go on; null: somebody stopped it.
    pub cause: Option<RecordingFault>,
}

/// What a participant said to being recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordingConsentItem {
    /// Who.
    pub user_id: String,
    /// What.
    pub status: ConsentStatus,
    /// When it was said; null while nothing was.
    pub at: Option<String>,
}

/// A recording of a call, running or done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Recording {
    /// Which recording (UUID version 7).
    pub id: String,
    /// Of which call.
    pub call_id: String,
    /// What it leads to.
    pub mode: RecordingMode,
    /// Where it stands.
    pub status: RecordingStatus,
    /// What went wrong, if something did.
    pub cause: Option<RecordingFault>,
    /// Who started it; null: the server's policy.
    pub started_by: Option<String>,
    /// When it started.
    pub started_at: String,
    /// When it stopped.
    pub stopped_at: Option<String>,
    /// Who stopped it; null: it ended with the call, by the server's policy, or because the server could not go on.
    pub stopped_by: Option<String>,
    /// How long it is, in milliseconds, once it has stopped.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub duration_ms: Option<u64>,
    /// The size of all its files.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub bytes: u64,
    /// How far the work in hand is, 0 to 1; null while there is none.
    pub progress: Option<f64>,
    /// Where its mix stands.
    pub mix: MixStatus,
    /// Whose word it needed.
    pub consent: RecordingConsent,
    /// What was said; empty where nobody was asked.
    pub consents: Vec<RecordingConsentItem>,
    /// What there is of it; empty until it has stopped.
    pub files: Vec<RecordingFile>,
}

/// One file of a recording. A signed URL of its bytes is asked for separately.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordingFile {
    /// Which file.
    pub id: String,
    /// What it is.
    pub kind: RecordingFileKind,
    /// Whose track.
    pub user_id: Option<String>,
    /// What the track shows or plays.
    pub source: Option<MediaSource>,
    /// The codec of a track, lower case.
    pub codec: Option<String>,
    /// Its media type (RFC 6838).
    pub content_type: String,
    /// Its size.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub bytes: u64,
    /// Where it begins, in milliseconds from the recording's start.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub offset_ms: u64,
    /// How long it is, in milliseconds.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub duration_ms: Option<u64>,
    /// The largest picture in it, in pixels.
    pub width: Option<u32>,
    /// The largest picture in it, in pixels.
    pub height: Option<u32>,
}

/// What `GET /api/calls/{id}/recordings` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordingList {
    /// Oldest first.
    pub items: Vec<Recording>,
}

/// The body of `POST /api/calls/{id}/recording`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordingRequest {
    /// What it is to lead to.
    pub mode: RecordingMode,
}

/// The body of `PUT /api/calls/{id}/recording/consent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsentRequest {
    /// Whether the caller may be recorded, from now on.
    pub given: bool,
}

/// The body of `POST /api/recordings/{id}/files/{fileId}/url`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileUrlRequest {
    /// To be kept as a file instead of being played.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, type = "boolean"))]
    pub download: bool,
}

/// What `POST /api/recordings/{id}/files/{fileId}/url` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileUrl {
    /// Where the bytes are; whoever has it needs nothing else. It serves ranges (RFC 9110 section 14).
    pub url: String,
    /// Until when it can be opened.
    pub expires_at: String,
}

/// What the calls of this server can have recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordingAbility {
    /// Calls can be recorded at all.
    pub available: bool,
    /// Every call is recorded, whether somebody asks for it or not.
    pub forced: bool,
    /// Whose word it needs.
    pub consent: RecordingConsent,
    /// Mixes can be made.
    pub mixing: bool,
}

/// Something that an operator has to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alert {
    /// Which alert.
    pub id: String,
    /// What kind, such as `recording_failed`.
    pub kind: String,
    /// The call that it is about.
    pub call_id: Option<String>,
    /// The recording that it is about.
    pub recording_id: Option<String>,
    /// What went wrong; the log of that moment says more.
    pub cause: RecordingFault,
    /// When.
    pub raised_at: String,
}

/// What `GET /api/alerts` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AlertList {
    /// Newest first.
    pub items: Vec<Alert>,
    /// Asks for the next page; null if this is the last.
    pub next_cursor: Option<String>,
}

impl From<&call_domain::Recording> for CallRecording {
    fn from(recording: &call_domain::Recording) -> Self {
        Self {
            id: recording.id.to_string(),
            mode: recording.mode.into(),
            started_by: recording.started_by.as_ref().map(ToString::to_string),
            started_at: rfc3339(recording.started_at),
            consent: recording.consent.into(),
            consents: recording.consents.iter().map(Into::into).collect(),
        }
    }
}

impl From<&call_domain::RecordingStop> for RecordingStop {
    fn from(stop: &call_domain::RecordingStop) -> Self {
        Self {
            id: stop.id.to_string(),
            by: stop.by.as_ref().map(ToString::to_string),
            cause: stop.cause.map(Into::into),
        }
    }
}

impl From<&call_domain::Consent> for RecordingConsentItem {
    fn from(consent: &call_domain::Consent) -> Self {
        Self {
            user_id: consent.user.to_string(),
            status: match consent.state {
                ConsentState::Asked => ConsentStatus::Asked,
                ConsentState::Given { .. } => ConsentStatus::Given,
                ConsentState::Refused { .. } => ConsentStatus::Refused,
            },
            at: consent.state.at().map(rfc3339),
        }
    }
}
