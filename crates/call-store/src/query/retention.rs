use call_domain::{RecordingId, RecordingStatus, Timestamp};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::recording::UNFINISHED;
use super::{job, lock};
use crate::columns::{Id, Micros, sql};
use crate::connection::{AnyConnection, on_backend};
use crate::error::Failure;
use crate::schema::{recording_jobs, recordings};
use crate::{Discarded, JobKind};

#[derive(QueryableByName)]
struct IdLine {
    #[diesel(sql_type = sql::Uuid)]
    id: Id,
}

/// The recordings that do not fit, once all that are newer have taken their room.
const BEYOND: &str = "SELECT id FROM (\
     SELECT id, status, started_at, sum(bytes) OVER (ORDER BY started_at DESC, id DESC) AS total \
     FROM recordings WHERE deleted_at IS NULL) AS kept \
     WHERE total > $1 AND status NOT IN ('recording', 'processing') \
     ORDER BY started_at, id LIMIT $2";

pub(crate) fn recordings_stopped_before(
    connection: &mut AnyConnection,
    time: Timestamp,
    limit: u32,
) -> Result<Vec<RecordingId>, Failure> {
    let ids: Vec<Id> = recordings::table
        .filter(recordings::stopped_at.lt(Micros::from(time)))
        .filter(recordings::deleted_at.is_null())
        .filter(recordings::status.ne(UNFINISHED[0]))
        .filter(recordings::status.ne(UNFINISHED[1]))
        .order((recordings::stopped_at, recordings::id))
        .limit(limit.into())
        .select(recordings::id)
        .load(connection)?;
    Ok(ids.into_iter().map(RecordingId::from).collect())
}

pub(crate) fn recordings_beyond(
    connection: &mut AnyConnection,
    bytes: i64,
    limit: u32,
) -> Result<Vec<RecordingId>, Failure> {
    let lines: Vec<IdLine> = on_backend!(connection, inner => diesel::sql_query(BEYOND)
        .bind::<BigInt, _>(bytes)
        .bind::<BigInt, _>(i64::from(limit))
        .load(inner))?;
    Ok(lines.into_iter().map(|line| line.id.into()).collect())
}

pub(crate) fn discard_recording(
    connection: &mut AnyConnection,
    id: RecordingId,
    at: Timestamp,
) -> Result<Discarded, Failure> {
    let (id, at) = (Id::from(id), Micros::from(at));
    lock::recording(connection, id)?;
    let status: Option<String> = recordings::table
        .filter(recordings::id.eq(id))
        .filter(recordings::deleted_at.is_null())
        .select(recordings::status)
        .first(connection)
        .optional()?;
    match status {
        None => return Ok(Discarded::Unknown),
        Some(status) if status == RecordingStatus::Recording.as_str() => {
            return Ok(Discarded::Live);
        }
        Some(_) => {}
    }
    diesel::update(recordings::table)
        .filter(recordings::id.eq(id))
        .set(recordings::deleted_at.eq(at))
        .execute(connection)?;
    // Whoever is at work is left to end it: that lease keeps the deletion waiting.
    diesel::delete(recording_jobs::table)
        .filter(recording_jobs::recording_id.eq(id))
        .filter(
            recording_jobs::lease_until
                .is_null()
                .or(recording_jobs::lease_until.le(at)),
        )
        .execute(connection)?;
    job::insert(connection, id, JobKind::Delete, at)?;
    Ok(Discarded::Done)
}

pub(crate) fn remove_recording(
    connection: &mut AnyConnection,
    id: RecordingId,
) -> Result<bool, Failure> {
    let deleted = diesel::delete(recordings::table)
        .filter(recordings::id.eq(Id::from(id)))
        .filter(recordings::deleted_at.is_not_null())
        .execute(connection)?;
    Ok(deleted == 1)
}
