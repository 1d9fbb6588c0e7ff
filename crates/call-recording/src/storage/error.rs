use std::io;

/// Why a store did not do what it was asked to. Nothing of it tells a key, a URL or a credential.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The store does not answer, or answers that it cannot just now. The same may succeed later.
    #[error("the store of recordings cannot be reached: {0}")]
    Unreachable(String),
    /// The store answers no, and will until somebody changes something.
    #[error("the store of recordings refuses: {what}; look at {setting}")]
    Refused {
        /// What it said.
        what: String,
        /// The setting that decides it.
        setting: &'static str,
    },
    /// There is no room left: neither a retry nor another setting helps.
    #[error("the store of recordings is full: {0}")]
    Full(String),
    /// What was to be read is not there.
    #[error("the store of recordings has no such file")]
    Missing,
    /// What was stored is not as long as what was sent; it is sent again from its beginning.
    #[error("the store of recordings kept {found} of {expected} bytes")]
    Damaged {
        /// Bytes of the file.
        expected: u64,
        /// Bytes of the object.
        found: u64,
    },
    /// A file or folder of this machine cannot be read or written.
    #[error("{what}: {source}")]
    Local {
        /// What was tried.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The settings describe no store.
    #[error(transparent)]
    Config(#[from] super::ConfigError),
}

impl StorageError {
    /// Whether the same may succeed later without anybody doing anything.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Damaged { .. } => true,
            Self::Refused { .. }
            | Self::Full(_)
            | Self::Missing
            | Self::Local { .. }
            | Self::Config(_) => false,
        }
    }

    /// What the system said about a file of ours.
    pub(super) fn local(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full(source.to_string())
            }
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Local { what, source },
        }
    }
}
