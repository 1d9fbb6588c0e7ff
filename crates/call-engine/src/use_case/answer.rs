use std::sync::Arc;

use call_domain::{Address, CallId, Command};

use crate::{CallView, CommandError, Engine};

impl Engine {
    /// A device takes a call for its user; of several devices the first one wins.
    ///
    /// Again by the same device: nothing changes, and it is no error. `name` is the user's name,
    /// if the credential says it.
    pub async fn answer(
        self: &Arc<Self>,
        call: CallId,
        who: Address,
        name: Option<String>,
    ) -> Result<CallView, CommandError> {
        self.execute(call, move |engine, _| {
            Some(Command::Answer {
                user: who.user.clone(),
                device: who.device.clone(),
                name: name.clone(),
                online: engine.bus.is_online(&who),
            })
        })
        .await
    }
}
