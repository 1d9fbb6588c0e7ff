//! One connection type for both databases.
//!
//! Almost every query is written once, against [`AnyConnection`]. Where the derived code falls
//! short (upserts, batches, locks) the two databases part ways in a `match` on the connection, or
//! in [`on_backend!`] if only the types differ.

// Generated code: its enums are public, and with a single database some matches have one arm.
#![allow(missing_docs, unreachable_pub, unreachable_patterns, clippy::pedantic)]

use diesel::prelude::*;

#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    #[cfg(feature = "libpq")]
    Postgres(diesel::PgConnection),
    #[cfg(feature = "sqlite")]
    Sqlite(diesel::SqliteConnection),
}

/// Runs one expression with the connection of the database in use, for queries that compile for
/// each database but not for their union.
macro_rules! on_backend {
    ($connection:expr, $inner:ident => $body:expr) => {
        match $connection {
            #[cfg(feature = "libpq")]
            $crate::connection::AnyConnection::Postgres($inner) => $body,
            #[cfg(feature = "sqlite")]
            $crate::connection::AnyConnection::Sqlite($inner) => $body,
        }
    };
}

pub(crate) use on_backend;
