use serde::{Deserialize, Serialize};

use super::{StatsSample, Topology, WantedStream};

/// What a client sends, one JSON object in a text frame. Any of them may carry an `id`.
///
/// This is the shape for those who write messages; [`ClientFrame::parse`](super::ClientFrame::parse) reads them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ClientMessage {
    /// Opens the session.
    #[serde(rename = "session:hello")]
    SessionHello {
        /// A JWT.
        token: String,
        /// Which device; stable over reconnects.
        device_id: String,
    },
    /// Shows a new token before the old one expires.
    #[serde(rename = "session:refresh")]
    SessionRefresh {
        /// A JWT of the same user.
        token: String,
    },
    /// Asks for `session:pong`.
    #[serde(rename = "session:ping")]
    SessionPing,
    /// An SDP offer (RFC 8829) for another participant.
    #[serde(rename = "call:offer")]
    CallOffer {
        /// Which call.
        call_id: String,
        /// To whom.
        to: String,
        /// The session description, 32 KiB at most.
        sdp: String,
    },
    /// An SDP answer (RFC 8829) for another participant.
    #[serde(rename = "call:answer")]
    CallAnswer {
        /// Which call.
        call_id: String,
        /// To whom.
        to: String,
        /// The session description, 32 KiB at most.
        sdp: String,
    },
    /// An ICE candidate (RFC 8838) for another participant; null is the end of candidates.
    #[serde(rename = "call:ice-candidate")]
    CallIceCandidate {
        /// Which call.
        call_id: String,
        /// To whom.
        to: String,
        /// The candidate.
        candidate: Option<IceCandidate>,
    },
    /// This device rings now.
    #[serde(rename = "call:alerting")]
    CallAlerting {
        /// Which call.
        call_id: String,
    },
    /// Media flows on this device.
    #[serde(rename = "call:connected")]
    CallConnected {
        /// Which call.
        call_id: String,
    },
    /// What this device measured.
    #[serde(rename = "call:stats")]
    CallStats {
        /// Which call.
        call_id: String,
        /// One sample for each peer, 64 at most.
        samples: Vec<StatsSample>,
    },
    /// Asks for the call as it is now, answered by `call:updated`.
    #[serde(rename = "call:sync")]
    CallSync {
        /// Which call.
        call_id: String,
    },
    /// Shows an emoji to everybody in the call.
    #[serde(rename = "call:reaction")]
    CallReaction {
        /// Which call.
        call_id: String,
        /// The emoji, 32 bytes at most.
        reaction: String,
    },
    /// An SDP answer (RFC 8829) to a `media:offer`.
    #[serde(rename = "media:answer")]
    MediaAnswer {
        /// Which call.
        call_id: String,
        /// The `session` of the offer.
        session: String,
        /// The `revision` of the offer.
        revision: u32,
        /// The session description, 48 KiB at most.
        sdp: String,
    },
    /// An ICE candidate (RFC 8838) for the server; null is the end of candidates.
    #[serde(rename = "media:candidate")]
    MediaCandidate {
        /// Which call.
        call_id: String,
        /// The `session` that it belongs to.
        session: String,
        /// The candidate.
        candidate: Option<IceCandidate>,
    },
    /// What this device wants to see, all of it; what is not listed is not sent.
    #[serde(rename = "media:subscription")]
    MediaSubscription {
        /// Which call.
        call_id: String,
        /// One entry for each picture on the screen, 64 at most.
        streams: Vec<WantedStream>,
    },
    /// The connection to the server broke: asks for an offer with an ICE restart, or for a new session.
    #[serde(rename = "media:restart")]
    MediaRestart {
        /// Which call.
        call_id: String,
        /// The session to restart; null: a new one (a new `RTCPeerConnection`).
        session: Option<String>,
    },
    /// This device renders everything over this topology now.
    #[serde(rename = "media:switched")]
    MediaSwitched {
        /// Which call.
        call_id: String,
        /// What it renders.
        topology: Topology,
    },
}

/// `RTCIceCandidateInit` of W3C webrtc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct IceCandidate {
    /// The candidate attribute (RFC 8839), 1 KiB at most, without line breaks.
    pub candidate: String,
    /// The media section by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional = nullable))]
    pub sdp_mid: Option<String>,
    /// The media section by number.
    #[serde(
        rename = "sdpMLineIndex",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    #[cfg_attr(feature = "typescript", ts(optional = nullable))]
    pub sdp_m_line_index: Option<u16>,
    /// The ICE user name fragment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional = nullable))]
    pub username_fragment: Option<String>,
}
