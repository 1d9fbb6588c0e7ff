//! What is to be seen when: the call as a row of scenes, in each of which nothing moves but the pictures.

use super::layout::{self, Area, MOST_TILES};
use super::people::Person;
use super::{Layout, MixConfig};

/// Shorter ones go into the next.
const SHORTEST_MS: u64 = 300;

/// With more the shortest become longer: a camera that is turned on and off all day does not start ffmpeg all day.
const MOST_SCENES: usize = 2_000;

/// A longer one is made in parts, so that a second try has less to do again.
const LONGEST_MS: u64 = 20 * 60_000;

/// A time, in frames of the mix, in which the same tiles stand at the same places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scene {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) tiles: Vec<Tile>,
}

/// Somebody's place in the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tile {
    pub(super) person: usize,
    /// The track to be seen; without one, their name.
    pub(super) track: Option<usize>,
    /// A shared screen, not a face.
    pub(super) screen: bool,
    pub(super) area: Area,
}

/// From a time on, in milliseconds, this person speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) from_ms: u64,
    pub(super) person: usize,
}

/// The frame of the mix at a time.
pub(super) fn frame_at(ms: u64, fps: u8) -> u64 {
    (ms * u64::from(fps) + 500) / 1000
}

/// The scenes of a call of that length. They follow each other without a gap.
pub(super) fn scenes(
    people: &[Person],
    turns: &[Turn],
    length_ms: u64,
    config: &MixConfig,
) -> Vec<Scene> {
    let end = frame_at(length_ms, config.fps);
    let (edges, apart) = edges(people, turns, end, config.fps);
    let mut scenes: Vec<Scene> = Vec::new();
    for pair in edges.windows(2) {
        let &[from, to] = pair else { continue };
        // What was too short for a scene lies at its beginning: its end tells what it is to be. But at the very end, tracks end
        // one after the other.
        let at = if to == end {
            to.saturating_sub(apart).max(from)
        } else {
            to - 1
        };
        let at_ms = at * 1000 / u64::from(config.fps);
        let tiles = tiles(people, turns, at_ms, config);
        match scenes.last_mut() {
            Some(last) if last.tiles == tiles => last.to = to,
            _ => scenes.push(Scene { from, to, tiles }),
        }
    }
    let longest = longest(config.fps);
    scenes
        .into_iter()
        .flat_map(|scene| parts(scene, longest))
        .collect()
}

/// Scenes are parted at multiples of so many frames.
pub(super) fn longest(fps: u8) -> u64 {
    frame_at(LONGEST_MS, fps).max(1)
}

/// The frames at which something changes, the first and the one after the last included, and how far apart they are at
/// least.
fn edges(people: &[Person], turns: &[Turn], end: u64, fps: u8) -> (Vec<u64>, u64) {
    let seen = people.iter().flat_map(|person| {
        let shown = person.camera.iter().chain(&person.screen);
        let pictures = shown.flat_map(|shown| shown.when.iter());
        person
            .here
            .iter()
            .chain(pictures)
            .flat_map(|span| [span.from, span.to])
    });
    let spoken = turns.iter().map(|turn| turn.from_ms);
    let mut all: Vec<u64> = seen.chain(spoken).map(|ms| frame_at(ms, fps)).collect();
    all.sort_unstable();
    let mut apart = frame_at(SHORTEST_MS, fps).max(1);
    loop {
        let mut edges = vec![0];
        let mut last = 0;
        for edge in all.iter().copied() {
            if edge >= last + apart && edge + apart <= end {
                edges.push(edge);
                last = edge;
            }
        }
        if end > 0 {
            edges.push(end);
        }
        if edges.len() <= MOST_SCENES {
            return (edges, apart);
        }
        apart *= 2;
    }
}

fn parts(scene: Scene, longest: u64) -> impl Iterator<Item = Scene> {
    let inner = (scene.from / longest + 1..).map(move |n| n * longest);
    let cuts: Vec<u64> = inner.take_while(|cut| *cut < scene.to).collect();
    let ends = cuts.clone().into_iter().chain([scene.to]);
    let begins = [scene.from].into_iter().chain(cuts);
    begins.zip(ends).map(move |(from, to)| Scene {
        from,
        to,
        tiles: scene.tiles.clone(),
    })
}

