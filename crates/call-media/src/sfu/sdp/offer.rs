use std::net::SocketAddr;

use super::super::VideoCodec;

/// What the SFU says about its end of a peer connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TransportParameters {
    /// `a=ice-ufrag`, 4 to 256 ice-chars (RFC 8839).
    pub(crate) ice_ufrag: String,
    /// `a=ice-pwd`, 22 to 256 ice-chars.
    pub(crate) ice_pwd: String,
    /// SHA-256 of the DTLS certificate, as in SDP: `AB:CD:…`.
    pub(crate) fingerprint: String,
    /// Where the SFU is to be reached, the preferred one first.
    pub(crate) candidates: Vec<ServerCandidate>,
}

/// A way to reach the SFU: a host candidate (RFC 8839).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ServerCandidate {
    /// UDP, or TCP passive.
    pub(crate) protocol: CandidateProtocol,
    /// The address and port that peers use.
    pub(crate) address: SocketAddr,
}

/// Over what a candidate is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CandidateProtocol {
    /// UDP.
    Udp,
    /// TCP, the SFU listens (RFC 6544).
    TcpPassive,
}

/// Everything that an offer is made of.
#[derive(Debug)]
pub(crate) struct OfferLines<'a> {
    /// `o=`: names the session, the same in each of its offers.
    pub(crate) session_id: u64,
    /// `o=`: counts the offers of the session.
    pub(crate) version: u64,
    /// This end of the connection.
    pub(crate) transport: &'a TransportParameters,
    /// What a peer may send its video with, the preferred one first.
    pub(crate) video_codecs: &'a [VideoCodec],
    /// Whether video is asked for in several sizes.
    pub(crate) simulcast: bool,
    /// What the peer gets: line `0`, line `1` and so on. Lines never go away, they become inactive.
    pub(crate) send: &'a [SendLine],
}

/// A line on which the SFU sends; its mid is its place among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SendLine {
    /// What is sent. The kind (audio or video) of a line never changes.
    pub(crate) codec: LineCodec,
    /// Whether something may be sent; a line that is not active waits for another use.
    pub(crate) active: bool,
    /// The stream's SSRC.
    pub(crate) ssrc: u32,
    /// The SSRC of its retransmissions; none for audio.
    pub(crate) rtx_ssrc: Option<u32>,
    /// Names the media stream; opaque to the peer.
    pub(crate) stream_id: String,
    /// Names the track; opaque to the peer.
    pub(crate) track_id: String,
    /// `cname` (RFC 7022): the same for what is to be played in sync.
    pub(crate) cname: String,
}

/// What a line on which the SFU sends carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineCodec {
    /// Opus, with redundancy or without it.
    Audio,
    /// One video codec, and its retransmissions.
    Video(VideoCodec),
}

impl OfferLines<'_> {
    /// The offer's SDP.
    pub(crate) fn to_sdp(&self) -> String {
        String::new()
    }
}
