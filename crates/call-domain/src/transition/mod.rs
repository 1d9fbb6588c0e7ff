//! What a command does to a call: one file per use case.
//!
//! *Wishes* of users (answer, join, reject, add, remove, mute, …) are refused where they cannot be
//! granted; ending and leaving is granted already to whoever is out. *Reports* of what has happened (offer,
//! alert, connect, disconnect, resume, abort of a recording) are never refused for coming too late: they race with
//! everything, and then change nothing.

mod add;
mod alert;
mod answer;
mod conclude;
mod connect;
mod draft;
mod end;
mod expire;
mod hand;
mod invite;
mod join;
mod leave;
mod media;
mod mute;
mod offer;
mod reconnect;
mod recording;
mod recover;
mod reject;
mod remove;
mod rights;
mod role;
mod settle;
mod topology;

pub(crate) use conclude::conclude;
pub(crate) use draft::Draft;
pub(crate) use invite::invite;

use crate::{Call, Command, Effect, Event, Rejection, Timestamp};

/// What a command did to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The call as it is now.
    pub call: Call,
    /// What happened, for the log; empty when the command changed nothing.
    pub events: Vec<Event>,
    /// What to do once the step is durable, in this order.
    pub effects: Vec<Effect>,
}

impl Call {
    /// Decides what a command does to this call at this time.
    ///
    /// A step with events is the next version of the call; one without changed nothing, and has
    /// no effects either.
    pub fn apply(&self, command: Command, now: Timestamp) -> Result<Step, Rejection> {
        let mut draft = Draft::new(self.parts.clone(), command.name(), now);
        match command {
            Command::Offer { user, device } => offer::offer(&mut draft, user, device)?,
            Command::Alert { user, device } => alert::alert(&mut draft, user, device)?,
            Command::Answer {
                user,
                device,
                name,
                online,
            } => answer::answer(&mut draft, user, device, name, online)?,
            Command::Reject { user, reason } => reject::reject(&mut draft, user, reason)?,
            Command::End { user } => end::end(&mut draft, user)?,
            Command::EndByModerator { moderator } => end::end_by_moderator(&mut draft, moderator),
            Command::Leave { user } => leave::leave(&mut draft, user)?,
            Command::ChangeMedia { user, change } => {
                media::change_media(&mut draft, user, change)?;
            }
            Command::Connect { user, device } => connect::connect(&mut draft, user, device)?,
            Command::Disconnect { user, device } => {
                reconnect::disconnect(&mut draft, user, device)?;
            }
            Command::Resume { user, device } => reconnect::resume(&mut draft, user, device)?,
            Command::Add {
                by,
                invitees,
                in_other_calls,
            } => add::add(&mut draft, &by, invitees, &in_other_calls)?,
            Command::Join {
                user,
                device,
                name,
                online,
            } => join::join(&mut draft, user, device, name, online)?,
            Command::Remove { by, admin, user } => remove::remove(&mut draft, by, admin, user)?,
            Command::Mute { by, user, off } => mute::mute(&mut draft, by, user, off)?,
            Command::SetRole { by, user, role } => role::set_role(&mut draft, by, user, role)?,
            Command::RaiseHand { user, raised } => hand::raise_hand(&mut draft, user, raised)?,
            Command::StartRecording {
                by,
                admin,
                id,
                mode,
            } => recording::start(&mut draft, by, admin, id, mode)?,
            Command::StopRecording { by, admin } => recording::stop(&mut draft, by, admin)?,
            Command::ConsentToRecording { user, given } => {
                recording::consent(&mut draft, user, given)?;
            }
            Command::AbortRecording { id, cause } => recording::abort(&mut draft, id, cause),
            Command::Recover => recover::recover(&mut draft),
            Command::Expire => expire::expire(&mut draft),
        }
        recording::follow(&mut draft);
        topology::follow(&mut draft);
        Ok(draft.finish())
    }
}
