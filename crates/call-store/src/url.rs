use std::path::PathBuf;

use crate::ConnectError;

/// Which database a URL means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// A file.
    SqliteFile(PathBuf),
    /// A SQLite database that lives as long as the store.
    SqliteMemory,
    /// A server; libpq reads the rest of the URL.
    Postgres(String),
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self, ConnectError> {
        let url = url.trim();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Err(ConnectError::InvalidUrl(
                "it begins neither with sqlite: nor with postgres://",
            ));
        };
        let path = path.strip_prefix("//").unwrap_or(path);
        if path == ":memory:" {
            Ok(Self::SqliteMemory)
        } else if path.is_empty() {
            Err(ConnectError::InvalidUrl("sqlite:// lacks a path"))
        } else if path.contains(['?', '\0']) {
            Err(ConnectError::InvalidUrl(
                "sqlite:// takes a path and no parameters",
            ))
        } else {
            Ok(Self::SqliteFile(PathBuf::from(path)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_name_a_database() {
        let file = |path: &str| Target::SqliteFile(PathBuf::from(path));
        for (url, target) in [
            ("sqlite://data/calls.sqlite3", file("data/calls.sqlite3")),
            ("sqlite:///var/lib/calls", file("/var/lib/calls")),
            ("sqlite:calls", file("calls")),
            ("sqlite::memory:", Target::SqliteMemory),
            ("sqlite://:memory:", Target::SqliteMemory),
            (
                "postgresql://h/db",
                Target::Postgres("postgresql://h/db".into()),
            ),
        ] {
            assert_eq!(Target::parse(url).unwrap(), target, "{url}");
        }
        for url in [
            "",
            "mysql://h/db",
            "sqlite://",
            "sqlite://a?mode=ro",
            "a.db",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }
}
