use std::sync::Arc;

use call_domain::{CallId, Command, UserId};

use crate::{CallView, CommandError, Engine};

impl Engine {
    /// Somebody is put out of a call, or called no longer.
    ///
    /// `admin` says that `by` has power over all calls and need not be a participant; whoever asks for this must have
    /// checked that.
    pub async fn remove_participant(
        self: &Arc<Self>,
        call: CallId,
        by: UserId,
        admin: bool,
        user: UserId,
    ) -> Result<CallView, CommandError> {
        self.execute(call, move |_, _| {
            Some(Command::Remove {
                by: by.clone(),
                admin,
                user: user.clone(),
            })
        })
        .await
    }
}
