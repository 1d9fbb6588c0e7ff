//! The scenes and the voices as one file.

use std::fmt::Write as _;

use super::Ffmpeg;
use super::step::{FOLDER, seconds, words};

/// The list of the scenes, in [`FOLDER`].
pub(super) const LIST: &str = "scenes.txt";

/// A scene that has been made.
pub(super) struct Part {
    pub(super) file: String,
    pub(super) frames: u64,
}

/// What ffmpeg reads of [`LIST`]: the files beside it and how long each lasts, exactly.
pub(super) fn list(parts: &[Part], fps: u8) -> String {
    let mut text = String::from("ffconcat version 1.0\n");
    let mut frames = 0;
    let at = |frames: u64| frames * 1_000_000 / u64::from(fps);
    for part in parts {
        // As the difference of two places: what is rounded does not add up.
        let lasts = at(frames + part.frames) - at(frames);
        frames += part.frames;
        let _ = writeln!(text, "file {}\nduration {}", part.file, seconds(lasts));
    }
    text
}

/// Arguments that join the pictures of [`LIST`] and the voices in a file, whichever there are, into another.
pub(super) fn args(
    pictures: bool,
    voices: Option<&str>,
    into: &str,
    ffmpeg: &Ffmpeg,
) -> Vec<String> {
    let mut args = Vec::new();
    let mut maps = String::new();
    if pictures {
        args.extend(words("-protocol_whitelist file,pipe -f concat -safe 1"));
        args.extend(["-i".to_owned(), format!("{FOLDER}/{LIST}")]);
        maps.push_str("-map 0:v:0 -c:v copy ");
    }
    if let Some(voices) = voices {
        args.extend(words("-protocol_whitelist file,pipe -f matroska"));
        args.extend(["-i".to_owned(), voices.to_owned()]);
        let _ = write!(
            maps,
            "-map {}:a:0 {} ",
            u8::from(pictures),
            ffmpeg.format().audio()
        );
    }
    args.extend(words(&maps));
    args.extend(words("-map_metadata -1"));
    args.extend(words(ffmpeg.format().container()));
    args.push(into.to_owned());
    args
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_add_up_whatever_is_rounded() {
        let part = || Part {
            file: "a.nut".to_owned(),
            frames: 1,
        };
        let text = list(&[part(), part(), part()], 30);
        let durations: Vec<&str> = text
            .lines()
            .filter_map(|l| l.strip_prefix("duration "))
            .collect();
        assert_eq!(durations, ["0.033333", "0.033333", "0.033334"]);
    }
}
