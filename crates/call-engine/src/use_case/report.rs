use std::sync::Arc;

use call_domain::{Address, CallId, Command};

use crate::{CallView, CommandError, Engine};

impl Engine {
    /// A device says that it rings (`call:alerting`).
    pub async fn alerting(
        self: &Arc<Self>,
        call: CallId,
        who: Address,
    ) -> Result<CallView, CommandError> {
        self.execute(call, move |_, _| {
            Some(Command::Alert {
                user: who.user.clone(),
                device: who.device.clone(),
            })
        })
        .await
    }

    /// A device says that media flows (`call:connected`).
    pub async fn connected(
        self: &Arc<Self>,
        call: CallId,
        who: Address,
    ) -> Result<CallView, CommandError> {
        self.execute(call, move |_, _| {
            Some(Command::Connect {
                user: who.user.clone(),
                device: who.device.clone(),
            })
        })
        .await
    }
}
