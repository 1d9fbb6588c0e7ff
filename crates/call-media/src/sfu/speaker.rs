//! Who speaks, from audio levels (RFC 6464).

use std::time::{Duration, Instant};

/// News of who speaks comes at most this often.
const INTERVAL: Duration = Duration::from_millis(200);
/// Louder than this is speech: −45 dBov.
const LOUD: f32 = 82.0;
/// Speech has pauses; who was silent for longer does not speak.
const PAUSE: Duration = Duration::from_millis(1200);
/// Without a packet for so long it is silent (RFC 7587 section 3.1.3: there may be only one in 400 ms then).
const GONE: Duration = Duration::from_millis(600);
/// How much louder somebody has to be to come before another, in decibels.
const LOUDER: f32 = 6.0;
/// What the newest packet counts in the loudness of the moment, if it is louder and if it is not: a word is heard at once, a click
/// is not.
const ATTACK: f32 = 0.2;
const DECAY: f32 = 0.05;
/// What it counts in the loudness that decides who comes first.
const AVERAGE: f32 = 0.02;

/// Who speaks in a room, and who spoke last. `K` names a peer.
#[derive(Debug)]
pub(crate) struct Speakers<K> {
    voices: Vec<Voice<K>>,
    active: Vec<K>,
    recent: Vec<K>,
    updated: Option<Instant>,
    due: Option<Instant>,
    /// Somebody who spoke was removed.
    changed: bool,
}

#[derive(Debug)]
struct Voice<K> {
    who: K,
    /// Decibels over silence (127 − level), smoothed.
    now: f32,
    average: f32,
    heard: Instant,
    /// When it was loud last.
    spoke: Option<Instant>,
}

impl<K: Copy + Eq> Speakers<K> {
    /// Nobody speaks.
    pub(crate) fn new() -> Self {
        Self {
            voices: Vec::new(),
            active: Vec::new(),
            recent: Vec::new(),
            updated: None,
            due: None,
            changed: false,
        }
    }

    /// A packet of somebody's microphone came with this level, in −dBov: 0 is the loudest, 127 silence.
    pub(crate) fn heard(&mut self, now: Instant, who: K, level: u8) {
        let loudness = f32::from(127 - level.min(127));
        let known = self.voices.iter().position(|voice| voice.who == who);
        let at = known.unwrap_or_else(|| {
            self.voices.push(Voice {
                who,
                now: 0.0,
                average: 0.0,
                heard: now,
                spoke: None,
            });
            self.voices.len() - 1
        });
        let Some(voice) = self.voices.get_mut(at) else {
            return;
        };
        voice.hear(now, loudness);
        if voice.spoke == Some(now) {
            self.remind(now);
        }
    }

    /// Somebody left, or was muted.
    pub(crate) fn remove(&mut self, who: K) {
        self.voices.retain(|voice| voice.who != who);
        self.recent.retain(|other| *other != who);
        let active = self.active.len();
        self.active.retain(|other| *other != who);
        if self.active.len() < active {
            self.changed = true;
            let next = self.updated.map(|updated| updated + INTERVAL);
            self.due = self.due.or(next);
        }
    }

    /// Weighs what was heard; true when [`Speakers::active`] has changed. Call it when [`Speakers::next_deadline`] has come.
    pub(crate) fn update(&mut self, now: Instant) -> bool {
        self.updated = Some(now);
        let before = self.active.clone();
        let voices = &self.voices;
        let average = |who: &K| {
            let voice = voices.iter().find(|voice| voice.who == *who);
            voice.map_or(0.0, |voice| voice.average)
        };
        let speaks = |voice: &&Voice<K>| voice.speaks(now);
        let speaking = || voices.iter().filter(speaks).map(|voice| voice.who);
        self.active
            .retain(|who| speaking().any(|other| other == *who));
        for who in speaking() {
            if !self.active.contains(&who) {
                let quieter = |other: &K| average(other) + LOUDER < average(&who);
                let place = self.active.iter().position(quieter);
                self.active.insert(place.unwrap_or(self.active.len()), who);
            }
        }
        // Who is much louder by now goes up, one place at a time.
        for place in 1..self.active.len() {
            let (ahead, behind) = (self.active[place - 1], self.active[place]);
            if average(&behind) > average(&ahead) + LOUDER {
                self.active.swap(place - 1, place);
            }
        }
        self.due = None;
        if !self.active.is_empty() {
            self.remind(now);
        }
        self.remember();
        std::mem::take(&mut self.changed) || before != self.active
    }

