//! One suite for both databases, and what only one of them has.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

/// Runs each case on every kind of database that is compiled in, each time with an empty one.
macro_rules! contract {
    ($($case:ident),+ $(,)?) => {
        #[cfg(feature = "sqlite")]
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(crate::support::sqlite().await).await;
            })+
        }

        /// One test for all cases, since a server is started for each process of tests.
        #[cfg(feature = "libpq")]
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn on_postgres() {
            $(eprintln!("{}", stringify!($case));
            $case(crate::support::postgres().await).await;)+
        }
    };
}

mod alerts;
mod credentials;
mod history;
mod jobs;
mod migrations;
mod placing;
#[cfg(feature = "libpq")]
mod postgres;
mod quality;
mod recordings;
mod retention;
mod round_trip;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "sqlite")]
mod sqlite_recordings;
mod steps;
mod support;
