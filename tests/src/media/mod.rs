//! Synthetic participants: real ICE, DTLS and SRTP by an engine that shares no code with the SFU's, with made-up pictures that
//! nobody decodes.

mod crowd;
mod peer;
mod picture;
mod publisher;
mod received;
mod sound;

pub use crowd::{Crowd, PeerId};
pub use peer::MediaPeer;
pub use publisher::SendPlan;
pub use received::Received;
