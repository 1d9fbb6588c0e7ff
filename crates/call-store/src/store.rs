mod recordings;

use async_trait::async_trait;
use call_domain::{CallId, Quality, Step, Timestamp, UserId};
use serde_json::Value;

use crate::connection::AnyConnection;
use crate::error::Failure;
use crate::query::{self, Change, Committed, Placing};
use crate::row::{NewSampleRow, json, keepable};
use crate::url::Target;
use crate::{
    CallStore, CommitError, ConnectError, Decide, HistoryPage, HistoryQuery, IdempotencyKey,
    LoggedEvent, Options, Placed, QualitySample, StoreError, StoredCall, TurnCredential,
    migrations,
};

/// A [`CallStore`] in SQLite or PostgreSQL.
///
/// Dropping it waits until SQLite's writer has done what it had accepted.
pub struct Store {
    database: Database,
}

enum Database {
    #[cfg(feature = "sqlite")]
    Sqlite(crate::sqlite::Sqlite),
    #[cfg(feature = "libpq")]
    Postgres(crate::postgres::Postgres),
}

/// Which database a [`Store`] uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Backend {
    Sqlite,
    Postgres,
}

impl Store {
    /// Opens the database that a URL names: `sqlite://path` (a file; it and its folder are made),
    /// `sqlite::memory:` (gone with the store; for tests), or `postgres://user@host/database` as
    /// libpq reads it.
    ///
    /// Runs no migrations. Must be called, as everything else, within a tokio runtime that has its
    /// time driver enabled.
    pub async fn connect(url: &str, options: Options) -> Result<Self, ConnectError> {
        let target = Target::parse(url)?;
        let database = tokio::task::spawn_blocking(move || open(target, &options))
            .await
            .map_err(|_| StoreError::Closed)??;
        Ok(Self { database })
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        match self.database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(_) => Backend::Sqlite,
            #[cfg(feature = "libpq")]
            Database::Postgres(_) => Backend::Postgres,
        }
    }

    /// Runs the migrations that were not run yet, and says which, oldest first. Several servers may
    /// do this at once.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.alone(migrations::migrate).await
    }

    /// Reverts the last migration that was run, and says which; `None` if there was none. What its
    /// tables held is lost.
    pub async fn revert(&self) -> Result<Option<String>, StoreError> {
        let mut reverted = self.alone(migrations::revert).await?;
        Ok(reverted.pop())
    }

    /// The migrations that [`migrate`](Self::migrate) would run, oldest first.
    pub async fn pending(&self) -> Result<Vec<String>, StoreError> {
        self.alone(migrations::pending).await
    }

    async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    {
        match &self.database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(sqlite) => sqlite.read(work).await,
            #[cfg(feature = "libpq")]
            Database::Postgres(postgres) => postgres.read(work).await,
        }
    }

    /// Runs work in one transaction, and answers once it is durable.
    async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    {
        match &self.database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(sqlite) => sqlite.writer().run(work).await,
            #[cfg(feature = "libpq")]
            Database::Postgres(postgres) => postgres.write(work).await,
        }
    }

    /// Runs work that begins its own transaction.
    async fn alone<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    {
        match &self.database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(sqlite) => sqlite.writer().run_alone(work).await,
            #[cfg(feature = "libpq")]
            Database::Postgres(postgres) => postgres.read(work).await,
        }
    }
}

fn open(target: Target, options: &Options) -> Result<Database, ConnectError> {
    match target {
        #[cfg(feature = "sqlite")]
        Target::SqliteFile(path) => {
            crate::sqlite::Sqlite::file(&path, options).map(Database::Sqlite)
        }
        #[cfg(feature = "sqlite")]
        Target::SqliteMemory => crate::sqlite::Sqlite::memory(options).map(Database::Sqlite),
        #[cfg(not(feature = "sqlite"))]
        Target::SqliteFile(_) | Target::SqliteMemory => {
            let _ = options;
            Err(ConnectError::NotCompiledIn("SQLite"))
        }
        #[cfg(feature = "libpq")]
        Target::Postgres(url) => {
            crate::postgres::Postgres::new(url, options).map(Database::Postgres)
        }
        #[cfg(not(feature = "libpq"))]
        Target::Postgres(_) => Err(ConnectError::NotCompiledIn("PostgreSQL")),
    }
}

