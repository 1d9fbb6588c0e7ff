use std::collections::BTreeMap;

use call_domain::{
    Call, CallId, CallParts, CallState, CallStatus, CorruptCall, EndReason, Timestamp,
};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ParticipantRow, json, keepable, participant_rows};
use crate::columns::{Id, Json, Micros};
use crate::schema::calls;
use crate::{Annotations, StoreError, StoredCall};

/// The part of a call that never changes, with the part that does.
#[derive(Debug, Clone, Insertable, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = calls, treat_none_as_default_value = false)]
pub(crate) struct CallRow {
    pub(crate) id: Id,
    initiator_id: String,
    conversation_id: Option<String>,
    metadata: Json,
    policy: Json,
    pub(crate) created_at: Micros,
    #[diesel(embed)]
    pub(crate) change: CallChange,
}

/// What a step may change.
#[derive(Debug, Clone, AsChangeset, Insertable, Queryable, Selectable, Serialize, Deserialize)]
#[diesel(table_name = calls, treat_none_as_null = true, treat_none_as_default_value = false)]
pub(crate) struct CallChange {
    version: i64,
    call_type: String,
    is_group: bool,
    topology: String,
    status: String,
    answered_at: Option<Micros>,
    started_at: Option<Micros>,
    ended_at: Option<Micros>,
    end_reason: Option<String>,
    ended_by: Option<String>,
    sfu_room_id: Option<String>,
    recording: Option<Json>,
    /// Documents that were kept before there were recordings do not have it.
    #[serde(default)]
    was_recorded: bool,
    alone_deadline: Option<Micros>,
    p2p_deadline: Option<Micros>,
    next_deadline: Option<Micros>,
}

/// What is kept with a call, and never written by a step.
#[derive(Debug, Clone, Default, Queryable, Selectable)]
#[diesel(table_name = calls)]
pub(crate) struct AnnotationRow {
    recording_url: Option<String>,
    quality_stats: Option<Json>,
}

/// A call as it was at one time, to be kept as one document.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    call: CallRow,
    participants: Vec<ParticipantRow>,
}

impl Snapshot {
    pub(crate) fn new(call: &Call) -> Result<Self, StoreError> {
        Ok(Self {
            call: CallRow::new(call)?,
            participants: participant_rows(call)?,
        })
    }

    pub(crate) fn into_stored_call(self) -> Result<StoredCall, CorruptCall> {
        stored_call(&self.call, AnnotationRow::default(), self.participants)
    }
}

impl CallRow {
    pub(crate) fn new(call: &Call) -> Result<Self, StoreError> {
        let parts = call.parts();
        for (key, value) in &parts.metadata {
            super::text(key, "metadata")?;
            keepable(value, "metadata")?;
        }
        Ok(Self {
            id: parts.id.into(),
            initiator_id: parts.initiator_id.as_str().to_owned(),
            conversation_id: parts.conversation_id.as_ref().map(ToString::to_string),
            metadata: json(&parts.metadata, "metadata")?,
            policy: json(&parts.policy, "policy")?,
            created_at: parts.created_at.into(),
            change: CallChange::new(call)?,
        })
    }
}

impl CallChange {
    pub(crate) fn new(call: &Call) -> Result<Self, StoreError> {
        let parts = call.parts();
        Ok(Self {
            version: version(call)?,
            call_type: parts.call_type.to_string(),
            is_group: parts.group,
            topology: parts.topology.to_string(),
            status: call.status().to_string(),
            answered_at: call.answered_at().map(Into::into),
            started_at: call.started_at().map(Into::into),
            ended_at: call.ended_at().map(Into::into),
            end_reason: call.end_reason().map(|reason| reason.to_string()),
            ended_by: call.ended_by().map(ToString::to_string),
            sfu_room_id: parts.sfu_room_id.map(String::from),
            recording: (parts.recording.as_ref())
                .map(|recording| json(recording, "recording"))
                .transpose()?,
            was_recorded: parts.was_recorded,
            alone_deadline: parts.alone_deadline.map(Into::into),
            p2p_deadline: parts.p2p_deadline.map(Into::into),
            next_deadline: call.next_deadline().map(Into::into),
        })
    }

