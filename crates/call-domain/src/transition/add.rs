use super::{Draft, invite, rights};
use crate::{BusyPolicy, Event, Invitee, ParticipantStatus, Rejection, RejectionKind, UserId};

/// Somebody in the call has more people called; all of them, or none.
pub(super) fn add(
    draft: &mut Draft,
    by: &UserId,
    invitees: Vec<Invitee>,
    in_other_calls: &[UserId],
) -> Result<(), Rejection> {
    let role = rights::require_in_call(draft, by)?;
    // Before the look for duplicates, which a long list would make slow.
    draft.require_at_most(invitees.len())?;
    let called = without_those_in_it(draft, invitees);
    if called.is_empty() {
        return Ok(());
    }
    let put_out =
        |invitee: &Invitee| status(draft, &invitee.user_id) == Some(ParticipantStatus::Removed);
    // Who put somebody out has the last word.
    if !role.moderates() && called.iter().any(put_out) {
        return Err(draft.refusal(RejectionKind::NotAllowed));
    }
    let new = called
        .iter()
        .filter(|invitee| status(draft, &invitee.user_id).is_none())
        .count();
    draft.require_seats(called.len(), new)?;
    for invitee in called {
        let busy = match draft.parts.policy.busy {
            BusyPolicy::Reject => in_other_calls.contains(&invitee.user_id),
            BusyPolicy::Waiting => false,
        };
        draft.log(Event::Added {
            user: invitee.user_id.clone(),
            by: by.clone(),
        });
        invite(draft, invitee, busy);
        if !busy {
            // There is somebody to wait for.
            draft.parts.alone_deadline = None;
        }
    }
    draft.update();
    Ok(())
}

/// Those who are neither in the call nor called to it already, each once.
fn without_those_in_it(draft: &Draft, invitees: Vec<Invitee>) -> Vec<Invitee> {
    let mut called: Vec<Invitee> = Vec::new();
    for invitee in invitees {
        let user = &invitee.user_id;
        let in_it = status(draft, user).is_some_and(|s| s.is_present() || s.is_ringing());
        if !in_it && called.iter().all(|other| other.user_id != *user) {
            called.push(invitee);
        }
    }
    called
}

fn status(draft: &Draft, user: &UserId) -> Option<ParticipantStatus> {
    let mut participants = draft.parts.participants.iter();
    participants
        .find(|p| p.user_id == *user)
        .map(crate::Participant::status)
}
