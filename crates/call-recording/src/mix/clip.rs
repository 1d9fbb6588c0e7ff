//! A picture while it is to be seen: of one size, with every frame of the mix, so that scenes can begin anywhere in it.
//!
//! What browsers send changes its size in mid-stream, pauses and comes at no constant rate. A filter graph that several such
//! pictures run into is built anew at each change and forgets what it had; here there is one picture and nothing to forget.

use std::collections::BTreeMap;
use std::path::Path;

use super::encoder::Picture;
use super::layout::Area;
use super::scenes::{Scene, Tile, longest};
use super::step::{Amount, Step, seconds, words};
use super::{Ffmpeg, MixConfig};
use crate::{Manifest, ManifestTrack};

/// A larger picture is not decoded: it takes memory and time without end, and no camera or screen is larger.
const MOST_PIXELS: u32 = 4096 * 4096;

/// A part of a track, in frames of the mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clip {
    pub(super) track: usize,
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// The clips that scenes need, by track and first frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Clips(BTreeMap<(usize, u64), Clip>);

impl Clips {
    /// One for each track and time in which it is to be seen without a break, of the largest size that it is shown in. None goes
    /// on where scenes are parted for their length.
    pub(super) fn of(scenes: &[Scene], fps: u8) -> Self {
        let mut clips = Self::default();
        for scene in scenes {
            let goes_on = !scene.from.is_multiple_of(longest(fps));
            for tile in &scene.tiles {
                clips.show(scene, tile, goes_on);
            }
        }
        clips
    }

    fn show(&mut self, scene: &Scene, tile: &Tile, goes_on: bool) {
        let Some(track) = tile.track else { return };
        let area = place(tile);
        let last = self
            .0
            .range_mut((track, 0)..=(track, scene.from))
            .next_back();
        if let Some((_, clip)) = last
            && clip.to == scene.from
            && goes_on
            // A screen has whatever shape: where its place changes its shape, so does the clip.
            && (!tile.screen || (clip.width, clip.height) == (area.width, area.height))
        {
            clip.to = scene.to;
            clip.width = clip.width.max(area.width);
            clip.height = clip.height.max(area.height);
            return;
        }
        let clip = Clip {
            track,
            from: scene.from,
            to: scene.to,
            width: area.width,
            height: area.height,
        };
        self.0.insert((track, scene.from), clip);
    }

