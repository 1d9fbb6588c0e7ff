//! SRTP and SRTCP (RFC 3711, RFC 7714), in place and without allocation for each packet.
//!
//! State of a stream is made by its first authentic packet, replays are refused in both directions: a packet that came
//! before is not taken again, and an index is never sealed twice, which with AES-GCM would give the key away.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use rtc_srtp::crypto::{CryptoError, RTCCrypto};

use super::SendError;

mod cipher;
mod key_derivation;
mod window;

#[cfg(test)]
mod tests;

use cipher::{Cipher, RTCP_CLEAR, RTCP_ENCRYPTED, RtpPlace};
use key_derivation::Master;
use window::{Seen, Window};

/// Streams of a peer at most, for SRTP and SRTCP each.
const INBOUND_STREAMS_MAX: usize = 64;
/// Streams to a peer at most.
const OUTBOUND_STREAMS_MAX: usize = 4096;
/// Packets that may come late: `(INBOUND_WORDS - 1) * 64` = 1984.
const INBOUND_WORDS: usize = 32;
/// Packets that may leave late: 960.
const OUTBOUND_WORDS: usize = 16;
const RTP_HEADER: usize = 12;

/// The ciphers that DTLS may agree on (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SrtpProfile {
    AeadAes128Gcm,
    AeadAes256Gcm,
    Aes128CmSha1,
}

impl SrtpProfile {
    /// The one that is preferred comes first: what a processor has instructions for, and the shorter key.
    pub(super) const ALL: [Self; 3] =
        [Self::AeadAes128Gcm, Self::AeadAes256Gcm, Self::Aes128CmSha1];

    pub(super) const fn key_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::Aes128CmSha1 => 16,
            Self::AeadAes256Gcm => 32,
        }
    }

    pub(super) const fn salt_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm | Self::AeadAes256Gcm => 12,
            Self::Aes128CmSha1 => 14,
        }
    }

    /// How many bytes DTLS has to export.
    pub(super) const fn export_len(self) -> usize {
        (self.key_len() + self.salt_len()) * 2
    }
}

/// Why a packet was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SrtpRefusal {
    Malformed,
    Unauthentic,
    Replayed,
    TooManyStreams,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum SrtpError {
    #[error("exported keys of another length than the profile's")]
    KeyLength,
    #[error("no SRTP keys: {0}")]
    Crypto(#[from] CryptoError),
}

/// Both directions of a peer connection, server side.
pub(super) struct Srtp {
    inbound: Cipher,
    rtp_seen: Streams,
    rtcp_seen: Streams,
    outbound: Cipher,
    rtp_sent: HashMap<u32, Window<OUTBOUND_WORDS>, RandomState>,
    /// The index of the next SRTCP packet, whatever its SSRC.
    rtcp_next: u32,
}

impl Srtp {
    /// Takes what the DTLS server exported (RFC 5764 section 4.2).
    pub(super) fn new(
        profile: SrtpProfile,
        exported: &[u8],
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, SrtpError> {
        let (client, server) = Master::pair(profile, exported).ok_or(SrtpError::KeyLength)?;
        Ok(Self {
            inbound: Cipher::new(profile, client, crypto)?,
            rtp_seen: Streams::default(),
            rtcp_seen: Streams::default(),
            outbound: Cipher::new(profile, server, crypto)?,
            rtp_sent: HashMap::default(),
            rtcp_next: 0,
        })
    }

    /// Decrypts an RTP packet where it is and tells its length without the tag. A packet that is refused is garbage
    /// afterwards.
    pub(super) fn unprotect_rtp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpRefusal> {
        let (header, ssrc, sequence_number) = rtp_header(packet).ok_or(SrtpRefusal::Malformed)?;
        let stream = self.rtp_seen.find(ssrc)?;
        let index = match stream {
            Some(at) => self.rtp_seen.windows[at]
                .index_of(sequence_number)
                .ok_or(SrtpRefusal::Replayed)?,
            None => u64::from(sequence_number),
        };
        self.rtp_seen.refuse_seen(stream, index)?;
        let length = self
            .inbound
            .open_rtp(packet, header, RtpPlace { ssrc, index })
            .map_err(|_| SrtpRefusal::Unauthentic)?;
        self.rtp_seen.accept(stream, ssrc, index);
        Ok(length)
    }

    /// Decrypts a compound RTCP packet where it is and tells its length without tag and index.
    pub(super) fn unprotect_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpRefusal> {
        let word = self
            .inbound
            .rtcp_word(packet)
            .ok_or(SrtpRefusal::Malformed)?;
        // Authentication alone would be allowed by RFC 3711, not by RFC 8827 section 6.5.
        if packet[0] >> 6 != 2 || word & RTCP_ENCRYPTED == 0 {
            return Err(SrtpRefusal::Malformed);
        }
        let ssrc = read_u32(packet, 4);
        let index = u64::from(word & !RTCP_ENCRYPTED);
        let stream = self.rtcp_seen.find(ssrc)?;
        self.rtcp_seen.refuse_seen(stream, index)?;
        let length = self
            .inbound
            .open_rtcp(packet, ssrc, word)
            .map_err(|_| SrtpRefusal::Unauthentic)?;
        self.rtcp_seen.accept(stream, ssrc, index);
        Ok(length)
    }

    /// Encrypts the RTP packet that is `buffer[start..]` and appends the tag. What is refused is cut off the buffer, so that
    /// it cannot be sent in clear.
    pub(super) fn protect_rtp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), SendError> {
        self.seal_rtp(buffer, start)
            .inspect_err(|_| buffer.truncate(start))
    }

    fn seal_rtp(&mut self, buffer: &mut Vec<u8>, start: usize) -> Result<(), SendError> {
        let packet = buffer.get(start..).ok_or(SendError::Invalid)?;
        let (header, ssrc, sequence_number) = rtp_header(packet).ok_or(SendError::Invalid)?;
        if self.rtp_sent.len() >= OUTBOUND_STREAMS_MAX && !self.rtp_sent.contains_key(&ssrc) {
            return Err(SendError::Full);
        }
        let window = self.rtp_sent.entry(ssrc).or_insert_with(Window::new);
        let index = window
            .index_of(sequence_number)
            .ok_or(SendError::KeyExhausted)?;
        if window.look(index) == Seen::Yes {
            return Err(SendError::Repeated);
        }
        window.accept(index);
        self.outbound
            .seal_rtp(buffer, start, header, RtpPlace { ssrc, index })
            .map_err(|_| SendError::Invalid)
    }

    /// Encrypts the compound RTCP packet that is `buffer[start..]` and appends tag and index. What is refused is cut off the
    /// buffer.
    pub(super) fn protect_rtcp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), SendError> {
        self.seal_rtcp(buffer, start)
            .inspect_err(|_| buffer.truncate(start))
    }

    fn seal_rtcp(&mut self, buffer: &mut Vec<u8>, start: usize) -> Result<(), SendError> {
        let packet = buffer.get(start..).ok_or(SendError::Invalid)?;
        if packet.len() < RTCP_CLEAR || packet[0] >> 6 != 2 {
            return Err(SendError::Invalid);
        }
        if self.rtcp_next & RTCP_ENCRYPTED != 0 {
            return Err(SendError::KeyExhausted);
        }
        let ssrc = read_u32(packet, 4);
        let index = self.rtcp_next;
        self.rtcp_next += 1;
        self.outbound
            .seal_rtcp(buffer, start, ssrc, index)
            .map_err(|_| SendError::Invalid)
    }
}