/// Who is to be seen at a time, and where.
fn tiles(people: &[Person], turns: &[Turn], at_ms: u64, config: &MixConfig) -> Vec<Tile> {
    let (width, height) = (u32::from(config.width), u32::from(config.height));
    let here = (0..people.len()).filter(|person| people[*person].here.contains(at_ms));
    let faces = here.clone().map(|person| Tile {
        person,
        track: Person::at(&people[person].camera, at_ms),
        screen: false,
        area: Area::new(0, 0, width, height),
    });
    let screens = here.filter_map(|person| {
        let track = Person::at(&people[person].screen, at_ms)?;
        Some(Tile {
            person,
            track: Some(track),
            screen: true,
            area: Area::new(0, 0, width, height),
        })
    });
    let mut faces: Vec<Tile> = faces.collect();
    // Of several screens the one that was shared last, as its track tells.
    let large = match (screens.max_by_key(|tile| tile.track), config.layout) {
        (Some(screen), _) => Some(screen),
        (None, Layout::Speaker) => speaker(&faces, turns, at_ms).map(|index| faces.remove(index)),
        (None, Layout::Grid) => None,
    };
    let Some(mut large) = large else {
        let faces = chosen(faces, MOST_TILES);
        let grid = layout::grid(faces.len(), width, height);
        return placed(faces, grid).collect();
    };
    let small = chosen(faces, layout::strip_places(width, height));
    let (stage, strip) = layout::stage(small.len(), width, height);
    large.area = stage;
    [large].into_iter().chain(placed(small, strip)).collect()
}

/// Who speaks, or spoke last, of those who are to be seen; at the beginning, the first with a picture.
fn speaker(faces: &[Tile], turns: &[Turn], at_ms: u64) -> Option<usize> {
    let until = turns.partition_point(|turn| turn.from_ms <= at_ms);
    let spoke = turns[..until]
        .iter()
        .rev()
        .find_map(|turn| faces.iter().position(|tile| tile.person == turn.person));
    let shows = || faces.iter().position(|tile| tile.track.is_some());
    let first = (!faces.is_empty()).then_some(0);
    spoke.or_else(shows).or(first)
}

/// So many of them: those with a picture before the others, but all in the order of coming.
fn chosen(mut faces: Vec<Tile>, most: usize) -> Vec<Tile> {
    faces.sort_by_key(|tile| tile.track.is_none());
    faces.truncate(most);
    faces.sort_by_key(|tile| tile.person);
    faces
}

