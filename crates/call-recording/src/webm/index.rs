//! What is known of the frames in a file: kept while it is written, or read back from it.

use std::time::Duration;

use super::ebml::{put_master, put_uint};
use super::element as id;
use super::header::TRACK;
use crate::Gap;

/// What a file's cues, its duration and its line in the manifest are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Index {
    /// How many frames there are.
    pub(crate) frames: u64,
    /// When the last frame begins, in milliseconds from the file's beginning.
    pub(crate) last_ms: Option<u64>,
    /// When it ends: what it says itself, or as long as those before it.
    pub(crate) end_ms: u64,
    /// Where there are no frames for a second or longer; the first so many thousand.
    pub(crate) gaps: Vec<Gap>,
    /// The width and height of the largest picture.
    pub(crate) size: Option<(u16, u16)>,
    cues: Vec<Cue>,
    min_cue_ms: u64,
}

/// A frame as the index sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Indexed {
    /// From the file's beginning.
    pub(crate) at_ms: u64,
    /// How long it plays, if it says so.
    pub(crate) duration: Option<Duration>,
    /// The size of its picture, if it says so.
    pub(crate) size: Option<(u16, u16)>,
    /// Where the cluster begins that it is the first frame of, if playing can begin with it.
    pub(crate) entry: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cue {
    at_ms: u64,
    cluster: u64,
}

/// With more of them they get further apart: memory stays small however long a call is.
const MAX_CUES: usize = 1 << 15;

/// More of them are not told: the manifest stays small too.
const MAX_GAPS: usize = 1 << 14;

/// A pause between pictures or packets that is worth telling.
const MIN_GAP_MS: u64 = 1000;

/// What a picture is taken to last at least and at most, when nothing follows it.
const PICTURE_MS: (u64, u64) = (1, 100);

impl Default for Index {
    fn default() -> Self {
        Self {
            frames: 0,
            last_ms: None,
            end_ms: 0,
            gaps: Vec::new(),
            size: None,
            cues: Vec::new(),
            min_cue_ms: 1000,
        }
    }
}

impl Index {
    /// Counts a frame; they come in the order of time.
    pub(crate) fn add(&mut self, frame: Indexed) {
        let at_ms = frame.at_ms;
        self.frames += 1;
        let is_gap = self.last_ms.is_some() && at_ms >= self.end_ms + MIN_GAP_MS;
        if is_gap && self.gaps.len() < MAX_GAPS {
            self.gaps.push(Gap {
                from_ms: self.end_ms,
                to_ms: at_ms,
            });
        }
        let length = if let Some(duration) = frame.duration {
            let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
            micros.div_ceil(1000)
        } else {
            let interval = self.last_ms.map_or(33, |last| at_ms.saturating_sub(last));
            interval.clamp(PICTURE_MS.0, PICTURE_MS.1)
        };
        self.end_ms = self.end_ms.max(at_ms + length);
        self.last_ms = Some(at_ms);
        self.size = larger(self.size, frame.size);
        if let Some(cluster) = frame.entry {
            self.cue(Cue { at_ms, cluster });
        }
    }

    fn cue(&mut self, cue: Cue) {
        let near = |last: &Cue| cue.at_ms < last.at_ms + self.min_cue_ms;
        if self.cues.last().is_some_and(near) {
            return;
        }
        self.cues.push(cue);
        while self.cues.len() > MAX_CUES {
            self.min_cue_ms *= 2;
            let least = self.min_cue_ms;
            let mut kept: Option<u64> = None;
            self.cues.retain(|cue| {
                let keep = kept.is_none_or(|last| cue.at_ms >= last + least);
                if keep {
                    kept = Some(cue.at_ms);
                }
                keep
            });
        }
    }

    /// Where playing can begin: when, and in which cluster.
    #[cfg(test)]
    pub(super) fn entries(&self) -> Vec<(u64, u64)> {
        self.cues
            .iter()
            .map(|cue| (cue.at_ms, cue.cluster))
            .collect()
    }

    /// The `Cues` element; empty when playing can begin nowhere. `segment` is where positions are counted from.
    pub(super) fn cues(&self, segment: u64) -> Vec<u8> {
        let mut out = Vec::new();
        if self.cues.is_empty() {
            return out;
        }
        put_master(&mut out, id::CUES, |out| {
            for cue in &self.cues {
                put_master(out, id::CUE_POINT, |out| {
                    put_uint(out, id::CUE_TIME, cue.at_ms);
                    put_master(out, id::CUE_TRACK_POSITIONS, |out| {
                        put_uint(out, id::CUE_TRACK, u64::from(TRACK));
                        put_uint(
                            out,
                            id::CUE_CLUSTER_POSITION,
                            cue.cluster.saturating_sub(segment),
                        );
                    });
                });
            }
        });
        out
    }
}

fn larger(a: Option<(u16, u16)>, b: Option<(u16, u16)>) -> Option<(u16, u16)> {
    let area = |size: &(u16, u16)| u32::from(size.0) * u32::from(size.1);
    match (a, b) {
        (Some(a), Some(b)) => Some(if area(&b) > area(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(at_ms: u64) -> Indexed {
        Indexed {
            at_ms,
            duration: None,
            size: None,
            entry: Some(at_ms),
        }
    }

    fn sound(at_ms: u64) -> Indexed {
        let duration = Some(Duration::from_millis(20));
        Indexed {
            at_ms,
            duration,
            size: None,
            entry: None,
        }
    }

    #[test]
    fn a_second_without_frames_is_a_gap() {
        let mut index = Index::default();
        for at in [0, 20, 1_039, 2_059, 2_079] {
            index.add(sound(at));
        }
        assert_eq!(
            index.gaps,
            [Gap {
                from_ms: 1_059,
                to_ms: 2_059
            }]
        );
        assert_eq!(
            (index.frames, index.last_ms, index.end_ms),
            (5, Some(2_079), 2_099)
        );
    }

    #[test]
    fn the_last_picture_lasts_as_long_as_the_one_before() {
        let mut index = Index::default();
        for at in [0, 40, 80] {
            index.add(picture(at));
        }
        assert_eq!(index.end_ms, 120);
        index.add(picture(5_000));
        assert_eq!(index.end_ms, 5_100);
        assert_eq!(
            index.gaps,
            [Gap {
                from_ms: 120,
                to_ms: 5_000
            }]
        );
    }

    #[test]
    fn the_largest_picture_counts() {
        let mut index = Index::default();
        for size in [Some((320, 180)), None, Some((1280, 720)), Some((640, 360))] {
            index.add(Indexed { size, ..picture(0) });
        }
        assert_eq!(index.size, Some((1280, 720)));
    }

    #[test]
    fn a_year_of_gaps_and_cues_stays_small() {
        let mut index = Index::default();
        for n in 0..200_000 {
            index.add(picture(n * 10_000));
        }
        assert!(index.gaps.len() <= MAX_GAPS && index.cues.len() <= MAX_CUES);
        assert!(index.cues.len() > MAX_CUES / 4);
        assert_eq!(index.cues[0].at_ms, 0);
        let cues = &index.cues;
        assert!(
            cues.windows(2)
                .all(|two| two[1].at_ms - two[0].at_ms >= index.min_cue_ms)
        );
    }
}
