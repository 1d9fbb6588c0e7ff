//! The text of a place in a list that is ordered by time, and by id where times are equal.

use std::fmt;

use call_domain::Timestamp;
use uuid::Uuid;

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid cursor")]
pub struct InvalidCursor;

pub(crate) fn write(f: &mut fmt::Formatter<'_>, at: Timestamp, id: Uuid) -> fmt::Result {
    write!(f, "{:016x}{}", at.as_micros(), id.simple())
}

pub(crate) fn read(s: &str) -> Result<(Timestamp, Uuid), InvalidCursor> {
    if s.len() != 48 || !s.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(InvalidCursor);
    }
    let (micros, id) = s.split_at(16);
    let micros = u64::from_str_radix(micros, 16).map_err(|_| InvalidCursor)?;
    let id = Uuid::try_parse(id).map_err(|_| InvalidCursor)?;
    Ok((Timestamp::from_micros(micros.cast_signed()), id))
}
