use std::fmt::{Arguments, Write};
use std::net::SocketAddr;

use super::super::{Layer, Source, VideoCodec};
use super::{Codec, Extension};

/// The line of the data channel (`a=mid`).
pub(super) const DATA_MID: &str = "d";

/// What the SFU says about its end of a peer connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TransportParameters {
    /// `a=ice-ufrag`, 4 to 256 ice-chars (RFC 8839).
    pub(crate) ice_ufrag: String,
    /// `a=ice-pwd`, 22 to 256 ice-chars.
    pub(crate) ice_pwd: String,
    /// SHA-256 of the DTLS certificate, as in SDP: `AB:CD:…`.
    pub(crate) fingerprint: String,
    /// Where the SFU is to be reached, the preferred one of each protocol first.
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
    /// `o=`: names the session, the same in each of its offers; at most 63 bits.
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
    /// The offer's SDP. Its lines: those on which the peer sends ([`Source::ALL`]), the data channel, what the peer gets.
    pub(crate) fn to_sdp(&self) -> String {
        // Written straight into one string: a room makes one for each of its peers when somebody comes or goes.
        let mut sdp = Writer(String::with_capacity(8192 + 1024 * self.send.len()));
        self.session(&mut sdp);
        for source in Source::ALL {
            self.receive_line(&mut sdp, source);
        }
        self.data_line(&mut sdp);
        for (index, line) in self.send.iter().enumerate() {
            self.send_line(&mut sdp, index, line);
        }
        sdp.0
    }

    fn session(&self, sdp: &mut Writer) {
        let (id, version) = (self.session_id & (u64::MAX >> 1), self.version);
        sdp.line("v=0");
        sdp.format(format_args!("o=- {id} {version} IN IP4 127.0.0.1"));
        sdp.line("s=-");
        sdp.line("t=0 0");
        sdp.line("a=ice-lite");
        sdp.0.push_str("a=group:BUNDLE");
        for mid in Source::ALL.map(Source::mid).into_iter().chain([DATA_MID]) {
            sdp.0.push(' ');
            sdp.0.push_str(mid);
        }
        for index in 0..self.send.len() {
            sdp.part(format_args!(" {index}"));
        }
        sdp.line("");
        sdp.line("a=extmap-allow-mixed");
        sdp.line("a=msid-semantic: WMS *");
    }

    fn receive_line(&self, sdp: &mut Writer, source: Source) {
        if source.is_video() {
            let codecs = || {
                let pair = |codec: &VideoCodec| [Codec::Video(*codec), Codec::Rtx(*codec)];
                self.video_codecs.iter().flat_map(pair)
            };
            sdp.media("video", codecs());
            self.transport(sdp, source.mid());
            sdp.line("a=recvonly");
            sdp.codecs(codecs());
            sdp.extensions(&VIDEO_FROM_PEER);
            if self.simulcast {
                simulcast(sdp, source);
            }
        } else {
            sdp.media("audio", AUDIO.into_iter());
            self.transport(sdp, source.mid());
            sdp.line("a=recvonly");
            sdp.codecs(AUDIO.into_iter());
            sdp.extensions(&AUDIO_EXTENSIONS);
        }
        // The candidates of the first line of a bundle are those of all (RFC 9143).
        if source.mid() == Source::ALL[0].mid() {
            candidates(sdp, &self.transport.candidates);
        }
    }

    fn data_line(&self, sdp: &mut Writer) {
        sdp.line("m=application 9 UDP/DTLS/SCTP webrtc-datachannel");
        sdp.line("c=IN IP4 0.0.0.0");
        self.transport(sdp, DATA_MID);
        sdp.line("a=sctp-port:5000");
        sdp.line("a=max-message-size:65536");
    }

    fn send_line(&self, sdp: &mut Writer, index: usize, line: &SendLine) {
        let video;
        let (kind, codecs, extensions): (_, &[Codec], &[Extension]) = match line.codec {
            LineCodec::Audio => ("audio", &AUDIO, &AUDIO_EXTENSIONS),
            LineCodec::Video(codec) => {
                video = [Codec::Video(codec), Codec::Rtx(codec)];
                ("video", &video, &VIDEO_TO_PEER)
            }
        };
        sdp.media(kind, codecs.iter().copied());
        self.transport(sdp, index);
        sdp.line(if line.active {
            "a=sendonly"
        } else {
            "a=inactive"
        });
        sdp.codecs(codecs.iter().copied());
        sdp.extensions(extensions);
        if line.active {
            streams(sdp, line);
        }
    }

    /// What every section says of the transport that all share. A section could leave it to the first one of the bundle, but
    /// not every peer looks there.
    fn transport(&self, sdp: &mut Writer, mid: impl std::fmt::Display) {
        let transport = self.transport;
        sdp.format(format_args!("a=mid:{mid}"));
        sdp.format(format_args!("a=ice-ufrag:{}", transport.ice_ufrag));
        sdp.format(format_args!("a=ice-pwd:{}", transport.ice_pwd));
        sdp.format(format_args!(
            "a=fingerprint:sha-256 {}",
            transport.fingerprint
        ));
        sdp.line("a=setup:actpass");
    }
}

