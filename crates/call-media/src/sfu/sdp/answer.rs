use std::collections::HashSet;

use super::super::Layer;
use super::offer::DATA_MID;
use super::section::{Section, Transport};
use super::{Codec, Extension};

/// Why an answer was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SdpError {
    /// More than [`Answer::SIZE_MAX`] bytes.
    #[error("the SDP is too large")]
    TooLarge,
    /// More than [`Answer::LINES_MAX`] media sections.
    #[error("the SDP has too many media sections")]
    TooManyLines,
    /// Not SDP (RFC 8866).
    #[error("the SDP cannot be read")]
    Malformed,
    /// A media section that no offer has, or one that comes twice.
    #[error("the SDP has a media section that was not offered")]
    ForeignLine,
    /// No `a=ice-ufrag` or `a=ice-pwd`, or not as RFC 8839 says.
    #[error("the SDP has no valid ICE credentials")]
    NoIceCredentials,
    /// No SHA-256 fingerprint (RFC 8122).
    #[error("the SDP has no SHA-256 fingerprint")]
    NoFingerprint,
    /// Not `a=setup:active` (RFC 8842).
    #[error("the SDP does not make its sender the DTLS client")]
    NotActive,
}

/// What a peer answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// `a=ice-ufrag` of the peer.
    pub(crate) ice_ufrag: String,
    /// `a=ice-pwd` of the peer.
    pub(crate) ice_pwd: String,
    /// SHA-256 fingerprints of the certificate that the peer may show in DTLS; at least one.
    pub(crate) fingerprints: Vec<[u8; 32]>,
    /// The media sections, in their order, but for the data channel's.
    pub(crate) lines: Vec<AnswerLine>,
    /// The data channel, if it was accepted.
    pub(crate) sctp: Option<SctpAnswer>,
}

/// What a peer answered to one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AnswerLine {
    /// Which line (`a=mid`): [`Source::mid`] where the peer sends, and the place among [`super::OfferLines::send`] where the SFU
    /// sends.
    pub(crate) mid: String,
    /// Which way the peer wants packets to go, as seen by the peer; [`Direction::Inactive`] too for a rejected
    /// line.
    pub(crate) direction: Direction,
    /// What was accepted, in the peer's order of preference: it sends the first one. Empty for a rejected line.
    pub(crate) codecs: Vec<Codec>,
    /// The header extensions accepted.
    pub(crate) extensions: Extensions,
    /// The layers that the peer sends (`a=simulcast:send`, RFC 8853); empty without simulcast.
    pub(crate) layers: Vec<Layer>,
    /// The SSRCs that the peer will send with, if it told (RFC 5576), each with the one of its retransmissions. Peers that
    /// put the mid into their packets need not tell.
    pub(crate) ssrcs: Vec<(u32, Option<u32>)>,
}

/// Which way packets go, as seen by the one who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Both ways.
    SendRecv,
    /// From it.
    SendOnly,
    /// To it.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    pub(super) fn from_attribute(key: &str) -> Option<Self> {
        match key {
            "sendrecv" => Some(Self::SendRecv),
            "sendonly" => Some(Self::SendOnly),
            "recvonly" => Some(Self::RecvOnly),
            "inactive" => Some(Self::Inactive),
            _ => None,
        }
    }
}

/// A set of header extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extensions(u16);

impl Extensions {
    /// Whether one is in it.
    pub(crate) const fn has(self, extension: Extension) -> bool {
        self.0 & (1 << extension.id()) != 0
    }

    /// Takes one in.
    pub(crate) const fn insert(&mut self, extension: Extension) {
        self.0 |= 1 << extension.id();
    }
}

/// The data channel's transport (RFC 8841).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SctpAnswer {
    /// `a=sctp-port`.
    pub(crate) port: u16,
    /// The largest message that the peer takes, in bytes; 0: any.
    pub(crate) max_message_size: u64,
}

