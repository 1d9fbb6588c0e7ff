//! Two real peer connections on the loopback interface, read by the crate.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use call_domain::Quality;
use call_media::webrtc::Reading;
use call_media::{CandidateType, assess};
use rtc::ice::mdns::MulticastDnsMode;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MIME_TYPE_VP8};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodingParameters, RTCRtpEncodingParameters, RtpCodecKind,
};
use tokio::sync::watch;
use tokio::time::timeout;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{
    MediaEngine, PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler,
    RTCIceGatheringState, RTCPeerConnectionState, Registry, SettingEngineBuilder, StatsSelector,
    register_default_interceptors,
};

const PATIENCE: Duration = Duration::from_secs(30);
const AUDIO_SSRC: u32 = 1111;
const VIDEO_SSRC: u32 = 2222;

/// Publishes the states that a test has to wait for.
struct States {
    gathered: watch::Sender<bool>,
    connected: watch::Sender<bool>,
}

#[async_trait]
impl PeerConnectionEventHandler for States {
    async fn on_ice_gathering_state_change(&self, state: RTCIceGatheringState) {
        self.gathered
            .send_replace(state == RTCIceGatheringState::Complete);
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        self.connected
            .send_replace(state == RTCPeerConnectionState::Connected);
    }
}

struct Peer {
    connection: Arc<dyn PeerConnection>,
    gathered: watch::Receiver<bool>,
    connected: watch::Receiver<bool>,
}

impl Peer {
    async fn new() -> Self {
        let mut media_engine = MediaEngine::default();
        media_engine.register_default_codecs().unwrap();
        let registry = register_default_interceptors(Registry::new(), &mut media_engine).unwrap();
        let settings = SettingEngineBuilder::new()
            .with_multicast_dns_mode(MulticastDnsMode::Disabled)
            .with_include_loopback_candidate(true)
            .build();
        let (gathered_sender, gathered) = watch::channel(false);
        let (connected_sender, connected) = watch::channel(false);
        let building = PeerConnectionBuilder::new()
            .with_media_engine(media_engine)
            .with_interceptor_registry(registry)
            .with_setting_engine(settings)
            .with_runtime(webrtc::runtime::default_runtime().unwrap())
            .with_udp_addrs(vec!["127.0.0.1:0".to_owned()])
            .with_handler(Arc::new(States {
                gathered: gathered_sender,
                connected: connected_sender,
            }))
            .build();
        let connection = Box::pin(building).await.unwrap();
        Self {
            connection: Arc::new(connection),
            gathered,
            connected,
        }
    }

    async fn read(&self) -> Reading {
        let now = Instant::now();
        let report = self.connection.get_stats(now, StatsSelector::None).await;
        Reading::of(&report, now)
    }
}

async fn until(state: &mut watch::Receiver<bool>) {
    timeout(PATIENCE, state.wait_for(|reached| *reached))
        .await
        .expect("in time")
        .unwrap();
}

async fn connect(offerer: &mut Peer, answerer: &mut Peer) {
    let offer = offerer.connection.create_offer(None).await.unwrap();
    offerer
        .connection
        .set_local_description(offer)
        .await
        .unwrap();
    until(&mut offerer.gathered).await;
    let offer = offerer.connection.local_description().await.unwrap();
    answerer
        .connection
        .set_remote_description(offer)
        .await
        .unwrap();
    let answer = answerer.connection.create_answer(None).await.unwrap();
    answerer
        .connection
        .set_local_description(answer)
        .await
        .unwrap();
    until(&mut answerer.gathered).await;
    let answer = answerer.connection.local_description().await.unwrap();
    offerer
        .connection
        .set_remote_description(answer)
        .await
        .unwrap();
    until(&mut offerer.connected).await;
    until(&mut answerer.connected).await;
}

/// A track of one kind, and how its packets are numbered.
struct Source {
    track: Arc<TrackLocalStaticRTP>,
    ssrc: u32,
    payload_type: u8,
    sequence_number: u16,
    /// RTP clock ticks per packet.
    step: u32,
}

impl Source {
    fn new(kind: RtpCodecKind, ssrc: u32, payload_type: u8, codec: RTCRtpCodec, step: u32) -> Self {
        let encoding = RTCRtpEncodingParameters {
            rtp_coding_parameters: RTCRtpCodingParameters {
                ssrc: Some(ssrc),
                ..RTCRtpCodingParameters::default()
            },
            codec,
            ..RTCRtpEncodingParameters::default()
        };
        Self {
            track: Arc::new(TrackLocalStaticRTP::new(MediaStreamTrack::new(
                "stream".to_owned(),
                format!("track-{ssrc}"),
                format!("track-{ssrc}"),
                kind,
                vec![encoding],
            ))),
            ssrc,
            payload_type,
            sequence_number: 0,
            step,
        }
    }

    fn audio() -> Self {
        let codec = RTCRtpCodec {
            mime_type: MIME_TYPE_OPUS.to_owned(),
            clock_rate: 48_000,
            channels: 2,
            ..RTCRtpCodec::default()
        };
        Self::new(RtpCodecKind::Audio, AUDIO_SSRC, 111, codec, 960)
    }