fn placed(faces: Vec<Tile>, areas: Vec<Area>) -> impl Iterator<Item = Tile> {
    faces
        .into_iter()
        .zip(areas)
        .map(|(tile, area)| Tile { area, ..tile })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mix::example::{gap, joined, left, manifest, media, track};
    use crate::mix::people;
    use crate::{Manifest, Source};

    fn config(layout: Layout) -> MixConfig {
        MixConfig {
            layout,
            ..MixConfig::default()
        }
    }

    fn scenes_of(call: &Manifest, turns: &[Turn], layout: Layout) -> Vec<Scene> {
        scenes(
            &people::people(call),
            turns,
            people::length(call),
            &config(layout),
        )
    }

    /// From, to, and the tracks in the tiles.
    fn outline(scenes: &[Scene]) -> Vec<(u64, u64, Vec<Option<usize>>)> {
        let tracks = |scene: &Scene| scene.tiles.iter().map(|tile| tile.track).collect();
        scenes
            .iter()
            .map(|scene| (scene.from, scene.to, tracks(scene)))
            .collect()
    }

    #[test]
    fn people_come_and_go_and_turn_their_cameras_off() {
        let mut ann = track("ann", Source::Video, 0, 40_000);
        ann.gaps = vec![gap(30_000, 35_000)];
        let call = manifest(
            40_000,
            vec![ann, track("bob", Source::Video, 10_000, 10_000)],
        );
        let scenes = scenes_of(&call, &[], Layout::Grid);
        assert_eq!(
            outline(&scenes),
            [
                (0, 250, vec![Some(0)]),
                (250, 500, vec![Some(0), Some(1)]),
                (500, 750, vec![Some(0)]),
                (750, 875, vec![None]),
                (875, 1000, vec![Some(0)]),
            ]
        );
        assert_eq!(scenes[1].tiles[0].area.width, scenes[1].tiles[1].area.width);
    }

    #[test]
    fn what_is_too_short_goes_into_the_next() {
        let mut call = manifest(10_000, vec![track("ann", Source::Video, 100, 9_800)]);
        call.events = vec![joined(0, "ann"), left(5_000, "ann"), joined(5_200, "ann")];
        let outline = outline(&scenes_of(&call, &[], Layout::Grid));
        assert_eq!(outline, [(0, 250, vec![Some(0)])]);
    }

    #[test]
    fn a_shared_screen_takes_the_stage_with_those_who_are_there_beside() {
        let screen = track("bob", Source::Screen, 10_000, 10_000);
        let mut call = manifest(30_000, vec![track("ann", Source::Video, 0, 30_000), screen]);
        call.events = vec![
            joined(0, "bob"),
            media(9_900, "bob", false, true),
            media(20_000, "bob", false, false),
        ];
        for layout in [Layout::Grid, Layout::Speaker] {
            let scenes = scenes_of(&call, &[], layout);
            let on_stage: Vec<bool> = scenes.iter().map(|scene| scene.tiles[0].screen).collect();
            assert_eq!(on_stage, [false, true, false]);
            assert_eq!((scenes[1].from, scenes[1].to), (250, 500));
            let tiles = &scenes[1].tiles;
            assert_eq!(
                tiles.iter().map(|tile| tile.track).collect::<Vec<_>>(),
                [Some(1), Some(0), None]
            );
            assert!(tiles[0].area.width > 4 * tiles[1].area.width);
        }
    }

    #[test]
    fn the_speaker_is_large() {
        let tracks = ["ann", "bob", "eve"].map(|user| track(user, Source::Video, 0, 30_000));
        let call = manifest(30_000, tracks.to_vec());
        let turns = [
            Turn {
                from_ms: 4_000,
                person: 2,
            },
            Turn {
                from_ms: 12_000,
                person: 1,
            },
        ];
        let scenes = scenes_of(&call, &turns, Layout::Speaker);
        let large: Vec<(u64, usize)> = scenes
            .iter()
            .map(|scene| (scene.from, scene.tiles[0].person))
            .collect();
        assert_eq!(large, [(0, 0), (100, 2), (300, 1)]);
        let order: Vec<usize> = scenes[1].tiles.iter().map(|tile| tile.person).collect();
        assert_eq!(order, [2, 0, 1]);
    }

    #[test]
    fn of_very_many_those_with_a_camera_are_seen() {
        let mut tracks: Vec<_> = (0..30)
            .map(|n| track(&format!("mute{n}"), Source::Audio, 0, 10_000))
            .collect();
        tracks.extend((0..4).map(|n| track(&format!("seen{n}"), Source::Video, 0, 10_000)));
        let scenes = scenes_of(&manifest(10_000, tracks), &[], Layout::Grid);
        assert_eq!(scenes.len(), 1);
        assert_eq!(scenes[0].tiles.len(), MOST_TILES);
        assert_eq!(
            scenes[0]
                .tiles
                .iter()
                .filter(|tile| tile.track.is_some())
                .count(),
            4
        );
    }

    #[test]
    fn a_long_scene_comes_in_parts() {
        let call = manifest(3_000_000, vec![track("ann", Source::Video, 0, 3_000_000)]);
        let scenes = scenes_of(&call, &[], Layout::Grid);
        let ends: Vec<u64> = scenes.iter().map(|scene| scene.to).collect();
        assert_eq!(ends, [30_000, 60_000, 75_000]);
    }

    #[test]
    fn a_camera_that_flickers_all_day_makes_no_more_scenes_than_are_bearable() {
        let mut ann = track("ann", Source::Video, 0, 36_000_000);
        ann.gaps = (1..8_000)
            .map(|n| gap(n * 4_500, n * 4_500 + 3_100))
            .collect();
        let scenes = scenes_of(&manifest(36_000_000, vec![ann]), &[], Layout::Grid);
        // And one for every twenty minutes.
        assert!(scenes.len() <= MOST_SCENES + 30, "{}", scenes.len());
    }

    proptest! {
        #[test]
        fn scenes_follow_each_other_and_are_long_enough(
            parts in proptest::collection::vec((0_usize..5, 0_u64..20_000, 0_u64..20_000), 0..20),
            length in 1_u64..30_000,
            speaker in any::<bool>(),
        ) {
            let users = ["ann", "bob", "eve", "joe", "kim"];
            let tracks = parts.iter().map(|(user, from, length)| {
                track(users[*user], Source::Video, *from, *length)
            });
            let call = manifest(length, tracks.collect());
            let layout = if speaker { Layout::Speaker } else { Layout::Grid };
            let scenes = scenes_of(&call, &[], layout);
            let end = frame_at(length, 25);
            let mut at = 0;
            for scene in &scenes {
                prop_assert_eq!(scene.from, at);
                at = scene.to;
                prop_assert!(scene.to - scene.from >= 8 || (scene.from, scene.to) == (0, end));
                for tile in &scene.tiles {
                    prop_assert!(tile.area.x + tile.area.width <= 1280);
                    prop_assert!(tile.area.y + tile.area.height <= 720);
                }
            }
            prop_assert_eq!(at, end);
        }
    }
}
