use std::collections::BTreeMap;

use call_domain::UserId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    CallRecording, CallStatus, CallType, EndReason, ParticipantStatus, Quality, Role, Topology,
    rfc3339,
};

/// A call as clients see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Call {
    /// Which call (UUID version 7).
    pub id: String,
    /// Number of changes committed so far.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub version: u64,
    /// Audio or video.
    pub r#type: CallType,
    /// Where it stands.
    pub status: CallStatus,
    /// How media travels.
    pub topology: Topology,
    /// Who began it.
    pub initiator_id: String,
    /// The product's conversation that it belongs to.
    pub conversation_id: Option<String>,
    /// Whatever the product keeps with it.
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub metadata: Map<String, Value>,
    /// When it was created.
    pub created_at: String,
    /// When it stops ringing, or would have.
    pub ring_deadline: String,
    /// When the first invitee took it.
    pub answered_at: Option<String>,
    /// When the second participant had media.
    pub started_at: Option<String>,
    /// When it ended.
    pub ended_at: Option<String>,
    /// Milliseconds from `startedAt` to `endedAt`.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub duration_ms: Option<u64>,
    /// Why it ended.
    pub end_reason: Option<EndReason>,
    /// Who ended it, if it was somebody.
    pub ended_by: Option<String>,
    /// The room of the selective forwarding unit; null while media goes from peer to peer.
    pub sfu_room_id: Option<String>,
    /// Its recording, while it is being recorded.
    pub recording: Option<CallRecording>,
    /// Where its latest recording is found.
    pub recording_url: Option<String>,
    /// A summary of the quality, once ended.
    #[cfg_attr(feature = "typescript", ts(type = "unknown"))]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub quality_stats: Option<Value>,
    /// Who belongs to it: the initiator first, then in the order of invitation.
    pub participants: Vec<Participant>,
}

/// Somebody who belongs to a call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Participant {
    /// Who.
    pub user_id: String,
    /// The name to show, if one is known.
    pub name: Option<String>,
    /// What part the user plays.
    pub role: Role,
    /// Where the participant stands.
    pub status: ParticipantStatus,
    /// The device that took the call.
    pub device_id: Option<String>,
    /// What the participant sends.
    pub media: MediaState,
    /// How good the connection was lately.
    pub connection_quality: Option<Quality>,
    /// When the participant was invited.
    pub invited_at: String,
    /// When media first flowed.
    pub joined_at: Option<String>,
    /// When the participant left.
    pub left_at: Option<String>,
    /// Why: `left`, `removed`, `connection_lost`, `connect_failed`, or the reason for which the
    /// call ended or was not taken.
    pub leave_reason: Option<String>,
    /// Since when the participant's hand is raised; null while it is not.
    pub hand_raised_at: Option<String>,
}

/// What a participant sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MediaState {
    /// The microphone is on.
    pub audio: bool,
    /// The camera is on.
    pub video: bool,
    /// The screen is shared.
    pub screen: bool,
}

impl From<call_domain::MediaState> for MediaState {
    fn from(media: call_domain::MediaState) -> Self {
        Self {
            audio: media.audio,
            video: media.video,
            screen: media.screen,
        }
    }
}

/// What is known about a call beside its life.
#[derive(Debug, Clone, Copy, Default)]
pub struct CallNotes<'a> {
    /// The quality last recorded for a participant.
    pub quality: Option<&'a BTreeMap<UserId, call_domain::Quality>>,
    /// A summary of the quality.
    pub quality_stats: Option<&'a Value>,
    /// Where a recording is found.
    pub recording_url: Option<&'a str>,
}

impl Call {
    /// The call as clients see it.
    pub fn new(call: &call_domain::Call, notes: CallNotes<'_>) -> Self {
        let parts = call.parts();
        let participant = |p| Participant::new(p, notes);
        Self {
            id: parts.id.to_string(),
            version: parts.version,
            r#type: parts.call_type.into(),
            status: call.status().into(),
            topology: parts.topology.into(),
            initiator_id: parts.initiator_id.to_string(),
            conversation_id: parts.conversation_id.as_ref().map(ToString::to_string),
            metadata: parts.metadata.clone(),
            created_at: rfc3339(parts.created_at),
            ring_deadline: rfc3339(parts.ring_deadline()),
            answered_at: call.answered_at().map(rfc3339),
            started_at: call.started_at().map(rfc3339),
            ended_at: call.ended_at().map(rfc3339),
            duration_ms: parts
                .duration()
                .map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
            end_reason: call.end_reason().map(Into::into),
            ended_by: call.ended_by().map(ToString::to_string),
            sfu_room_id: parts.sfu_room_id.map(|room| room.to_string()),
            recording: call.recording().map(Into::into),
            recording_url: notes.recording_url.map(ToOwned::to_owned),
            quality_stats: notes.quality_stats.cloned(),
            participants: parts.participants.iter().map(participant).collect(),
        }
    }
}

impl Participant {
    /// The participant as clients see it.
    pub fn new(participant: &call_domain::Participant, notes: CallNotes<'_>) -> Self {
        let quality = notes.quality.and_then(|q| q.get(&participant.user_id));
        Self {
            user_id: participant.user_id.to_string(),
            name: participant.name.clone(),
            role: participant.role.into(),
            status: participant.status().into(),
            device_id: participant.selected_device().map(ToString::to_string),
            media: participant.media.into(),
            connection_quality: quality.copied().map(Into::into),
            invited_at: rfc3339(participant.invited_at),
            joined_at: participant.joined_at().map(rfc3339),
            left_at: participant.left_at().map(rfc3339),
            leave_reason: participant.leave_reason().map(|r| r.as_str().to_owned()),
            hand_raised_at: participant.hand_raised_at.map(rfc3339),
        }
    }
}