    fn state(&self) -> Result<CallState, &'static str> {
        let time = |time: Option<Micros>| time.map(Timestamp::from);
        let answered_at = time(self.answered_at);
        let started_at = time(self.started_at);
        match self.status.parse().map_err(|_| "status")? {
            CallStatus::Created => Ok(CallState::Created),
            CallStatus::Ringing => Ok(CallState::Ringing),
            CallStatus::Connecting => Ok(CallState::Connecting {
                answered_at: answered_at.ok_or("answered_at")?,
            }),
            CallStatus::Active => Ok(CallState::Active {
                answered_at: answered_at.ok_or("answered_at")?,
                started_at: started_at.ok_or("started_at")?,
            }),
            CallStatus::Ended => Ok(CallState::Ended {
                answered_at,
                started_at,
                ended_at: time(self.ended_at).ok_or("ended_at")?,
                reason: (self.end_reason.as_deref())
                    .ok_or("end_reason")?
                    .parse::<EndReason>()
                    .map_err(|_| "end_reason")?,
                by: (self.ended_by.as_deref().map(str::parse).transpose())
                    .map_err(|_| "ended_by")?,
            }),
        }
    }
}

fn version(call: &Call) -> Result<i64, StoreError> {
    i64::try_from(call.version()).map_err(|_| StoreError::Unstorable("version"))
}

/// Makes one call of its rows, which may come in any order.
pub(crate) fn stored_call(
    row: &CallRow,
    annotations: AnnotationRow,
    mut participants: Vec<ParticipantRow>,
) -> Result<StoredCall, CorruptCall> {
    let id = CallId::from(row.id);
    let corrupt = |what| CorruptCall { id, what };
    participants.sort_by_key(ParticipantRow::position);

    let mut quality = BTreeMap::new();
    let mut people = Vec::with_capacity(participants.len());
    for participant in participants {
        let level = participant.connection_quality().map_err(corrupt)?;
        let participant = participant.into_participant().map_err(corrupt)?;
        if let Some(level) = level {
            quality.insert(participant.user_id.clone(), level);
        }
        people.push(participant);
    }

    let call = Call::from_parts(CallParts {
        id,
        version: u64::try_from(row.change.version).map_err(|_| corrupt("version"))?,
        call_type: (row.change.call_type.parse()).map_err(|_| corrupt("type"))?,
        group: row.change.is_group,
        topology: (row.change.topology.parse()).map_err(|_| corrupt("topology"))?,
        sfu_room_id: (row
            .change
            .sfu_room_id
            .as_deref()
            .map(str::parse)
            .transpose())
        .map_err(|_| corrupt("sfu_room_id"))?,
        initiator_id: (row.initiator_id.parse()).map_err(|_| corrupt("initiator_id"))?,
        conversation_id: (row.conversation_id.as_deref().map(str::parse).transpose())
            .map_err(|_| corrupt("conversation_id"))?,
        metadata: row.metadata.parse().map_err(|_| corrupt("metadata"))?,
        created_at: row.created_at.into(),
        policy: row.policy.parse().map_err(|_| corrupt("policy"))?,
        state: row.change.state().map_err(corrupt)?,
        alone_deadline: row.change.alone_deadline.map(Into::into),
        p2p_deadline: row.change.p2p_deadline.map(Into::into),
        recording: (row.change.recording.as_ref().map(Json::parse).transpose())
            .map_err(|_| corrupt("recording"))?,
        was_recorded: row.change.was_recorded,
        participants: people,
    })?;
    let quality_stats = (annotations
        .quality_stats
        .as_ref()
        .map(Json::parse::<Value>)
        .transpose())
    .map_err(|_| corrupt("quality_stats"))?;
    Ok(StoredCall {
        call,
        annotations: Annotations {
            quality,
            quality_stats,
            recording_url: annotations.recording_url,
        },
    })
}

/// Makes calls of joined rows, oldest call first.
pub(crate) fn stored_calls(
    rows: Vec<(CallRow, AnnotationRow, ParticipantRow)>,
) -> Result<Vec<StoredCall>, CorruptCall> {
    let mut calls = BTreeMap::new();
    for (call, annotations, participant) in rows {
        calls
            .entry((call.created_at, call.id))
            .or_insert_with(|| (call, annotations, Vec::new()))
            .2
            .push(participant);
    }
    calls
        .into_values()
        .map(|(call, annotations, participants)| stored_call(&call, annotations, participants))
        .collect()
}
