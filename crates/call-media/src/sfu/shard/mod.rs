//! The threads of the SFU and their sockets. A room lives in one shard, and so do its peers; a datagram that the system hands
//! to another shard's socket is passed on.

mod addresses;
mod counters;
mod egress;
mod output;
mod parcel;
mod routes;
mod server;
mod state;
mod tcp;
mod udp;
mod worker;

pub(crate) use output::{Lane, Output, RouteChange};
pub use server::{Overloaded, Sfu, SfuError};
