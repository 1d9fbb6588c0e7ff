use std::sync::Arc;

use call_domain::{Address, CallId, Notice};

use crate::error::Unavailable;
use crate::message;
use crate::{CommandError, Engine};

impl Engine {
    /// A participant's device asks for the call as it is now (`call:sync`), and is sent it. Nothing
    /// that is told later is overtaken.
    pub async fn sync(self: &Arc<Self>, call: CallId, who: Address) -> Result<(), CommandError> {
        let engine = Arc::clone(self);
        let sent = self.lanes.run(call, async move {
            let live = engine.current(call).await?.ok_or(CommandError::NotFound)?;
            if live.call.participant(&who.user).is_none() {
                return Err(CommandError::NotFound);
            }
            if let Some(frame) = message::single(&live.view(), &Notice::Updated) {
                engine.bus.send_to(&who, &frame);
            }
            Ok(())
        });
        sent.await.map_err(Unavailable::from)?
    }
}
