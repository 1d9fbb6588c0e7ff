use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::Missing;
use super::encoder::{Format, VideoEncoder};

/// What it may see of the server's environment: nothing secret, only where programs, libraries and fonts are.
const ENVIRONMENT: [&str; 7] = [
    "PATH",
    "HOME",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "XDG_CACHE_HOME",
];

/// An ffmpeg of this machine that can mix.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    program: PathBuf,
    version: String,
    encoder: VideoEncoder,
    writes_text: bool,
    has_nice: bool,
}

impl Ffmpeg {
    /// Asks the program for its version and encoders; a name without a slash is looked for on the `PATH`. Blocks for some tenths
    /// of a second.
    ///
    /// # Errors
    ///
    /// When there is none that can mix.
    pub fn find(program: &Path) -> Result<Self, Missing> {
        // It runs in other folders than the server.
        let program = match program.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => program
                .canonicalize()
                .map_err(|error| Missing::Program(error.kind()))?,
            _ => program.to_owned(),
        };
        let version = version(&answer(&program, "-version")?).ok_or(Missing::NotFfmpeg)?;
        if is_before(&version, (4, 4)) {
            return Err(Missing::TooOld(version));
        }
        let said = answer(&program, "-encoders")?;
        let encoder = VideoEncoder::choose(&encoders(&said)).ok_or(Missing::Encoders)?;
        Ok(Self {
            writes_text: writes_text(&program),
            has_nice: has_nice(&program),
            program,
            version,
            encoder,
        })
    }

    /// What it writes.
    pub fn format(&self) -> Format {
        self.encoder.format()
    }

    /// Its version in its own words.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(super) fn encoder(&self) -> VideoEncoder {
        self.encoder
    }

    /// Whether it can write names into pictures: it has the filter, and there is a font.
    pub(super) fn writes_text(&self) -> bool {
        self.writes_text
    }

    /// How constant frame rate is spelled.
    pub(super) fn constant_rate(&self) -> &'static str {
        if is_before(&self.version, (5, 1)) {
            "-vsync cfr"
        } else {
            "-fps_mode cfr"
        }
    }

    /// A call of the program, which stands back behind others, without options yet.
    pub(super) fn command(&self, nice: u8) -> Command {
        let mut command = if self.has_nice && nice > 0 {
            let mut command = Command::new("nice");
            command.arg("-n").arg(nice.to_string()).arg(&self.program);
            command
        } else {
            Command::new(&self.program)
        };
        restrict(&mut command);
        command
    }
}

fn restrict(command: &mut Command) {
    let kept = ENVIRONMENT
        .iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)));
    let kept: Vec<_> = kept.collect();
    command.env_clear().envs(kept).stdin(Stdio::null());
}

fn run(program: impl AsRef<OsStr>, arguments: &[&str]) -> io::Result<Output> {
    let mut command = Command::new(program);
    restrict(&mut command);
    command.args(arguments).output()
}

fn answer(program: &Path, question: &str) -> Result<String, Missing> {
    let output = run(program, &["-hide_banner", "-nostdin", question])
        .map_err(|error| Missing::Program(error.kind()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(Missing::NotFfmpeg)
    }
}

fn version(said: &str) -> Option<String> {
    let mut words = said.split_whitespace();
    let is_it = words.next() == Some("ffmpeg") && words.next() == Some("version");
    let version: String = words.next().filter(|_| is_it)?.chars().take(64).collect();
    Some(version)
}

/// Whether a release is older. What is built from a repository between releases names none, and counts as new.
fn is_before(version: &str, release: (u32, u32)) -> bool {
    let mut numbers = version
        .trim_start_matches('n')
        .split(|character: char| !character.is_ascii_digit())
        .map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < release,
        (Some(Ok(major)), _) => (major, 0) < release && version.trim_start_matches('n').len() < 4,
        _ => false,
    }
}

/// The names in the list of encoders, whose lines are flags, name and description.
fn encoders(said: &str) -> Vec<&str> {
    said.lines()
        .skip_while(|line| line.trim() != "------")
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect()
}

fn writes_text(program: &Path) -> bool {
    let graph = "color=c=black:s=64x64:r=1,drawtext=text=A:fontsize=16[out]";
    let options = [
        "-hide_banner",
        "-nostdin",
        "-filter_complex",
        graph,
        "-map",
        "[out]",
    ];
    let sink = ["-frames:v", "1", "-f", "null", "-"];
    run(program, &[&options[..], &sink[..]].concat()).is_ok_and(|output| output.status.success())
}

fn has_nice(program: &Path) -> bool {
    let Some(program) = program.to_str() else {
        return false;
    };
    run("nice", &["-n", "1", program, "-version"]).is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_release() {
        for (version, before_4_4, before_5_1) in [
            ("4.3.6-0+deb11u1", true, true),
            ("4.4.2-0ubuntu0.22.04.1", false, true),
            ("5.1.9-0+deb12u1", false, false),
            ("n6.0", false, false),
            ("7", false, false),
            ("4", true, true),
            ("N-109485-g94b7ea8", false, false),
            ("2024-05-06-git-96449cf", false, false),
            ("git", false, false),
        ] {
            assert_eq!(is_before(version, (4, 4)), before_4_4, "{version}");
            assert_eq!(is_before(version, (5, 1)), before_5_1, "{version}");
        }
    }

    #[test]
    fn only_ffmpeg_answers_as_ffmpeg() {
        let said = "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026\nbuilt with gcc";
        assert_eq!(version(said).as_deref(), Some("5.1.9-0+deb12u1"));
        assert_eq!(version("ffprobe version 5.1.9"), None);
        assert_eq!(version("ffmpeg"), None);
        assert_eq!(version(""), None);
    }

    #[test]
    fn the_list_of_encoders_begins_below_its_legend() {
        let said =
            "Encoders:\n V..... = Video\n ------\n V....D libx264  H.264\n A....D aac  AAC\n\n";
        assert_eq!(encoders(said), ["libx264", "aac"]);
        assert!(encoders("no list").is_empty());
    }

    #[test]
    fn what_is_no_ffmpeg_is_not_taken_for_one() {
        let missing = Ffmpeg::find(Path::new("/nowhere/ffmpeg")).unwrap_err();
        assert_eq!(missing, Missing::Program(io::ErrorKind::NotFound));
        let missing = Ffmpeg::find(Path::new("no-such-program-anywhere")).unwrap_err();
        assert_eq!(missing, Missing::Program(io::ErrorKind::NotFound));
        assert_eq!(
            Ffmpeg::find(Path::new("true")).unwrap_err(),
            Missing::NotFfmpeg
        );
        assert_eq!(
            Ffmpeg::find(Path::new("false")).unwrap_err(),
            Missing::NotFfmpeg
        );
    }
}
