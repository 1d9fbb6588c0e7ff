use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::{ManageConnection, NopErrorHandler, Pool, R2D2Connection};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::connection::AnyConnection;
use crate::error::Failure;
use crate::{Options, StoreError};

/// Opens connections of one kind.
pub(crate) trait Open: Send + Sync + 'static {
    fn open(&self) -> Result<AnyConnection, StoreError>;
}

/// Connections shared by many tasks.
///
/// Diesel blocks, so work runs on the runtime's blocking threads; no more of it than there are
/// connections, so that waiting happens in the tasks that ask, and not in a queue of threads.
pub(crate) struct Connections {
    pool: Pool<Manager>,
    permits: Arc<Semaphore>,
    patience: Duration,
}

struct Manager {
    open: Box<dyn Open>,
    /// Whether to look if the server is still there before a connection is used again.
    check: bool,
}

impl ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = StoreError;

    fn connect(&self) -> Result<AnyConnection, StoreError> {
        self.open.open()
    }

    fn is_valid(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        if self.check {
            connection.ping().map_err(Failure::from)?;
        }
        Ok(())
    }

    fn has_broken(&self, connection: &mut AnyConnection) -> bool {
        connection.is_broken()
    }
}

impl Connections {
    /// Connections are opened when they are first needed.
    pub(crate) fn new(open: impl Open, check: bool, options: &Options) -> Self {
        let connections = options.connections.max(1);
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(0))
            .connection_timeout(options.patience.max(Duration::from_millis(1)))
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(Manager {
                open: Box::new(open),
                check,
            });
        let permits = usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            pool,
            permits: Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS))),
            patience: options.patience,
        }
    }

    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    {
        let permit = timeout(self.patience, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| StoreError::Overloaded)?
            .map_err(|_| StoreError::Closed)?;
        let pool = self.pool.clone();
        let done = spawn_blocking(move || {
            let _permit = permit;
            let mut connection = pool
                .get()
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
            work(&mut connection).map_err(StoreError::from)
        });
        // Blocking work is never aborted; it fails to finish only if the runtime goes away.
        done.await.map_err(|_| StoreError::Closed)?
    }
}
