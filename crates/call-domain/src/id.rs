use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps an id that the caller made.
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID inside.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                // Only the hyphenated form: one thing has one spelling, in paths, logs and
                // idempotency keys.
                if s.len() != 36 {
                    return Err(InvalidId { what: $what });
                }
                Uuid::try_parse(s)
                    .map(Self)
                    .map_err(|_| InvalidId { what: $what })
            }
        }
    };
}

uuid_id!(
    /// Identifies a call. Version 7 UUIDs are expected, so that ids sort by time.
    CallId,
    "call id"
);
uuid_id!(
    /// Identifies a recording of a call. Version 7 UUIDs are expected, so that ids sort by time.
    RecordingId,
    "recording id"
);
uuid_id!(
    /// Identifies a file of a recording. Version 4 UUIDs are expected: it says nothing, and nobody
    /// can guess it.
    RecordingFileId,
    "file id"
);

/// Why a string is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}")]
pub struct InvalidId {
    what: &'static str,
}

impl InvalidId {
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what }
    }
}

/// The longest opaque id, in Unicode characters.
const MAX_CHARS: usize = 128;

fn parse_opaque(s: &str, what: &'static str) -> Result<Arc<str>, InvalidId> {
    let legal = !s.is_empty()
        // Bytes first: an id of many kilobytes is refused without counting its characters.
        && s.len() <= MAX_CHARS * 4
        && s.chars().count() <= MAX_CHARS
        && !s.chars().any(|c| c.is_whitespace() || c.is_control());
    if legal {
        Ok(Arc::from(s))
    } else {
        Err(InvalidId { what })
    }
}

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        ///
        /// 1 to 128 Unicode characters, no white space, no control characters. Cheap to clone.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(s: &str) -> Result<Self, Self::Err> {
                parse_opaque(s, $what).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;

            fn try_from(s: String) -> Result<Self, Self::Error> {
                s.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }
    };
}

opaque_id!(
    /// A user of the embedding product.
    UserId,
    "user id"
);
opaque_id!(
    /// One device (browser tab, phone) of a user; stable over reconnects.
    DeviceId,
    "device id"
);
opaque_id!(
    /// A conversation (room, channel, thread) of the embedding product.
    ConversationId,
    "conversation id"
);
