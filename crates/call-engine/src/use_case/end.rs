use std::sync::Arc;

use call_domain::{CallId, Command, UserId};

use crate::{CallView, CommandError, Engine};

impl Engine {
    /// A user ends a call: for all or for itself, by role and state. On a call that is over
    /// nothing changes, and it is no error.
    pub async fn end(
        self: &Arc<Self>,
        call: CallId,
        user: UserId,
    ) -> Result<CallView, CommandError> {
        self.execute(call, move |_, _| Some(Command::End { user: user.clone() }))
            .await
    }

    /// A moderator, who need not be a participant, ends a call for all. Whoever asks for this must
    /// have checked that it is one.
    pub async fn end_by_moderator(
        self: &Arc<Self>,
        call: CallId,
        moderator: UserId,
    ) -> Result<CallView, CommandError> {
        self.execute(call, move |_, _| {
            Some(Command::EndByModerator {
                moderator: moderator.clone(),
            })
        })
        .await
    }
}
