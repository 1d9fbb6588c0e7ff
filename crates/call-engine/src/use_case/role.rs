use std::sync::Arc;

use call_domain::{CallId, Command, Role, UserId};

use crate::{CallView, CommandError, Engine};

impl Engine {
    /// A moderator makes somebody a moderator, or no longer one.
    pub async fn set_role(
        self: &Arc<Self>,
        call: CallId,
        by: UserId,
        user: UserId,
        role: Role,
    ) -> Result<CallView, CommandError> {
        self.execute(call, move |_, _| {
            Some(Command::SetRole {
                by: by.clone(),
                user: user.clone(),
                role,
            })
        })
        .await
    }
}
