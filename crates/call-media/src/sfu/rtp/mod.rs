//! RTP packets (RFC 3550): read, recognised, rewritten.
//!
//! The way of a packet: [`Header::parse`] once, then [`PayloadInfo::read`] once, then for each subscriber
//! [`Rewriter::rewrite`] and [`write_packet`]. None of these allocates, none has a clock.

mod cache;
mod header;
mod key_frame;
mod payload;
mod renumbering;
mod rewrite;
mod rtx;
mod segment;
mod sent;
mod sequence;
mod timeline;
mod vp8;
mod vp9;
mod write;

pub(crate) use cache::PacketCache;
pub(crate) use header::Header;
pub(crate) use payload::{DescriptorPatch, PayloadInfo};
pub(crate) use rewrite::{IncomingPacket, Rewriter, Verdict};
pub(crate) use rtx::{unwrap_rtx, write_rtx};
pub(crate) use sequence::SequenceExtender;
pub(crate) use timeline::SenderClock;
pub(crate) use vp8::frame as vp8_frame;
pub(crate) use write::{ExtensionIds, OutgoingExtensions, OutgoingHeader, Stamps, write_packet};
