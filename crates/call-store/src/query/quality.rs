use std::collections::HashSet;

use call_domain::{CallId, Quality, UserId};
use diesel::prelude::*;

use crate::QualitySample;
use crate::columns::{Id, Json};
use crate::connection::{AnyConnection, on_backend};
use crate::error::Failure;
use crate::row::{NewSampleRow, SampleRow};
use crate::schema::{call_participants, calls, quality_samples};

pub(crate) fn set_quality(
    connection: &mut AnyConnection,
    call: CallId,
    user: &UserId,
    quality: Quality,
) -> Result<(), Failure> {
    diesel::update(call_participants::table)
        .filter(call_participants::call_id.eq(Id::from(call)))
        .filter(call_participants::user_id.eq(user.as_str()))
        .set(call_participants::connection_quality.eq(quality.as_str()))
        .execute(connection)?;
    Ok(())
}

pub(crate) fn set_quality_stats(
    connection: &mut AnyConnection,
    call: CallId,
    stats: Json,
) -> Result<(), Failure> {
    diesel::update(calls::table)
        .filter(calls::id.eq(Id::from(call)))
        .set(calls::quality_stats.eq(stats))
        .execute(connection)?;
    Ok(())
}

pub(crate) fn insert_samples(
    connection: &mut AnyConnection,
    mut rows: Vec<NewSampleRow>,
) -> Result<(), Failure> {
    let wanted: HashSet<Id> = rows.iter().map(|row| row.call_id).collect();
    let known: Vec<Id> = on_backend!(connection, inner => calls::table
        .filter(calls::id.eq_any(wanted))
        .select(calls::id)
        .load(inner))?;
    rows.retain(|row| known.contains(&row.call_id));
    match connection {
        #[cfg(feature = "libpq")]
        AnyConnection::Postgres(postgres) => {
            // A statement of PostgreSQL takes 65,535 values at most.
            for rows in rows.chunks(1_000) {
                diesel::insert_into(quality_samples::table)
                    .values(rows)
                    .execute(postgres)?;
            }
        }
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(sqlite) => {
            for row in &rows {
                diesel::insert_into(quality_samples::table)
                    .values(row)
                    .execute(sqlite)?;
            }
        }
    }
    Ok(())
}

pub(crate) fn quality_samples(
    connection: &mut AnyConnection,
    call: CallId,
) -> Result<Vec<QualitySample>, Failure> {
    let rows: Vec<SampleRow> = quality_samples::table
        .filter(quality_samples::call_id.eq(Id::from(call)))
        .order((quality_samples::at, quality_samples::id))
        .select(SampleRow::as_select())
        .load(connection)?;
    let samples: Result<Vec<_>, _> = rows.into_iter().map(SampleRow::into_sample).collect();
    Ok(samples?)
}
