//! All that was to be heard, as one sound.

use std::fmt::Write as _;

use super::clip::input;
use super::span::Span;
use super::step::{Amount, Step, seconds, words};
use super::{Ffmpeg, people};
use crate::{Manifest, ManifestTrack, Source};

/// A longer silence parts a track: ffmpeg would fill it in memory.
const LONGEST_SILENCE_MS: u64 = 5_000;

/// A track has no more parts: beyond, only its longest silences part it.
const MOST_PARTS: usize = 24;

/// So many parts are mixed at a time; more in groups first.
const MOST_AT_ONCE: usize = 32;

/// How long the mix plays, in milliseconds, exactly.
pub(super) struct Length(pub(super) u64);

impl Length {
    pub(super) fn amount(&self) -> Amount {
        Amount::Micros(self.0 * 1000)
    }
}

/// A part of a track, in milliseconds of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) track: usize,
    pub(super) span: Span,
}

/// Whether a track is heard.
pub(super) fn is_heard(track: &ManifestTrack) -> bool {
    match track.source {
        Source::Audio | Source::ScreenAudio => true,
        Source::Video | Source::Screen => false,
    }
}

/// What is to be heard of these tracks, parted where it is silent for long.
pub(super) fn parts(manifest: &Manifest, tracks: &[usize], length: &Length) -> Vec<Part> {
    let track = |index: usize| manifest.tracks.get(index).map(|track| (index, track));
    let tracks = tracks.iter().filter_map(|index| track(*index));
    let parts = tracks.flat_map(|(index, track)| {
        spans(track)
            .into_iter()
            .map(move |span| Part { track: index, span })
    });
    parts.filter(|part| part.span.from < length.0).collect()
}

fn spans(track: &ManifestTrack) -> Vec<Span> {
    let mut silences: Vec<Span> = people::gaps(track)
        .filter(|gap| gap.length() >= LONGEST_SILENCE_MS)
        .collect();
    silences.sort_by_key(|silence| std::cmp::Reverse(silence.length()));
    silences.truncate(MOST_PARTS - 1);
    silences.sort_unstable();
    let mut from = track.offset_ms;
    let mut spans = Vec::with_capacity(silences.len() + 1);
    for silence in silences {
        spans.push(Span::new(from, silence.from));
        from = silence.to;
    }
    spans.push(Span::new(
        from,
        track.offset_ms.saturating_add(track.duration_ms),
    ));
    spans.retain(|span| span.length() > 0);
    spans
}

/// The steps that mix the parts; the last makes the whole. None where nothing is to be heard.
pub(super) fn steps(
    manifest: &Manifest,
    parts: &[Part],
    length: &Length,
    ffmpeg: &Ffmpeg,
) -> Vec<Step> {
    let groups = parts.chunks(MOST_AT_ONCE).enumerate();
    let mut steps: Vec<Step> = groups
        .map(|(number, parts)| group(manifest, parts, number, length, ffmpeg))
        .collect();
    let mut apart: Vec<String> = steps.iter().map(Step::path).collect();
    while apart.len() > 1 {
        let groups = apart.chunks(MOST_AT_ONCE);
        let joined: Vec<Step> = groups.map(|files| whole(files, length, ffmpeg)).collect();
        apart = joined.iter().map(Step::path).collect();
        steps.extend(joined);
    }
    steps
}

fn group(
    manifest: &Manifest,
    parts: &[Part],
    number: usize,
    length: &Length,
    ffmpeg: &Ffmpeg,
) -> Step {
    let mut args = Vec::new();
    let mut graph = String::new();
    let tracks = parts
        .iter()
        .filter_map(|part| Some((part, manifest.tracks.get(part.track)?)));
    let mut count = 0;
    for (part, track) in tracks {
        args.extend(words(
            "-threads 1 -protocol_whitelist file,pipe -f matroska",
        ));
        let begin = part.span.from.saturating_sub(track.offset_ms);
        if begin > 0 {
            args.extend(words(&format!("-ss {}", seconds(begin * 1000))));
        }
        // A tenth of a second more: the last frame, and what time stamps are rounded by.
        let lasts = part.span.length() * 1000 + 100_000;
        args.extend(words(&format!("-t {}", seconds(lasts))));
        args.extend(["-i".to_owned(), input(track)]);
        // Time stamps rule: where sound and they are 30 ms apart, silence is put in or sound taken out. To stretch sound instead
        // (`async` above 1) follows time stamps that are a millisecond early or late away from the truth, for good.
        let _ = write!(
            graph,
            "[{count}:a:0]aresample=48000:async=1:min_hard_comp=0.03:first_pts=0,\
             aformat=sample_fmts=fltp:channel_layouts=stereo,adelay=delays={}:all=1[v{count}];",
            part.span.from
        );
        count += 1;
    }
    mixed(&mut graph, "v", "", count);
    finish(args, graph, &format!("voices-{number:03}"), length, ffmpeg)
}

fn whole(files: &[String], length: &Length, ffmpeg: &Ffmpeg) -> Step {
    let mut args = Vec::new();
    for file in files {
        args.extend(words(
            "-threads 1 -protocol_whitelist file,pipe -f matroska -i",
        ));
        args.push(file.clone());
    }
    let mut graph = String::new();
    mixed(&mut graph, "", ":a:0", files.len());
    finish(args, graph, "voices-joined", length, ffmpeg)
}

/// Added as they are, so that nobody becomes louder when another leaves; where many speak at once, a limiter keeps it from
/// being cut off.
fn mixed(graph: &mut String, before: &str, after: &str, count: usize) {
    for input in 0..count {
        let _ = write!(graph, "[{before}{input}{after}]");
    }
    let _ = write!(
        graph,
        "amix=inputs={count}:duration=longest:dropout_transition=0:normalize=0,\
         alimiter=limit=0.95:attack=5:release=50:level=0,apad[out]"
    );
}

fn finish(
    mut args: Vec<String>,
    graph: String,
    name: &str,
    length: &Length,
    ffmpeg: &Ffmpeg,
) -> Step {
    let micros = length.0 * 1000;
    args.extend(["-filter_complex".to_owned(), graph]);
    args.extend(words(&format!(
        "-map [out] -t {} -c:a flac -sample_fmt s16 -ar 48000 -ac 2",
        seconds(micros)
    )));
    Step::piped(
        ffmpeg,
        "mix the voices",
        name,
        "matroska",
        args,
        Amount::Micros(micros),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mix::example::{gap, manifest, track};

    #[test]
    fn long_silences_part_a_track_and_short_ones_do_not() {
        let mut voice = track("ann", Source::Audio, 1_000, 60_000);
        voice.gaps = vec![gap(5_000, 9_000), gap(20_000, 30_000)];
        let manifest = manifest(90_000, vec![voice]);
        let parts: Vec<Span> = parts(&manifest, &[0], &Length(90_000))
            .iter()
            .map(|p| p.span)
            .collect();
        assert_eq!(parts, [Span::new(1_000, 21_000), Span::new(31_000, 61_000)]);
    }

    #[test]
    fn of_very_many_silences_only_the_longest_part_it() {
        let mut voice = track("ann", Source::Audio, 0, 10_000_000);
        voice.gaps = (0..200)
            .map(|n| gap(n * 50_000 + 1_000, n * 50_000 + 7_000 + n))
            .collect();
        let manifest = manifest(10_000_000, vec![voice]);
        let parts = parts(&manifest, &[0], &Length(10_000_000));
        assert_eq!(parts.len(), MOST_PARTS);
        assert_eq!(parts[0].span, Span::new(0, 177 * 50_000 + 1_000));
    }
}
