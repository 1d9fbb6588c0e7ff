//! What may be asked of an engine: one file per use case.

mod answer;
mod end;
mod initiate;
mod leave;
mod media;
mod presence;
mod read;
mod reject;
mod relay;
mod report;
mod stats;
mod sync;
mod turn;

pub use initiate::{Idempotency, Initiate, InitiateError, Initiated};
pub use presence::Present;
pub use read::{ReadError, Reader};
pub use relay::RelayError;
