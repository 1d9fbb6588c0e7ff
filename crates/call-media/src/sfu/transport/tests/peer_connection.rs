//! A whole peer connection of webrtc-rs as the other end: what it makes of an offer's parameters, and what becomes of it on a
//! bad network. Its repetitions of DTLS are few, so its handshake is never lost, only late.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use rtc::data_channel::RTCDataChannelId;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_VP8, MediaEngine};
use rtc::peer_connection::configuration::setting_engine::SettingEngineBuilder;
use rtc::peer_connection::event::{RTCDataChannelEvent, RTCPeerConnectionEvent};
use rtc::peer_connection::message::{RTCMessage, TaggedRTCMessage};
use rtc::peer_connection::sdp::RTCSessionDescription;
use rtc::peer_connection::transport::{
    CandidateConfig, CandidateHostConfig, RTCDtlsRole, RTCIceCandidate,
};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp;
use rtc::rtp_transceiver::RTCRtpSenderId;
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use rtc::sansio::Protocol;
use rtc::shared::{TaggedBytesMut, TransportContext, TransportProtocol};

use super::network::{Network, Quality, Towards};
use super::path;
use crate::sfu::transport::demux::{DatagramKind, classify};
use crate::sfu::transport::{
    Certificate, Fingerprint, LocalParameters, Received, RemoteParameters, Transport,
    TransportEvent, TransportState, shard_of, stun_username,
};

const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9)), 7882);
const SERVER_SSRC: u32 = 77;
const CLIENT_SSRC: u32 = 88;

fn offer(parameters: &LocalParameters) -> String {
    let transport = format!(
        "c=IN IP4 192.0.2.9\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:{}\r\na=setup:actpass\r\n\
         a=candidate:1 1 udp 2130706431 192.0.2.9 7882 typ host\r\na=end-of-candidates\r\n",
        parameters.ufrag, parameters.pwd, parameters.fingerprint
    );
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=group:BUNDLE 0 d\r\n\
         m=video 7882 UDP/TLS/RTP/SAVPF 96\r\n{transport}a=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
         a=rtpmap:96 VP8/90000\r\na=msid:stream track\r\na=ssrc:{SERVER_SSRC} cname:server\r\n\
         m=application 7882 UDP/DTLS/SCTP webrtc-datachannel\r\n{transport}a=mid:d\r\na=sctp-port:5000\r\n\
         a=max-message-size:65536\r\n"
    )
}

fn answer(sdp: &str) -> RemoteParameters {
    let value = |name: &str| {
        let line = sdp.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().to_owned()
    };
    RemoteParameters {
        ufrag: value("a=ice-ufrag:"),
        pwd: value("a=ice-pwd:"),
        fingerprints: vec![Fingerprint::parse(&value("a=fingerprint:")).unwrap()],
    }
}

fn client(now: Instant, address: SocketAddr) -> (RTCPeerConnection, RTCRtpSenderId) {
    let codec = RTCRtpCodecParameters {
        rtp_codec: RTCRtpCodec {
            mime_type: MIME_TYPE_VP8.to_owned(),
            clock_rate: 90_000,
            ..Default::default()
        },
        payload_type: 96,
    };
    let mut media_engine = MediaEngine::default();
    media_engine
        .register_codec(codec.clone(), RtpCodecKind::Video)
        .unwrap();
    let settings = SettingEngineBuilder::new()
        .with_answering_dtls_role(RTCDtlsRole::Client)
        .build();
    let mut connection = RTCPeerConnectionBuilder::new()
        .with_setting_engine(settings)
        .with_media_engine(media_engine)
        .build(now)
        .unwrap();
    let encoding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(CLIENT_SSRC),
            ..Default::default()
        },
        codec: codec.rtp_codec,
        ..Default::default()
    };
    let track = MediaStreamTrack::new(
        "stream".to_owned(),
        "track".to_owned(),
        "label".to_owned(),
        RtpCodecKind::Video,
        vec![encoding],
    );
    let sender = connection.add_track(track).unwrap();
    let candidate = CandidateHostConfig {
        base_config: CandidateConfig {
            network: "udp".to_owned(),
            address: address.ip().to_string(),
            port: address.port(),
            component: 1,
            ..Default::default()
        },
        ..Default::default()
    }
    .new_candidate_host()
    .unwrap();
    let candidate = RTCIceCandidate::from(&candidate).to_json().unwrap();
    connection.add_local_candidate(candidate).unwrap();
    (connection, sender)
}

