use std::sync::Arc;

use call_domain::{CallId, Command, RejectReason, UserId};

use crate::{CallView, CommandError, Engine};

impl Engine {
    /// A user refuses a call, on all devices.
    pub async fn reject(
        self: &Arc<Self>,
        call: CallId,
        user: UserId,
        reason: RejectReason,
    ) -> Result<CallView, CommandError> {
        self.execute(call, move |_, _| {
            Some(Command::Reject {
                user: user.clone(),
                reason,
            })
        })
        .await
    }
}
