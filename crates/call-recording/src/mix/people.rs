//! Who was there when, and what could be seen and heard of them: what the manifest says, in spans of milliseconds.

use std::collections::BTreeMap;

use call_domain::UserId;

use super::span::{Span, Spans};
use crate::{Consent, Event, Manifest, ManifestTrack, Source};

/// A picture that stands still for so long is a fault of the network; for longer, nobody is seen.
const STANDS_STILL_MS: u64 = 3_000;

/// A recording is no longer.
const LONGEST_MS: u64 = 48 * 3_600_000;

/// Somebody in the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: String,
    /// In the call, and may be recorded.
    pub(super) here: Spans,
    pub(super) camera: Vec<Shown>,
    pub(super) screen: Vec<Shown>,
    /// The tracks of their microphone, by their places in the manifest.
    pub(super) voices: Vec<usize>,
}

/// When a track is to be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    /// Its place in the manifest.
    pub(super) track: usize,
    pub(super) when: Spans,
}

impl Person {
    /// The track to be seen at a time: the one that began last.
    pub(super) fn at(shown: &[Shown], at: u64) -> Option<usize> {
        let mut tracks = shown.iter().rev();
        tracks
            .find(|shown| shown.when.contains(at))
            .map(|shown| shown.track)
    }
}

/// How long the recording is, in milliseconds.
pub(super) fn length(manifest: &Manifest) -> u64 {
    let tracks = manifest.tracks.iter().map(end);
    let length = match manifest.duration_ms {
        0 => tracks.max().unwrap_or(0),
        known => known,
    };
    length.min(LONGEST_MS)
}

/// Everybody in the order of coming.
pub(super) fn people(manifest: &Manifest) -> Vec<Person> {
    let length = length(manifest);
    let mut order: Vec<&UserId> = manifest.participants.iter().map(|p| &p.user_id).collect();
    let mut said: BTreeMap<&UserId, Said<'_>> = BTreeMap::new();
    for participant in &manifest.participants {
        let said = said.entry(&participant.user_id).or_default();
        said.name = participant.name.as_deref();
        said.consent = participant.consent;
    }
    for (index, track) in manifest.tracks.iter().enumerate() {
        let said = said.entry(&track.user_id).or_insert_with(|| {
            order.push(&track.user_id);
            Said::default()
        });
        said.tracks.push((index, track));
    }
    for event in &manifest.events {
        note(&mut said, event.at_ms.min(length), &event.event);
    }
    order
        .into_iter()
        .filter_map(|user| said.remove(user).map(|said| said.person(user, length)))
        .collect()
}

/// What is said of one person.
#[derive(Default)]
struct Said<'a> {
    name: Option<&'a str>,
    consent: Option<Consent>,
    tracks: Vec<(usize, &'a ManifestTrack)>,
    presence: Vec<(u64, bool)>,
    consents: Vec<(u64, bool)>,
    camera: Vec<(u64, bool)>,
    screen: Vec<(u64, bool)>,
}

fn note(said: &mut BTreeMap<&UserId, Said<'_>>, at: u64, event: &Event) {
    match event {
        Event::ParticipantJoined { user_id } => {
            let Some(said) = said.get_mut(user_id) else {
                return;
            };
            said.presence.push((at, true));
        }
        Event::ParticipantLeft { user_id } => {
            let Some(said) = said.get_mut(user_id) else {
                return;
            };
            said.presence.push((at, false));
        }
        Event::Consent { user_id, given } => {
            let Some(said) = said.get_mut(user_id) else {
                return;
            };
            said.consents.push((at, *given));
        }
        Event::MediaChanged {
            user_id,
            video,
            screen,
            audio: _,
        } => {
            let Some(said) = said.get_mut(user_id) else {
                return;
            };
            said.camera.push((at, *video));
            said.screen.push((at, *screen));
        }
        Event::RecordingStarted { .. }
        | Event::RecordingStopped { .. }
        | Event::RecorderRestarted => {}
    }
}

