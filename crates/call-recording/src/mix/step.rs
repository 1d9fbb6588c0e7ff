//! A run of ffmpeg that makes one file.

use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::Ffmpeg;
use super::child::Reached;

/// Where steps keep what they make, below the folder of the recording.
pub(super) const FOLDER: &str = "mix";

/// A run of ffmpeg whose output comes over a pipe into a file of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// For errors, after "failed to".
    pub(super) what: &'static str,
    /// Its name in [`FOLDER`]. It depends on all that the file depends on: what exists has been made by this very step.
    pub(super) file: String,
    pub(super) args: Vec<String>,
    pub(super) amount: Amount,
}

/// How much a step has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Amount {
    /// Frames of one picture.
    ClipFrames(u64),
    /// Frames of the mix.
    SceneFrames(u64),
    /// Microseconds of sound.
    Micros(u64),
}

impl Amount {
    /// About how long it takes, in a unit of its own.
    pub(super) fn cost(self) -> f64 {
        match self {
            Self::ClipFrames(frames) => float(frames),
            Self::SceneFrames(frames) => float(frames) * 3.0,
            Self::Micros(micros) => float(micros / 1000) * 0.01,
        }
    }

    /// How much of it has been done, from 0 to 1.
    pub(super) fn share(self, reached: Reached) -> f64 {
        let (done, all) = match self {
            Self::ClipFrames(frames) | Self::SceneFrames(frames) => (reached.frames, frames),
            Self::Micros(micros) => (reached.micros / 1000, micros / 1000),
        };
        (float(done) / float(all.max(1))).min(1.0)
    }
}

/// How long work on a mix may take. Much longer than it does on a small machine that calls keep busy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// Whatever a step has to do.
    pub(super) step: Duration,
    /// So much more for each unit of its [cost](Amount::cost).
    pub(super) step_each: Duration,
    /// Whatever a mix has to do in one try.
    pub(super) mix: Duration,
    /// So much more for each second of the call.
    pub(super) mix_each: Duration,
}

impl Default for Pace {
    /// A picture ten times as long as it was sent, at 25 frames a second; then others have their turn.
    fn default() -> Self {
        Self {
            step: Duration::from_mins(10),
            step_each: Duration::from_millis(400),
            mix: Duration::from_hours(1),
            mix_each: Duration::from_secs(12),
        }
    }
}

impl Pace {
    /// The longest that a step may take.
    pub(super) fn of_step(self, amount: Amount) -> Duration {
        self.step + self.step_each.mul_f64(amount.cost())
    }

    /// The longest that one try at a mix of a call may take, which was so many milliseconds long.
    pub(super) fn of_mix(self, length_ms: u64) -> Duration {
        self.mix + self.mix_each.mul_f64(float(length_ms) / 1000.0)
    }
}

fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

impl Step {
    /// Its name comes of its arguments and of who makes it.
    pub(super) fn piped(
        ffmpeg: &Ffmpeg,
        what: &'static str,
        name: &str,
        container: &str,
        mut args: Vec<String>,
        amount: Amount,
    ) -> Self {
        args.extend(words(&format!("-f {container} pipe:1")));
        let digest = Sha256::new()
            .chain_update(ffmpeg.version())
            .chain_update(args.join("\0"))
            .finalize();
        let digest = digest
            .first_chunk()
            .map_or(0, |start| u64::from_be_bytes(*start));
        Self {
            what,
            file: format!("{name}-{digest:016x}.{container}"),
            args,
            amount,
        }
    }

    /// Its file as ffmpeg finds it from the folder of the recording.
    pub(super) fn path(&self) -> String {
        format!("{FOLDER}/{}", self.file)
    }
}

/// Options without spaces in them.
pub(super) fn words(options: &str) -> Vec<String> {
    options.split_whitespace().map(str::to_owned).collect()
}

/// Microseconds as ffmpeg reads them.
pub(super) fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}
