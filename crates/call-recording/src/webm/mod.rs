//! Files of one track in WebM, or Matroska where WebM has no such codec (RFC 8794, RFC 9559).
//!
//! While it grows, a file is like a live stream: a segment of unknown size, and in it clusters of at most two seconds, each given
//! its size when the next one begins. Every beginning of it can be played, so nothing is lost that was written before a crash.
//! Closing adds the cues, by which players seek, and fills in what was not known before: the duration, the sizes, the largest
//! picture, and where the parts are.
//!
//! Timestamps are whole milliseconds. A cluster says its own in full and its blocks count from there, so a gap may last for hours.

mod ebml;
mod element;
mod file;
mod header;
mod index;
mod scan;
#[cfg(test)]
mod tests;

pub(crate) use file::{Closed, WebmFile, close_left};

/// The header of a cluster: an id of 4 bytes and always a size of 8, so that it can be filled in.
const CLUSTER_HEAD: usize = 12;

/// What stands in a block before the frame: the track, the time, the flags.
const BLOCK_HEAD: usize = 4;

/// The flag of a frame that can be decoded by itself.
const KEY: u8 = 0x80;

/// A longer frame is none: not even a lossless picture of a large screen takes that.
pub(crate) const MAX_FRAME: usize = 8 << 20;
