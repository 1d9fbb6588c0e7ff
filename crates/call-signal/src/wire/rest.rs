use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Call, CallType, Direction, Outcome, Quality, RecordingAbility, RecordingFault};

/// The body of `POST /api/calls/initiate`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InitiateRequest {
    /// Audio or video.
    pub r#type: CallType,
    /// Who is called.
    pub participant_ids: Vec<String>,
    /// The caller's device.
    pub device_id: String,
    /// The product's conversation.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional = nullable))]
    pub conversation_id: Option<String>,
    /// Whatever the product wants to keep with the call, 4 KiB at most.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional = nullable, type = "Record<string, unknown>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub metadata: Option<Map<String, Value>>,
}

/// The body of `POST /api/calls/{id}/answer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerRequest {
    /// The device that takes the call.
    pub device_id: String,
}

/// The body of `POST /api/calls/{id}/reject`; may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RejectRequest {
    /// `declined` (the default) or `busy`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, type = "\"declined\" | \"busy\""))]
    pub reason: Option<String>,
}

/// The body of `PATCH /api/calls/{id}/media`: what changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MediaRequest {
    /// The microphone.
    #[serde(default)]
    pub audio: Option<bool>,
    /// The camera.
    #[serde(default)]
    pub video: Option<bool>,
    /// Screen sharing.
    #[serde(default)]
    pub screen: Option<bool>,
}

/// The body of `POST /api/calls/{id}/participants`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AddParticipantsRequest {
    /// Who is called, too.
    pub user_ids: Vec<String>,
}

/// The body of `POST /api/calls/{id}/join`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JoinRequest {
    /// The device that joins.
    pub device_id: String,
}

/// The body of `POST /api/calls/{id}/participants/{userId}/mute`: what is turned off. Nobody can be
/// turned on by others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MuteRequest {
    /// The microphone.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, type = "true"))]
    pub audio: Option<bool>,
    /// The camera.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, type = "true"))]
    pub video: Option<bool>,
    /// Screen sharing.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional, type = "true"))]
    pub screen: Option<bool>,
}

/// The body of `PATCH /api/calls/{id}/participants/{userId}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoleRequest {
    /// What part the participant is to play.
    pub role: AssignableRole,
}

/// What part a participant can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum AssignableRole {
    /// May mute and remove others.
    Moderator,
    /// May not.
    Participant,
}

/// The body of `PUT /api/calls/{id}/hand`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HandRequest {
    /// Whether the hand is up.
    pub raised: bool,
}

/// One page of a user's calls, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallPage {
    /// The calls.
    pub items: Vec<HistoryItem>,
    /// Asks for the next page; null if this is the last.
    pub next_cursor: Option<String>,
}

/// One call of a user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HistoryItem {
    /// The call.
    #[serde(flatten)]
    pub call: Call,
    /// Who began it.
    pub direction: Direction,
    /// What came of it for the user.
    pub outcome: Outcome,
}

/// What `GET /api/calls/turn-credentials` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TurnCredentials {
    /// `<unix expiry>:<user id>`.
    pub username: String,
    /// base64(HMAC-SHA1(secret, username)).
    pub credential: String,
    /// Seconds until it expires.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub ttl: u64,
    /// The servers.
    pub uris: Vec<String>,
    /// The same, ready for an `RTCConfiguration`.
    pub ice_servers: Vec<IceServer>,
}

/// `RTCIceServer` of W3C webrtc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IceServer {
    /// `stun:`, `turn:` and `turns:` URIs (RFC 7064, RFC 7065).
    pub urls: Vec<String>,
    /// For `turn:` and `turns:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For `turn:` and `turns:`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// An error of REST: `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank`: the code says what it is.
    pub r#type: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong, in words.
    pub detail: String,
    /// What went wrong; stable, to branch on.
    pub code: String,
    /// The call that stands in the way, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub call_id: Option<String>,
    /// With `recording_unavailable`: why the call cannot be recorded now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub cause: Option<RecordingFault>,
}

/// What `GET /api/presence` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PresenceList {
    /// Who is online.
    pub items: Vec<OnlineUser>,
}

/// Somebody who is online.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OnlineUser {
    /// Who.
    pub user_id: String,
    /// The name to show, if one is known.
    pub name: Option<String>,
}

/// What `GET /api/calls/{id}/events` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallEventList {
    /// Oldest first.
    pub items: Vec<CallEventItem>,
}

/// One line of a call's time line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallEventItem {
    /// The call's version after the change; shared by all events of one change.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub version: u64,
    /// When.
    pub at: String,
    /// What happened: `created`, `invited`, `alerting`, `answered`, `joined`, `ended` …
    pub r#type: String,
    /// Who, if it was somebody.
    pub user_id: Option<String>,
    /// With which device.
    pub device_id: Option<String>,
    /// Whatever else belongs to it, such as `reason` or `media`.
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub data: Map<String, Value>,
}

/// What `GET /api/calls/{id}/quality` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QualityList {
    /// Oldest first.
    pub items: Vec<QualityItem>,
}

/// How a participant received one peer over a short interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QualityItem {
    /// Who measured.
    pub user_id: String,
    /// Whose media was measured.
    pub peer_id: String,
    /// When the interval ended.
    pub at: String,
    /// The level.
    pub quality: Quality,
    /// 1.0 to 4.5.
    pub score: f64,
    /// In seconds.
    pub round_trip_time: Option<f64>,
    /// In seconds.
    pub jitter: Option<f64>,
    /// 0 to 1.
    pub packet_loss: Option<f64>,
    /// Received, in bit/s.
    pub bitrate_in: Option<f64>,
    /// Sent, in bit/s.
    pub bitrate_out: Option<f64>,
}

/// What `GET /api/config` tells everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AppConfig {
    /// `POST /api/dev/token` exists.
    pub dev: bool,
    /// Users can see who is online.
    pub presence: bool,
    /// The most participants of a mesh, the caller included.
    pub mesh_max: u32,
    /// Calls can go over the server's forwarding unit.
    pub sfu: bool,
    /// The most participants of a call, the caller included.
    pub max_participants: u32,
    /// What can be recorded.
    pub recording: RecordingAbility,
    /// The server's version.
    pub version: String,
}

/// The body of `POST /api/dev/token`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DevTokenRequest {
    /// Who to be.
    pub user_id: String,
    /// The name to show.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(optional = nullable))]
    pub name: Option<String>,
}

/// What `POST /api/dev/token` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DevToken {
    /// A JWT.
    pub token: String,
    /// When it expires.
    pub expires_at: String,
}