impl Said<'_> {
    fn person(self, user: &UserId, length: u64) -> Person {
        let all = Spans::of([Span::new(0, length)]);
        // What was recorded proves that they were there; events may be missing around a restart.
        let recorded = Spans::of(self.tracks.iter().flat_map(|(_, track)| received(track)));
        let may = match (self.consents.is_empty(), self.consent) {
            // Only who is asked answers: until there is a yes, it is a no.
            (false, _) => Spans::switched(false, self.consents.iter().copied(), length),
            (true, None | Some(Consent::Given)) => all.clone(),
            (true, Some(Consent::Asked | Consent::Refused)) => Spans::default(),
        };
        let here = match self.presence.first() {
            Some((_, first)) => Spans::switched(!first, self.presence.iter().copied(), length),
            None => Spans::of(
                self.tracks
                    .iter()
                    .map(|(_, t)| Span::new(t.offset_ms, end(t))),
            ),
        };
        let shown = |source, changes: &[(u64, bool)]| -> Vec<Shown> {
            let of_source = self
                .tracks
                .iter()
                .filter(|(_, track)| track.source == source);
            let shown = of_source.map(|(index, track)| Shown {
                track: *index,
                when: to_be_seen(track, changes, length).and(&all),
            });
            shown.filter(|shown| !shown.when.is_empty()).collect()
        };
        let voices = self
            .tracks
            .iter()
            .filter(|(_, track)| track.source == Source::Audio);
        Person {
            name: self.name.unwrap_or(user.as_str()).to_owned(),
            here: here.and(&may).or(&recorded).and(&all),
            camera: shown(Source::Video, &self.camera),
            screen: shown(Source::Screen, &self.screen),
            voices: voices.map(|(index, _)| *index).collect(),
        }
    }
}

/// The end of a track's last frame, in the recording's time.
fn end(track: &ManifestTrack) -> u64 {
    track.offset_ms.saturating_add(track.duration_ms)
}

/// When frames of a track were received.
fn received(track: &ManifestTrack) -> Vec<Span> {
    let mut from = track.offset_ms;
    let mut spans = Vec::with_capacity(track.gaps.len() + 1);
    for gap in gaps(track) {
        spans.push(Span::new(from, gap.from));
        from = gap.to;
    }
    spans.push(Span::new(from, end(track)));
    spans
}

/// The gaps of a track, in the recording's time.
pub(super) fn gaps(track: &ManifestTrack) -> impl Iterator<Item = Span> {
    let place = |ms: u64| track.offset_ms.saturating_add(ms);
    track
        .gaps
        .iter()
        .map(move |gap| Span::new(place(gap.from_ms), place(gap.to_ms)))
}

