//! Call signalling over WebSocket: the wire protocol, the session of a connection, and the hub that
//! knows who is connected.
//!
//! Peers that set up a call with WebRTC must exchange offers, answers and candidates, and must hear
//! of what becomes of their call. This crate is that door, for any actix-web server: it
//! authenticates, bounds, paces and orders what clients send, and delivers what they are told. It
//! decides nothing about calls; that is behind [`SignalService`], which you implement.
//!
//! - [`wire`]: every message and every REST body, as they are in JSON.
//! - [`Session`]: the protocol of one connection, without I/O and without a clock.
//! - [`Hub`]: user -> devices -> bounded outboxes. Sending never waits; a slow reader is closed.
//! - [`serve_socket`]: a handler for the route of the socket.
//!
//! # Contract for embedders
//!
//! 1. Make one [`Hub`] for the process, and implement [`SignalService`] (its documentation gives
//!    the order of calls).
//! 2. Mount [`serve_socket`] at a `GET` route, and check the `Origin` of the request before.
//! 3. Send with [`Hub::send`] and [`Hub::send_user`]; serialise a message once
//!    ([`wire::ServerMessage::to_frame`]) however many receive it.
//! 4. Order is kept per socket, from the call of `send` to the client. A frame is lost only if its
//!    socket is; what a client missed it learns from `session:ready` when it is back.
//! 5. To stop, call [`Hub::close_all`] with [`CloseCode::GoingAway`] and wait for
//!    [`Hub::drained`].
//!
//! The protocol as clients see it is described in `docs/protocol.md` and `docs/asyncapi.yaml` of
//! the repository.
//!
//! # Example
//!
//! A server that passes signals on to whoever they are for. A real one would look at the call first.
//!
//! ```
//! use std::sync::Arc;
//!
//! use actix_web::{App, HttpRequest, HttpServer, web};
//! use call_domain::{Address, Timestamp};
//! use call_signal::wire::{
//!     Call, ClientCommand, ErrorCode, ServerMessage, Signal, SignalBody, SignalError,
//! };
//! use call_signal::{
//!     Hub, HubLimits, Identity, SignalService, SocketConfig, Unauthenticated, serve_socket,
//! };
//!
//! struct PassOn {
//!     hub: Arc<Hub>,
//! }
//!
//! #[async_trait::async_trait]
//! impl SignalService for PassOn {
//!     async fn authenticate(&self, token: &str) -> Result<Identity, Unauthenticated> {
//!         // Verify a signature here.
//!         let user_id = token.parse().map_err(|_| Unauthenticated)?;
//!         Ok(Identity { user_id, name: None, expires_at: Timestamp::from_micros(i64::MAX) })
//!     }
//!
//!     async fn opened(&self, _: &Address, _: Option<&str>) -> Result<Vec<Call>, SignalError> {
//!         Ok(Vec::new())
//!     }
//!
//!     async fn ready(&self, _: &Address) {}
//!
//!     async fn closed(&self, _: &Address) {}
//!
//!     async fn command(&self, _: &Address, command: ClientCommand) -> Result<(), SignalError> {
//!         let detail = format!("no call {}", command.call());
//!         Err(SignalError::new(ErrorCode::CallNotFound, detail))
//!     }
//!
//!     fn relay(&self, who: &Address, signal: Signal) -> Result<(), SignalError> {
//!         let (call_id, from) = (signal.call.to_string(), who.user.to_string());
//!         let message = match signal.body {
//!             SignalBody::Offer(sdp) => ServerMessage::CallOffer { call_id, from, sdp },
//!             SignalBody::Answer(sdp) => ServerMessage::CallAnswer { call_id, from, sdp },
//!             SignalBody::IceCandidate(candidate) => {
//!                 ServerMessage::CallIceCandidate { call_id, from, candidate }
//!             }
//!         };
//!         match self.hub.send_user(&signal.to, None, &message.to_frame()) {
//!             0 => Err(SignalError::new(ErrorCode::PeerNotInCall, "not connected")),
//!             _ => Ok(()),
//!         }
//!     }
//! }
//!
//! # fn main() -> std::io::Result<()> {
//! let hub = Arc::new(Hub::new(HubLimits::default()));
//! let service: Arc<dyn SignalService> = Arc::new(PassOn { hub: Arc::clone(&hub) });
//! let server = HttpServer::new(move || {
//!     let (service, hub) = (Arc::clone(&service), Arc::clone(&hub));
//!     let socket = move |request: HttpRequest, payload: web::Payload| {
//!         let (service, hub) = (Arc::clone(&service), Arc::clone(&hub));
//!         serve_socket(request, payload, service, hub, SocketConfig::default())
//!     };
//!     App::new().route("/ws", web::get().to(socket))
//! });
//! # let _ = server;
//! // server.bind(("127.0.0.1", 8080))?.run().await
//! # Ok(())
//! # }
//! ```

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
