use diesel::backend::Backend;
use diesel::migration::MigrationSource;
use diesel_migrations::{EmbeddedMigrations, MigrationError, MigrationHarness, embed_migrations};

use crate::StoreError;
use crate::connection::AnyConnection;
use crate::error::Failure;

#[cfg(feature = "libpq")]
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");
#[cfg(feature = "sqlite")]
const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

type Names = Result<Vec<String>, Failure>;

/// Runs what is pending, and says what was run.
pub(crate) fn migrate(connection: &mut AnyConnection) -> Names {
    with_harness(connection, Run)
}

/// Reverts the last migration that was run, and says which; none if there was none.
pub(crate) fn revert(connection: &mut AnyConnection) -> Names {
    with_harness(connection, Revert)
}

/// What `migrate` would run.
pub(crate) fn pending(connection: &mut AnyConnection) -> Names {
    with_harness(connection, Pending)
}

trait Task {
    fn run<DB, C>(self, connection: &mut C, source: EmbeddedMigrations) -> Names
    where
        DB: Backend,
        C: MigrationHarness<DB>,
        EmbeddedMigrations: MigrationSource<DB>;
}

struct Run;
struct Revert;
struct Pending;

impl Task for Run {
    fn run<DB, C>(self, connection: &mut C, source: EmbeddedMigrations) -> Names
    where
        DB: Backend,
        C: MigrationHarness<DB>,
        EmbeddedMigrations: MigrationSource<DB>,
    {
        let done = connection.run_pending_migrations(source).map_err(failed)?;
        Ok(done.iter().map(ToString::to_string).collect())
    }
}

impl Task for Revert {
    fn run<DB, C>(self, connection: &mut C, source: EmbeddedMigrations) -> Names
    where
        DB: Backend,
        C: MigrationHarness<DB>,
        EmbeddedMigrations: MigrationSource<DB>,
    {
        match connection.revert_last_migration(source) {
            Ok(version) => Ok(vec![version.to_string()]),
            Err(error) => match error.downcast_ref::<MigrationError>() {
                Some(MigrationError::NoMigrationRun) => Ok(Vec::new()),
                _ => Err(failed(error)),
            },
        }
    }
}

impl Task for Pending {
    fn run<DB, C>(self, connection: &mut C, source: EmbeddedMigrations) -> Names
    where
        DB: Backend,
        C: MigrationHarness<DB>,
        EmbeddedMigrations: MigrationSource<DB>,
    {
        let pending = connection.pending_migrations(source).map_err(failed)?;
        Ok(pending
            .iter()
            .map(|m| m.name().version().to_string())
            .collect())
    }
}

/// Does the whole task in one transaction, alone: of several servers that start at once, one
/// migrates and the others wait and find nothing to do.
fn with_harness(connection: &mut AnyConnection, task: impl Task) -> Names {
    match connection {
        #[cfg(feature = "libpq")]
        AnyConnection::Postgres(postgres) => {
            diesel::Connection::transaction(postgres, |postgres| {
                use diesel::RunQueryDsl;
                // Creating a table "if not exists" is no protection against doing so at once.
                diesel::sql_query("SELECT pg_advisory_xact_lock(1667329132)").execute(postgres)?;
                // A migration may have to wait for a lock for longer than a call may.
                diesel::sql_query("SET LOCAL lock_timeout = 0").execute(postgres)?;
                task.run(postgres, POSTGRES)
            })
        }
        #[cfg(feature = "sqlite")]
        AnyConnection::Sqlite(sqlite) => {
            sqlite.immediate_transaction(|sqlite| task.run(sqlite, SQLITE))
        }
    }
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> Failure {
    match error.downcast::<diesel::result::Error>() {
        Ok(error) => Failure::Diesel(*error),
        Err(error) => Failure::Store(StoreError::Database(error.to_string())),
    }
}