const AUDIO: [Codec; 2] = [Codec::Opus, Codec::Red];

const AUDIO_EXTENSIONS: [Extension; 4] = [
    Extension::AudioLevel,
    Extension::AbsoluteSendTime,
    Extension::TransportSequence,
    Extension::Mid,
];

const VIDEO_TO_PEER: [Extension; 3] = [
    Extension::AbsoluteSendTime,
    Extension::TransportSequence,
    Extension::Mid,
];

const VIDEO_FROM_PEER: [Extension; 5] = [
    Extension::AbsoluteSendTime,
    Extension::TransportSequence,
    Extension::Mid,
    Extension::Rid,
    Extension::RepairedRid,
];

/// The layers in which a source is asked for (RFC 8853). A quarter of a screen cannot be read.
const fn layers_of(source: Source) -> &'static [Layer] {
    match source {
        Source::Video => &Layer::ALL,
        Source::Screen => &[Layer::Medium, Layer::High],
        Source::Audio | Source::ScreenAudio => &[],
    }
}

fn simulcast(sdp: &mut Writer, source: Source) {
    let layers = layers_of(source);
    for layer in layers {
        sdp.format(format_args!("a=rid:{} recv", layer.rid()));
    }
    sdp.0.push_str("a=simulcast:recv ");
    for (index, layer) in layers.iter().enumerate() {
        if index > 0 {
            sdp.0.push(';');
        }
        sdp.0.push_str(layer.rid());
    }
    sdp.line("");
}

/// The SSRCs of a line, and what they belong to (RFC 5576, RFC 8830).
fn streams(sdp: &mut Writer, line: &SendLine) {
    let SendLine {
        ssrc,
        stream_id,
        track_id,
        cname,
        ..
    } = line;
    sdp.format(format_args!("a=msid:{stream_id} {track_id}"));
    if let Some(rtx) = line.rtx_ssrc {
        sdp.format(format_args!("a=ssrc-group:FID {ssrc} {rtx}"));
    }
    sdp.format(format_args!("a=ssrc:{ssrc} cname:{cname}"));
    if let Some(rtx) = line.rtx_ssrc {
        sdp.format(format_args!("a=ssrc:{rtx} cname:{cname}"));
    }
}

fn candidates(sdp: &mut Writer, candidates: &[ServerCandidate]) {
    for (index, candidate) in candidates.iter().enumerate() {
        let ServerCandidate { protocol, address } = *candidate;
        // One foundation for each protocol and base address (RFC 8445 section 5.1.1.3).
        let foundation = candidates
            .iter()
            .position(|other| other.protocol == protocol && other.address.ip() == address.ip())
            .unwrap_or(index)
            + 1;
        let priority = priority(protocol, index);
        let (name, kind) = match protocol {
            CandidateProtocol::Udp => ("udp", ""),
            CandidateProtocol::TcpPassive => ("tcp", " tcptype passive"),
        };
        let (ip, port) = (address.ip(), address.port());
        sdp.format(format_args!(
            "a=candidate:{foundation} 1 {name} {priority} {ip} {port} typ host{kind}"
        ));
    }
    sdp.line("a=end-of-candidates");
}

