use std::sync::Arc;

use call_domain::{Address, Call, CallId, Command, Notice, Participant, UserId};
use call_store::StoreError;

use crate::message;
use crate::{CallView, CommandError, Engine};

/// Somebody who is online.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// Who.
    pub user_id: UserId,
    /// The name, if the credential said it.
    pub name: Option<String>,
}

impl Engine {
    /// A device has opened its socket: it takes up the call that it is in, and is sent the calls
    /// that ring for its user. Returns every live call of the user.
    ///
    /// The device must be known to the hub by now, so that nothing is missed between this and the
    /// next change of a call.
    pub async fn opened(
        self: &Arc<Self>,
        who: &Address,
        name: Option<&str>,
    ) -> Result<Vec<CallView>, StoreError> {
        if let Some(present) = self.bus.opened(who, name) {
            self.tell_presence(&present, true);
        }
        self.rooms_reconnected(who);
        let mut calls = Vec::new();
        for stored in self.store.live_calls_of(&who.user).await? {
            let id = stored.call.id();
            let device = who.clone();
            match self
                .execute(id, move |engine, call| engine.attach(call, &device))
                .await
            {
                Ok(call) if !call.call.is_ended() => calls.push(call),
                Ok(_) | Err(CommandError::NotFound | CommandError::Ended(_)) => {}
                Err(error) => {
                    // The device may see the call all the same; the next sweep tries again.
                    tracing::warn!(call = %id, %error, "a device could not be attached");
                    calls.push(stored.into());
                }
            }
        }
        for view in &calls {
            if view
                .call
                .participant(&who.user)
                .is_some_and(Participant::is_ringing)
                && let Some(frame) = message::single(view, &Notice::Incoming)
            {
                self.bus.send_to(who, &frame);
            }
        }
        Ok(calls)
    }

    /// A device that has opened its socket has been told so: the signals that were kept for it
    /// follow, and the offer that it has not answered. After a restart of the server it gets a new one.
    pub fn ready(&self, who: &Address) {
        for live in self.roster.of_user(&who.user) {
            if selected(&live.call, who) {
                live.line
                    .kept
                    .deliver(&who.user, |signal| self.bus.send_to(who, signal));
                self.rooms_ready(&live, who);
            }
        }
    }

    /// A device has lost its socket. That is no hang-up: it may come back.
    pub async fn closed(self: &Arc<Self>, who: &Address) {
        if let Some(gone) = self.bus.closed(who) {
            self.tell_presence(&gone, false);
        }
        for live in self.roster.of_user(&who.user) {
            if !selected(&live.call, who) {
                continue;
            }
            let id: CallId = live.call.id();
            let device = who.clone();
            let detach = move |engine: &Engine, _: &Call| {
                // Whoever is back by now, with another socket, has lost nothing.
                let lost = !engine.bus.is_online(&device);
                let Address { user, device } = device.clone();
                lost.then_some(Command::Disconnect { user, device })
            };
            if let Err(error) = self.execute(id, detach).await {
                tracing::warn!(call = %id, %error, "a lost connection could not be noted");
            }
        }
    }

    /// Everybody who is online, by user id; `None` where that is not shown.
    pub fn present(&self) -> Option<Vec<Present>> {
        self.config.presence_directory.then(|| self.bus.present())
    }

    /// The command by which a device that came online takes its part in a call.
    fn attach(&self, call: &Call, who: &Address) -> Option<Command> {
        let participant = call.participant(&who.user)?;
        if !self.bus.is_online(who) {
            return None;
        }
        let (user, device) = (who.user.clone(), who.device.clone());
        if participant.is_ringing() {
            Some(Command::Offer { user, device })
        } else if participant.selected_device() == Some(&device) {
            Some(Command::Resume { user, device })
        } else {
            None
        }
    }

    fn tell_presence(&self, who: &Present, online: bool) {
        if self.config.presence_directory {
            self.bus
                .send_to_all(&message::presence_changed(who, online));
        }
    }
}

fn selected(call: &Call, who: &Address) -> bool {
    call.participant(&who.user)
        .and_then(|p| p.selected_device())
        == Some(&who.device)
}