struct Call {
    now: Instant,
    net: Network,
    server: Transport,
    client: RTCPeerConnection,
    sender: RTCRtpSenderId,
    channel: Option<RTCDataChannelId>,
    /// What the server got.
    media: Vec<Vec<u8>>,
    messages: Vec<Vec<u8>>,
    is_open: bool,
    /// What the client got.
    client_media: Vec<Bytes>,
    client_messages: Vec<Vec<u8>>,
}

impl Call {
    fn new(quality: Quality) -> Self {
        let now = Instant::now();
        let certificate = Arc::new(Certificate::generate().unwrap());
        let mut server = Transport::new(certificate, 9, now);
        let (mut client, sender) = client(now, path(4000).peer);
        let offer = RTCSessionDescription::offer(offer(&server.local_parameters())).unwrap();
        client.set_remote_description(now, offer).unwrap();
        let description = client.create_answer(None).unwrap();
        server.set_remote(answer(&description.sdp)).unwrap();
        client.set_local_description(now, description).unwrap();
        Self {
            now,
            net: Network::new(quality),
            server,
            client,
            sender,
            channel: None,
            media: Vec::new(),
            messages: Vec::new(),
            is_open: false,
            client_media: Vec::new(),
            client_messages: Vec::new(),
        }
    }

    fn until(&mut self, seconds: u64, is_so: impl Fn(&Self) -> bool) -> bool {
        let end = self.now + Duration::from_secs(seconds);
        loop {
            self.collect();
            if is_so(self) {
                return true;
            }
            let next = [
                self.net.next(),
                self.server.poll_timeout(),
                self.client.poll_timeout(),
            ];
            // The client wants to be called again at once now and then.
            let least = self.now + Duration::from_millis(1);
            match next.into_iter().flatten().min() {
                Some(at) if at <= end => self.now = at.max(least),
                _ => break,
            }
            self.server.handle_timeout(self.now);
            self.client.handle_timeout(self.now).unwrap();
            while let Some((towards, path, mut datagram)) = self.net.receive(self.now) {
                match towards {
                    Towards::Server => match self.server.handle(self.now, path, &mut datagram) {
                        Received::Nothing => {}
                        Received::Rtp(packet) => self.media.push(packet.to_vec()),
                        Received::Rtcp(packet) => assert!(packet.len() >= 8),
                    },
                    Towards::Browser => self.deliver(&datagram),
                }
            }
        }
        self.now = end;
        false
    }

    fn deliver(&mut self, datagram: &[u8]) {
        let message = TaggedBytesMut {
            now: self.now,
            transport: TransportContext {
                local_addr: path(4000).peer,
                peer_addr: SERVER,
                ecn: None,
                transport_protocol: TransportProtocol::UDP,
            },
            message: BytesMut::from(datagram),
        };
        // It refuses what came twice.
        let _ = self.client.handle_read(message);
    }

