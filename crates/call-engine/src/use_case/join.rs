use std::sync::Arc;

use call_domain::{Address, Call, CallId, Command, ConversationId};

use super::in_call::is_in;
use crate::error::Unavailable;
use crate::{CallView, CommandError, Engine};

impl Engine {
    /// A user enters a call without being called: comes back, or comes along.
    ///
    /// `conversations` are those that the credential says the user belongs to: whoever never was in the call may enter
    /// it if its conversation is among them, and learns nothing of it otherwise. `name` is the user's name, if the
    /// credential says it.
    pub async fn join(
        self: &Arc<Self>,
        call: CallId,
        who: Address,
        name: Option<String>,
        conversations: &[ConversationId],
    ) -> Result<CallView, CommandError> {
        let engine = Arc::clone(self);
        let conversations = conversations.to_vec();
        let joined = self.lanes.run(call, async move {
            let live = engine.current(call).await?.ok_or(CommandError::NotFound)?;
            if !belongs(&live.call, &who, &conversations) {
                return Err(CommandError::NotFound);
            }
            if let Some(call) = engine.other_call_of(call, &who) {
                return Err(CommandError::AlreadyInCall { call });
            }
            engine
                .apply(call, move |engine, _| {
                    Some(Command::Join {
                        user: who.user.clone(),
                        device: who.device.clone(),
                        name: name.clone(),
                        online: engine.bus.is_online(&who),
                    })
                })
                .await
        });
        Ok(joined.await.map_err(Unavailable::from)??.view())
    }
}

impl Engine {
    /// Another live call that the device is in.
    fn other_call_of(&self, call: CallId, who: &Address) -> Option<CallId> {
        let calls = self.roster.of_user(&who.user);
        let other = calls
            .iter()
            .find(|live| live.call.id() != call && is_in(&live.call, who));
        other.map(|live| live.call.id())
    }
}

fn belongs(call: &Call, who: &Address, conversations: &[ConversationId]) -> bool {
    let conversation = call.parts().conversation_id.as_ref();
    call.participant(&who.user).is_some()
        || conversation.is_some_and(|conversation| conversations.contains(conversation))
}