    /// When to call [`Speakers::update`]; none while it is quiet.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Who speaks, the loudest first.
    pub(crate) fn active(&self) -> &[K] {
        &self.active
    }

    /// Everybody who ever spoke, the last one first.
    pub(crate) fn recent(&self) -> &[K] {
        &self.recent
    }

    fn remind(&mut self, now: Instant) {
        let next = self.updated.map_or(now, |updated| updated + INTERVAL);
        self.due = Some(self.due.unwrap_or(next.max(now)));
    }

    /// Those who speak come before those who spoke. Among themselves they stay as they are: who is shown is not to change with
    /// every word.
    fn remember(&mut self) {
        for who in self.active.iter().rev() {
            if !self.recent.contains(who) {
                self.recent.insert(0, *who);
            }
        }
        let active = &self.active;
        self.recent.sort_by_key(|who| !active.contains(who));
    }
}

impl<K> Voice<K> {
    fn hear(&mut self, now: Instant, loudness: f32) {
        if now.saturating_duration_since(self.heard) > GONE {
            self.now = 0.0;
        }
        self.heard = now;
        let weight = if loudness > self.now { ATTACK } else { DECAY };
        self.now += weight * (loudness - self.now);
        self.average += AVERAGE * (loudness - self.average);
        if self.now > LOUD && loudness > LOUD {
            self.spoke = Some(now);
        }
    }

