use diesel::connection::SimpleConnection;
use diesel::{Connection, ConnectionError, PgConnection};

use crate::connection::AnyConnection;
use crate::error::Failure;
use crate::pool::{Connections, Open};
use crate::secret::without_secrets;
use crate::{ConnectError, Options, StoreError};

/// A server; every connection may read and write.
pub(crate) struct Postgres {
    connections: Connections,
}

/// What the queries rely on, whatever the server or the role is set to: every statement sees what
/// was committed before it began. And nobody waits for a lock for ever.
const SESSION: &str = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
     SET lock_timeout = '10s';
     SET idle_in_transaction_session_timeout = '60s';
     SET client_min_messages = warning;";

impl Postgres {
    /// Connects once, to say at once what is wrong.
    pub(crate) fn new(url: String, options: &Options) -> Result<Self, ConnectError> {
        let server = Server { url };
        drop(server.open()?);
        Ok(Self {
            connections: Connections::new(server, true, options),
        })
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    {
        self.connections.run(work).await
    }

    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    {
        self.connections
            .run(|connection| connection.transaction(work))
            .await
    }
}

struct Server {
    url: String,
}

impl Open for Server {
    fn open(&self) -> Result<AnyConnection, StoreError> {
        let mut connection = PgConnection::establish(&self.url).map_err(|error| {
            let message = match error {
                ConnectionError::BadConnection(message) => message,
                other => other.to_string(),
            };
            StoreError::Unavailable(without_secrets(&message, &self.url))
        })?;
        connection.batch_execute(SESSION).map_err(Failure::from)?;
        Ok(AnyConnection::Postgres(connection))
    }
}
