use std::net::{IpAddr, SocketAddr};

/// Where and how an SFU runs.
#[derive(Debug, Clone)]
pub struct SfuConfig {
    /// UDP addresses to listen on: one socket of each shard shares each of them.
    pub udp: Vec<SocketAddr>,
    /// TCP addresses for clients without UDP (ICE-TCP passive, RFC 6544).
    pub tcp: Vec<SocketAddr>,
    /// What peers are told in place of a listening address of that family (1:1 NAT); empty: the addresses listened on, and for
    /// an unspecified one the addresses of the host.
    pub external_ip: Vec<IpAddr>,
    /// Threads that forward; 0 is one for each processor.
    pub shards: usize,
    /// Video codecs offered, the preferred one first.
    pub video_codecs: Vec<VideoCodec>,
    /// Whether cameras and screens are asked for in several sizes.
    pub simulcast: bool,
    /// Cameras that a peer gets at most; the ones that spoke last come first. Screens are not counted.
    pub last_n: usize,
    /// Peers of a room at most.
    pub peers_max: usize,
    /// Rooms at most.
    pub rooms_max: usize,
}

impl Default for SfuConfig {
    fn default() -> Self {
        Self {
            udp: vec![SocketAddr::from(([127, 0, 0, 1], 0))],
            tcp: Vec::new(),
            external_ip: Vec::new(),
            shards: 0,
            video_codecs: VideoCodec::ALL.to_vec(),
            simulcast: true,
            last_n: 25,
            peers_max: 100,
            rooms_max: 10_000,
        }
    }
}

/// A video codec that is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VideoCodec {
    /// RFC 6386, RTP: RFC 7741.
    Vp8,
    /// RTP: RFC 9628.
    Vp9,
    /// RTP: RFC 6184, packetization mode 1.
    H264,
    /// RTP: the AV1 RTP payload format of `AOMedia`.
    Av1,
}

impl VideoCodec {
    /// Every codec, in the order of preference.
    pub const ALL: [Self; 4] = [Self::Vp8, Self::Vp9, Self::H264, Self::Av1];

    /// The name in settings, statistics and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vp8 => "vp8",
            Self::Vp9 => "vp9",
            Self::H264 => "h264",
            Self::Av1 => "av1",
        }
    }

    /// The codec of a name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|codec| codec.as_str().eq_ignore_ascii_case(name))
    }
}
