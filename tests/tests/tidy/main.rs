//! What holds for the repository as a whole: who may depend on whom, and what every file keeps to.
//! Each rule is written down where it is decided, in docs/architecture.md; here it is checked.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod contract;
mod dependencies;
mod files;
mod licences;
mod sources;
