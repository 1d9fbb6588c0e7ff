use std::collections::HashMap;

use call_domain::{CallId, CorruptCall, Role};
use diesel::prelude::*;

use super::read::{JoinedRow, joined};
use crate::columns::{Id, Micros};
use crate::connection::{AnyConnection, MultiBackend, on_backend};
use crate::error::Failure;
use crate::row::{AnnotationRow, CallRow, ParticipantRow, stored_call};
use crate::schema::{call_participants, calls};
use crate::{Direction, HistoryCursor, HistoryItem, HistoryPage, HistoryQuery};

pub(crate) fn history(
    connection: &mut AnyConnection,
    query: &HistoryQuery,
) -> Result<HistoryPage, Failure> {
    let mut page = page(connection, query)?;
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page
        .last()
        .filter(|_| more)
        .map(|&(id, created_at)| HistoryCursor {
            created_at: created_at.into(),
            id: id.into(),
        });

    let mut calls = calls_of(connection, page.iter().map(|&(id, _)| id).collect())?;
    let items = page
        .into_iter()
        .filter_map(|(id, _)| calls.remove(&id).map(|rows| item(query, id, rows)))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(HistoryPage { items, next })
}

/// The ids and creation times of the page, and of one call more if there is one.
fn page(connection: &mut AnyConnection, query: &HistoryQuery) -> QueryResult<Vec<(Id, Micros)>> {
    let created_at = call_participants::call_created_at;
    let mut page = call_participants::table
        .inner_join(calls::table)
        .filter(call_participants::user_id.eq(query.user.as_str()))
        .order((created_at.desc(), call_participants::call_id.desc()))
        .limit(i64::from(query.limit) + 1)
        .select((call_participants::call_id, created_at))
        .into_boxed::<MultiBackend>();
    if let Some(cursor) = query.cursor {
        let time = Micros::from(cursor.created_at);
        // Redundant, but it lets the index begin at the cursor.
        page = page.filter(created_at.le(time)).filter(
            created_at
                .lt(time)
                .or(call_participants::call_id.lt(Id::from(cursor.id))),
        );
    }
    if let Some(status) = query.status {
        page = page.filter(calls::status.eq(status.as_str()));
    }
    if let Some(call_type) = query.call_type {
        page = page.filter(calls::call_type.eq(call_type.as_str()));
    }
    page = match query.direction {
        None => page,
        Some(Direction::Outgoing) => {
            page.filter(call_participants::role.eq(Role::Initiator.as_str()))
        }
        Some(Direction::Incoming) => {
            page.filter(call_participants::role.ne(Role::Initiator.as_str()))
        }
    };
    if let Some(outcome) = query.outcome {
        page = page.filter(call_participants::outcome.eq(outcome.as_str()));
    }
    if let Some(from) = query.from {
        page = page.filter(created_at.ge(Micros::from(from)));
    }
    if let Some(to) = query.to {
        page = page.filter(created_at.lt(Micros::from(to)));
    }
    if let Some(with) = &query.with {
        let other = diesel::alias!(call_participants as other_participants);
        page = page.filter(diesel::dsl::exists(
            other
                .filter(
                    other
                        .field(call_participants::call_id)
                        .eq(call_participants::call_id),
                )
                .filter(other.field(call_participants::user_id).eq(with.as_str())),
        ));
    }
    page.load(connection)
}

type CallRows = (CallRow, AnnotationRow, Vec<ParticipantRow>);

fn calls_of(connection: &mut AnyConnection, ids: Vec<Id>) -> QueryResult<HashMap<Id, CallRows>> {
    let rows: Vec<JoinedRow> = on_backend!(connection, inner => joined!()
        .filter(calls::id.eq_any(ids))
        .load(inner))?;
    let mut calls = HashMap::new();
    for (call, annotations, participant) in rows {
        calls
            .entry(call.id)
            .or_insert_with(|| (call, annotations, Vec::new()))
            .2
            .push(participant);
    }
    Ok(calls)
}

fn item(query: &HistoryQuery, id: Id, rows: CallRows) -> Result<HistoryItem, CorruptCall> {
    let (row, annotations, participants) = rows;
    let corrupt = |what| CorruptCall {
        id: CallId::from(id),
        what,
    };
    let own = participants
        .iter()
        .find(|participant| participant.user_id == query.user.as_str())
        .ok_or(corrupt("participants"))?;
    let outcome = own.outcome().map_err(corrupt)?;
    let direction = if own.is_initiator() {
        Direction::Outgoing
    } else {
        Direction::Incoming
    };
    Ok(HistoryItem {
        call: stored_call(&row, annotations, participants)?,
        direction,
        outcome,
    })
}
