//! Locks that last until the transaction ends. SQLite needs none: its one writer does one thing at a
//! time.
#![cfg_attr(
    not(feature = "libpq"),
    allow(unused_variables, clippy::unnecessary_wraps)
)]

use diesel::prelude::*;

use crate::columns::Id;
use crate::connection::AnyConnection;

/// Makes everyone else who places a call with one of these users wait.
pub(super) fn users(connection: &mut AnyConnection, users: &[String]) -> QueryResult<()> {
    match connection {
        #[cfg(feature = "libpq")]
        AnyConnection::Postgres(postgres) => {
            use diesel::sql_types::{Array, Text};
            // In the order of the keys, so that two who want the same locks cannot block each
            // other; "call" in ASCII is the seed that keeps clear of other people's locks.
            diesel::sql_query(
                "SELECT pg_advisory_xact_lock(key) FROM (\
                 SELECT DISTINCT hashtextextended(id, 1667329132) AS key \
                 FROM unnest($1) AS id ORDER BY key OFFSET 0) AS keys",
            )
            .bind::<Array<Text>, _>(users)
            .execute(postgres)
            .map(drop)
        }
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => Ok(()),
    }
}

/// Makes everyone else who would change this call wait.
pub(super) fn call(connection: &mut AnyConnection, id: Id) -> QueryResult<()> {
    match connection {
        #[cfg(feature = "libpq")]
        AnyConnection::Postgres(postgres) => {
            use crate::schema::calls;
            calls::table
                .filter(calls::id.eq(id))
                .select(calls::id)
                .for_update()
                .execute(postgres)
                .map(drop)
        }
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => Ok(()),
    }
}

/// Makes everyone else who would change this recording wait.
pub(super) fn recording(connection: &mut AnyConnection, id: Id) -> QueryResult<()> {
    match connection {
        #[cfg(feature = "libpq")]
        AnyConnection::Postgres(postgres) => {
            use crate::schema::recordings;
            recordings::table
                .filter(recordings::id.eq(id))
                .select(recordings::id)
                .for_update()
                .execute(postgres)
                .map(drop)
        }
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => Ok(()),
    }
}

/// Makes everyone else who would lease a job wait.
pub(super) fn leases(connection: &mut AnyConnection) -> QueryResult<()> {
    match connection {
        #[cfg(feature = "libpq")]
        AnyConnection::Postgres(postgres) => {
            // "rec1" in ASCII: a lock beside that of the migrations.
            diesel::sql_query("SELECT pg_advisory_xact_lock(1919247153)")
                .execute(postgres)
                .map(drop)
        }
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(_) => Ok(()),
    }
}
