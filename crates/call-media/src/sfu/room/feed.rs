use std::time::{Duration, Instant};

use super::tap::{TAPS_MAX, TapStream};
use crate::sfu::bandwidth::LayerRate;
use crate::sfu::rtcp::{KeyFrameRequests, NackGenerator, Reception};
use crate::sfu::rtp::PacketCache;
use crate::sfu::sdp::Codec;
use crate::sfu::{Layer, Source};

/// A source of somebody in the room, as it comes in.
pub(super) struct Feed {
    pub(super) owner: usize,
    pub(super) source: Source,
    pub(super) codec: Codec,
    /// Since when it is sent with that codec.
    pub(super) since: Instant,
    /// By [`Layer::index`]; what is not simulcast is [`Layer::High`].
    pub(super) layers: [Option<Stream>; 3],
    /// Who gets it: the peer, and its down stream.
    pub(super) subscribers: Vec<(usize, usize)>,
    /// What taps get of it, by their place.
    pub(super) taps: [Option<TapStream>; TAPS_MAX],
    /// The largest layer that anybody looks at, as its owner was told; none: not told yet.
    pub(super) wanted: Option<Layer>,
    /// Since when less would do.
    pub(super) less_since: Option<Instant>,
    /// Names the media stream in offers; opaque.
    pub(super) stream_id: String,
}

/// One incoming RTP stream.
pub(super) struct Stream {
    pub(super) ssrc: u32,
    pub(super) reception: Reception,
    pub(super) missing: NackGenerator,
    pub(super) cache: PacketCache,
    pub(super) key_frames: KeyFrameRequests,
    pub(super) last_packet: Instant,
    /// Packets lost for good, as counted so far.
    pub(super) lost_told: u64,
    pub(super) nacks_sent: u64,
    pub(super) key_frame_requests_sent: u64,
}

/// A layer without a packet for so long is not sent (any more). A shared screen that does not change is sent with one frame a second or so.
const SILENT: Duration = Duration::from_millis(2500);
/// A codec stays for so long at least: each change is a new offer to everybody who gets the feed.
const CODEC_STAYS: Duration = Duration::from_secs(1);
/// Packets of a stream that are kept for those who ask again.
const CACHE_PACKETS: usize = 768;

impl Feed {
    pub(super) fn stream(&self, layer: Layer) -> Option<&Stream> {
        self.layers[layer.index()].as_ref()
    }

    pub(super) fn stream_mut(&mut self, layer: Layer) -> Option<&mut Stream> {
        self.layers[layer.index()].as_mut()
    }

    /// Whether anything of it came lately.
    pub(super) fn is_sent(&self, now: Instant) -> bool {
        self.layers
            .iter()
            .flatten()
            .any(|stream| stream.is_sent(now))
    }

    /// Whether it may go on with another codec.
    pub(super) fn may_change_codec(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.since) >= CODEC_STAYS
    }

    /// What its layers take at the moment.
    pub(super) fn rates(&self, now: Instant) -> [Option<LayerRate>; 3] {
        let rate = |layer: Layer| {
            let stream = self.stream(layer).filter(|stream| stream.is_sent(now))?;
            Some(LayerRate {
                bitrate: stream.reception.bitrate(now),
                size: None,
            })
        };
        Layer::ALL.map(rate)
    }

    /// A key frame of that layer is needed.
    pub(super) fn want_key_frame(&mut self, layer: Layer, now: Instant) {
        if self.source.is_video()
            && let Some(stream) = self.stream_mut(layer)
        {
            stream.key_frames.want(now);
        }
    }
}

impl Stream {
    pub(super) fn new(ssrc: u32, codec: Codec, now: Instant) -> Self {
        Self {
            ssrc,
            reception: Reception::new(codec.clock_rate()),
            missing: NackGenerator::new(),
            cache: PacketCache::new(CACHE_PACKETS),
            key_frames: KeyFrameRequests::default(),
            last_packet: now,
            lost_told: 0,
            nacks_sent: 0,
            key_frame_requests_sent: 0,
        }
    }

    pub(super) fn is_sent(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last_packet) < SILENT
    }
}
