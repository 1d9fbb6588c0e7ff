use std::sync::Arc;

use call_domain::{CallId, Command, MediaOff, UserId};

use crate::error::Unavailable;
use crate::{CallView, CommandError, Engine};

impl Engine {
    /// A moderator turns off what somebody else sends.
    ///
    /// What goes through the media plane is dropped there until that user turns it on, whatever the user's client does.
    pub async fn mute(
        self: &Arc<Self>,
        call: CallId,
        by: UserId,
        user: UserId,
        off: MediaOff,
    ) -> Result<CallView, CommandError> {
        let engine = Arc::clone(self);
        let muted = self.lanes.run(call, async move {
            let whose = user.clone();
            let live = engine
                .apply(call, move |_, _| {
                    Some(Command::Mute {
                        by: by.clone(),
                        user: user.clone(),
                        off,
                    })
                })
                .await?;
            // In the lane, so that it does not come after the user has turned it on again.
            engine.with_rooms(call, &live.line, |rooms, orders| {
                rooms.silence(&whose, off, orders);
            });
            Ok::<_, CommandError>(live)
        });
        Ok(muted.await.map_err(Unavailable::from)??.view())
    }
}
