use std::collections::{BTreeMap, BTreeSet};

use call_domain::{ConsentState, MediaState, UserId};
use call_engine::{Recorded, RecordingWish};
use call_recording::{Consent, Event};

/// Who is in a call that is recorded, as far as its recorder has been told.
#[derive(Debug, Default)]
pub(super) struct People {
    known: BTreeMap<UserId, Person>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Person {
    name: Option<String>,
    consent: Option<Consent>,
    media: MediaState,
    present: bool,
    /// Said yes, or need not be asked.
    may_record: bool,
}

/// What a recorder is to note of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Note {
    /// Who they are, and what they said to being recorded.
    Person {
        user: UserId,
        name: Option<String>,
        consent: Option<Consent>,
    },
    /// What happened.
    Event(Event),
}

impl People {
    /// Takes up what a wish says of people; returns what is new of it.
    pub(super) fn changes(&mut self, wish: &RecordingWish) -> Vec<Note> {
        let mut notes = Vec::new();
        for recorded in &wish.people {
            let after = Person::of(recorded);
            let before = self.known.get(&recorded.user);
            if before == Some(&after) {
                continue;
            }
            note(&mut notes, &recorded.user, before, &after);
            self.known.insert(recorded.user.clone(), after);
        }
        // Whoever is not spoken of any more is not there.
        let spoken_of: BTreeSet<&UserId> = wish.people.iter().map(|p| &p.user).collect();
        for (user, person) in &mut self.known {
            if person.present && !spoken_of.contains(user) {
                person.present = false;
                let user_id = user.clone();
                notes.push(Note::Event(Event::ParticipantLeft { user_id }));
            }
        }
        notes
    }
}

impl Person {
    fn of(recorded: &Recorded) -> Self {
        Self {
            name: recorded.name.clone(),
            consent: recorded.consent.map(consent),
            media: recorded.media,
            present: recorded.present,
            may_record: recorded.may_record,
        }
    }
}

fn note(notes: &mut Vec<Note>, user: &UserId, before: Option<&Person>, after: &Person) {
    let said = |person: &Person| (person.name.clone(), person.consent);
    if before.map(said) != Some(said(after)) {
        notes.push(Note::Person {
            user: user.clone(),
            name: after.name.clone(),
            consent: after.consent,
        });
    }
    let mut event = |event| notes.push(Note::Event(event));
    let user_id = || user.clone();
    let was_present = before.is_some_and(|person| person.present);
    if after.present && !was_present {
        event(Event::ParticipantJoined { user_id: user_id() });
    }
    let consent_before = before.and_then(|person| person.consent);
    if consent_before != after.consent {
        match after.consent {
            Some(Consent::Given) => event(Event::Consent {
                user_id: user_id(),
                given: true,
            }),
            Some(Consent::Refused) => event(Event::Consent {
                user_id: user_id(),
                given: false,
            }),
            Some(Consent::Asked) | None => {}
        }
    }
    // What somebody turns on and off is kept of those alone who may be recorded; it is told anew when they say yes.
    let is_kept = |person: &Person| person.present && person.may_record;
    let media_before = before.filter(|p| is_kept(p)).map(|p| p.media);
    if is_kept(after) && media_before != Some(after.media) {
        event(Event::MediaChanged {
            user_id: user_id(),
            audio: after.media.audio,
            video: after.media.video,
            screen: after.media.screen,
        });
    }
    if !after.present && was_present {
        event(Event::ParticipantLeft { user_id: user_id() });
    }
}

fn consent(state: ConsentState) -> Consent {
    match state {
        ConsentState::Asked => Consent::Asked,
        ConsentState::Given { .. } => Consent::Given,
        ConsentState::Refused { .. } => Consent::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{BEGINNING, person, user, wish};
    use super::*;

    #[test]
    fn only_what_is_new_about_people_is_noted() {
        let mut people = People::default();
        let alice = person("alice", true);
        let events = |notes: Vec<Note>| {
            let events = notes.into_iter().filter_map(|note| match note {
                Note::Event(event) => Some(event),
                Note::Person { .. } => None,
            });
            events.collect::<Vec<_>>()
        };
        let user_id = user("alice");
        let media = |audio| Event::MediaChanged {
            user_id: user_id.clone(),
            audio,
            video: false,
            screen: false,
        };
        let joined = Event::ParticipantJoined {
            user_id: user_id.clone(),
        };
        let left = Event::ParticipantLeft {
            user_id: user_id.clone(),
        };
        let mut step = |recorded: &Recorded| people.changes(&wish(1, None, vec![recorded.clone()]));
        let first = step(&alice);
        assert!(matches!(&first[0], Note::Person { name: Some(name), .. } if name == "ALICE"));
        assert_eq!(events(first), [joined.clone(), media(true)]);
        assert!(step(&alice).is_empty());
        let mut muted = alice.clone();
        muted.media.audio = false;
        assert_eq!(events(step(&muted)), [media(false)]);
        let mut asked = muted.clone();
        asked.consent = Some(ConsentState::Asked);
        let notes = step(&asked);
        assert!(matches!(notes[..], [Note::Person { .. }]), "{notes:?}");
        let at = *BEGINNING;
        for (state, given) in [
            (ConsentState::Given { at }, true),
            (ConsentState::Refused { at }, false),
        ] {
            asked.consent = Some(state);
            let said = Event::Consent {
                user_id: user_id.clone(),
                given,
            };
            assert_eq!(events(step(&asked)), [said]);
        }
        asked.present = false;
        assert_eq!(events(step(&asked)), std::slice::from_ref(&left));
        asked.present = true;
        assert_eq!(events(step(&asked)), [joined, media(false)]);
        // Whoever is not spoken of any more has left.
        assert_eq!(events(people.changes(&wish(2, None, vec![]))), [left]);
    }

    #[test]
    fn what_somebody_turns_on_is_noted_only_while_they_may_be_recorded() {
        let mut people = People::default();
        let mut media_noted = |recorded: &Recorded| {
            let notes = people.changes(&wish(1, None, vec![recorded.clone()]));
            let media = notes.into_iter().filter_map(|note| match note {
                Note::Event(Event::MediaChanged { video, .. }) => Some(video),
                Note::Event(_) | Note::Person { .. } => None,
            });
            media.collect::<Vec<_>>()
        };
        let at = *BEGINNING;
        let mut bob = person("bob", false);
        bob.consent = Some(ConsentState::Asked);
        assert_eq!(media_noted(&bob), [false; 0]);
        bob.media.video = true;
        assert_eq!(media_noted(&bob), [false; 0], "he has not said yes");
        bob.consent = Some(ConsentState::Given { at });
        bob.may_record = true;
        assert_eq!(media_noted(&bob), [true], "how he stands at his yes");
        bob.media.video = false;
        assert_eq!(media_noted(&bob), [false]);
        bob.consent = Some(ConsentState::Refused { at });
        bob.may_record = false;
        assert_eq!(media_noted(&bob), [false; 0]);
        bob.media.video = true;
        assert_eq!(media_noted(&bob), [false; 0], "he has taken it back");
        bob.may_record = true;
        assert_eq!(media_noted(&bob), [true]);
    }
}
