use super::{Draft, rights};
use crate::{
    Consent, ConsentState, Event, Recording, RecordingConsent, RecordingFault, RecordingId,
    RecordingMode, RecordingPolicy, RecordingStop, Rejection, RejectionKind, TopologyPolicy,
    UserId,
};

/// Somebody, or the policy, has the call recorded.
pub(super) fn start(
    draft: &mut Draft,
    by: Option<UserId>,
    admin: bool,
    id: RecordingId,
    mode: RecordingMode,
) -> Result<(), Rejection> {
    match &by {
        Some(by) => require_right(draft, by, admin)?,
        None => draft.require_live()?,
    }
    require_policy(draft, by.is_none())?;
    if let Some(running) = &draft.parts.recording {
        if running.id == id {
            return Ok(());
        }
        return Err(draft.refusal(RejectionKind::AlreadyRecording));
    }
    if !draft.was_answered() {
        return Err(draft.refusal(RejectionKind::NotAnswered));
    }
    let consent = draft.parts.policy.recording_consent;
    // Whoever starts a recording wants to be in it.
    let consents = match (consent, &by) {
        (RecordingConsent::Ask, Some(user)) if is_present(draft, user) => vec![Consent {
            user: user.clone(),
            state: ConsentState::Given { at: draft.now },
        }],
        (RecordingConsent::Ask | RecordingConsent::Notify, _) => Vec::new(),
    };
    draft.parts.recording = Some(Recording {
        id,
        mode,
        consent,
        started_by: by.clone(),
        started_at: draft.now,
        consents,
    });
    draft.log(Event::RecordingStarted {
        recording: id,
        by,
        mode,
        consent,
    });
    draft.recording_changed();
    Ok(())
}

/// Somebody stops the recording.
pub(super) fn stop(draft: &mut Draft, by: UserId, admin: bool) -> Result<(), Rejection> {
    require_right(draft, &by, admin)?;
    if draft.parts.recording.is_none() {
        return Err(draft.refusal(RejectionKind::NotRecording));
    }
    // What the policy forces is not for moderators to stop.
    if draft.parts.policy.recording == RecordingPolicy::Force && !admin {
        return Err(draft.refusal(RejectionKind::NotAllowed));
    }
    finish(draft, Some(by), None);
    Ok(())
}

/// Somebody who was asked says whether anything of theirs may be kept from now on.
pub(super) fn consent(draft: &mut Draft, user: UserId, given: bool) -> Result<(), Rejection> {
    rights::require_in_call(draft, &user)?;
    let not_recording = draft.refusal(RejectionKind::NotRecording);
    let not_asked = draft.refusal(RejectionKind::NotAsked);
    let now = draft.now;
    let recording = draft.parts.recording.as_mut().ok_or(not_recording)?;
    let mut consents = recording.consents.iter_mut();
    let consent = consents.find(|c| c.user == user).ok_or(not_asked)?;
    match (consent.state, given) {
        (ConsentState::Given { .. }, true) | (ConsentState::Refused { .. }, false) => return Ok(()),
        (ConsentState::Asked | ConsentState::Refused { .. }, true) => {
            consent.state = ConsentState::Given { at: now };
        }
        (ConsentState::Asked | ConsentState::Given { .. }, false) => {
            consent.state = ConsentState::Refused { at: now };
        }
    }
    let recording = recording.id;
    draft.log(Event::RecordingConsent {
        recording,
        user,
        given,
    });
    draft.recording_changed();
    Ok(())
}

/// The recorder cannot go on.
pub(super) fn abort(draft: &mut Draft, id: RecordingId, cause: RecordingFault) {
    if draft.parts.recording.as_ref().is_some_and(|r| r.id == id) {
        finish(draft, None, Some(cause));
    }
}

/// Lets the recording see who is in the call now: whoever has come is asked, once.
pub(super) fn follow(draft: &mut Draft) {
    let Some(recording) = &mut draft.parts.recording else {
        return;
    };
    if draft.parts.policy.topology == TopologyPolicy::P2p {
        return finish(draft, None, Some(RecordingFault::SfuUnavailable));
    }
    match recording.consent {
        RecordingConsent::Notify => {}
        RecordingConsent::Ask => {
            let mut asked = false;
            for participant in draft.parts.participants.iter().filter(|p| p.is_present()) {
                if recording.consent_of(&participant.user_id).is_none() {
                    recording.consents.push(Consent {
                        user: participant.user_id.clone(),
                        state: ConsentState::Asked,
                    });
                    asked = true;
                }
            }
            if asked {
                draft.recording_changed();
            }
        }
    }
}

/// The call ends, and its recording with it.
pub(super) fn conclude(draft: &mut Draft) {
    finish(draft, None, None);
}

/// It runs no longer.
fn finish(draft: &mut Draft, by: Option<UserId>, cause: Option<RecordingFault>) {
    if let Some(recording) = draft.parts.recording.take() {
        draft.parts.was_recorded = true;
        draft.log(Event::RecordingStopped {
            recording: recording.id,
            by: by.clone(),
            cause,
        });
        let id = recording.id;
        draft.recording_stopped(RecordingStop { id, by, cause });
    }
}

/// Only a moderator in the call, or somebody with power over all calls.
fn require_right(draft: &mut Draft, by: &UserId, admin: bool) -> Result<(), Rejection> {
    if admin {
        draft.require_live()
    } else {
        rights::require_moderator(draft, by)
    }
}

fn require_policy(draft: &Draft, forced: bool) -> Result<(), Rejection> {
    let policy = &draft.parts.policy;
    match policy.recording {
        RecordingPolicy::Forbid => return Err(draft.refusal(RejectionKind::RecordingForbidden)),
        RecordingPolicy::Allow if forced => return Err(draft.refusal(RejectionKind::NotAllowed)),
        RecordingPolicy::Allow | RecordingPolicy::Force => {}
    }
    match policy.topology {
        TopologyPolicy::P2p => Err(draft.refusal(RejectionKind::RecordingUnavailable)),
        TopologyPolicy::Auto | TopologyPolicy::Sfu => Ok(()),
    }
}

fn is_present(draft: &Draft, user: &UserId) -> bool {
    let mut participants = draft.parts.participants.iter();
    participants.any(|p| p.user_id == *user && p.is_present())
}