#[async_trait]
impl CallStore for Store {
    async fn place(
        &self,
        users: &[UserId],
        key: Option<IdempotencyKey>,
        at: Timestamp,
        decide: Decide,
    ) -> Result<Placed, StoreError> {
        let placing = Placing::new(users, key, at, decide)?;
        self.write(move |connection| query::place(connection, placing))
            .await
    }

    async fn commit(&self, step: &Step, expected: u64, at: Timestamp) -> Result<(), CommitError> {
        if step.events.is_empty() {
            return Ok(());
        }
        let change = Change::new(step, at)?;
        // A version beyond the column is one that cannot have been stored.
        let expected = i64::try_from(expected).map_err(|_| CommitError::VersionConflict)?;
        let committed = self
            .write(move |connection| query::commit(connection, &change, expected))
            .await?;
        match committed {
            Committed::Stored => Ok(()),
            Committed::VersionConflict => Err(CommitError::VersionConflict),
        }
    }

    async fn load(&self, id: CallId) -> Result<Option<StoredCall>, StoreError> {
        self.read(move |connection| query::load(connection, id))
            .await
    }

    async fn live_calls(&self) -> Result<Vec<StoredCall>, StoreError> {
        self.read(query::live_calls).await
    }

    async fn live_calls_of(&self, user: &UserId) -> Result<Vec<StoredCall>, StoreError> {
        let user = user.clone();
        self.read(move |connection| query::live_calls_of(connection, &user))
            .await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<CallId>, StoreError> {
        self.read(move |connection| query::due(connection, now, limit))
            .await
    }

    async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        self.read(move |connection| query::history(connection, &query))
            .await
    }

    async fn events(&self, id: CallId) -> Result<Vec<LoggedEvent>, StoreError> {
        self.read(move |connection| query::events(connection, id))
            .await
    }

    async fn record_quality(
        &self,
        call: CallId,
        user: &UserId,
        quality: Quality,
    ) -> Result<(), StoreError> {
        let user = user.clone();
        self.write(move |connection| query::set_quality(connection, call, &user, quality))
            .await
    }

    async fn add_quality_samples(&self, samples: Vec<QualitySample>) -> Result<(), StoreError> {
        if samples.is_empty() {
            return Ok(());
        }
        let rows: Vec<_> = (samples.iter())
            .map(NewSampleRow::new)
            .collect::<Result<_, _>>()?;
        self.write(move |connection| query::insert_samples(connection, rows))
            .await
    }

    async fn quality_samples(&self, call: CallId) -> Result<Vec<QualitySample>, StoreError> {
        self.read(move |connection| query::quality_samples(connection, call))
            .await
    }

    async fn set_quality_stats(&self, call: CallId, stats: Value) -> Result<(), StoreError> {
        keepable(&stats, "quality_stats")?;
        let stats = json(&stats, "quality_stats")?;
        self.write(move |connection| query::set_quality_stats(connection, call, stats))
            .await
    }

    async fn record_turn_credential(&self, credential: TurnCredential) -> Result<(), StoreError> {
        self.write(move |connection| query::insert_turn_credential(connection, &credential))
            .await
    }

    async fn delete_expired_turn_credentials(&self, now: Timestamp) -> Result<u64, StoreError> {
        let deleted = self
            .write(move |connection| query::delete_expired_turn_credentials(connection, now))
            .await?;
        Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
    }

    async fn delete_expired_idempotency_keys(&self, now: Timestamp) -> Result<u64, StoreError> {
        let deleted = self
            .write(move |connection| query::delete_expired_idempotency_keys(connection, now))
            .await?;
        Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.alone(|connection| {
            use diesel::r2d2::R2D2Connection;
            Ok(connection.ping()?)
        })
        .await
    }
}
