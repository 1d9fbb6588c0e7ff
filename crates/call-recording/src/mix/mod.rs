//! One file of a whole call: every voice, and the pictures of those who were there side by side, made out of the tracks of a
//! finished recording by the machine's ffmpeg.
//!
//! A call that nobody showed a picture in becomes an audio file. What the encoders of the machine's ffmpeg allow decides on the
//! format: H.264 and AAC in MP4, else VP8 and Opus in WebM.
//!
//! ffmpeg runs as a child process, one at a time, without a shell. The names it is given are ids and numbers, the folder of the
//! recording is where it runs. What it makes comes over a pipe: when the server goes away, however that happens, the next write
//! fails and ffmpeg ends with it.
//!
//! The work goes in steps (see `Mixer`), and what a step has made is kept in the folder `mix` of the recording: a second try does
//! the rest.

mod child;
mod clip;
mod compose;
mod config;
mod encoder;
mod error;
#[cfg(test)]
mod example;
mod ffmpeg;
mod join;
mod layout;
mod mixer;
mod people;
mod room;
mod scenes;
mod span;
mod speech;
mod step;
mod voices;
mod work;

pub use config::{Layout, MixConfig};
pub use encoder::Format;
pub use error::{Missing, MixError};
pub use ffmpeg::Ffmpeg;
pub use mixer::{Mix, Mixer};
pub use work::discard;
