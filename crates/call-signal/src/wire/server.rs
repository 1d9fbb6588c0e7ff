use bytestring::ByteString;
use serde::{Deserialize, Serialize};

use super::{
    Call, CallRecording, EndedReason, ErrorCode, IceCandidate, LeaveReason, MediaState,
    OfferedTrack, Participant, PublishMids, PublishedStream, Quality, QualityReason, RecordingStop,
    SubscribedStream, Topology,
};

/// What the server sends, one JSON object in a text frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ServerMessage {
    /// The session is open.
    #[serde(rename = "session:ready")]
    SessionReady {
        /// This session; new for every connection.
        session_id: String,
        /// Whose session.
        user_id: String,
        /// How often the server pings, in milliseconds.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        heartbeat_ms: u64,
        /// Every live call of this user.
        calls: Vec<Call>,
    },
    /// The answer to `session:ping`.
    #[serde(rename = "session:pong")]
    SessionPong,
    /// A message that carried an `id` was carried out.
    #[serde(rename = "ack")]
    Ack {
        /// The message's `id`.
        id: String,
    },
    /// A message was refused.
    #[serde(rename = "error")]
    Error {
        /// The message's `id`, if it had one.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        id: Option<String>,
        /// The call that the message named, if it named one.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "typescript", ts(optional))]
        call_id: Option<String>,
        /// Why; stable.
        code: ErrorCode,
        /// Why, in words.
        detail: String,
    },
    /// You are being called.
    #[serde(rename = "call:incoming")]
    CallIncoming {
        /// The call.
        call: Call,
        /// Who calls.
        from: Caller,
    },
    /// The first device of that user rings.
    #[serde(rename = "call:ringing")]
    CallRinging {
        /// Which call.
        call_id: String,
        /// The call's version after this change.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        version: u64,
        /// Whose device.
        user_id: String,
    },
    /// An SDP offer (RFC 8829).
    #[serde(rename = "call:offer")]
    CallOffer {
        /// Which call.
        call_id: String,
        /// Who sent it.
        from: String,
        /// The session description.
        sdp: String,
    },
    /// An SDP answer (RFC 8829).
    #[serde(rename = "call:answer")]
    CallAnswer {
        /// Which call.
        call_id: String,
        /// Who sent it.
        from: String,
        /// The session description.
        sdp: String,
    },
    /// An ICE candidate (RFC 8838); null is the end of candidates.
    #[serde(rename = "call:ice-candidate")]
    CallIceCandidate {
        /// Which call.
        call_id: String,
        /// Who sent it.
        from: String,
        /// The candidate.
        candidate: Option<IceCandidate>,
    },
    /// Somebody took the call (status `accepted`), or has media (`joined`).
    #[serde(rename = "call:participant-joined")]
    CallParticipantJoined {
        /// Which call.
        call_id: String,
        /// The call's version after this change.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        version: u64,
        /// Who.
        participant: Participant,
    },
    /// Somebody who had taken the call is out of it.
    #[serde(rename = "call:participant-left")]
    CallParticipantLeft {
        /// Which call.
        call_id: String,
        /// The call's version after this change.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        version: u64,
        /// Who.
        user_id: String,
        /// Why.
        reason: LeaveReason,
    },
    /// Somebody's microphone, camera or screen was turned on or off.
    #[serde(rename = "call:media-state-changed")]
    CallMediaStateChanged {
        /// Which call.
        call_id: String,
        /// The call's version after this change.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        version: u64,
        /// Whose.
        user_id: String,
        /// What is on now.
        media: MediaState,
    },
    /// Somebody's connection became better or worse.
    #[serde(rename = "call:quality-changed")]
    CallQualityChanged {
        /// Which call.
        call_id: String,
        /// Whose.
        user_id: String,
        /// How good it is now.
        quality: Quality,
        /// What is wrong with it.
        reasons: Vec<QualityReason>,
    },
    /// The call is being recorded, or no longer; or somebody was asked, or said, whether to be.
    #[serde(rename = "call:recording-changed")]
    CallRecordingChanged {
        /// Which call.
        call_id: String,
        /// The call's version after this change.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        version: u64,
        /// The recording as it is now; null once it has stopped.
        recording: Option<CallRecording>,
        /// How it stopped; null while one runs.
        stopped: Option<RecordingStop>,
    },
    /// Any other change.
    #[serde(rename = "call:updated")]
    CallUpdated {
        /// Which call.
        call_id: String,
        /// The call's version after this change.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        version: u64,
        /// The call as it is now.
        call: Call,
    },
    /// For this device it is over.
    #[serde(rename = "call:ended")]
    CallEnded {
        /// Which call.
        call_id: String,
        /// The call's version after this change.
        #[cfg_attr(feature = "typescript", ts(type = "number"))]
        version: u64,
        /// Why.
        reason: EndedReason,
        /// Who ended it, if it was somebody.
        ended_by: Option<String>,
        /// The call as it is now.
        call: Call,
    },
    /// Somebody shows an emoji.
    #[serde(rename = "call:reaction")]
    CallReaction {
        /// In which call.
        call_id: String,
        /// Who.
        user_id: String,
        /// The emoji.
        reaction: String,
    },
    /// An SDP offer (RFC 8829) of the server; answered by `media:answer`.
    #[serde(rename = "media:offer")]
    MediaOffer {
        /// Which call.
        call_id: String,
        /// Which peer connection; one that is not known yet means a new `RTCPeerConnection`.
        session: String,
        /// Counts the offers of the session, from 1.
        revision: u32,
        /// The session description.
        sdp: String,
        /// Where the client sends.
        publish: PublishMids,
        /// What comes to the client, once this offer is applied.
        tracks: Vec<OfferedTrack>,
    },
    /// How the pictures that this device asked for come to it: all of them, after every change.
    #[serde(rename = "media:subscription")]
    MediaSubscription {
        /// Which call.
        call_id: String,
        /// One entry for each picture asked for.
        streams: Vec<SubscribedStream>,
    },
    /// What of this device's own pictures is looked at: all of it, after every change. What is not named is to be sent in all
    /// sizes.
    #[serde(rename = "media:publication")]
    MediaPublication {
        /// Which call.
        call_id: String,
        /// One entry for each picture of which it is known.
        streams: Vec<PublishedStream>,
    },
    /// Who speaks has changed.
    #[serde(rename = "media:speakers")]
    MediaSpeakers {
        /// Which call.
        call_id: String,
        /// The loudest first.
        user_ids: Vec<String>,
    },
    /// A peer's device renders everything over this topology now.
    #[serde(rename = "media:switched")]
    MediaSwitched {
        /// Which call.
        call_id: String,
        /// Whose device.
        user_id: String,
        /// What it renders.
        topology: Topology,
    },
    /// Somebody came online or went offline; only where users can see who is online.
    #[serde(rename = "presence:changed")]
    PresenceChanged {
        /// Who.
        user_id: String,
        /// The name to show, if one is known.
        name: Option<String>,
        /// Whether any device of that user is connected.
        online: bool,
    },
}

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Caller {
    /// Who.
    pub user_id: String,
    /// The name to show, if one is known.
    pub name: Option<String>,
}

impl ServerMessage {
    /// The text of the frame. One text serves any number of recipients.
    pub fn to_frame(&self) -> ByteString {
        // Strings, numbers and maps with string keys: there is nothing that JSON could not say.
        serde_json::to_string(self).unwrap_or_default().into()
    }
}
