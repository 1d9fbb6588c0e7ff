use std::sync::Arc;

use call_domain::{CallId, Command, UserId};

use crate::{CallView, CommandError, Engine};

impl Engine {
    /// A participant raises or lowers a hand.
    pub async fn raise_hand(
        self: &Arc<Self>,
        call: CallId,
        user: UserId,
        raised: bool,
    ) -> Result<CallView, CommandError> {
        self.execute(call, move |_, _| {
            Some(Command::RaiseHand {
                user: user.clone(),
                raised,
            })
        })
        .await
    }
}
