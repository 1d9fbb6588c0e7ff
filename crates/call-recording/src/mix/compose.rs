//! A scene out of its clips.

use std::fmt::Write as _;

use super::clip::{Clips, place};
use super::encoder::Picture;
use super::layout::Area;
use super::scenes::{Scene, Tile};
use super::step::{Amount, Step, seconds, words};
use super::{Ffmpeg, MixConfig};

/// Behind everything, and beside pictures of another shape.
const GROUND: &str = "0x101418";
/// Where somebody is not to be seen.
const NOBODY: &str = "0x262d36";

/// Lower tiles carry no name.
const LOWEST_NAMED: u32 = 96;

/// A picture in a scene: the file of its clip and where in it the scene begins.
struct Source {
    file: String,
    /// In frames.
    skipped: u64,
    from: Area,
    to: Area,
}

impl Scene {
    /// How it is made. `made` tells the file of a clip, by its track and first frame; a tile without one shows a name.
    pub(super) fn step(
        &self,
        clips: &Clips,
        made: impl Fn(usize, u64) -> Option<String>,
        ffmpeg: &Ffmpeg,
        config: &MixConfig,
    ) -> Step {
        let MixConfig { fps, threads, .. } = *config;
        let mut args = words(&format!("-filter_complex_threads {threads}"));
        let mut sources = Vec::new();
        let mut backs = Vec::new();
        for tile in &self.tiles {
            let clip = clips.shown(self, tile);
            let file = clip.and_then(|clip| Some((clip, made(clip.track, clip.from)?)));
            backs.push((tile, file.is_some()));
            if let Some((clip, file)) = file {
                sources.push(Source {
                    file,
                    skipped: self.from - clip.from,
                    from: Area::new(0, 0, clip.width, clip.height),
                    to: place(tile),
                });
            }
        }
        for source in &sources {
            args.extend(words("-threads 1 -protocol_whitelist file,pipe -f nut"));
            if source.skipped > 0 {
                // A quarter of a frame before the frame that is meant: none before it, whatever is rounded.
                let begin = (source.skipped * 4 - 1) * 250_000 / u64::from(fps);
                args.extend(words(&format!("-ss {}", seconds(begin))));
            }
            args.extend(["-i".to_owned(), source.file.clone()]);
        }
        args.push("-filter_complex".to_owned());
        args.push(graph(&backs, &sources, ffmpeg.writes_text(), config));
        let frames = self.to - self.from;
        args.extend(words(&format!("-map [out] -frames:v {frames} -r {fps}")));
        let (width, height) = (u32::from(config.width), u32::from(config.height));
        let picture = Picture {
            width,
            height,
            fps,
            threads,
        };
        args.extend(words(&ffmpeg.encoder().lasting(picture)));
        let name = format!("scene-{:08}", self.from);
        Step::piped(
            ffmpeg,
            "compose a scene",
            &name,
            "nut",
            args,
            Amount::SceneFrames(frames),
        )
    }
}

/// The ground with the tiles, drawn once; upon it the pictures, each brought to its place; upon them names.
fn graph(tiles: &[(&Tile, bool)], sources: &[Source], text: bool, config: &MixConfig) -> String {
    let MixConfig {
        width, height, fps, ..
    } = *config;
    let mut graph =
        format!("color=c={GROUND}:s={width}x{height}:r={fps},format=yuv420p,trim=end_frame=1");
    for (tile, has_picture) in tiles {
        draw_tile(&mut graph, tile, *has_picture, text);
    }
    let _ = write!(
        graph,
        ",loop=loop=-1:size=1:start=0,setpts=N/({fps}*TB)[on0]"
    );
    for (index, source) in sources.iter().enumerate() {
        let Area {
            x,
            y,
            width,
            height,
        } = source.to;
        // Clips have every frame, so that counting them is the surest time.
        let _ = write!(graph, ";[{index}:v:0]setpts=N/({fps}*TB)");
        if (source.from.width, source.from.height) != (width, height) {
            let _ = write!(graph, ",scale=w={width}:h={height}");
        }
        let next = index + 1;
        let _ = write!(
            graph,
            "[in{index}];[on{index}][in{index}]overlay=x={x}:y={y}:eof_action=repeat:format=yuv420[on{next}]"
        );
    }
    let _ = write!(graph, ";[on{}]null", sources.len());
    if text {
        for (tile, _) in tiles
            .iter()
            .filter(|(tile, has)| *has && tile.area.height >= LOWEST_NAMED)
        {
            draw_name(&mut graph, tile, place(tile));
        }
    }
    graph.push_str("[out]");
    graph
}

/// What is behind a picture, or stands for it.
fn draw_tile(graph: &mut String, tile: &Tile, has_picture: bool, text: bool) {
    let Area {
        x,
        y,
        width,
        height,
    } = tile.area;
    let colour = if has_picture { GROUND } else { NOBODY };
    let _ = write!(
        graph,
        ",drawbox=x={x}:y={y}:w={width}:h={height}:color={colour}:t=fill"
    );
    if text && !has_picture {
        let (middle, centre) = (x + width / 2, y + height / 2);
        let _ = write!(
            graph,
            ",drawtext=textfile={}:expansion=none:fontcolor=white:fontsize={}:x={middle}-tw/2:y={centre}-th/2",
            initials_file(tile.person),
            (height / 4).max(12),
        );
        if height >= LOWEST_NAMED {
            draw_name(graph, tile, tile.area);
        }
    }
}

/// In the lower left corner of the area.
fn draw_name(graph: &mut String, tile: &Tile, area: Area) {
    let Area { x, y, height, .. } = area;
    let size = (height / 20).clamp(12, 28);
    let (left, bottom) = (x + size, y + height - size);
    let _ = write!(
        graph,
        ",drawtext=textfile={}:expansion=none:fontcolor=white:fontsize={size}:box=1:boxcolor=black@0.5:boxborderw={}\
         :x={left}:y={bottom}-th",
        name_file(tile.person),
        size / 3,
    );
}

/// Where the name of a person stands, and what to write of it: names never are options of ffmpeg.
pub(super) fn name_file(person: usize) -> String {
    format!("mix/name-{person}.txt")
}

pub(super) fn initials_file(person: usize) -> String {
    format!("mix/initials-{person}.txt")
}

/// A name as it can stand in a picture: one line, not too long.
pub(super) fn shown_name(name: &str) -> String {
    const LONGEST: usize = 24;
    let words: Vec<&str> = name
        .split(|character: char| character.is_whitespace() || character.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let name = words.join(" ");
    if name.chars().count() <= LONGEST {
        name
    } else {
        let short: String = name.chars().take(LONGEST - 1).collect();
        format!("{short}…")
    }
}

/// The first letters of the first and the last word.
pub(super) fn initials(name: &str) -> String {
    let letters = |word: &str| word.chars().find(|character| character.is_alphanumeric());
    let mut words = name.split_whitespace().filter_map(letters);
    let first = words.next();
    first
        .into_iter()
        .chain(words.next_back())
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_brought_into_shape() {
        assert_eq!(shown_name("  Ada\n\tLovelace\u{7} "), "Ada Lovelace");
        assert_eq!(shown_name(&"x".repeat(40)).chars().count(), 24);
        assert_eq!(shown_name(""), "");
        assert_eq!(initials("Ada Augusta Lovelace"), "AL");
        assert_eq!(initials("ada"), "A");
        assert_eq!(initials("(bob) [x]"), "BX");
        assert_eq!(initials("— !"), "");
        assert_eq!(initials("ß"), "SS");
    }
}
