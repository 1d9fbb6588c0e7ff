use crate::{Call, Command, Effect, Event, Rejection, Timestamp};

/// What a command did to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The call as it is now.
    pub call: Call,
    /// What happened, for the log; empty when the command changed nothing.
    pub events: Vec<Event>,
    /// What to do once the step is durable, in this order.
    pub effects: Vec<Effect>,
}

impl Call {
    /// Decides what a command does to this call at this time.
    pub fn apply(&self, command: Command, now: Timestamp) -> Result<Step, Rejection> {
        todo!("{command:?} {now:?}")
    }
}