/// What was seen of each stream. Found by a walk: there are few, and their SSRCs lie together.
#[derive(Debug, Default)]
struct Streams {
    ssrcs: Vec<u32>,
    windows: Vec<Window<INBOUND_WORDS>>,
}

impl Streams {
    /// Where a stream is; `None` for one that has room yet.
    fn find(&self, ssrc: u32) -> Result<Option<usize>, SrtpRefusal> {
        let at = self.ssrcs.iter().position(|known| *known == ssrc);
        if at.is_none() && self.ssrcs.len() >= INBOUND_STREAMS_MAX {
            return Err(SrtpRefusal::TooManyStreams);
        }
        Ok(at)
    }

    fn refuse_seen(&self, stream: Option<usize>, index: u64) -> Result<(), SrtpRefusal> {
        match stream.map(|at| self.windows[at].look(index)) {
            Some(Seen::Yes) => Err(SrtpRefusal::Replayed),
            Some(Seen::No) | None => Ok(()),
        }
    }

    /// Remembers what turned out to be authentic.
    fn accept(&mut self, stream: Option<usize>, ssrc: u32, index: u64) {
        let at = stream.unwrap_or_else(|| {
            self.ssrcs.push(ssrc);
            self.windows.push(Window::new());
            self.ssrcs.len() - 1
        });
        self.windows[at].accept(index);
    }
}

/// Length of the header with extensions, SSRC and sequence number of an RTP packet (RFC 3550 section 5.1).
fn rtp_header(packet: &[u8]) -> Option<(usize, u32, u16)> {
    if packet.len() < RTP_HEADER || packet[0] >> 6 != 2 {
        return None;
    }
    let mut length = RTP_HEADER + usize::from(packet[0] & 0x0f) * 4;
    if packet[0] & 0x10 != 0 {
        let extension = packet.get(length..length + 4)?;
        let words = u16::from_be_bytes([extension[2], extension[3]]);
        length += 4 + usize::from(words) * 4;
    }
    let sequence_number = u16::from_be_bytes([packet[2], packet[3]]);
    (length <= packet.len()).then(|| (length, read_u32(packet, 8), sequence_number))
}

/// The caller has checked the length.
fn read_u32(packet: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([packet[at], packet[at + 1], packet[at + 2], packet[at + 3]])
}
