use call_domain::{
    Call, LeaveReason, MediaState, Participant, ParticipantState, ParticipantStatus, Quality, Role,
    Timestamp,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{json, text};
use crate::columns::{Id, Json, Micros};
use crate::schema::call_participants;
use crate::{Outcome, StoreError};

/// One participant of one call.
#[derive(Debug, Clone, Insertable, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = call_participants, treat_none_as_default_value = false)]
pub(crate) struct ParticipantRow {
    pub(crate) call_id: Id,
    pub(crate) user_id: String,
    position: i32,
    pub(crate) role: String,
    pub(crate) invited_at: Micros,
    call_created_at: Micros,
    connection_quality: Option<String>,
    #[diesel(embed)]
    pub(crate) change: ParticipantChange,
}

/// What a step may change. (So it may the role and the time of the invitation; they stand above
/// because documents that were kept have them there.)
#[allow(clippy::struct_excessive_bools)] // one for each column
#[derive(Debug, Clone, AsChangeset, Insertable, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = call_participants)]
#[diesel(treat_none_as_null = true, treat_none_as_default_value = false)]
pub(crate) struct ParticipantChange {
    name: Option<String>,
    status: String,
    audio: bool,
    video: bool,
    screen: bool,
    hand_raised_at: Option<Micros>,
    legs: Json,
    accepted_at: Option<Micros>,
    joined_at: Option<Micros>,
    left_at: Option<Micros>,
    leave_reason: Option<String>,
    ring_deadline: Option<Micros>,
    unreachable_deadline: Option<Micros>,
    connect_deadline: Option<Micros>,
    gone_deadline: Option<Micros>,
    reconnect_deadline: Option<Micros>,
    outcome: String,
    live: bool,
}

/// The columns that a [`ParticipantState`] fills.
#[derive(Default)]
struct StateColumns {
    accepted_at: Option<Timestamp>,
    joined_at: Option<Timestamp>,
    left_at: Option<Timestamp>,
    leave_reason: Option<LeaveReason>,
    ring_deadline: Option<Timestamp>,
    unreachable_deadline: Option<Timestamp>,
    connect_deadline: Option<Timestamp>,
    gone_deadline: Option<Timestamp>,
    reconnect_deadline: Option<Timestamp>,
}

/// The rows of everybody who belongs to a call.
pub(crate) fn participant_rows(call: &Call) -> Result<Vec<ParticipantRow>, StoreError> {
    (0..)
        .zip(call.participants())
        .map(|(position, participant)| ParticipantRow::new(call, position, participant))
        .collect()
}

impl ParticipantRow {
    fn new(call: &Call, position: i32, participant: &Participant) -> Result<Self, StoreError> {
        Ok(Self {
            call_id: call.id().into(),
            user_id: participant.user_id.as_str().to_owned(),
            position,
            role: participant.role.to_string(),
            invited_at: participant.invited_at.into(),
            call_created_at: call.parts().created_at.into(),
            connection_quality: None,
            change: ParticipantChange::new(call, participant)?,
        })
    }

    pub(crate) fn position(&self) -> i32 {
        self.position
    }

    pub(crate) fn is_initiator(&self) -> bool {
        self.role == Role::Initiator.as_str()
    }

    pub(crate) fn connection_quality(&self) -> Result<Option<Quality>, &'static str> {
        (self
            .connection_quality
            .as_deref()
            .map(str::parse)
            .transpose())
        .map_err(|_| "connection_quality")
    }

    pub(crate) fn outcome(&self) -> Result<Outcome, &'static str> {
        self.change.outcome.parse().map_err(|_| "outcome")
    }

    /// Does this stored row say the same as `other`, which is about to be stored? JSON is
    /// compared by what it says, since PostgreSQL spells it anew.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        let same_columns =
            self.change.outcome == other.change.outcome && self.change.live == other.change.live;
        let participants = (
            self.clone().into_participant(),
            other.clone().into_participant(),
        );
        same_columns && matches!(participants, (Ok(this), Ok(that)) if this == that)
    }

    pub(crate) fn into_participant(self) -> Result<Participant, &'static str> {
        Ok(Participant {
            user_id: self.user_id.parse().map_err(|_| "user_id")?,
            role: self.role.parse().map_err(|_| "role")?,
            state: self.change.state()?,
            name: self.change.name,
            media: MediaState {
                audio: self.change.audio,
                video: self.change.video,
                screen: self.change.screen,
            },
            hand_raised_at: self.change.hand_raised_at.map(Into::into),
            invited_at: self.invited_at.into(),
            legs: self.change.legs.parse().map_err(|_| "legs")?,
        })
    }
}

