//! What may be asked of an engine: one file per use case.

mod add;
mod answer;
mod call_stats;
mod end;
mod hand;
mod in_call;
mod initiate;
mod join;
mod leave;
mod media;
mod media_plane;
mod mute;
mod presence;
mod reaction;
mod read;
mod recording;
mod reject;
mod relay;
mod remove;
mod report;
mod role;
mod stats;
mod sync;
mod turn;

pub use in_call::NotInCall;
pub use initiate::{Idempotency, Initiate, InitiateError, Initiated};
pub use media_plane::MediaError;
pub use presence::Present;
pub use read::{ReadError, Reader};
pub use recording::{RecordingError, Requester};
pub use relay::RelayError;
