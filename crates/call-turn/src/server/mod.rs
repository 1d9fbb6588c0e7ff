//! Sockets around the [`Relay`](crate::Relay): threads that share nothing per packet.
//!
//! Every thread has its own listeners on the same addresses (`SO_REUSEPORT`), its own relay and
//! its own relay sockets. The system deals clients out to the threads by a hash of the addresses,
//! so that one client always finds its allocation.

mod addresses;
mod config;
mod connections;
mod egress;
mod error;
mod frames;
mod listen;
mod outbox;
mod pace;
mod shard;
mod socket;
mod stats;
mod stream;
mod threads;
mod tls;

pub use config::{CertificateFiles, RelayConfig};
pub use error::StartError;
pub use stats::{RelayStats, TransportStats};
pub use threads::{Listener, RelayServer};