/// RFC 8445 section 5.1.2.1; for TCP with the lower type preference and the direction preference of RFC 6544 section 4.2.
fn priority(protocol: CandidateProtocol, index: usize) -> u32 {
    let place = u32::try_from(index).unwrap_or(u32::MAX);
    let (kind, local) = match protocol {
        CandidateProtocol::Udp => (126, 65_535_u32.saturating_sub(place)),
        CandidateProtocol::TcpPassive => (90, (4 << 13) + 8_191_u32.saturating_sub(place)),
    };
    (kind << 24) + (local << 8) + 255
}

struct Writer(String);

impl Writer {
    fn line(&mut self, text: &str) {
        self.0.push_str(text);
        self.0.push_str("\r\n");
    }

    fn format(&mut self, text: Arguments<'_>) {
        self.part(text);
        self.0.push_str("\r\n");
    }

    fn part(&mut self, text: Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = self.0.write_fmt(text);
    }

    fn media(&mut self, kind: &str, codecs: impl Iterator<Item = Codec>) {
        self.part(format_args!("m={kind} 9 UDP/TLS/RTP/SAVPF"));
        for codec in codecs {
            self.part(format_args!(" {}", codec.payload_type()));
        }
        self.line("");
        self.line("c=IN IP4 0.0.0.0");
        self.line("a=rtcp-mux");
        self.line("a=rtcp-rsize");
    }

    fn codecs(&mut self, codecs: impl Iterator<Item = Codec>) {
        for codec in codecs {
            let payload_type = codec.payload_type();
            self.format(format_args!("a=rtpmap:{payload_type} {}", codec.rtpmap()));
            for feedback in codec.feedback() {
                self.format(format_args!("a=rtcp-fb:{payload_type} {feedback}"));
            }
            if let Some(parameters) = codec.format_parameters() {
                self.format(format_args!("a=fmtp:{payload_type} {parameters}"));
            }
        }
    }