impl ParticipantChange {
    fn new(call: &Call, participant: &Participant) -> Result<Self, StoreError> {
        let columns = StateColumns::from(&participant.state);
        let micros = |time: Option<Timestamp>| time.map(Micros::from);
        Ok(Self {
            name: (participant.name.as_deref().map(|name| text(name, "name"))).transpose()?,
            status: participant.status().to_string(),
            audio: participant.media.audio,
            video: participant.media.video,
            screen: participant.media.screen,
            hand_raised_at: micros(participant.hand_raised_at),
            legs: json(&participant.legs, "legs")?,
            accepted_at: micros(columns.accepted_at),
            joined_at: micros(columns.joined_at),
            left_at: micros(columns.left_at),
            leave_reason: columns.leave_reason.map(|reason| reason.to_string()),
            ring_deadline: micros(columns.ring_deadline),
            unreachable_deadline: micros(columns.unreachable_deadline),
            connect_deadline: micros(columns.connect_deadline),
            gone_deadline: micros(columns.gone_deadline),
            reconnect_deadline: micros(columns.reconnect_deadline),
            outcome: Outcome::of(call, participant).to_string(),
            live: !call.is_ended(),
        })
    }

    fn state(&self) -> Result<ParticipantState, &'static str> {
        let time = |time: Option<Micros>| time.map(Timestamp::from);
        let joined_at = time(self.joined_at);
        let ring_deadline = || time(self.ring_deadline).ok_or("ring_deadline");
        let left_at = || time(self.left_at).ok_or("left_at");
        Ok(
            match self.status.parse().map_err(|_| "participant status")? {
                ParticipantStatus::Invited => ParticipantState::Invited {
                    ring_deadline: ring_deadline()?,
                    unreachable_deadline: time(self.unreachable_deadline),
                },
                ParticipantStatus::Alerting => ParticipantState::Alerting {
                    ring_deadline: ring_deadline()?,
                },
                ParticipantStatus::Accepted => ParticipantState::Accepted {
                    accepted_at: time(self.accepted_at).ok_or("accepted_at")?,
                    connect_deadline: time(self.connect_deadline),
                    gone_deadline: time(self.gone_deadline),
                },
                ParticipantStatus::Joined => ParticipantState::Joined {
                    joined_at: joined_at.ok_or("joined_at")?,
                },
                ParticipantStatus::Reconnecting => ParticipantState::Reconnecting {
                    joined_at: joined_at.ok_or("joined_at")?,
                    deadline: time(self.reconnect_deadline).ok_or("reconnect_deadline")?,
                },
                ParticipantStatus::Left => ParticipantState::Left {
                    joined_at,
                    left_at: left_at()?,
                    reason: (self.leave_reason.as_deref())
                        .ok_or("leave_reason")?
                        .parse()
                        .map_err(|_| "leave_reason")?,
                },
                ParticipantStatus::Declined => ParticipantState::Declined { at: left_at()? },
                ParticipantStatus::Busy => ParticipantState::Busy { at: left_at()? },
                ParticipantStatus::Missed => ParticipantState::Missed { at: left_at()? },
                ParticipantStatus::Unreachable => ParticipantState::Unreachable { at: left_at()? },
                ParticipantStatus::Cancelled => ParticipantState::Cancelled { at: left_at()? },
                ParticipantStatus::Removed => ParticipantState::Removed {
                    joined_at,
                    at: left_at()?,
                },
                ParticipantStatus::Failed => ParticipantState::Failed { at: left_at()? },
            },
        )
    }
}

impl From<&ParticipantState> for StateColumns {
    fn from(state: &ParticipantState) -> Self {
        let out_at = |at| Self {
            left_at: Some(at),
            ..Self::default()
        };
        match *state {
            ParticipantState::Invited {
                ring_deadline,
                unreachable_deadline,
            } => Self {
                ring_deadline: Some(ring_deadline),
                unreachable_deadline,
                ..Self::default()
            },
            ParticipantState::Alerting { ring_deadline } => Self {
                ring_deadline: Some(ring_deadline),
                ..Self::default()
            },
            ParticipantState::Accepted {
                accepted_at,
                connect_deadline,
                gone_deadline,
            } => Self {
                accepted_at: Some(accepted_at),
                connect_deadline,
                gone_deadline,
                ..Self::default()
            },
            ParticipantState::Joined { joined_at } => Self {
                joined_at: Some(joined_at),
                ..Self::default()
            },
            ParticipantState::Reconnecting {
                joined_at,
                deadline,
            } => Self {
                joined_at: Some(joined_at),
                reconnect_deadline: Some(deadline),
                ..Self::default()
            },
            ParticipantState::Left {
                joined_at,
                left_at,
                reason,
            } => Self {
                joined_at,
                leave_reason: Some(reason),
                ..out_at(left_at)
            },
            ParticipantState::Removed { joined_at, at } => Self {
                joined_at,
                leave_reason: Some(LeaveReason::Removed),
                ..out_at(at)
            },
            ParticipantState::Failed { at } => Self {
                leave_reason: Some(LeaveReason::ConnectFailed),
                ..out_at(at)
            },
            ParticipantState::Declined { at }
            | ParticipantState::Busy { at }
            | ParticipantState::Missed { at }
            | ParticipantState::Unreachable { at }
            | ParticipantState::Cancelled { at } => out_at(at),
        }
    }
}
