use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};

use crate::connection::AnyConnection;
use crate::error::Failure;
use crate::pool::{Connections, Open};
use crate::writer::Writer;
use crate::{ConnectError, Options, StoreError};

/// SQLite: one connection that writes, several that read beside it (write-ahead log).
pub(crate) struct Sqlite {
    writer: Writer,
    /// None for a database in memory, which only its own connection sees.
    readers: Option<Connections>,
}

/// Waits for another process that writes. The writer is not counted: it is alone in this one.
const WRITER: &str = "PRAGMA busy_timeout = 5000;
     PRAGMA journal_mode = WAL;
     PRAGMA synchronous = FULL;
     PRAGMA foreign_keys = ON;
     PRAGMA wal_autocheckpoint = 2000;";

const READER: &str = "PRAGMA busy_timeout = 5000;
     PRAGMA query_only = ON;";

impl Sqlite {
    /// Opens a file, with the folders that lead to it.
    pub(crate) fn file(path: &Path, options: &Options) -> Result<Self, ConnectError> {
        if let Some(folder) = path.parent().filter(|path| !path.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|source| ConnectError::Folder {
                path: folder.to_owned(),
                source,
            })?;
        }
        let reader = Reader(path.to_owned());
        Ok(Self {
            writer: Writer::start(open(path, WRITER)?, options)?,
            readers: Some(Connections::new(reader, false, options)),
        })
    }

    pub(crate) fn memory(options: &Options) -> Result<Self, ConnectError> {
        let connection = open(Path::new(":memory:"), WRITER)?;
        Ok(Self {
            writer: Writer::start(connection, options)?,
            readers: None,
        })
    }

    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut AnyConnection) -> Result<T, Failure> + Send + 'static,
    {
        match &self.readers {
            // One snapshot for all that the work reads.
            Some(readers) => readers.run(|reader| reader.transaction(work)).await,
            None => self.writer.run(work).await,
        }
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }
}

struct Reader(PathBuf);

impl Open for Reader {
    fn open(&self) -> Result<AnyConnection, StoreError> {
        open(&self.0, READER)
    }
}

fn open(path: &Path, pragmas: &str) -> Result<AnyConnection, StoreError> {
    let path = path
        .to_str()
        .ok_or(StoreError::Unstorable("a path that is no Unicode"))?;
    let mut connection = SqliteConnection::establish(path)
        .map_err(|error| StoreError::Unavailable(format!("{path}: {error}")))?;
    connection.batch_execute(pragmas).map_err(Failure::from)?;
    Ok(AnyConnection::Sqlite(connection))
}
