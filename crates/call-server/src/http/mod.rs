//! What all routes share: problems, bodies, limits, headers.

pub(crate) mod call_path;
pub(crate) mod caller;
pub(crate) mod fields;
pub(crate) mod idempotency;
mod json_body;
pub(crate) mod observe;
pub(crate) mod origins;
mod problem;
pub(crate) mod ranges;
mod rate_limit;
mod refusal;
pub(crate) mod security_headers;
pub(crate) mod uncompressed;

pub(crate) use json_body::{JsonBody, MAX_BODY_BYTES};
pub(crate) use origins::Origins;
pub(crate) use problem::{Code, Problem};
pub(crate) use rate_limit::RateLimit;