    fn speaks(&self, now: Instant) -> bool {
        let lately = |at: Instant| now.saturating_duration_since(at) <= PAUSE;
        self.spoke.is_some_and(lately) && now.saturating_duration_since(self.heard) <= GONE
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PACKET: Duration = Duration::from_millis(20);
    const SILENCE: u8 = 127;

    struct Room {
        now: Instant,
        speakers: Speakers<char>,
        /// Each change, with the milliseconds until then.
        news: Vec<(u128, String)>,
        began: Instant,
    }

    impl Room {
        fn new() -> Self {
            let now = Instant::now();
            Self {
                now,
                speakers: Speakers::new(),
                news: Vec::new(),
                began: now,
            }
        }

        fn goes_on(&mut self, time: u64, voices: &[(char, u8)]) {
            let end = self.now + Duration::from_millis(time);
            while self.now < end {
                self.now += PACKET;
                for (who, level) in voices {
                    self.speakers.heard(self.now, *who, *level);
                }
                self.update();
            }
        }

        fn update(&mut self) {
            let due = self.speakers.next_deadline();
            if due.is_some_and(|due| due <= self.now) && self.speakers.update(self.now) {
                let at = (self.now - self.began).as_millis();
                self.news
                    .push((at, self.speakers.active().iter().collect()));
            }
        }

        fn active(&self) -> String {
            self.speakers.active().iter().collect()
        }

        fn recent(&self) -> String {
            self.speakers.recent().iter().collect()
        }
    }

    #[test]
    fn who_speaks_is_known_at_once_and_for_the_length_of_a_pause() {
        let mut room = Room::new();
        room.goes_on(1000, &[('a', SILENCE), ('b', SILENCE)]);
        assert_eq!(room.speakers.next_deadline(), None);
        room.goes_on(400, &[('a', 25), ('b', 70)]);
        assert_eq!(room.active(), "a");
        assert!(room.news[0].0 < 1300, "{:?}", room.news);
        room.goes_on(800, &[('a', 80), ('b', 70)]);
        assert_eq!(room.active(), "a");
        room.goes_on(800, &[('a', 80), ('b', 70)]);
        assert_eq!(room.active(), "");
        assert_eq!(room.news.len(), 2);
        assert_eq!(room.speakers.next_deadline(), None);
    }

    #[test]
    fn a_click_and_a_hum_are_not_speech() {
        let mut room = Room::new();
        room.goes_on(2000, &[('a', 60)]);
        room.goes_on(20, &[('a', 0)]);
        room.goes_on(1000, &[('a', 60)]);
        assert_eq!(room.news, []);
        assert_eq!(room.recent(), "");
    }

    #[test]
    fn the_loudest_comes_first_and_keeps_its_place_against_one_just_as_loud() {
        let mut room = Room::new();
        room.goes_on(2000, &[('a', 40), ('b', 20)]);
        assert_eq!(room.active(), "ba");
        room.goes_on(5000, &[('a', 18), ('b', 20)]);
        assert_eq!(room.active(), "ba");
        room.goes_on(5000, &[('a', 18), ('b', 38)]);
        assert_eq!(room.active(), "ab");
    }

    #[test]
    fn those_who_spoke_last_are_remembered() {
        let mut room = Room::new();
        for who in ['a', 'b', 'c'] {
            room.goes_on(500, &[(who, 20)]);
            room.goes_on(2000, &[(who, SILENCE)]);
        }
        assert_eq!(room.active(), "");
        assert_eq!(room.recent(), "cba");
        room.goes_on(500, &[('a', 20)]);
        assert_eq!(room.recent(), "acb");
        room.speakers.remove('c');
        assert_eq!(room.recent(), "ab");
    }

    #[test]
    fn who_is_gone_does_not_speak() {
        let mut room = Room::new();
        room.goes_on(500, &[('a', 20), ('b', 20)]);
        assert_eq!(room.active().len(), 2);
        room.speakers.remove('a');
        room.goes_on(300, &[('b', 20)]);
        assert_eq!(room.active(), "b");
        assert_eq!(room.news.last().unwrap().1, "b");
        // No packets at all, as with discontinuous transmission or a lost connection.
        room.goes_on(1000, &[]);
        assert_eq!(room.active(), "");
    }

    #[test]
    fn the_last_speaker_leaving_is_news() {
        let mut room = Room::new();
        room.goes_on(500, &[('a', 20)]);
        room.speakers.remove('a');
        room.goes_on(300, &[]);
        assert_eq!(room.news.last().unwrap().1, "");
    }

    proptest! {
        #[test]
        fn news_are_few_and_say_something_new(
            turns in proptest::collection::vec((20..800_u64, proptest::collection::vec((0..5_usize, 0..=127_u8), 0..5), proptest::option::weighted(0.1, 0..5_usize)), 1..40)
        ) {
            let names = ['a', 'b', 'c', 'd', 'e'];
            let mut room = Room::new();
            for (time, voices, leaves) in turns {
                let voices: Vec<(char, u8)> = voices.into_iter().map(|(who, level)| (names[who], level)).collect();
                room.goes_on(time, &voices);
                if let Some(who) = leaves {
                    room.speakers.remove(names[who]);
                    prop_assert!(!room.active().contains(names[who]));
                    prop_assert!(!room.recent().contains(names[who]));
                }
                for who in room.speakers.active() {
                    prop_assert_eq!(room.speakers.active().iter().filter(|other| *other == who).count(), 1);
                    prop_assert!(room.speakers.recent()[..room.speakers.active().len()].contains(who));
                }
                prop_assert!(room.speakers.recent().len() <= names.len());
            }
            for pair in room.news.windows(2) {
                prop_assert!(pair[1].0 - pair[0].0 >= INTERVAL.as_millis());
            }
        }
    }
}
