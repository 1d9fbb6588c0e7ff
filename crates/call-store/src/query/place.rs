use std::panic::{AssertUnwindSafe, catch_unwind};

use call_domain::{Call, CallId, Placement, Timestamp, UserId};
use diesel::prelude::*;

use super::commit::{self, Change, Committed};
use super::lock;
use super::read::{live_ids_of, load};
use crate::columns::{Id, Json, Micros};
use crate::connection::AnyConnection;
use crate::error::Failure;
use crate::row::{Snapshot, json, text};
use crate::schema::idempotency_keys;
use crate::{Answer, Decide, IdempotencyKey, Placed, StoreError};

/// A wish to begin a call, checked and ready for the transaction.
pub(crate) struct Placing {
    users: Vec<String>,
    key: Option<IdempotencyKey>,
    at: Timestamp,
    decide: Decide,
}

impl Placing {
    pub(crate) fn new(
        users: &[UserId],
        key: Option<IdempotencyKey>,
        at: Timestamp,
        decide: Decide,
    ) -> Result<Self, StoreError> {
        if let Some(key) = &key {
            text(&key.key, "idempotency key")?;
            text(&key.fingerprint, "fingerprint")?;
        }
        let mut users: Vec<String> = (users.iter())
            .chain(key.as_ref().map(|key| &key.user))
            .map(ToString::to_string)
            .collect();
        users.sort();
        users.dedup();
        Ok(Self {
            users,
            key,
            at,
            decide,
        })
    }
}

#[derive(Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = idempotency_keys)]
struct KeyRow {
    user_id: String,
    key: String,
    fingerprint: String,
    call_id: Id,
    answer: String,
    snapshot: Json,
    expires_at: Micros,
}

pub(crate) fn place(connection: &mut AnyConnection, placing: Placing) -> Result<Placed, Failure> {
    let Placing {
        users,
        key,
        at,
        decide,
    } = placing;
    lock::users(connection, &users)?;
    if let Some(key) = &key
        && let Some(placed) = replay(connection, key, at)?
    {
        return Ok(placed);
    }

    let live = lock_live_calls(connection, &users)?;
    let decision = catch_unwind(AssertUnwindSafe(|| decide(&live)))
        .map_err(|_| StoreError::DecisionPanicked)?;
    let (step, answer) = match decision {
        Err(refusal) => return Ok(Placed::Refused(refusal)),
        Ok(Placement::New(step)) => (step, Answer::Created),
        Ok(Placement::Glare(step)) => (step, Answer::Merged),
    };

    let change = Change::new(&step, at)?;
    match answer {
        Answer::Created => commit::insert(connection, &change)?,
        Answer::Merged => merge(connection, &live, step.call.id(), &change)?,
    }
    if let Some(key) = key {
        remember(connection, key, &step.call, answer)?;
    }
    Ok(Placed::Stored {
        step: Box::new(step),
        answer,
    })
}

/// Every live call of these users; on PostgreSQL nobody can change them until the transaction ends.
fn lock_live_calls(connection: &mut AnyConnection, users: &[String]) -> Result<Vec<Call>, Failure> {
    let mut ids = Vec::new();
    for user in users {
        ids.extend(live_ids_of(connection, user)?);
    }
    // Sorted, so that two who want the same locks cannot block each other.
    ids.sort_unstable();
    ids.dedup();
    let mut live = Vec::with_capacity(ids.len());
    for id in ids {
        lock::call(connection, id)?;
        // It may have ended while its lock was waited for.
        live.extend(
            load(connection, CallId::from(id))?
                .map(|stored| stored.call)
                .filter(|call| !call.is_ended()),
        );
    }
    Ok(live)
}

/// Stores an answer to a call that was looked at.
fn merge(
    connection: &mut AnyConnection,
    live: &[Call],
    id: CallId,
    change: &Change,
) -> Result<(), Failure> {
    let version = live
        .iter()
        .find(|call| call.id() == id)
        .map(Call::version)
        .and_then(|version| i64::try_from(version).ok())
        .ok_or(StoreError::Unstorable("an answer to another call"))?;
    match commit::commit(connection, change, version)? {
        Committed::Stored => Ok(()),
        // Out of the question while the call is locked.
        Committed::VersionConflict => Err(StoreError::Overloaded.into()),
    }
}

/// What was answered when the key was used before, if it was.
fn replay(
    connection: &mut AnyConnection,
    key: &IdempotencyKey,
    at: Timestamp,
) -> Result<Option<Placed>, Failure> {
    let row: Option<KeyRow> = idempotency_keys::table
        .filter(idempotency_keys::user_id.eq(key.user.as_str()))
        .filter(idempotency_keys::key.eq(&key.key))
        .select(KeyRow::as_select())
        .first(connection)
        .optional()?;
    let Some(row) = row else {
        return Ok(None);
    };
    if Timestamp::from(row.expires_at) <= at {
        diesel::delete(idempotency_keys::table)
            .filter(idempotency_keys::user_id.eq(key.user.as_str()))
            .filter(idempotency_keys::key.eq(&key.key))
            .execute(connection)?;
        return Ok(None);
    }
    if row.fingerprint != key.fingerprint {
        return Ok(Some(Placed::IdempotencyConflict));
    }
    let damaged = || StoreError::Damaged("an idempotency key that cannot be read".into());
    let snapshot: Snapshot = row.snapshot.parse().map_err(|_| damaged())?;
    Ok(Some(Placed::Replayed {
        call: Box::new(snapshot.into_stored_call()?),
        answer: Answer::parse(&row.answer).ok_or_else(damaged)?,
    }))
}

fn remember(
    connection: &mut AnyConnection,
    key: IdempotencyKey,
    call: &Call,
    answer: Answer,
) -> Result<(), Failure> {
    diesel::insert_into(idempotency_keys::table)
        .values(&KeyRow {
            user_id: key.user.to_string(),
            key: key.key,
            fingerprint: key.fingerprint,
            call_id: call.id().into(),
            answer: answer.as_str().to_owned(),
            snapshot: json(&Snapshot::new(call)?, "call")?,
            expires_at: key.expires_at.into(),
        })
        .execute(connection)?;
    Ok(())
}

pub(crate) fn delete_expired_idempotency_keys(
    connection: &mut AnyConnection,
    now: Timestamp,
) -> Result<usize, Failure> {
    Ok(diesel::delete(idempotency_keys::table)
        .filter(idempotency_keys::expires_at.le(Micros::from(now)))
        .execute(connection)?)
}
