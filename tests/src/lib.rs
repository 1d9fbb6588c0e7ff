//! Support for the scenarios in `tests/tests` and the benchmarks in `src/bin`: a real server
//! process, and devices that speak to it as any stranger's client would.
//!
//! Nothing here uses the server's own types: what these tests know is the published contract.

// A test that cannot get its server or device has failed: panicking says so.
#![allow(clippy::expect_used, clippy::missing_panics_doc)]

pub mod beat;
mod device;
mod island;
pub mod media;
pub mod process;
mod scene;
mod server;
mod site;

pub use device::{Answer, Device};
pub use island::{ISLAND, is_island, island};
pub use scene::{id_of, talking};
pub use server::{Server, binary};
pub use site::Site;

/// How long a scenario waits for what must happen, before it fails.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