    fn collect(&mut self) {
        while let Some((path, datagram)) = self.server.poll_transmit() {
            self.net.send(self.now, Towards::Browser, path, &datagram);
        }
        while let Some(message) = self.client.poll_write() {
            assert_eq!(message.transport.peer_addr, SERVER);
            let datagram = &message.message;
            if let Some(ufrag) = stun_username(datagram) {
                assert_eq!(ufrag, self.server.local_parameters().ufrag);
                assert_eq!(shard_of(ufrag), Some(9));
            }
            let is_handshake = classify(datagram) == DatagramKind::Dtls && !self.is_open;
            if is_handshake {
                self.net
                    .send_surely(self.now, Towards::Server, path(4000), datagram);
            } else {
                self.net
                    .send(self.now, Towards::Server, path(4000), datagram);
            }
        }
        while let Some(event) = self.server.poll_event() {
            match event {
                TransportEvent::Message(message) => self.messages.push(message.data.to_vec()),
                TransportEvent::ChannelOpen => self.is_open = true,
                _ => {}
            }
        }
        while let Some(event) = self.client.poll_event() {
            if let RTCPeerConnectionEvent::OnDataChannel(RTCDataChannelEvent::OnOpen(id)) = event {
                self.channel = Some(id);
            }
        }
        while let Some(TaggedRTCMessage { message, .. }) = self.client.poll_read() {
            match message {
                RTCMessage::RtpPacket(_, packet) => self.client_media.push(packet.payload),
                RTCMessage::DataChannelMessage(_, message) => {
                    self.client_messages.push(message.data.to_vec());
                }
                _ => {}
            }
        }
    }

    fn talk(&mut self, number: u16) {
        let header = rtp::header::Header {
            version: 2,
            payload_type: 96,
            sequence_number: number,
            ssrc: CLIENT_SSRC,
            ..Default::default()
        };
        let payload = Bytes::from(vec![number as u8; 500]);
        let mut sender = self.client.rtp_sender(self.sender).unwrap();
        sender
            .write_rtp(self.now, rtp::packet::Packet { header, payload })
            .unwrap();
        let mut channel = self.client.data_channel(self.channel.unwrap()).unwrap();
        channel
            .send(self.now, BytesMut::from(&[number as u8; 2000][..]))
            .unwrap();

        let mut packet = vec![0x80, 96];
        packet.extend_from_slice(&number.to_be_bytes());
        packet.extend_from_slice(&[0; 4]);
        packet.extend_from_slice(&SERVER_SSRC.to_be_bytes());
        // A VP8 descriptor and what follows it.
        packet.extend_from_slice(&[0x10, number as u8, 1, 2, 3]);
        self.server.protect_rtp(&mut packet, 0).unwrap();
        let selected = self.server.selected_path().unwrap();
        self.net.send(self.now, Towards::Browser, selected, &packet);
        self.server
            .send_message(self.now, format!("message {number}").as_bytes(), false)
            .unwrap();
    }
}

fn connects_and_talks(quality: Quality) {
    const NUMBER: u16 = 30;
    let mut call = Call::new(quality);
    let connected = |call: &Call| {
        call.server.state() == TransportState::Connected && call.is_open && call.channel.is_some()
    };
    assert!(call.until(60, connected), "{:?}", call.server.state());
    for number in 0..NUMBER {
        call.talk(number);
        call.until(0, |_| false);
        call.now += Duration::from_millis(20);
    }
    let all = usize::from(NUMBER);
    let said = |call: &Call| call.messages.len() == all && call.client_messages.len() == all;
    assert!(
        call.until(120, said),
        "{} {}",
        call.messages.len(),
        call.client_messages.len()
    );
    for number in 0..NUMBER {
        let at = usize::from(number);
        assert_eq!(call.messages[at], vec![number as u8; 2000]);
        let text = format!("message {number}");
        assert_eq!(call.client_messages[at], text.as_bytes());
    }
    let least = if quality.lost == 0 { all } else { all / 2 };
    assert!(call.media.len() >= least, "{}", call.media.len());
    assert!(
        call.client_media.len() >= least,
        "{}",
        call.client_media.len()
    );
    assert!(call.media.iter().all(|packet| packet.len() >= 512));

    call.client.close().unwrap();
    let closed = |call: &Call| call.server.state() == TransportState::Closed;
    assert!(call.until(1, closed) || quality.lost > 0);
}

#[test]
fn a_peer_connection_connects_and_talks() {
    connects_and_talks(Quality::PERFECT);
}

#[test]
fn a_peer_connection_does_so_on_a_bad_network() {
    for seed in 0..6 {
        connects_and_talks(Quality::bad(seed));
    }
}
