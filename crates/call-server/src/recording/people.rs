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
    let media_before = before.filter(|p| p.present).map(|p| p.media);
    if after.present && media_before != Some(after.media) {
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
