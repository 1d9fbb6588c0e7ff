use std::time::Duration;

/// How a [`Store`](crate::Store) uses its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Connections at most: on PostgreSQL for everything, on SQLite for reading (writing has one
    /// connection of its own). At least 1.
    pub connections: u32,
    /// Changes that may wait for SQLite's writer before callers have to wait. At least 1.
    pub queue: usize,
    /// How long to wait for a connection, or for a place in the queue, before the call fails with
    /// [`StoreError::Overloaded`](crate::StoreError::Overloaded).
    pub patience: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connections: 8,
            queue: 1024,
            patience: Duration::from_secs(5),
        }
    }
}