/// When a track's picture is to be seen: while frames came and it was said to be on, and through short gaps. What does not move
/// on a screen is not sent again: it stays as long as the screen is shared.
///
/// Somebody who was never said to show a picture, but did, is believed the picture.
fn to_be_seen(track: &ManifestTrack, changes: &[(u64, bool)], length: u64) -> Spans {
    let told = changes.iter().any(|(_, on)| *on);
    let on = if told {
        Spans::switched(true, changes.iter().copied(), length)
    } else {
        Spans::of([Span::new(0, length)])
    };
    let patient = told && track.source == Source::Screen;
    let through =
        gaps(track).filter(|gap| (patient || gap.length() < STANDS_STILL_MS) && on.cover(*gap));
    Spans::of(received(track).into_iter().chain(through)).and(&on)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mix::example::{consent, gap, joined, left, manifest, media, track};

    fn spans(pairs: &[(u64, u64)]) -> Spans {
        Spans::of(pairs.iter().map(|&(from, to)| Span::new(from, to)))
    }

    #[test]
    fn somebody_is_there_from_coming_to_leaving() {
        let mut call = manifest(60_000, vec![track("ann", Source::Audio, 0, 60_000)]);
        call.participants.push(crate::ManifestParticipant {
            user_id: "bob".parse().unwrap(),
            name: Some("Bob".to_owned()),
            consent: None,
        });
        call.events = vec![
            joined(5_000, "bob"),
            left(20_000, "bob"),
            joined(50_000, "bob"),
        ];
        let people = people(&call);
        assert_eq!(people[0].here, spans(&[(0, 60_000)]));
        assert_eq!(people[0].name, "ann");
        assert_eq!(people[1].here, spans(&[(5_000, 20_000), (50_000, 60_000)]));
        assert_eq!(people[1].name, "Bob");
    }

    #[test]
    fn nobody_is_shown_before_they_said_yes_nor_after_they_said_no() {
        let mut call = manifest(60_000, vec![track("bob", Source::Video, 10_000, 20_000)]);
        call.participants[0].consent = Some(Consent::Refused);
        let events = [
            joined(0, "bob"),
            consent(10_000, "bob", true),
            consent(30_000, "bob", false),
        ];
        call.events = events.to_vec();
        assert_eq!(people(&call)[0].here, spans(&[(10_000, 30_000)]));
        call.tracks.clear();
        // Asked, and no.
        call.events = vec![joined(0, "bob"), consent(10_000, "bob", false)];
        assert_eq!(people(&call)[0].here, spans(&[]));
        call.events.push(consent(20_000, "bob", true));
        assert_eq!(people(&call)[0].here, spans(&[(20_000, 60_000)]));
        call.events.truncate(1);
        for (consent, here) in [
            (Some(Consent::Asked), spans(&[])),
            (Some(Consent::Refused), spans(&[])),
            (Some(Consent::Given), spans(&[(0, 60_000)])),
            (None, spans(&[(0, 60_000)])),
        ] {
            call.participants[0].consent = consent;
            assert_eq!(people(&call)[0].here, here, "{consent:?}");
        }
    }

    #[test]
    fn a_camera_is_seen_while_it_is_on_and_sends() {
        let mut camera = track("ann", Source::Video, 1_000, 50_000);
        camera.gaps = vec![gap(4_000, 6_000), gap(20_000, 25_000), gap(40_000, 41_500)];
        let mut call = manifest(60_000, vec![camera]);
        let seen = |call: &Manifest| people(call)[0].camera[0].when.clone();
        // Two seconds are a fault of the network; five are not.
        assert_eq!(seen(&call), spans(&[(1_000, 21_000), (26_000, 51_000)]));
        call.events = vec![
            media(1_500, "ann", true, false),
            media(40_000, "ann", false, false),
        ];
        assert_eq!(
            seen(&call),
            spans(&[(0, 21_000), (26_000, 40_000)]).and(&spans(&[(1_000, 40_000)]))
        );
        // Never said to be on: the picture is believed.
        call.events = vec![media(0, "ann", false, false)];
        assert_eq!(seen(&call), spans(&[(1_000, 21_000), (26_000, 51_000)]));
    }

    #[test]
    fn a_still_screen_stays_as_long_as_it_is_shared() {
        let mut screen = track("ann", Source::Screen, 1_000, 50_000);
        screen.gaps = vec![gap(4_000, 30_000)];
        let mut call = manifest(60_000, vec![screen]);
        let seen = |call: &Manifest| people(call)[0].screen[0].when.clone();
        assert_eq!(seen(&call), spans(&[(1_000, 5_000), (31_000, 51_000)]));
        call.events = vec![media(900, "ann", false, true)];
        assert_eq!(seen(&call), spans(&[(1_000, 51_000)]));
    }

    #[test]
    fn of_two_tracks_the_later_is_seen() {
        let tracks = vec![
            track("ann", Source::Video, 0, 30_000),
            track("ann", Source::Video, 20_000, 30_000),
        ];
        let ann = &people(&manifest(60_000, tracks))[0];
        let seen = [10_000, 25_000, 40_000, 55_000].map(|at| Person::at(&ann.camera, at));
        assert_eq!(seen, [Some(0), Some(1), Some(1), None]);
    }

    #[test]
    fn a_manifest_of_nonsense_is_no_panic() {
        let mut wild = track("ann", Source::Video, u64::MAX - 5, u64::MAX);
        wild.gaps = vec![gap(9, 3), gap(u64::MAX, u64::MAX), gap(0, u64::MAX)];
        let mut call = manifest(0, vec![wild]);
        call.events = vec![left(u64::MAX, "ann"), joined(3, "ann"), joined(3, "nobody")];
        assert_eq!(length(&call), LONGEST_MS);
        assert_eq!(people(&call).len(), 1);
    }
}