impl Answer {
    /// Bytes of an answer at most.
    pub(crate) const SIZE_MAX: usize = 64 * 1024;
    /// Media sections of an answer at most.
    pub(crate) const LINES_MAX: usize = 200;

    /// Reads an answer, in one pass over it. Of what every section of a bundle repeats, the first section that was not
    /// rejected is asked, then the session; the other sections need no more than `m=`, `a=mid` and a direction.
    pub(crate) fn parse(sdp: &str) -> Result<Self, SdpError> {
        let (session, sections) = read(sdp)?;
        let mut answer = Self {
            ice_ufrag: String::new(),
            ice_pwd: String::new(),
            fingerprints: Vec::new(),
            lines: Vec::with_capacity(sections.len()),
            sctp: None,
        };
        answer.take_transport(&session.transport, &sections)?;
        let mut seen = HashSet::with_capacity(sections.len());
        let mut spoken = Spoken::default();
        for section in sections {
            let mid = section.mid.ok_or(SdpError::ForeignLine)?;
            if !seen.insert(mid) {
                return Err(SdpError::ForeignLine);
            }
            if mid == DATA_MID {
                answer.sctp = section.sctp();
            } else {
                let line = section.line(mid, session.direction, &mut spoken)?;
                answer.lines.push(line);
            }
        }
        Ok(answer)
    }

    fn take_transport(
        &mut self,
        session: &Transport<'_>,
        sections: &[Section<'_>],
    ) -> Result<(), SdpError> {
        let nothing = Transport::default();
        let tagged = sections
            .iter()
            .find(|section| !section.rejected)
            .map_or(&nothing, |section| &section.transport);
        let ufrag = tagged.ufrag.or(session.ufrag);
        let pwd = tagged.pwd.or(session.pwd);
        let (Some(ufrag), Some(pwd)) = (ufrag, pwd) else {
            return Err(SdpError::NoIceCredentials);
        };
        if !is_ice_token(ufrag, 4) || !is_ice_token(pwd, 22) {
            return Err(SdpError::NoIceCredentials);
        }
        ufrag.clone_into(&mut self.ice_ufrag);
        pwd.clone_into(&mut self.ice_pwd);
        self.fingerprints = if tagged.fingerprints.is_empty() {
            session.fingerprints.clone()
        } else {
            tagged.fingerprints.clone()
        };
        if self.fingerprints.is_empty() {
            return Err(SdpError::NoFingerprint);
        }
        match tagged.setup.or(session.setup) {
            Some("active") => Ok(()),
            _ => Err(SdpError::NotActive),
        }
    }
}

#[derive(Debug, Default)]
struct Session<'a> {
    transport: Transport<'a>,
    direction: Option<Direction>,
}

/// What earlier sections said, for later ones that were sent without it.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    audio: Extensions,
    video: Extensions,
}

impl Spoken {
    /// An id means the same in each section of a bundle (RFC 9143 section 9.2), so a section that has no `a=extmap` at all
    /// is taken to accept what the last one of its kind did.
    pub(super) fn extensions(&mut self, audio: bool, section: Option<Extensions>) -> Extensions {
        let last = if audio {
            &mut self.audio
        } else {
            &mut self.video
        };
        *last = section.unwrap_or(*last);
        *last
    }
}

fn read(sdp: &str) -> Result<(Session<'_>, Vec<Section<'_>>), SdpError> {
    if sdp.len() > Answer::SIZE_MAX {
        return Err(SdpError::TooLarge);
    }
    let mut lines = sdp.lines().filter(|line| !line.is_empty());
    if lines.next() != Some("v=0") {
        return Err(SdpError::Malformed);
    }
    let mut session = Session::default();
    let mut sections: Vec<Section<'_>> = Vec::new();
    for line in lines {
        let (kind, value) = line.split_once('=').ok_or(SdpError::Malformed)?;
        match kind {
            "m" => {
                if sections.len() == Answer::LINES_MAX {
                    return Err(SdpError::TooManyLines);
                }
                sections.push(Section::new(value)?);
            }
            "a" => {
                let (key, value) = value.split_once(':').unwrap_or((value, ""));
                match sections.last_mut() {
                    Some(section) => section.attribute(key, value.trim()),
                    None => session.attribute(key, value.trim()),
                }
            }
            _ if kind.len() == 1 => {}
            _ => return Err(SdpError::Malformed),
        }
    }
    Ok((session, sections))
}

