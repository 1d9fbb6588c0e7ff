use call_domain::{CallId, Timestamp, UserId};
use diesel::prelude::*;

use crate::columns::{Id, Micros};
use crate::connection::AnyConnection;
use crate::error::Failure;
use crate::row::{AnnotationRow, CallRow, EventRow, ParticipantRow, stored_calls};
use crate::schema::{call_events, call_participants, calls};
use crate::{LoggedEvent, StoredCall};

/// What one row of a joined query holds. Calls are always read together with their participants in
/// one statement, so that both are of the same version.
pub(super) type JoinedRow = (CallRow, AnnotationRow, ParticipantRow);

/// Calls joined with their participants.
macro_rules! joined {
    () => {
        calls::table.inner_join(call_participants::table).select(<(
            CallRow,
            AnnotationRow,
            ParticipantRow,
        )>::as_select())
    };
}
pub(super) use joined;

pub(crate) fn load(
    connection: &mut AnyConnection,
    id: CallId,
) -> Result<Option<StoredCall>, Failure> {
    let rows: Vec<JoinedRow> = joined!()
        .filter(calls::id.eq(Id::from(id)))
        .load(connection)?;
    Ok(stored_calls(rows)?.pop())
}

pub(crate) fn live_calls(connection: &mut AnyConnection) -> Result<Vec<StoredCall>, Failure> {
    let rows: Vec<JoinedRow> = joined!()
        // Of all columns that say so, the one with an index.
        .filter(call_participants::live)
        .load(connection)?;
    Ok(stored_calls(rows)?)
}

pub(crate) fn live_calls_of(
    connection: &mut AnyConnection,
    user: &UserId,
) -> Result<Vec<StoredCall>, Failure> {
    let own = diesel::alias!(call_participants as own_participants);
    let theirs = own
        .filter(own.field(call_participants::user_id).eq(user.as_str()))
        .filter(own.field(call_participants::live))
        .select(own.field(call_participants::call_id));
    let rows: Vec<JoinedRow> = joined!()
        .filter(calls::id.eq_any(theirs))
        .load(connection)?;
    Ok(stored_calls(rows)?)
}

/// The ids of the live calls of a user.
pub(super) fn live_ids_of(connection: &mut AnyConnection, user: &str) -> QueryResult<Vec<Id>> {
    call_participants::table
        .filter(call_participants::user_id.eq(user))
        .filter(call_participants::live)
        .select(call_participants::call_id)
        .load(connection)
}

pub(crate) fn due(
    connection: &mut AnyConnection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<CallId>, Failure> {
    let ids: Vec<Id> = calls::table
        .filter(calls::next_deadline.le(Micros::from(now)))
        .order((calls::next_deadline, calls::id))
        .limit(limit.into())
        .select(calls::id)
        .load(connection)?;
    Ok(ids.into_iter().map(CallId::from).collect())
}

pub(crate) fn events(
    connection: &mut AnyConnection,
    id: CallId,
) -> Result<Vec<LoggedEvent>, Failure> {
    let rows: Vec<EventRow> = call_events::table
        .filter(call_events::call_id.eq(Id::from(id)))
        .order((call_events::version, call_events::position))
        .select(EventRow::as_select())
        .load(connection)?;
    let events: Result<Vec<_>, _> = rows.into_iter().map(EventRow::into_event).collect();
    Ok(events?)
}
