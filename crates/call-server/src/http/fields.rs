//! From texts in a request to what they stand for, with complaints that name the field.

use std::fmt::Display;
use std::str::FromStr;

use super::problem::{Code, Problem};

/// Reads one field.
pub(crate) fn field<T>(name: &str, text: &str) -> Result<T, Problem>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error| invalid(name, &error))
}

/// Reads a field that may be missing.
pub(crate) fn optional<T>(name: &str, text: Option<&str>) -> Result<Option<T>, Problem>
where
    T: FromStr,
    T::Err: Display,
{
    text.map(|text| field(name, text)).transpose()
}

/// A field that is not as it should be. Does not repeat what was sent.
pub(crate) fn invalid(name: &str, what: &impl Display) -> Problem {
    Problem::new(Code::InvalidRequest, format!("{name}: {what}."))
}