impl<'a> Session<'a> {
    fn attribute(&mut self, key: &str, value: &'a str) {
        match Direction::from_attribute(key) {
            Some(direction) => self.direction = Some(direction),
            None => self.transport.attribute(key, value),
        }
    }
}

/// `ice-char`s (RFC 8839 section 5.4).
fn is_ice_token(token: &str, shortest: usize) -> bool {
    let ice_char = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    (shortest..=256).contains(&token.len()) && token.bytes().all(ice_char)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::section::is_place;
    use super::*;
    use crate::sfu::{Source, VideoCodec};

    const CHROMIUM: &str = include_str!("../../../vectors/answers/chromium.sdp");
    const FIREFOX: &str = include_str!("../../../vectors/answers/firefox.sdp");
    const AIORTC: &str = include_str!("../../../vectors/answers/aiortc.sdp");
    const GSTREAMER: &str = include_str!("../../../vectors/answers/gstreamer.sdp");
    const ALL: [&str; 4] = [CHROMIUM, FIREFOX, AIORTC, GSTREAMER];

    fn line<'a>(answer: &'a Answer, mid: &str) -> &'a AnswerLine {
        answer.lines.iter().find(|line| line.mid == mid).unwrap()
    }

    fn has(line: &AnswerLine, extensions: &[Extension]) {
        for extension in Extension::ALL {
            assert_eq!(
                line.extensions.has(extension),
                extensions.contains(&extension),
                "{extension:?} on line {}",
                line.mid
            );
        }
    }

    /// What a client may leave out of the sections on which it only receives.
    fn stripped(sdp: &str) -> String {
        let (mut section, mut kept) = (String::new(), String::new());
        let mut sections = Vec::new();
        for line in sdp.split_inclusive("\r\n") {
            if line.starts_with("m=") {
                sections.push(std::mem::take(&mut section));
            }
            section.push_str(line);
        }
        sections.push(section);
        for section in sections {
            if section.contains("a=recvonly") || section.contains("a=inactive") {
                let needed = ["m=", "a=mid:", "a=recvonly", "a=inactive"];
                let lines = section.split_inclusive("\r\n");
                kept.extend(lines.filter(|line| needed.iter().any(|key| line.starts_with(key))));
            } else {
                kept.push_str(&section);
            }
        }
        kept
    }

    #[test]
    fn chromium_answers() {
        let answer = Answer::parse(CHROMIUM).unwrap();
        assert_eq!(answer.ice_ufrag, "Qwfb");
        assert_eq!(answer.ice_pwd, "SGKVcDC1KHNI+dmijRSQQwi2");
        assert_eq!(answer.fingerprints.len(), 1);
        assert_eq!(answer.fingerprints[0][..3], [0xCA, 0xEB, 0x6C]);
        assert_eq!(
            answer.sctp,
            Some(SctpAnswer {
                port: 5000,
                max_message_size: 65_536
            })
        );
        let mids: Vec<_> = answer.lines.iter().map(|line| line.mid.as_str()).collect();
        assert_eq!(mids, ["a", "v", "s", "sa", "0", "1", "2"]);

        let audio = line(&answer, "a");
        assert_eq!(audio.direction, Direction::SendOnly);
        assert_eq!(audio.codecs, [Codec::Opus, Codec::Red]);
        assert_eq!(audio.ssrcs, [(1_947_768_973, None)]);
        let audio_extensions = [
            Extension::AudioLevel,
            Extension::AbsoluteSendTime,
            Extension::TransportSequence,
            Extension::Mid,
        ];
        has(audio, &audio_extensions);

        let video = line(&answer, "v");
        assert_eq!(video.layers, Layer::ALL);
        assert_eq!(
            video.ssrcs,
            [],
            "the layers are known by their rid extension"
        );
        assert_eq!(video.codecs[0], Codec::Video(VideoCodec::Vp8));
        assert_eq!(video.codecs.len(), 8);
        has(
            video,
            &[
                Extension::AbsoluteSendTime,
                Extension::TransportSequence,
                Extension::Mid,
                Extension::Rid,
                Extension::RepairedRid,
            ],
        );
        assert_eq!(line(&answer, "s").layers, [Layer::Medium, Layer::High]);
        assert_eq!(line(&answer, "0").direction, Direction::RecvOnly);
        has(line(&answer, "0"), &audio_extensions);
        assert_eq!(line(&answer, "2").direction, Direction::Inactive);
    }

    #[test]
    fn firefox_answers() {
        let answer = Answer::parse(FIREFOX).unwrap();
        assert_eq!(answer.ice_ufrag, "18cf6881");
        assert_eq!(
            answer.fingerprints[0][..2],
            [0xCD, 0x98],
            "of the session, not of a section"
        );
        assert_eq!(line(&answer, "a").codecs, [Codec::Opus]);
        let video = line(&answer, "v");
        assert_eq!(video.layers, Layer::ALL);
        assert_eq!(
            video.ssrcs,
            [
                (1_013_899_631, Some(317_510_666)),
                (2_633_099_676, Some(59_877_347)),
                (359_152_490, Some(926_879_246)),
            ]
        );
        assert!(video.extensions.has(Extension::Rid));
        assert!(!video.codecs.contains(&Codec::Video(VideoCodec::H264)));
        let rejected = line(&answer, "2");
        assert_eq!(rejected.direction, Direction::Inactive);
        assert_eq!(rejected.codecs, []);
        assert_eq!(answer.sctp.unwrap().max_message_size, 1_073_741_823);
    }

    #[test]
    fn aiortc_answers() {
        let answer = Answer::parse(AIORTC).unwrap();
        assert_eq!(
            answer.fingerprints.len(),
            1,
            "SHA-384 and SHA-512 are passed over"
        );
        let video = line(&answer, "v");
        assert_eq!(video.layers, []);
        assert_eq!(video.ssrcs, [(79_620_762, Some(4_165_324_060))]);
        has(video, &[Extension::AbsoluteSendTime, Extension::Mid]);
        assert_eq!(line(&answer, "s").direction, Direction::Inactive);
        assert_eq!(line(&answer, "1").direction, Direction::RecvOnly);
    }

    #[test]
    fn gstreamer_answers() {
        let answer = Answer::parse(GSTREAMER).unwrap();
        assert_eq!(answer.ice_ufrag, "f24MXRL05cmbLRD1MUlg05sKehL+HVwV");
        let (audio, video) = (line(&answer, "a"), line(&answer, "v"));
        assert_eq!(audio.codecs, [Codec::Opus]);
        assert_eq!(audio.ssrcs, [(978_937_584, None)]);
        assert_eq!(video.codecs, [Codec::Video(VideoCodec::Vp8)]);
        assert_eq!(video.ssrcs, [(2_103_654_775, None)]);
        has(audio, &[]);
        has(line(&answer, "1"), &[]);
    }

    #[test]
    fn what_a_bundle_repeats_may_be_left_out() {
        for sdp in ALL {
            let stripped = stripped(sdp);
            assert!(stripped.len() < sdp.len());
            let (whole, stripped) = (
                Answer::parse(sdp).unwrap(),
                Answer::parse(&stripped).unwrap(),
            );
            assert_eq!(whole.ice_pwd, stripped.ice_pwd);
            assert_eq!(whole.fingerprints, stripped.fingerprints);
            assert_eq!(whole.sctp, stripped.sctp);
            assert_eq!(whole.lines.len(), stripped.lines.len());
            for (whole, stripped) in whole.lines.iter().zip(&stripped.lines) {
                assert_eq!(whole.direction, stripped.direction);
                assert_eq!(whole.codecs, stripped.codecs);
                for needed in [
                    Extension::TransportSequence,
                    Extension::AbsoluteSendTime,
                    Extension::Mid,
                ] {
                    assert_eq!(
                        whole.extensions.has(needed),
                        stripped.extensions.has(needed)
                    );
                }
            }
        }
    }

    #[test]
    fn the_first_section_that_was_not_rejected_speaks_for_the_bundle() {
        let sdp = CHROMIUM.replacen("m=audio 9 ", "m=audio 0 ", 1).replacen(
            "a=ice-ufrag:Qwfb",
            "a=ice-ufrag:none",
            1,
        );
        let answer = Answer::parse(&sdp).unwrap();
        assert_eq!(answer.ice_ufrag, "Qwfb");
        assert_eq!(line(&answer, "a").direction, Direction::Inactive);
    }

    #[test]
    fn paused_and_alternative_layers_count() {
        let sdp = CHROMIUM.replacen("send q;h;f", "recv x send ~q;z,h;z;f", 1);
        let answer = Answer::parse(&sdp).unwrap();
        assert_eq!(line(&answer, "v").layers, Layer::ALL);
        let one = CHROMIUM
            .replacen("a=simulcast:send q;h;f\r\n", "", 1)
            .replacen("a=rid:q send\r\na=rid:h send\r\n", "", 1);
        assert_eq!(
            line(&Answer::parse(&one).unwrap(), "v").layers,
            [Layer::High]
        );
    }

    #[test]
    fn what_is_not_needed_to_send_is_not_kept() {
        let line = |n: u32| {
            format!(
                "a=ssrc:{n} cname:x\r\na=ssrc-group:FID {n} {}\r\n",
                n + 5000
            )
        };
        let many = (0..1000).map(line).collect::<Vec<_>>().concat();
        let prints = "a=fingerprint:sha-256 00\r\n".repeat(100);
        let answer = Answer::parse(&format!("{AIORTC}{many}{prints}")).unwrap();
        assert!(
            answer
                .lines
                .iter()
                .all(|line| line.ssrcs.len() <= Section::SSRCS_MAX)
        );
    }

    #[test]
    fn bad_answers_are_refused() {
        let cases = [
            (String::new(), SdpError::Malformed),
            ("v=1\r\n".to_owned(), SdpError::Malformed),
            ("v=0\r\nhello\r\n".to_owned(), SdpError::Malformed),
            ("v=0\r\nm=audio\r\n".to_owned(), SdpError::Malformed),
            (
                "v=0\r\nm=audio 99999 X 111\r\n".to_owned(),
                SdpError::Malformed,
            ),
            ("v=0\r\n".to_owned(), SdpError::NoIceCredentials),
            (
                CHROMIUM.replace("a=ice-pwd", "a=ice-pw"),
                SdpError::NoIceCredentials,
            ),
            (
                CHROMIUM.replace("a=ice-ufrag:Qwfb", "a=ice-ufrag:Q f b"),
                SdpError::NoIceCredentials,
            ),
            (
                CHROMIUM.replace("a=ice-ufrag:Qwfb", "a=ice-ufrag:Qwf"),
                SdpError::NoIceCredentials,
            ),
            (
                CHROMIUM.replace("sha-256", "sha-1"),
                SdpError::NoFingerprint,
            ),
            (
                CHROMIUM.replace("a=fingerprint:sha-256 CA", "a=fingerprint:sha-256 +A"),
                SdpError::NoFingerprint,
            ),
            (
                CHROMIUM.replace("setup:active", "setup:passive"),
                SdpError::NotActive,
            ),
            (
                CHROMIUM.replace("setup:active", "setup:actpass"),
                SdpError::NotActive,
            ),
            (CHROMIUM.replace("a=setup:active", ""), SdpError::NotActive),
            (
                CHROMIUM.replace("a=mid:2", "a=mid:1"),
                SdpError::ForeignLine,
            ),
            (
                CHROMIUM.replace("a=mid:2", "a=mid:+2"),
                SdpError::ForeignLine,
            ),
            (
                CHROMIUM.replace("a=mid:2", "a=mid:x"),
                SdpError::ForeignLine,
            ),
            (
                CHROMIUM.replace("a=mid:2", "a=dim:2"),
                SdpError::ForeignLine,
            ),
            (
                CHROMIUM.replacen("m=audio", "m=video", 1),
                SdpError::ForeignLine,
            ),
            (
                CHROMIUM.replacen("m=audio", "m=text", 1),
                SdpError::ForeignLine,
            ),
            (
                format!("v=0\r\n{}", "m=a 9 X\r\n".repeat(201)),
                SdpError::TooManyLines,
            ),
            (
                format!(
                    "v=0\r\n{}",
                    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(10_000)
                ),
                SdpError::TooLarge,
            ),
            (
                format!("v=0\r\na=x:{}\r\n", "x".repeat(Answer::SIZE_MAX)),
                SdpError::TooLarge,
            ),
        ];
        for (sdp, error) in cases {
            assert_eq!(
                Answer::parse(&sdp),
                Err(error),
                "{}",
                &sdp[..sdp.len().min(200)]
            );
        }
    }

    fn well_formed(answer: &Answer) {
        assert!(answer.lines.len() <= Answer::LINES_MAX);
        assert!((1..=Transport::FINGERPRINTS_MAX).contains(&answer.fingerprints.len()));
        for line in &answer.lines {
            assert!(line.codecs.len() <= 10 && line.layers.len() <= 3);
            assert!(line.ssrcs.len() <= Section::SSRCS_MAX);
            assert!(
                is_place(&line.mid)
                    || Source::ALL
                        .into_iter()
                        .any(|source| source.mid() == line.mid)
            );
        }
    }

    proptest! {
        #[test]
        fn anything_may_come(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            if let Ok(answer) = Answer::parse(&String::from_utf8_lossy(&bytes)) {
                well_formed(&answer);
            }
        }

        #[test]
        fn anything_that_looks_like_sdp_may_come(lines in proptest::collection::vec("(m=(audio|video|application) [0-9]{1,6} [A-Z/]{0,20}( [0-9]{1,3}){0,9}|a=(mid|rid|simulcast|ssrc|ssrc-group|extmap|fingerprint|sctp-port|max-message-size|setup|ice-ufrag|ice-pwd):[ -~]{0,60}|[a-z]=[ -~]{0,30})", 0..80)) {
            let sdp = format!("v=0\r\n{}\r\n", lines.join("\r\n"));
            if let Ok(answer) = Answer::parse(&sdp) {
                well_formed(&answer);
            }
        }

        #[test]
        fn real_answers_may_come_damaged(
            which in 0..4_usize,
            cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0..40_usize, "[ -~\r\n]{0,12}"), 1..6),
        ) {
            let mut sdp = ALL[which].to_owned();
            for (at, length, with) in cuts {
                let from = at.index(sdp.len());
                let to = (from + length).min(sdp.len());
                sdp.replace_range(from..to, &with);
            }
            if let Ok(answer) = Answer::parse(&sdp) {
                well_formed(&answer);
            }
        }

        #[test]
        fn lines_of_real_answers_may_come_in_any_order(
            which in 0..4_usize,
            order in proptest::collection::vec(any::<prop::sample::Index>(), 0..200),
        ) {
            let lines: Vec<&str> = ALL[which].split_inclusive("\r\n").collect();
            let shuffled: String = order.iter().map(|at| lines[at.index(lines.len())]).collect();
            if let Ok(answer) = Answer::parse(&format!("v=0\r\n{shuffled}")) {
                well_formed(&answer);
            }
        }
    }
}
