//! placeholder
mod background;
mod bus;
mod carry_out;
mod clock;
mod deadline;
mod engine;
mod error;
mod execute;
mod id;
mod kept;
mod lane;
mod message;
mod quality;
mod roster;
mod service;
mod use_case;
mod view;

pub use bus::{Bus, LocalBus};
pub use clock::{Clock, ManualClock, SystemClock};
pub use engine::{Engine, EngineConfig};
pub use error::{CommandError, Unavailable};
pub use quality::{QualityFigures, QualitySummary, summarise};
pub use service::{Authenticator, EngineService};
pub use use_case::{
    Idempotency, Initiate, InitiateError, Initiated, Present, ReadError, Reader, RelayError,
};
pub use view::CallView;
