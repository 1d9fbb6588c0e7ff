//! What a step of a call does to recordings, in the transaction of the step.

use call_domain::RecordingStatus;
use diesel::prelude::*;

use super::job;
use crate::JobKind;
use crate::connection::AnyConnection;
use crate::error::Failure;
use crate::row::RecordingStep;
use crate::schema::recordings;

/// Stores what begins, what was answered and what stops. Whatever was stopped is to be finished.
pub(super) fn store(connection: &mut AnyConnection, step: &RecordingStep) -> Result<(), Failure> {
    if let Some(begun) = &step.begun {
        diesel::insert_into(recordings::table)
            .values(begun)
            .execute(connection)?;
    }
    if let Some((id, consents)) = &step.consents {
        diesel::update(recordings::table)
            .filter(recordings::id.eq(id))
            .filter(recordings::consents.ne(consents))
            .set(recordings::consents.eq(consents))
            .execute(connection)?;
    }
    if let Some(stop) = &step.stopped {
        let stopped = diesel::update(recordings::table)
            .filter(recordings::id.eq(stop.id))
            .filter(recordings::stopped_at.is_null())
            .set((
                recordings::status.eq(RecordingStatus::Processing.as_str()),
                recordings::stopped_at.eq(stop.at),
                recordings::stopped_by.eq(&stop.by),
                // What went wrong while it ran, and did not stop it, stays its cause.
                stop.cause.as_ref().map(|cause| recordings::cause.eq(cause)),
            ))
            .execute(connection)?;
        // The call goes on also where somebody has deleted the row by hand.
        if stopped == 1 {
            job::insert(connection, stop.id, JobKind::Finish, stop.at)?;
        }
    }
    Ok(())
}
