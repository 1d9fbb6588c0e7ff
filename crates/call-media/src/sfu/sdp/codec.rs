use super::super::VideoCodec;

/// Payload type of RED for Opus (RFC 2198).
pub(crate) const RED: u8 = 63;

/// What a payload type stands for. Payload types are fixed: the same in every offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Codec {
    /// Opus (RFC 7587).
    Opus,
    /// Opus with redundancy (RFC 2198).
    Red,
    /// A video codec.
    Video(VideoCodec),
    /// Retransmissions of a video codec (RFC 4588).
    Rtx(VideoCodec),
}

impl Codec {
    /// The payload type.
    pub(crate) const fn payload_type(self) -> u8 {
        match self {
            Self::Opus => 111,
            Self::Red => RED,
            Self::Video(VideoCodec::Vp8) => 96,
            Self::Rtx(VideoCodec::Vp8) => 97,
            Self::Video(VideoCodec::Vp9) => 98,
            Self::Rtx(VideoCodec::Vp9) => 99,
            Self::Video(VideoCodec::H264) => 102,
            Self::Rtx(VideoCodec::H264) => 103,
            Self::Video(VideoCodec::Av1) => 45,
            Self::Rtx(VideoCodec::Av1) => 46,
        }
    }

    /// What a payload type stands for; none for one that is never offered.
    pub(crate) const fn from_payload_type(payload_type: u8) -> Option<Self> {
        match payload_type {
            111 => Some(Self::Opus),
            RED => Some(Self::Red),
            96 => Some(Self::Video(VideoCodec::Vp8)),
            97 => Some(Self::Rtx(VideoCodec::Vp8)),
            98 => Some(Self::Video(VideoCodec::Vp9)),
            99 => Some(Self::Rtx(VideoCodec::Vp9)),
            102 => Some(Self::Video(VideoCodec::H264)),
            103 => Some(Self::Rtx(VideoCodec::H264)),
            45 => Some(Self::Video(VideoCodec::Av1)),
            46 => Some(Self::Rtx(VideoCodec::Av1)),
            _ => None,
        }
    }

    /// `a=rtpmap` without the payload type (RFC 8866): encoding, clock rate, channels.
    pub(super) const fn rtpmap(self) -> &'static str {
        match self {
            Self::Opus => "opus/48000/2",
            Self::Red => "red/48000/2",
            Self::Video(VideoCodec::Vp8) => "VP8/90000",
            Self::Video(VideoCodec::Vp9) => "VP9/90000",
            Self::Video(VideoCodec::H264) => "H264/90000",
            Self::Video(VideoCodec::Av1) => "AV1/90000",
            Self::Rtx(_) => "rtx/90000",
        }
    }

    /// `a=fmtp` without the payload type. H.264 is the constrained baseline profile that every browser has (RFC 7742); level
    /// 3.1 is what may be sent at least, asymmetry allows more.
    pub(super) const fn format_parameters(self) -> Option<&'static str> {
        match self {
            Self::Opus => Some("minptime=10;useinbandfec=1"),
            Self::Red => Some("111/111"),
            Self::Video(VideoCodec::Vp8) => None,
            Self::Video(VideoCodec::Vp9) => Some("profile-id=0"),
            Self::Video(VideoCodec::H264) => {
                Some("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
            }
            Self::Video(VideoCodec::Av1) => Some("level-idx=5;profile=0;tier=0"),
            Self::Rtx(VideoCodec::Vp8) => Some("apt=96"),
            Self::Rtx(VideoCodec::Vp9) => Some("apt=98"),
            Self::Rtx(VideoCodec::H264) => Some("apt=102"),
            Self::Rtx(VideoCodec::Av1) => Some("apt=45"),
        }
    }

    /// `a=rtcp-fb` without the payload type (RFC 4585, RFC 5104).
    pub(super) const fn feedback(self) -> &'static [&'static str] {
        match self {
            Self::Opus => &["transport-cc"],
            Self::Red | Self::Rtx(_) => &[],
            Self::Video(_) => &["transport-cc", "ccm fir", "nack", "nack pli"],
        }
    }

    /// Ticks of the RTP clock per second.
    pub(crate) const fn clock_rate(self) -> u32 {
        match self {
            Self::Opus | Self::Red => 48_000,
            Self::Video(_) | Self::Rtx(_) => 90_000,
        }
    }
}

/// A header extension that is offered (RFC 8285), with its fixed id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Extension {
    /// Level of the sound in a packet (RFC 6464).
    AudioLevel,
    /// When the packet was sent.
    AbsoluteSendTime,
    /// The transport-wide sequence number.
    TransportSequence,
    /// The line of a packet (RFC 9143).
    Mid,
    /// The layer of a packet (RFC 8852).
    Rid,
    /// The layer of a retransmitted packet (RFC 8852).
    RepairedRid,
}

impl Extension {
    /// Every extension.
    pub(crate) const ALL: [Self; 6] = [
        Self::AudioLevel,
        Self::AbsoluteSendTime,
        Self::TransportSequence,
        Self::Mid,
        Self::Rid,
        Self::RepairedRid,
    ];

    /// The id in packets, 1 to 14.
    pub(crate) const fn id(self) -> u8 {
        match self {
            Self::AudioLevel => 1,
            Self::AbsoluteSendTime => 2,
            Self::TransportSequence => 3,
            Self::Mid => 4,
            Self::Rid => 10,
            Self::RepairedRid => 11,
        }
    }

    /// The name in SDP.
    pub(crate) const fn uri(self) -> &'static str {
        match self {
            Self::AudioLevel => "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
            Self::AbsoluteSendTime => "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            Self::TransportSequence => {
                "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
            }
            Self::Mid => "urn:ietf:params:rtp-hdrext:sdes:mid",
            Self::Rid => "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
            Self::RepairedRid => "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn every_codec() -> Vec<Codec> {
        let video = VideoCodec::ALL
            .into_iter()
            .flat_map(|codec| [Codec::Video(codec), Codec::Rtx(codec)]);
        video.chain([Codec::Opus, Codec::Red]).collect()
    }

    #[test]
    fn a_payload_type_stands_for_one_codec() {
        for codec in every_codec() {
            assert_eq!(Codec::from_payload_type(codec.payload_type()), Some(codec));
        }
        let known = (0..=u8::MAX).filter(|number| Codec::from_payload_type(*number).is_some());
        assert_eq!(known.count(), every_codec().len());
    }

    #[test]
    fn a_retransmission_names_what_it_repeats() {
        for codec in VideoCodec::ALL {
            let apt = format!("apt={}", Codec::Video(codec).payload_type());
            assert_eq!(Codec::Rtx(codec).format_parameters(), Some(apt.as_str()));
        }
    }

    #[test]
    fn no_payload_type_can_be_taken_for_rtcp() {
        // RFC 5761 section 4.
        let types: HashSet<u8> = every_codec().into_iter().map(Codec::payload_type).collect();
        assert!(
            types
                .iter()
                .all(|number| *number < 128 && !(64..96).contains(number))
        );
    }

    #[test]
    fn extension_ids_fit_the_one_byte_form() {
        let ids: HashSet<u8> = Extension::ALL.into_iter().map(Extension::id).collect();
        assert_eq!(ids.len(), Extension::ALL.len());
        assert!(ids.iter().all(|id| (1..=14).contains(id)));
    }
}
