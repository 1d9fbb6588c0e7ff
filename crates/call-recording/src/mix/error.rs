use std::io;
use std::time::Duration;

use call_domain::RecordingFault;

/// Why nothing can be mixed on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// There is no such program, or it may not be run.
    #[error(
        "ffmpeg cannot be run ({0}): install it (on Debian: apt install ffmpeg), or name another in recording.ffmpeg"
    )]
    Program(io::ErrorKind),
    /// It does not answer as ffmpeg does.
    #[error("the program that recording.ffmpeg names is no ffmpeg")]
    NotFfmpeg,
    /// It is older than what is needed.
    #[error("ffmpeg {0} is too old: 4.4 is needed")]
    TooOld(String),
    /// It cannot write any of the formats.
    #[error(
        "this ffmpeg has neither libx264 or libopenh264 with aac nor libvpx with libopus: install a complete one"
    )]
    Encoders,
}

/// Why there is no mix.
#[derive(Debug, thiserror::Error)]
pub enum MixError {
    /// ffmpeg has gone away since it was found.
    #[error("ffmpeg cannot be run ({0})")]
    FfmpegMissing(io::ErrorKind),
    /// ffmpeg gave up. A second try begins with this step.
    #[error("ffmpeg failed to {what} (status {status}): {said}")]
    Failed {
        /// What it was to do.
        what: String,
        /// Its exit status.
        status: i32,
        /// The last that it said.
        said: String,
    },
    /// ffmpeg was ended for taking longer than anything that is sent by a camera, a screen or a microphone takes. A second try
    /// begins with this step.
    #[error("ffmpeg was to {what} and was not done with it after {} s", longest.as_secs())]
    TookTooLong {
        /// What it was to do.
        what: String,
        /// How long it was given.
        longest: Duration,
    },
    /// ffmpeg was killed, perhaps for want of memory. A second try begins with this step.
    #[error("ffmpeg was killed by signal {signal} while it was to {what}")]
    Killed {
        /// What it was to do.
        what: String,
        /// By which signal.
        signal: i32,
    },
    /// There was no room for what a step makes, beside what is to stay free. A second try begins with this step.
    #[error("too little room on the disk for the mix")]
    DiskFull,
    /// The folder of the recording cannot be read or written.
    #[error("the folder of the recording: {0}")]
    Folder(io::Error),
    /// No track that could be decoded, or no time in which one was recorded.
    #[error("nothing was recorded that could be mixed")]
    NothingToMix,
}

impl MixError {
    /// In the words of the recording. Whether a second try can help is for the caller: never with
    /// [`MixError::NothingToMix`], always with [`MixError::Killed`].
    pub fn fault(&self) -> RecordingFault {
        match self {
            Self::FfmpegMissing(_) => RecordingFault::MixingUnavailable,
            Self::DiskFull => RecordingFault::DiskFull,
            Self::Failed { .. }
            | Self::TookTooLong { .. }
            | Self::Killed { .. }
            | Self::Folder(_)
            | Self::NothingToMix => RecordingFault::MixFailed,
        }
    }

    /// From what the file system says.
    pub(super) fn of(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Folder(error),
        }
    }
}
