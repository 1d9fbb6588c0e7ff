use async_trait::async_trait;
use call_domain::{Address, Timestamp, UserId};

use crate::wire::{Call, ClientCommand, Signal, SignalError};

/// Whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user_id: UserId,
    /// The name that others are shown.
    pub name: Option<String>,
    /// When the token ceases to be valid.
    pub expires_at: Timestamp,
}

/// The token is not valid: unknown key, expired, malformed. Clients learn no more than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no valid token")]
pub struct Unauthenticated;

/// What the sockets need of the application behind them.
///
/// # Contract
///
/// For one socket the methods are called one after the other, in this order: `authenticate`,
/// `opened`, `ready`, then any number of `command` and `relay`, and once `closed`. `authenticate`
/// is called again for each `session:refresh`. Sockets are independent of each other.
///
/// A device may be back before `closed` of its last connection was called or has returned: take
/// [`Hub::is_connected`](crate::Hub::is_connected), not the mere call, for the truth.
#[async_trait]
pub trait SignalService: Send + Sync + 'static {
    /// Whom a token speaks for.
    async fn authenticate(&self, token: &str) -> Result<Identity, Unauthenticated>;

    /// A device is connected and registered in the hub; what is sent to it waits until
    /// `session:ready` was sent. Returns every live call of the user, for that message.
    ///
    /// An error refuses the connection: the client gets it, and close 1013, so that it tries
    /// again; `closed` is called all the same.
    async fn opened(&self, who: &Address, name: Option<&str>) -> Result<Vec<Call>, SignalError>;

    /// `session:ready` was sent: send now what was kept for this device. What is sent to it before
    /// this returns may exceed the limits of its outbox.
    async fn ready(&self, who: &Address);

    /// The device is no longer connected. Not called when a newer connection of the same device
    /// took over.
    async fn closed(&self, who: &Address);

    /// Carries out a command; the client gets an `ack` once it is done.
    async fn command(&self, who: &Address, command: ClientCommand) -> Result<(), SignalError>;

    /// Passes a signal on to another participant. Must not wait: this is the hot path.
    fn relay(&self, who: &Address, signal: Signal) -> Result<(), SignalError>;
}
