use serde::{Deserialize, Serialize};

/// Gives a closed set of the domain its wire type. The match keeps both complete.
macro_rules! mirrors {
    ($(#[$doc:meta])* $name:ident of $domain:path { $($variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[allow(missing_docs)] // each value is explained at the domain's type
        pub enum $name {
            $($variant),+
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                use $domain as Domain;
                match value {
                    $(Domain::$variant => Self::$variant),+
                }
            }
        }

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => Self::$variant),+
                }
            }
        }
    };
}
pub(super) use mirrors;

mirrors!(
    /// What a call is about to carry; see [`call_domain::CallType`].
    CallType of call_domain::CallType { Audio, Video }
);
mirrors!(
    /// Where a call stands; see [`call_domain::CallStatus`].
    CallStatus of call_domain::CallStatus { Created, Ringing, Connecting, Active, Ended }
);
mirrors!(
    /// How media travels; see [`call_domain::Topology`].
    Topology of call_domain::Topology { P2p, Sfu }
);
mirrors!(
    /// Why a call ended; see [`call_domain::EndReason`].
    EndReason of call_domain::EndReason {
        Completed, Cancelled, Declined, NoAnswer, Busy, Unreachable, CallerLost, ConnectFailed,
        ConnectionLost, EndedByModerator, MaxDuration, Transferred, Replaced, ServerError,
    }
);
mirrors!(
    /// What part somebody plays; see [`call_domain::Role`].
    Role of call_domain::Role { Initiator, Moderator, Participant }
);
mirrors!(
    /// Where a participant stands; see [`call_domain::ParticipantStatus`].
    ParticipantStatus of call_domain::ParticipantStatus {
        Invited, Alerting, Accepted, Joined, Reconnecting, Left, Declined, Busy, Missed,
        Unreachable, Cancelled, Removed, Failed,
    }
);
mirrors!(
    /// How good a connection is; see [`call_domain::Quality`].
    Quality of call_domain::Quality { Excellent, Good, Fair, Poor, Lost }
);

/// Why a call is over for the device that is told so: an [`EndReason`], or it goes on without this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(untagged))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EndedReason {
    /// The call ended (or, for a ringing device of a group call that goes on, the ringing did).
    Call(EndReason),
    /// It is over for this device only.
    Here(OverHere),
}

/// Why a call that may go on is over for a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OverHere {
    /// Another device of the user took the call.
    AnsweredElsewhere,
    /// Another device of the user declined.
    DeclinedElsewhere,
    /// A moderator put the user out of the call.
    Removed,
}

impl From<call_domain::EndNotice> for EndedReason {
    fn from(notice: call_domain::EndNotice) -> Self {
        match notice {
            call_domain::EndNotice::Call(reason) => Self::Call(reason.into()),
            call_domain::EndNotice::AnsweredElsewhere => Self::Here(OverHere::AnsweredElsewhere),
            call_domain::EndNotice::DeclinedElsewhere => Self::Here(OverHere::DeclinedElsewhere),
            call_domain::EndNotice::Removed => Self::Here(OverHere::Removed),
        }
    }
}

/// Why somebody is out of a call: `left`, `removed`, `connection_lost`, `connect_failed`, or the
/// reason for which the call ended or was not taken.
pub type LeaveReason = String;

/// Who began a call, seen from the one who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Direction {
    /// Somebody else.
    Incoming,
    /// The one who asks.
    Outgoing,
}

/// What came of a call for the one who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Outcome {
    /// It was taken.
    Answered,
    /// It was mine to take, and I did not; also when the caller cancelled.
    Missed,
    /// I called, and nobody took it.
    NoAnswer,
    /// It was refused.
    Declined,
    /// It was called off before it was active.
    Cancelled,
    /// The called was in another call.
    Busy,
    /// It was taken but could not be carried out.
    Failed,
    /// It lives.
    Ongoing,
}

/// What is wrong with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum QualityReason {
    /// An answer takes long.
    HighRoundTripTime,
    /// Packets are lost.
    PacketLoss,
    /// Packets come unevenly.
    Jitter,
    /// Too few bits for what is shown.
    LowBitrate,
    /// The picture stood still.
    FrozenVideo,
    /// The sender's processor is too slow.
    CpuLimited,
    /// The sender's network is too slow.
    BandwidthLimited,
    /// Nothing arrives.
    NoMedia,
}
