//! From texts in a request to what they stand for, with complaints that name the field.

use std::fmt::Display;
use std::str::FromStr;

use actix_web::web::Query;

use super::problem::{Code, Problem};

/// What follows the `?` of a request, as far as it can be read.
pub(crate) fn query<T>(found: Result<Query<T>, actix_web::Error>) -> Result<T, Problem> {
    let unreadable = &"cannot be read, or names a parameter twice";
    found
        .map(Query::into_inner)
        .map_err(|_| invalid("query", unreadable))
}

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

/// Items of a page unless said otherwise.
const DEFAULT_LIMIT: u32 = 50;
/// The most items of a page.
const MAX_LIMIT: u32 = 200;

/// Reads how many items a page may have.
pub(crate) fn limit(text: Option<&str>) -> Result<u32, Problem> {
    let Some(text) = text else {
        return Ok(DEFAULT_LIMIT);
    };
    text.parse()
        .ok()
        .filter(|limit| (1..=MAX_LIMIT).contains(limit))
        .ok_or_else(|| invalid("limit", &format!("not a number from 1 to {MAX_LIMIT}")))
}
