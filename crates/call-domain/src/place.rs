use serde_json::{Map, Value};

use crate::{Call, CallId, CallType, ConversationId, DeviceId, Policy, Step, Timestamp, UserId};

/// A wish to begin a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRequest {
    /// The id that a new call gets.
    pub id: CallId,
    /// Who calls.
    pub initiator_id: UserId,
    /// The caller's name, if known.
    pub initiator_name: Option<String>,
    /// The caller's device.
    pub device: DeviceId,
    /// The caller's device has its socket open.
    pub online: bool,
    /// Audio or video.
    pub call_type: CallType,
    /// Who is called.
    pub invitees: Vec<Invitee>,
    /// The product's conversation.
    pub conversation_id: Option<ConversationId>,
    /// Whatever the product wants to keep with the call.
    pub metadata: Map<String, Value>,
}

/// Somebody to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitee {
    /// Who.
    pub user_id: UserId,
    /// The name to show, if known.
    pub name: Option<String>,
    /// The devices that are online now, and will be sent the call.
    pub devices: Vec<DeviceId>,
}

/// What becomes of a wish to begin a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// A call begins. (It may have ended already: when its only invitee is busy.)
    New(Step),
    /// The callee is calling the caller: the wish is an answer to that call, applied in this step.
    Glare(Step),
}

/// Why a call cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlacementRefusal {
    /// Nobody is called.
    #[error("nobody is called")]
    NobodyCalled,
    /// The caller is among the called.
    #[error("a user cannot call itself")]
    SelfCalled,
    /// A user is called twice.
    #[error("a user is called twice")]
    CalledTwice,
    /// More participants than a call may have.
    #[error("more than {max} participants")]
    TooManyParticipants {
        /// The most, the initiator included.
        max: u32,
    },
    /// The callee is calling the caller with another type of call.
    #[error("the callee is already calling the caller")]
    Glare {
        /// The callee's call.
        call: CallId,
    },
    /// The caller's device is in another call.
    #[error("the device is in another call")]
    AlreadyInCall {
        /// That call.
        call: CallId,
    },
}

/// Decides whether a call may begin, given every live call of the caller and the called.
///
/// Whoever calls this must make sure that those calls do not change until the placement is stored.
pub fn place(
    request: PlaceRequest,
    policy: &Policy,
    live: &[Call],
    now: Timestamp,
) -> Result<Placement, PlacementRefusal> {
    todo!("{request:?} {policy:?} {live:?} {now:?}")
}
