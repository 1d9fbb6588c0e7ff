//! Who spoke when, by how loud their microphones were.

use std::collections::BTreeMap;

use super::Ffmpeg;
use super::clip::input;
use super::scenes::Turn;
use super::step::{Amount, Step, words};
use crate::ManifestTrack;

/// Loudness is measured over so long.
const WINDOW_MS: u64 = 500;

/// What is not louder is no speech (RMS, relative to full scale).
const SPEECH_DB: f32 = -45.0;

/// Somebody who is the loudest for so many windows is listened to …
const WINDOWS_TO_BE_HEARD: u32 = 2;

/// … unless another has only begun.
const SHORTEST_TURN_MS: u64 = 2_000;

/// How loud a microphone was at a time of the recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Loudness {
    pub(super) at_ms: u64,
    pub(super) db: f32,
}

/// How the loudness of a track is measured: the step leaves what [`loudness`] reads.
pub(super) fn step(index: usize, track: &ManifestTrack, ffmpeg: &Ffmpeg) -> Step {
    let mut args = words("-threads 1 -protocol_whitelist file,pipe -f matroska -i");
    args.push(input(track));
    args.extend(words("-map 0:a:0 -af"));
    args.push(format!(
        "aresample=48000,aformat=channel_layouts=mono,asetnsamples=n={}:p=0,\
         astats=metadata=1:reset=1:measure_perchannel=none:measure_overall=RMS_level,\
         ametadata=mode=print:key=lavfi.astats.Overall.RMS_level:file=-",
        WINDOW_MS * 48
    ));
    let amount = Amount::Micros(track.duration_ms * 1000);
    Step::piped(
        ffmpeg,
        "listen to a voice",
        &format!("speech-{index:04}"),
        "null",
        args,
        amount,
    )
}

/// Reads what [`step`] has left: a line with the time in the track, then one with the level.
pub(super) fn loudness(text: &str, offset_ms: u64) -> Vec<Loudness> {
    let mut at_ms = None;
    let mut all = Vec::new();
    for line in text.lines() {
        if let Some((_, time)) = line.split_once("pts_time:") {
            at_ms = millis(time.trim()).map(|ms| offset_ms.saturating_add(ms));
        } else if let Some((_, level)) = line.split_once("RMS_level=")
            && let (Some(at_ms), Ok(db)) = (at_ms.take(), level.trim().parse::<f32>())
        {
            all.push(Loudness { at_ms, db });
        }
    }
    all
}

/// Seconds with a fraction in decimal, in milliseconds.
fn millis(seconds: &str) -> Option<u64> {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(1000)?.checked_add(digits.parse().ok()?)
}

/// Whose turn it is, in the order of time: each person with what their microphones gave.
pub(super) fn turns(voices: &[(usize, Vec<Loudness>)]) -> Vec<Turn> {
    let mut loudest: BTreeMap<u64, (f32, usize)> = BTreeMap::new();
    for (person, levels) in voices {
        for level in levels.iter().filter(|level| level.db > SPEECH_DB) {
            let window = level.at_ms / WINDOW_MS;
            let best = loudest.entry(window).or_insert((level.db, *person));
            if level.db > best.0 {
                *best = (level.db, *person);
            }
        }
    }
    let mut turns: Vec<Turn> = Vec::new();
    let mut next: Option<(Turn, u32)> = None;
    for (window, (_, person)) in loudest {
        let now = window * WINDOW_MS;
        let (begun, windows) = match next {
            Some((turn, windows)) if turn.person == person => (turn, windows + 1),
            _ => (
                Turn {
                    from_ms: now,
                    person,
                },
                1,
            ),
        };
        next = Some((begun, windows));
        let may = match turns.last() {
            Some(last) => last.person != person && now >= last.from_ms + SHORTEST_TURN_MS,
            None => true,
        };
        if may && windows >= WINDOWS_TO_BE_HEARD {
            // From where they began, as far as another's turn allows.
            let earliest = turns
                .last()
                .map_or(0, |last| last.from_ms + SHORTEST_TURN_MS);
            turns.push(Turn {
                from_ms: begun.from_ms.max(earliest),
                person,
            });
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A voice that is so loud in each of these windows.
    fn voice(windows: impl IntoIterator<Item = u64>, db: f32) -> Vec<Loudness> {
        let levels = windows.into_iter().map(|window| Loudness {
            at_ms: window * WINDOW_MS,
            db,
        });
        levels.collect()
    }

    fn turn(from_ms: u64, person: usize) -> Turn {
        Turn { from_ms, person }
    }

    #[test]
    fn the_loudest_has_the_turn_and_keeps_it_through_silence() {
        let ann = voice((0..10).chain(30..40), -20.0);
        let bob = voice(8..25, -25.0);
        let turns = turns(&[(0, ann), (1, bob)]);
        assert_eq!(turns, [turn(0, 0), turn(5_000, 1), turn(15_000, 0)]);
    }

    #[test]
    fn a_cough_and_a_murmur_are_no_turn() {
        let ann = voice(0..40, -20.0);
        let cough = voice([20], -3.0);
        let murmur = voice(50..60, -60.0);
        assert_eq!(turns(&[(0, ann), (1, cough), (2, murmur)]), [turn(0, 0)]);
    }

    #[test]
    fn what_astats_prints_is_read() {
        let text = "frame:0    pts:0       pts_time:0\nlavfi.astats.Overall.RMS_level=-21.07\n\
                    frame:1    pts:24000   pts_time:0.5\nlavfi.astats.Overall.RMS_level=-inf\n\
                    frame:2    pts:48312   pts_time:1.0065\nlavfi.astats.Overall.RMS_level=-90.3\n\
                    frame:3    pts:x       pts_time:x\nlavfi.astats.Overall.RMS_level=-1\n";
        let levels = loudness(text, 2_000);
        let at: Vec<u64> = levels.iter().map(|level| level.at_ms).collect();
        assert_eq!(at, [2_000, 2_500, 3_006]);
        assert!(levels[1].db.is_infinite());
    }

    proptest! {
        #[test]
        fn turns_are_long_enough_and_alternate(
            levels in proptest::collection::vec((0_u64..200, -60.0_f32..0.0, 0_usize..4), 0..400),
        ) {
            let voices: Vec<(usize, Vec<Loudness>)> = (0..4).map(|person| {
                let own = levels.iter().filter(|level| level.2 == person);
                (person, own.map(|level| Loudness { at_ms: level.0 * 500, db: level.1 }).collect())
            }).collect();
            let turns = turns(&voices);
            for pair in turns.windows(2) {
                prop_assert!(pair[1].from_ms >= pair[0].from_ms + SHORTEST_TURN_MS);
                prop_assert_ne!(pair[0].person, pair[1].person);
            }
        }

        #[test]
        fn whatever_is_read_is_no_panic(text in ".{0,200}", offset in any::<u64>()) {
            loudness(&text, offset);
            loudness(&format!("pts_time:{text}\nRMS_level={text}"), offset);
        }
    }
}