    fn video() -> Self {
        let codec = RTCRtpCodec {
            mime_type: MIME_TYPE_VP8.to_owned(),
            clock_rate: 90_000,
            ..RTCRtpCodec::default()
        };
        Self::new(RtpCodecKind::Video, VIDEO_SSRC, 96, codec, 1800)
    }

    async fn send(&mut self) {
        self.track
            .write_rtp(rtc::rtp::packet::Packet {
                header: rtc::rtp::header::Header {
                    version: 2,
                    payload_type: self.payload_type,
                    sequence_number: self.sequence_number,
                    timestamp: u32::from(self.sequence_number) * self.step,
                    ssrc: self.ssrc,
                    ..rtc::rtp::header::Header::default()
                },
                payload: vec![0x55; 100].into(),
            })
            .await
            .unwrap();
        self.skip();
    }

    /// Leaves a gap where a packet would be: the receiver counts it as lost.
    fn skip(&mut self) {
        self.sequence_number += 1;
    }
}

/// Sends a packet of each source every 20 ms until the reading of `peer` satisfies `enough`.
async fn send_until(
    sources: &mut [Source],
    gaps: bool,
    peer: &Peer,
    earlier: &Reading,
    enough: impl Fn(&call_media::StatsSample) -> bool,
) -> call_media::StatsSample {
    let mut last = None;
    let sending = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        for tick in 0_u32.. {
            ticks.tick().await;
            for source in &mut *sources {
                if gaps && tick % 4 == 3 {
                    source.skip();
                } else {
                    source.send().await;
                }
            }
            let sample = peer.read().await.since(earlier);
            if enough(&sample) {
                return sample;
            }
            last = Some(sample);
        }
        unreachable!("the loop counts further than any test waits");
    };
    let reached = timeout(PATIENCE, sending).await;
    reached.unwrap_or_else(|_| panic!("not enough in time, at last {last:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_connections_report_what_they_exchange() {
    let mut alice = Peer::new().await;
    let mut bob = Peer::new().await;
    let mut sources = [Source::audio(), Source::video()];
    for source in &sources {
        alice
            .connection
            .add_track(source.track.clone() as Arc<dyn TrackLocal>)
            .await
            .unwrap();
    }
    let before_anything = bob.read().await;
    let idle = before_anything.since(&before_anything);
    assert_eq!(
        (idle.audio, idle.video, idle.round_trip_time),
        (None, None, None)
    );

    connect(&mut alice, &mut bob).await;

    // All is well. Receiver reports, and with them jitter, come about once a second.
    let (alice_start, bob_start) = (alice.read().await, bob.read().await);
    let well = send_until(&mut sources, false, &bob, &bob_start, |sample| {
        let [Some(audio), Some(video)] = [sample.audio, sample.video] else {
            return false;
        };
        audio.packets_received >= 100.0 && video.packets_received >= 100.0 && audio.jitter > 0.0
    })
    .await;
    let audio = well.audio.unwrap();
    assert!(audio.packets_lost.abs() < 1.0, "{well:?}");
    assert!(
        (audio.bytes_received / audio.packets_received - 100.0).abs() < 1.0,
        "{well:?}"
    );
    // In RTP clock units it would be in the tens or hundreds.
    assert!(audio.jitter < 1.0, "jitter is in seconds: {well:?}");
    assert!(well.interval_ms > 1000.0);
    assert!(
        well.round_trip_time.is_some_and(|rtt| rtt < 1.0),
        "{well:?}"
    );
    assert_eq!(well.candidate_type, Some(CandidateType::Host));
    // Nothing decodes here, so nothing may look frozen.
    assert_eq!(well.video.unwrap().frames_decoded, None);
    assert!(
        matches!(assess(&well).quality, Quality::Excellent | Quality::Good),
        "{well:?}"
    );

    // One packet in four is missing.
    let bob_middle = bob.read().await;
    let lossy = send_until(&mut sources, true, &bob, &bob_middle, |sample| {
        sample.audio.is_some_and(|audio| audio.packets_lost >= 20.0)
    })
    .await;
    assert!(assess(&lossy).quality > Quality::Good, "{lossy:?}");
    let sent = alice.read().await.since(&alice_start);
    let outbound = sent.outbound.unwrap();
    assert!(outbound.packets_sent >= 200.0, "{sent:?}");
    assert!(
        (outbound.bytes_sent / outbound.packets_sent - 100.0).abs() < 1.0,
        "{sent:?}"
    );
    assert_eq!(
        (sent.audio, sent.video),
        (None, None),
        "alice receives nothing"
    );

    // Silence: streams that are known and bring nothing are missing media.
    let bob_late = bob.read().await;
    let silence = bob_late.since(&bob_late);
    assert_eq!(assess(&silence).quality, Quality::Lost);

    alice.connection.close().await.unwrap();
    bob.connection.close().await.unwrap();
}
