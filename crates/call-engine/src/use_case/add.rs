use std::sync::Arc;

use call_domain::{Call, CallId, Command, Invitee, RejectionKind, UserId};

use crate::error::Unavailable;
use crate::{CallView, CommandError, Engine};

impl Engine {
    /// Somebody in a call has more people called; a call of two becomes a group call by it.
    pub async fn add_participants(
        self: &Arc<Self>,
        call: CallId,
        by: UserId,
        users: Vec<UserId>,
    ) -> Result<CallView, CommandError> {
        let engine = Arc::clone(self);
        let added = self.lanes.run(call, async move {
            let live = engine.current(call).await?.ok_or(CommandError::NotFound)?;
            engine.may_add(&live.call, &by, &users)?;
            let busy = engine.in_other_calls(call, &users).await?;
            engine
                .apply(call, move |engine, _| {
                    Some(engine.add(&by, &users, busy.clone()))
                })
                .await
        });
        Ok(added.await.map_err(Unavailable::from)??.view())
    }

    /// Whoever may not, or asks for too many, costs no look at the store.
    fn may_add(&self, call: &Call, by: &UserId, users: &[UserId]) -> Result<(), CommandError> {
        let seats = call.parts().policy.seats();
        if call.is_present(by) && usize::try_from(seats).is_ok_and(|seats| users.len() > seats) {
            return Err(RejectionKind::TooManyParticipants { max: seats }.into());
        }
        call.apply(self.add(by, users, Vec::new()), self.clock.now())?;
        Ok(())
    }

    async fn in_other_calls(
        &self,
        call: CallId,
        users: &[UserId],
    ) -> Result<Vec<UserId>, CommandError> {
        let mut busy = Vec::new();
        for user in users {
            let calls = self.store.live_calls_of(user).await?;
            let mut others = calls.iter().filter(|stored| stored.call.id() != call);
            if others.any(|stored| stored.call.is_present(user)) {
                busy.push(user.clone());
            }
        }
        Ok(busy)
    }

    fn add(&self, by: &UserId, users: &[UserId], in_other_calls: Vec<UserId>) -> Command {
        let invitees = users.iter().map(|user| Invitee {
            user_id: user.clone(),
            name: self.bus.name(user),
            devices: self.bus.devices(user),
        });
        Command::Add {
            by: by.clone(),
            invitees: invitees.collect(),
            in_other_calls,
        }
    }
}
