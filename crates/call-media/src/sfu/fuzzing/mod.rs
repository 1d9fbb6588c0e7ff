//! What the fuzz targets of `tests/fuzz` call: everything that reads bytes of strangers. No part of the API.
//!
//! The bytes of a target are a script of steps rather than one input, so that what is only reached after other input is
//! reached as well. A target fails by a panic, by work or memory without bound, and by the promises it checks.

mod association;
mod connection;
mod gathering;
mod intruder;
mod packets;
mod recording;
mod reports;

use super::sdp::Answer;

/// One peer connection, or a room of some, under datagrams: demultiplexing, STUN, DTLS, SCTP, and media of peers who are in.
pub fn datagram(script: &[u8]) {
    let mut script = Script(script);
    if script.byte().is_multiple_of(2) {
        connection::run(&mut script);
    } else {
        gathering::run(&mut script);
    }
}

/// The way of one source's RTP packets to one subscriber, and back when packets are asked for again.
pub fn rtp(script: &[u8]) {
    packets::run(&mut Script(script));
}

/// What a tap copied, on its way to frames.
pub fn recording_frames(script: &[u8]) {
    recording::run(&mut Script(script));
}

/// RTCP as it comes in, and what is reported in turn.
pub fn rtcp(script: &[u8]) {
    reports::run(&mut Script(script));
}

/// An SDP answer.
pub fn sdp(text: &str) {
    let Ok(answer) = Answer::parse(text) else {
        return;
    };
    assert!(answer.lines.len() <= Answer::LINES_MAX);
    assert!((4..=256).contains(&answer.ice_ufrag.len()));
    assert!((22..=256).contains(&answer.ice_pwd.len()));
    assert!((1..=4).contains(&answer.fingerprints.len()));
    for (number, line) in answer.lines.iter().enumerate() {
        assert!(line.layers.len() <= 3 && line.codecs.len() <= 10 && line.ssrcs.len() <= 12);
        let others = answer.lines.iter().skip(number + 1);
        assert!(others.into_iter().all(|other| other.mid != line.mid));
    }
}

/// Steps and their parameters, one byte after the other; zeros behind the end.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn short(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    fn word(&mut self) -> u32 {
        u32::from(self.short()) << 16 | u32::from(self.short())
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end.max(1)
    }

    /// One of some.
    fn one_of<T: Copy>(&mut self, some: &[T]) -> Option<T> {
        some.get(self.below(some.len())).copied()
    }

    /// As many bytes as the next one says.
    fn bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.byte());
        self.take(length)
    }

    /// As many bytes as the next two say, of a datagram at most.
    fn long_bytes(&mut self) -> &'a [u8] {
        let length = usize::from(self.short() % 1_500);
        self.take(length)
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }
}