    fn extensions(&mut self, extensions: &[Extension]) {
        for extension in extensions {
            self.format(format_args!(
                "a=extmap:{} {}",
                extension.id(),
                extension.uri()
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::io::Cursor;

    use proptest::prelude::*;
    use rtc_sdp::SessionDescription;

    use super::*;

    fn transport() -> TransportParameters {
        let candidate = |protocol, address: &str| ServerCandidate {
            protocol,
            address: address.parse().unwrap(),
        };
        TransportParameters {
            ice_ufrag: "c4LLufrg".to_owned(),
            ice_pwd: "9uB6QhYdNCLCHdv5OIi3XPvS".to_owned(),
            fingerprint: ["AB"; 32].join(":"),
            candidates: vec![
                candidate(CandidateProtocol::Udp, "192.0.2.1:7882"),
                candidate(CandidateProtocol::Udp, "[2001:db8::1]:7882"),
                candidate(CandidateProtocol::TcpPassive, "192.0.2.1:7882"),
                candidate(CandidateProtocol::TcpPassive, "192.0.2.1:443"),
            ],
        }
    }

    fn line(codec: LineCodec, active: bool) -> SendLine {
        SendLine {
            codec,
            active,
            ssrc: 1001,
            rtx_ssrc: match codec {
                LineCodec::Audio => None,
                LineCodec::Video(_) => Some(1002),
            },
            stream_id: "stream".to_owned(),
            track_id: "track".to_owned(),
            cname: "cname".to_owned(),
        }
    }

    fn offer(send: &[SendLine], simulcast: bool) -> String {
        OfferLines {
            session_id: u64::MAX,
            version: 7,
            transport: &transport(),
            video_codecs: &VideoCodec::ALL,
            simulcast,
            send,
        }
        .to_sdp()
    }

    fn section<'a>(sdp: &'a str, mid: &str) -> &'a str {
        let mid = format!("a=mid:{mid}\r\n");
        sdp.split("m=")
            .find(|section| section.contains(&mid))
            .unwrap()
    }

    #[test]
    fn another_parser_reads_it() {
        let send = [
            line(LineCodec::Audio, true),
            line(LineCodec::Video(VideoCodec::Av1), true),
        ];
        let sdp = offer(&send, true);
        let parsed = SessionDescription::unmarshal(&mut Cursor::new(&sdp)).unwrap();
        assert_eq!(parsed.origin.session_version, 7);
        assert!(parsed.has_attribute("ice-lite"));
        assert_eq!(parsed.attribute("group").unwrap(), "BUNDLE a v s sa d 0 1");
        let mids: Vec<_> = parsed
            .media_descriptions
            .iter()
            .map(|media| media.attribute("mid").flatten().unwrap())
            .collect();
        assert_eq!(mids, ["a", "v", "s", "sa", "d", "0", "1"]);
        for media in &parsed.media_descriptions {
            assert_eq!(media.attribute("setup"), Some(Some("actpass")));
            assert_eq!(media.attribute("ice-ufrag"), Some(Some("c4LLufrg")));
            for format in &media.media_name.formats {
                let Ok(payload_type) = format.parse() else {
                    assert_eq!(format, "webrtc-datachannel");
                    continue;
                };
                assert!(media.codecs().contains_key(&payload_type));
            }
        }
    }

    #[test]
    fn video_is_asked_for_in_layers_if_at_all() {
        let sdp = offer(&[], true);
        assert!(section(&sdp, "v").contains(
            "a=rid:q recv\r\na=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv q;h;f\r\n"
        ));
        assert!(
            section(&sdp, "s")
                .ends_with("a=rid:h recv\r\na=rid:f recv\r\na=simulcast:recv h;f\r\n")
        );
        assert!(!section(&sdp, "a").contains("rid"));
        let plain = offer(&[], false);
        assert!(!plain.contains("a=rid") && !plain.contains("a=simulcast"));
    }

    #[test]
    fn candidates_stand_in_the_first_section_only() {
        let sdp = offer(&[line(LineCodec::Audio, true)], true);
        let lines: Vec<&str> = sdp
            .lines()
            .filter(|line| line.starts_with("a=candidate"))
            .collect();
        assert_eq!(
            lines,
            [
                "a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host",
                "a=candidate:2 1 udp 2130706175 2001:db8::1 7882 typ host",
                "a=candidate:3 1 tcp 1520434687 192.0.2.1 7882 typ host tcptype passive",
                "a=candidate:3 1 tcp 1520434431 192.0.2.1 443 typ host tcptype passive",
            ]
        );
        assert!(section(&sdp, "a").contains("a=end-of-candidates"));
        assert_eq!(sdp.matches("a=end-of-candidates").count(), 1);
    }

    #[test]
    fn a_line_says_what_comes_on_it() {
        let send = [
            line(LineCodec::Audio, true),
            line(LineCodec::Video(VideoCodec::H264), true),
            line(LineCodec::Video(VideoCodec::Vp9), false),
        ];
        let sdp = offer(&send, true);
        let audio = section(&sdp, "0");
        assert!(audio.starts_with("audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"));
        assert!(audio.contains("a=sendonly\r\n"));
        assert!(audio.ends_with("a=msid:stream track\r\na=ssrc:1001 cname:cname\r\n"));
        let video = section(&sdp, "1");
        assert!(video.starts_with("video 9 UDP/TLS/RTP/SAVPF 102 103\r\n"));
        assert!(video.ends_with(
            "a=ssrc-group:FID 1001 1002\r\na=ssrc:1001 cname:cname\r\na=ssrc:1002 cname:cname\r\n"
        ));
        let free = section(&sdp, "2");
        assert!(free.contains("a=inactive\r\n"));
        assert!(!free.contains("ssrc") && !free.contains("msid"));
    }

    proptest! {
        #[test]
        fn every_mid_comes_once_and_is_bundled(kinds in proptest::collection::vec((0..5_usize, any::<bool>()), 0..120)) {
            let send: Vec<SendLine> = kinds
                .iter()
                .map(|(kind, active)| match VideoCodec::ALL.get(*kind) {
                    Some(codec) => line(LineCodec::Video(*codec), *active),
                    None => line(LineCodec::Audio, *active),
                })
                .collect();
            let sdp = offer(&send, true);
            let mids: Vec<&str> = sdp.lines().filter_map(|line| line.strip_prefix("a=mid:")).collect();
            let unique: HashSet<&str> = mids.iter().copied().collect();
            prop_assert_eq!(unique.len(), send.len() + 5);
            let group = format!("a=group:BUNDLE {}\r\n", mids.join(" "));
            prop_assert!(sdp.contains(&group));
            prop_assert!(sdp.lines().all(|line| line.as_bytes()[1] == b'='));
            prop_assert_eq!(sdp.matches("a=sendonly").count(), send.iter().filter(|line| line.active).count());
        }
    }
}
