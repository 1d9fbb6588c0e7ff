use std::collections::HashMap;

use call_domain::{Step, Timestamp};
use diesel::prelude::*;

use super::recording_step;
use crate::StoreError;
use crate::connection::AnyConnection;
use crate::error::Failure;
use crate::row::{CallRow, EventRow, ParticipantRow, RecordingStep, event_rows, participant_rows};
use crate::schema::{call_events, call_participants, calls};

/// A step as rows. Made before the transaction begins, so that it stays short.
pub(crate) struct Change {
    call: CallRow,
    participants: Vec<ParticipantRow>,
    events: Vec<EventRow>,
    recording: RecordingStep,
}

impl Change {
    pub(crate) fn new(step: &Step, at: Timestamp) -> Result<Self, StoreError> {
        Ok(Self {
            call: CallRow::new(&step.call)?,
            participants: participant_rows(&step.call)?,
            events: event_rows(step, at)?,
            recording: RecordingStep::new(step, at)?,
        })
    }
}

/// Whether a step was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Committed {
    Stored,
    VersionConflict,
}

/// Stores a step if the stored call still has the version `expected`.
pub(crate) fn commit(
    connection: &mut AnyConnection,
    change: &Change,
    expected: i64,
) -> Result<Committed, Failure> {
    // On PostgreSQL this also locks the row: whoever comes second waits, and then finds another
    // version.
    let updated = diesel::update(calls::table)
        .filter(calls::id.eq(change.call.id))
        .filter(calls::version.eq(expected))
        .set(&change.call.change)
        .execute(connection)?;
    if updated == 0 {
        return Ok(Committed::VersionConflict);
    }
    write_participants(connection, change)?;
    insert_events(connection, &change.events)?;
    recording_step::store(connection, &change.recording)?;
    Ok(Committed::Stored)
}

/// Stores the first step of a call.
pub(crate) fn insert(connection: &mut AnyConnection, change: &Change) -> Result<(), Failure> {
    diesel::insert_into(calls::table)
        .values(&change.call)
        .execute(connection)?;
    insert_participants(connection, change.participants.iter())?;
    insert_events(connection, &change.events)
}

/// Writes the participants that differ from what is stored.
fn write_participants(connection: &mut AnyConnection, change: &Change) -> Result<(), Failure> {
    let stored: HashMap<String, ParticipantRow> = call_participants::table
        .filter(call_participants::call_id.eq(change.call.id))
        .select(ParticipantRow::as_select())
        .load(connection)?
        .into_iter()
        .map(|row| (row.user_id.clone(), row))
        .collect();
    let mut added = Vec::new();
    for row in &change.participants {
        match stored.get(&row.user_id) {
            None => added.push(row),
            Some(before) if before.says_the_same_as(row) => {}
            Some(_) => {
                diesel::update(call_participants::table)
                    .filter(call_participants::call_id.eq(row.call_id))
                    .filter(call_participants::user_id.eq(&row.user_id))
                    .set((
                        &row.change,
                        call_participants::role.eq(&row.role),
                        call_participants::invited_at.eq(row.invited_at),
                    ))
                    .execute(connection)?;
            }
        }
    }
    insert_participants(connection, added.into_iter())
}

/// One statement on PostgreSQL, where a round trip costs; one each on SQLite, where preparing a
/// statement of changing length does.
fn insert_participants<'a>(
    connection: &mut AnyConnection,
    rows: impl Iterator<Item = &'a ParticipantRow>,
) -> Result<(), Failure> {
    match connection {
        #[cfg(feature = "libpq")]
        AnyConnection::Postgres(postgres) => {
            let rows: Vec<&ParticipantRow> = rows.collect();
            if rows.is_empty() {
                return Ok(());
            }
            diesel::insert_into(call_participants::table)
                .values(rows)
                .execute(postgres)?;
        }
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(sqlite) => {
            for row in rows {
                diesel::insert_into(call_participants::table)
                    .values(row)
                    .execute(sqlite)?;
            }
        }
    }
    Ok(())
}

fn insert_events(connection: &mut AnyConnection, rows: &[EventRow]) -> Result<(), Failure> {
    match connection {
        #[cfg(feature = "libpq")]
        AnyConnection::Postgres(postgres) => {
            diesel::insert_into(call_events::table)
                .values(rows)
                .execute(postgres)?;
        }
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(sqlite) => {
            for row in rows {
                diesel::insert_into(call_events::table)
                    .values(row)
                    .execute(sqlite)?;
            }
        }
    }
    Ok(())
}
