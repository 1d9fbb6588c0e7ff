use std::sync::Arc;

use call_domain::{CallId, Command, UserId};

use crate::{CallView, CommandError, Engine};

impl Engine {
    /// A user leaves a call; a call of two ends with that.
    pub async fn leave(
        self: &Arc<Self>,
        call: CallId,
        user: UserId,
    ) -> Result<CallView, CommandError> {
        self.execute(call, move |_, _| {
            Some(Command::Leave { user: user.clone() })
        })
        .await
    }
}
