use call_domain::{RecordingId, Timestamp};
use diesel::prelude::*;

use super::lock;
use crate::columns::{Id, Json, Micros};
use crate::connection::{AnyConnection, on_backend};
use crate::error::Failure;
use crate::row::JobRow;
use crate::schema::{recording_jobs, recordings};
use crate::{JobKind, RecordingJob};

/// A lease: nobody else has begun the job since.
#[derive(Clone, Copy)]
pub(crate) struct Held {
    recording: Id,
    kind: &'static str,
    attempts: i32,
}

impl Held {
    pub(crate) fn new(job: &RecordingJob) -> Self {
        Self {
            recording: job.recording.into(),
            kind: job.kind.as_str(),
            // Beyond the column is what was never leased: it matches nothing.
            attempts: i32::try_from(job.attempts).unwrap_or(-1),
        }
    }
}

/// The row of a lease, if it still is one.
macro_rules! held {
    ($held:expr) => {
        recording_jobs::recording_id
            .eq($held.recording)
            .and(recording_jobs::kind.eq($held.kind))
            .and(recording_jobs::attempts.eq($held.attempts))
            .and(recording_jobs::lease_until.is_not_null())
    };
}

/// Makes a job due, if the recording is there; says whether it is new.
pub(crate) fn enqueue_job(
    connection: &mut AnyConnection,
    recording: Id,
    kind: JobKind,
    run_at: Micros,
) -> Result<bool, Failure> {
    let known = recordings::table
        .filter(recordings::id.eq(recording))
        .filter(recordings::deleted_at.is_null());
    let known: Option<Id> = known.select(recordings::id).first(connection).optional()?;
    match known {
        None => Ok(false),
        Some(_) => insert(connection, recording, kind, run_at),
    }
}

/// Makes a job due, unless there is one of its kind already; says whether it is new.
pub(super) fn insert(
    connection: &mut AnyConnection,
    recording: Id,
    kind: JobKind,
    run_at: Micros,
) -> Result<bool, Failure> {
    let row = JobRow::new(recording, kind, run_at);
    let inserted = on_backend!(connection, inner => diesel::insert_into(recording_jobs::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(inner))?;
    Ok(inserted == 1)
}

pub(crate) fn lease_job(
    connection: &mut AnyConnection,
    kinds: &[&'static str],
    now: Micros,
    until: Micros,
) -> Result<Option<RecordingJob>, Failure> {
    lock::leases(connection)?;
    let leased = diesel::alias!(recording_jobs as leased_jobs);
    // Another one of the same recording, or this one itself.
    let taken = diesel::dsl::exists(
        leased
            .filter(
                leased
                    .field(recording_jobs::recording_id)
                    .eq(recording_jobs::recording_id),
            )
            .filter(leased.field(recording_jobs::lease_until).gt(now)),
    );
    let due: Option<JobRow> = on_backend!(connection, inner => recording_jobs::table
        .filter(recording_jobs::kind.eq_any(kinds))
        .filter(recording_jobs::run_at.le(now))
        .filter(diesel::dsl::not(taken))
        .order((recording_jobs::run_at, recording_jobs::recording_id, recording_jobs::kind))
        .select(JobRow::as_select())
        .first(inner)
        .optional())?;
    let Some(mut job) = due else {
        return Ok(None);
    };
    job.attempts = job.attempts.saturating_add(1);
    job.lease_until = Some(until);
    let updated = diesel::update(recording_jobs::table)
        .filter(recording_jobs::recording_id.eq(job.recording_id))
        .filter(recording_jobs::kind.eq(&job.kind))
        .set((
            recording_jobs::attempts.eq(job.attempts),
            recording_jobs::lease_until.eq(job.lease_until),
        ))
        .execute(connection)?;
    // It may have been called off a moment ago.
    if updated == 0 {
        return Ok(None);
    }
    Ok(Some(job.into_job()?))
}

pub(crate) fn extend_lease(
    connection: &mut AnyConnection,
    held: Held,
    until: Micros,
) -> Result<bool, Failure> {
    let updated = diesel::update(recording_jobs::table)
        .filter(held!(held))
        .set(recording_jobs::lease_until.eq(until))
        .execute(connection)?;
    Ok(updated == 1)
}

pub(crate) fn put_job_state(
    connection: &mut AnyConnection,
    held: Held,
    state: &Json,
) -> Result<bool, Failure> {
    let updated = diesel::update(recording_jobs::table)
        .filter(held!(held))
        .set(recording_jobs::state.eq(state))
        .execute(connection)?;
    Ok(updated == 1)
}

pub(crate) fn finish_job(
    connection: &mut AnyConnection,
    held: Held,
    next: &[JobKind],
    at: Timestamp,
) -> Result<bool, Failure> {
    // In the order of `discard_recording`: the new jobs refer to the recording.
    lock::recording(connection, held.recording)?;
    let deleted = diesel::delete(recording_jobs::table)
        .filter(held!(held))
        .execute(connection)?;
    if deleted == 0 {
        return Ok(false);
    }
    for kind in next {
        enqueue_job(connection, held.recording, *kind, at.into())?;
    }
    Ok(true)
}

pub(crate) fn retry_job(
    connection: &mut AnyConnection,
    held: Held,
    run_at: Micros,
) -> Result<bool, Failure> {
    let updated = diesel::update(recording_jobs::table)
        .filter(held!(held))
        .set((
            recording_jobs::run_at.eq(run_at),
            recording_jobs::lease_until.eq(None::<Micros>),
        ))
        .execute(connection)?;
    Ok(updated == 1)
}

pub(crate) fn jobs_of(
    connection: &mut AnyConnection,
    recording: RecordingId,
) -> Result<Vec<RecordingJob>, Failure> {
    let rows: Vec<JobRow> = recording_jobs::table
        .filter(recording_jobs::recording_id.eq(Id::from(recording)))
        .select(JobRow::as_select())
        .load(connection)?;
    let jobs: Result<Vec<_>, _> = rows.into_iter().map(JobRow::into_job).collect();
    let mut jobs = jobs?;
    jobs.sort_by_key(|job| job.kind);
    Ok(jobs)
}

pub(crate) fn job_counts(connection: &mut AnyConnection) -> Result<Vec<(JobKind, u64)>, Failure> {
    let rows: Vec<(String, i64)> = recording_jobs::table
        .group_by(recording_jobs::kind)
        .select((recording_jobs::kind, diesel::dsl::count_star()))
        .load(connection)?;
    let of = |kind: JobKind| {
        let row = rows.iter().find(|(name, _)| name == kind.as_str());
        row.map_or(0, |(_, count)| u64::try_from(*count).unwrap_or_default())
    };
    Ok(JobKind::ALL.iter().map(|kind| (*kind, of(*kind))).collect())
}
