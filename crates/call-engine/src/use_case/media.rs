use std::sync::Arc;

use call_domain::{CallId, Command, MediaChange, UserId};

use crate::{CallView, CommandError, Engine};

impl Engine {
    /// A participant turns the microphone, the camera or screen sharing on or off.
    pub async fn change_media(
        self: &Arc<Self>,
        call: CallId,
        user: UserId,
        change: MediaChange,
    ) -> Result<CallView, CommandError> {
        self.execute(call, move |_, _| {
            Some(Command::ChangeMedia {
                user: user.clone(),
                change,
            })
        })
        .await
    }
}
