//! What all routes share: problems, bodies, limits, headers.

pub(crate) mod idempotency;
mod json_body;
pub(crate) mod observe;
pub(crate) mod origins;
mod problem;
mod rate_limit;
pub(crate) mod security_headers;

pub use json_body::{JsonBody, MAX_BODY_BYTES};
pub use origins::Origins;
pub use problem::{Code, Problem, ProblemBody};
pub use rate_limit::RateLimit;
