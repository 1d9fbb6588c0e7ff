use serde_json::{Map, Value};

use crate::transition::{Draft, conclude, invite};
use crate::{
    BusyPolicy, Call, CallId, CallParts, CallState, CallType, Command, ConversationId, DeviceId,
    EndReason, Event, Leg, LegState, MediaState, Participant, ParticipantState, Policy, Role, Step,
    Timestamp, Topology, UserId,
};

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
    check_people(&request, policy)?;
    check_device(&request, live)?;
    if let Some(theirs) = mirrored(&request, live) {
        return merge(request, theirs, now).map(Placement::Glare);
    }
    let busy: Vec<bool> = match policy.busy {
        BusyPolicy::Reject => request
            .invitees
            .iter()
            .map(|invitee| live.iter().any(|call| call.is_present(&invitee.user_id)))
            .collect(),
        BusyPolicy::Waiting => vec![false; request.invitees.len()],
    };
    Ok(Placement::New(create(request, policy, &busy, now)))
}

fn check_people(request: &PlaceRequest, policy: &Policy) -> Result<(), PlacementRefusal> {
    let invitees = &request.invitees;
    if invitees.is_empty() {
        return Err(PlacementRefusal::NobodyCalled);
    }
    // Before the look for duplicates, which a long list would make slow.
    let max = policy.seats();
    if usize::try_from(max).is_ok_and(|max| invitees.len() >= max) {
        return Err(PlacementRefusal::TooManyParticipants { max });
    }
    if invitees.iter().any(|i| i.user_id == request.initiator_id) {
        return Err(PlacementRefusal::SelfCalled);
    }
    let twice = invitees
        .iter()
        .enumerate()
        .any(|(n, a)| invitees[..n].iter().any(|b| a.user_id == b.user_id));
    if twice {
        return Err(PlacementRefusal::CalledTwice);
    }
    Ok(())
}

fn check_device(request: &PlaceRequest, live: &[Call]) -> Result<(), PlacementRefusal> {
    let taken = live.iter().find(|call| {
        let caller = call.participant(&request.initiator_id);
        caller.and_then(Participant::selected_device) == Some(&request.device)
    });
    match taken {
        Some(call) => Err(PlacementRefusal::AlreadyInCall { call: call.id() }),
        None => Ok(()),
    }
}

/// The call of the only invitee to the caller alone, if it is not answered yet.
fn mirrored<'a>(request: &PlaceRequest, live: &'a [Call]) -> Option<&'a Call> {
    let [invitee] = request.invitees.as_slice() else {
        return None;
    };
    live.iter().find(|call| {
        !call.parts().group
            && *call.initiator_id() == invitee.user_id
            && call
                .participant(&request.initiator_id)
                .is_some_and(Participant::is_ringing)
    })
}

fn merge(request: PlaceRequest, theirs: &Call, now: Timestamp) -> Result<Step, PlacementRefusal> {
    let refused = PlacementRefusal::Glare { call: theirs.id() };
    if theirs.parts().call_type != request.call_type {
        return Err(refused);
    }
    let answer = Command::Answer {
        user: request.initiator_id,
        device: request.device,
        name: request.initiator_name,
        online: request.online,
    };
    theirs.apply(answer, now).map_err(|_| refused)
}

fn create(request: PlaceRequest, policy: &Policy, busy: &[bool], now: Timestamp) -> Step {
    let created = Event::Created {
        by: request.initiator_id.clone(),
        device: request.device.clone(),
        call_type: request.call_type,
    };
    let parts = CallParts {
        id: request.id,
        version: 0,
        call_type: request.call_type,
        group: false,
        topology: Topology::P2p,
        sfu_room_id: None,
        participants: vec![initiator(&request, policy, now)],
        initiator_id: request.initiator_id,
        conversation_id: request.conversation_id,
        metadata: request.metadata,
        created_at: now,
        policy: policy.clone(),
        state: CallState::Created,
        alone_deadline: None,
        p2p_deadline: None,
        recording: None,
        was_recorded: false,
    };
    let mut draft = Draft::new(parts, "place", now);
    draft.log(created);
    for (invitee, busy) in request.invitees.into_iter().zip(busy) {
        invite(&mut draft, invitee, *busy);
    }
    if busy.iter().all(|busy| *busy) {
        conclude(&mut draft, EndReason::Busy, None);
    }
    draft.finish()
}

fn initiator(request: &PlaceRequest, policy: &Policy, now: Timestamp) -> Participant {
    let (leg, gone_deadline) = if request.online {
        (LegState::Selected, None)
    } else {
        let deadline = now + policy.caller_gone_timeout;
        (LegState::Reconnecting { since: now }, Some(deadline))
    };
    Participant {
        user_id: request.initiator_id.clone(),
        name: request.initiator_name.clone(),
        role: Role::Initiator,
        state: ParticipantState::Accepted {
            accepted_at: now,
            connect_deadline: None,
            gone_deadline,
        },
        media: MediaState::at_start_of(request.call_type),
        hand_raised_at: None,
        invited_at: now,
        legs: vec![Leg {
            device: request.device.clone(),
            state: leg,
        }],
    }
}
