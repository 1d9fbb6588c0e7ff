//! The relay itself: STUN (RFC 8489) and TURN (RFC 8656) as a state machine.

mod allocate;
mod allocation;
mod auth;
mod client;
mod counters;
mod flood;
mod machine;
mod nonce;
mod opening;
mod peers;
mod policy;
mod ports;
mod quota;
mod request;
mod reservation;
mod settings;
mod special;
mod transmit;

pub use allocation::AllocationSummary;
pub use client::{Client, Now, Transport};
pub use counters::Refusal;
pub(crate) use counters::{Counters, Traffic};
pub use machine::Relay;
pub(crate) use policy::HostPolicy;
pub use policy::PeerPolicy;
pub(crate) use ports::Ports;
pub use ports::{Family, RelayAddress, RelayPort};
pub(crate) use quota::Quotas;
pub use quota::RelayLimits;
pub(crate) use reservation::Reservations;
pub(crate) use settings::Settings;
pub use transmit::{Command, Target, Transmit};
