use call_domain::{Address, CallId};
use call_signal::wire::Reaction;

use super::NotInCall;
use crate::Engine;
use crate::media_message;

impl Engine {
    /// Shows an emoji of a participant to the other devices in the call. Nothing is kept.
    pub fn react(&self, call: CallId, who: &Address, reaction: &Reaction) -> Result<(), NotInCall> {
        let live = self.call_of(call, who)?;
        let frame = media_message::reaction(call, &who.user, reaction.as_str());
        self.send_to_others(&live, who, &frame);
        Ok(())
    }
}
