//! Call signalling over WebSocket: the wire protocol, the pure session and the socket hub.

mod close;
mod hub;
mod service;
pub mod wire;

pub use close::CloseCode;
pub use hub::{
    Delivery, Frame, Hub, HubCounts, HubLimits, Outbox, Outgoing, Registration, SessionId,
};
pub use service::{Identity, SignalService, Unauthenticated};
