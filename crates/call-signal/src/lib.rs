//! Call signalling over WebSocket: the wire protocol, the pure session and the socket hub.

mod close;
mod config;
mod hub;
mod service;
mod session;
mod socket;
pub mod wire;

pub use close::CloseCode;
pub use config::SocketConfig;
pub use hub::{
    Delivery, Frame, Hub, HubCounts, HubLimits, Outbox, Outgoing, Registration, SessionId,
};
pub use service::{Identity, SignalService, Unauthenticated};
pub use session::{Ask, Reaction, Reply, Session, Task, Tick};
pub use socket::serve_socket;