    /// The one that a tile of a scene shows.
    pub(super) fn shown(&self, scene: &Scene, tile: &Tile) -> Option<Clip> {
        let track = tile.track?;
        let (_, clip) = self.0.range((track, 0)..=(track, scene.from)).next_back()?;
        (scene.from < clip.to).then_some(*clip)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Clip> {
        self.0.values().copied()
    }
}

/// Where in its tile a picture stands.
pub(super) fn place(tile: &Tile) -> Area {
    if tile.screen {
        tile.area
    } else {
        tile.area.camera()
    }
}

impl Clip {
    /// How it is made.
    pub(super) fn step(
        self,
        manifest: &Manifest,
        ffmpeg: &Ffmpeg,
        config: &MixConfig,
    ) -> Option<Step> {
        let track = manifest.tracks.get(self.track)?;
        let Self {
            width,
            height,
            from,
            to,
            ..
        } = self;
        let MixConfig { fps, threads, .. } = *config;
        let mut args = words(&format!(
            "-threads {threads} -max_pixels {MOST_PIXELS} -protocol_whitelist file,pipe -f matroska"
        ));
        args.extend(begin(
            from * 1_000_000 / u64::from(fps),
            track.offset_ms * 1000,
        ));
        args.extend(["-i".to_owned(), input(track)]);
        args.extend(words("-map 0:v:0 -vf"));
        args.push(format!(
            "scale=w={width}:h={height}:force_original_aspect_ratio=decrease:force_divisible_by=2,\
             pad={width}:{height}:(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuv420p"
        ));
        let rate = ffmpeg.constant_rate();
        args.extend(words(&format!("{rate} -r {fps} -frames:v {}", to - from)));
        let picture = Picture {
            width,
            height,
            fps,
            threads,
        };
        args.extend(words(&ffmpeg.encoder().passing(picture)));
        let name = format!("clip-{:04}-{from:08}", self.track);
        let amount = Amount::ClipFrames(to - from);
        Some(Step::piped(
            ffmpeg,
            "prepare a picture",
            &name,
            "nut",
            args,
            amount,
        ))
    }
}

/// Options that let an input begin at a time of the recording, both in microseconds. It begins with what was to be seen then:
/// the last frame before.
fn begin(from: u64, offset: u64) -> Vec<String> {
    match from.checked_sub(offset) {
        Some(0) => Vec::new(),
        Some(within) => words(&format!("-noaccurate_seek -ss {}", seconds(within))),
        None => words(&format!("-itsoffset {}", seconds(offset - from))),
    }
}

/// A track's file as ffmpeg finds it from the folder of the recording.
pub(super) fn input(track: &ManifestTrack) -> String {
    Manifest::path(Path::new("."), track)
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Source;
    use crate::mix::Layout;
    use crate::mix::example::{manifest, track};
    use crate::mix::{people, scenes};

    fn clips_of(call: &Manifest, layout: Layout) -> (Vec<Scene>, Clips) {
        let config = MixConfig {
            layout,
            ..MixConfig::default()
        };
        let people = people::people(call);
        let scenes = scenes::scenes(&people, &[], people::length(call), &config);
        let clips = Clips::of(&scenes, config.fps);
        (scenes, clips)
    }

    #[test]
    fn a_clip_lasts_as_long_as_the_picture_and_is_as_large_as_ever_shown() {
        let tracks = vec![
            track("ann", Source::Video, 0, 40_000),
            track("bob", Source::Video, 10_000, 10_000),
        ];
        let (scenes, clips) = clips_of(&manifest(40_000, tracks), Layout::Grid);
        let all: Vec<Clip> = clips.iter().collect();
        assert_eq!(all.len(), 2);
        assert_eq!(
            (all[0].from, all[0].to, all[0].width, all[0].height),
            (0, 1000, 1280, 720)
        );
        assert_eq!((all[1].from, all[1].to), (250, 500));
        assert!(all[1].width < 640);
        for scene in &scenes {
            for tile in &scene.tiles {
                let clip = clips.shown(scene, tile).unwrap();
                assert_eq!(Some(clip.track), tile.track);
                assert!(clip.from <= scene.from && scene.to <= clip.to);
            }
        }
    }

    #[test]
    fn a_screen_whose_place_changes_its_shape_begins_anew() {
        let scene = |from, to, width| Scene {
            from,
            to,
            tiles: vec![Tile {
                person: 0,
                track: Some(0),
                screen: true,
                area: Area::new(0, 0, width, 720),
            }],
        };
        let scenes = [
            scene(0, 100, 1280),
            scene(100, 200, 1042),
            scene(200, 300, 1042),
        ];
        let clips = Clips::of(&scenes, 25);
        let sizes: Vec<_> = clips.iter().map(|c| (c.from, c.to, c.width)).collect();
        assert_eq!(sizes, [(0, 100, 1280), (100, 300, 1042)]);
    }

    #[test]
    fn no_clip_is_longer_than_a_scene_may_be() {
        let tracks = vec![
            track("ann", Source::Video, 0, 3_000_000),
            track("bob", Source::Video, 10_000, 2_000_000),
        ];
        let (_, clips) = clips_of(&manifest(3_000_000, tracks), Layout::Grid);
        assert!(clips.iter().all(|clip| clip.to - clip.from <= 30_000));
        let ann: u64 = clips
            .iter()
            .filter(|c| c.track == 0)
            .map(|c| c.to - c.from)
            .sum();
        assert_eq!(ann, 75_000, "and all of it is there");
    }

    #[test]
    fn an_input_begins_where_the_recording_is() {
        assert_eq!(begin(5_000_000, 5_000_000), Vec::<String>::new());
        assert_eq!(
            begin(7_040_000, 5_000_000),
            ["-noaccurate_seek", "-ss", "2.040000"]
        );
        assert_eq!(begin(4_960_000, 5_000_000), ["-itsoffset", "0.040000"]);
    }
}
