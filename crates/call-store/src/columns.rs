//! Column types that the two databases spell differently.
//!
//! On PostgreSQL they are what its users expect to see: `uuid`, `timestamptz`, `jsonb`. SQLite has
//! none of them; there they are text, microseconds since 1970, and text.

use call_domain::{CallId, RecordingFileId, RecordingId, Timestamp};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::HasSqlType;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::connection::{MultiBackend, MultiRawValue};

/// The SQL types.
#[allow(unreachable_pub)] // `table!` makes public items that name them
pub(crate) mod sql {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::SqlType;

    /// `uuid`; on SQLite its hyphenated text, which sorts alike.
    #[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951))]
    #[diesel(sqlite_type(name = "Text"))]
    pub struct Uuid;

    /// `timestamptz`; on SQLite microseconds since the Unix epoch. (Not named as in SQL, because
    /// `table!` takes arithmetic with columns of that name for granted.)
    #[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185))]
    #[diesel(sqlite_type(name = "Long"))]
    pub struct Moment;

    /// `jsonb`; on SQLite text.
    #[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 3802, array_oid = 3807))]
    #[diesel(sqlite_type(name = "Text"))]
    pub struct Jsonb;
}

/// An id.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    AsExpression,
    FromSqlRow,
    Serialize,
    Deserialize,
)]
#[diesel(sql_type = sql::Uuid)]
#[serde(transparent)]
pub(crate) struct Id(pub(crate) Uuid);

/// A time: microseconds since the Unix epoch.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    AsExpression,
    FromSqlRow,
    Serialize,
    Deserialize,
)]
#[diesel(sql_type = sql::Moment)]
#[serde(transparent)]
pub(crate) struct Micros(pub(crate) i64);

/// A JSON document, as text. PostgreSQL spells it anew, so never compare two of them.
#[derive(Debug, Clone, AsExpression, FromSqlRow)]
#[diesel(sql_type = sql::Jsonb)]
pub(crate) struct Json(pub(crate) String);

impl From<CallId> for Id {
    fn from(id: CallId) -> Self {
        Self(id.as_uuid())
    }
}

impl From<Id> for CallId {
    fn from(id: Id) -> Self {
        Self::new(id.0)
    }
}

impl From<RecordingId> for Id {
    fn from(id: RecordingId) -> Self {
        Self(id.as_uuid())
    }
}

impl From<Id> for RecordingId {
    fn from(id: Id) -> Self {
        Self::new(id.0)
    }
}

impl From<RecordingFileId> for Id {
    fn from(id: RecordingFileId) -> Self {
        Self(id.as_uuid())
    }
}

impl From<Id> for RecordingFileId {
    fn from(id: Id) -> Self {
        Self::new(id.0)
    }
}

impl From<Timestamp> for Micros {
    fn from(time: Timestamp) -> Self {
        Self(time.as_micros())
    }
}

impl From<Micros> for Timestamp {
    fn from(time: Micros) -> Self {
        Self::from_micros(time.0)
    }
}

impl Json {
    pub(crate) fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_string(value).map(Self)
    }

    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.0)
    }
}

impl Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.parse::<serde_json::Value>()
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde_json::Value::deserialize(deserializer).map(|value| Self(value.to_string()))
    }
}

/// Lets a type travel through the connection that is either database.
macro_rules! on_either {
    ($sql:ty, $rust:ty) => {
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                MultiBackend::lookup_sql_type::<$sql>(lookup)
            }
        }

        impl FromSql<$sql, MultiBackend> for $rust {
            fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<$rust, $sql>()
            }
        }

        impl ToSql<$sql, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value((<$sql>::default(), self));
                Ok(IsNull::No)
            }
        }
    };
}

on_either!(sql::Uuid, Id);
on_either!(sql::Moment, Micros);
on_either!(sql::Jsonb, Json);

#[cfg(feature = "sqlite")]
mod sqlite {
    use diesel::sql_types::{BigInt, Text};
    use diesel::sqlite::Sqlite;

    use super::{Backend, FromSql, Id, IsNull, Json, Micros, Output, ToSql, Uuid, deserialize};
    use super::{serialize, sql};

    impl ToSql<sql::Uuid, Sqlite> for Id {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(self.0.hyphenated().to_string());
            Ok(IsNull::No)
        }
    }

    impl FromSql<sql::Uuid, Sqlite> for Id {
        fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
            let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
            Ok(Self(Uuid::try_parse(&text)?))
        }
    }

    impl ToSql<sql::Moment, Sqlite> for Micros {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(self.0);
            Ok(IsNull::No)
        }
    }

    impl FromSql<sql::Moment, Sqlite> for Micros {
        fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
            <i64 as FromSql<BigInt, Sqlite>>::from_sql(value).map(Self)
        }
    }

    impl ToSql<sql::Jsonb, Sqlite> for Json {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
            out.set_value(self.0.as_str());
            Ok(IsNull::No)
        }
    }

    impl FromSql<sql::Jsonb, Sqlite> for Json {
        fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
            <String as FromSql<Text, Sqlite>>::from_sql(value).map(Self)
        }
    }
}

#[cfg(feature = "libpq")]
mod postgres {
    use std::io::Write as _;

    use diesel::pg::Pg;
    use diesel::sql_types::BigInt;

    use super::{Backend, FromSql, Id, IsNull, Json, Micros, Output, ToSql, Uuid, deserialize};
    use super::{serialize, sql};

    /// 2000-01-01, from which PostgreSQL counts, in microseconds since the Unix epoch.
    const EPOCH: i64 = 946_684_800_000_000;
    /// The first and the last microsecond of PostgreSQL's calendar (4714 BC to 294276), counted
    /// from its own epoch: `MIN_TIMESTAMP` and `END_TIMESTAMP` in its `timestamp.h`.
    const CALENDAR: std::ops::Range<i64> = -211_813_488_000_000_000..9_223_371_331_200_000_000;

    impl ToSql<sql::Uuid, Pg> for Id {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            out.write_all(self.0.as_bytes())?;
            Ok(IsNull::No)
        }
    }

    impl FromSql<sql::Uuid, Pg> for Id {
        fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
            Ok(Self(Uuid::from_slice(value.as_bytes())?))
        }
    }

    impl ToSql<sql::Moment, Pg> for Micros {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            let micros = (self.0.checked_sub(EPOCH))
                .filter(|micros| CALENDAR.contains(micros))
                .ok_or("a time beyond the calendar of PostgreSQL")?;
            out.write_all(&micros.to_be_bytes())?;
            Ok(IsNull::No)
        }
    }

    impl FromSql<sql::Moment, Pg> for Micros {
        fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
            let micros = <i64 as FromSql<BigInt, Pg>>::from_sql(value)?;
            // Infinity is beyond every calendar and cannot have been written here.
            let micros = micros.checked_add(EPOCH).ok_or("a time that is infinite")?;
            Ok(Self(micros))
        }
    }

    /// The version of the binary format of `jsonb`, which precedes the text.
    const JSONB_VERSION: u8 = 1;

    impl ToSql<sql::Jsonb, Pg> for Json {
        fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
            out.write_all(&[JSONB_VERSION])?;
            out.write_all(self.0.as_bytes())?;
            Ok(IsNull::No)
        }
    }

    impl FromSql<sql::Jsonb, Pg> for Json {
        fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
            match value.as_bytes() {
                [JSONB_VERSION, text @ ..] => Ok(Self(String::from_utf8(text.to_vec())?)),
                _ => Err("an unknown version of jsonb".into()),
            }
        }
    }
}
