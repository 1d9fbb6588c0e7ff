//! A selective forwarding unit (SFU, RFC 7667 section 3.7): every participant of a room sends once, and gets of the
//! others what its screen and its network can take. Nothing is decoded.
//!
//! # Contract for embedders
//!
//! 1. [`Sfu::start`] opens the sockets and starts one thread per shard. Everything else goes through
//!    [`Sfu::command`], which never blocks, and comes back as an [`Event`].
//! 2. The embedder carries signalling and decides who may join: a peer exists from [`Command::Join`] until
//!    [`Command::Leave`]. The SFU makes every SDP offer ([`Event::Offer`]), peers only answer.
//! 3. Commands come from strangers in part (SDP answers, subscriptions): anything malformed is counted and answered
//!    by [`Event::Refused`], never a panic, and never felt by another room.
//! 4. A room begins with its first peer or tap and ends with [`Command::CloseRoom`].
//! 5. A recorder gets at the packets of a room by a [`tap`](tap()).

mod bandwidth;
mod command;
mod config;
mod event;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod id;
mod room;
mod rtcp;
mod rtp;
mod sdp;
mod shard;
mod speaker;
mod stats;
mod tap;
mod transport;

pub use command::{Command, Publication, Subscription, View};
pub use config::{SfuConfig, VideoCodec};
pub use event::{
    Event, Offer, PausedReason, PublishMids, Refusal, StreamState, Track, WantedLayer,
};
pub use id::{Layer, RoomId, SessionId, Source};
pub use shard::{Overloaded, Sfu, SfuError};
pub use stats::{InboundStats, OutboundStats, PeerStats, RoomStats, SfuCounters};
pub use tap::{EncodedFrame, FrameCodec, TapEvent, TapInlet, TapReader, tap};
