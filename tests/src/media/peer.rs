use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Instant;

use anyhow::{Context, Result};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpPacket;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use super::publisher::{Publisher, SendPlan};
use super::received::Received;

/// One participant's peer connection and its socket.
pub struct MediaPeer {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    began: Instant,
    timeout: Instant,
    connected: bool,
    publisher: Publisher,
    key_frame_requests: u64,
    /// What came.
    pub received: Received,
}

impl MediaPeer {
    /// A participant with a socket of its own at that address. Times in packets count from `began`.
    pub fn new(at: IpAddr, began: Instant, plan: Option<SendPlan>) -> Result<Self> {
        let now = Instant::now();
        let mut config = RtcConfig::new()
            .set_rtp_mode(true)
            .set_crypto_provider(str0m_rust_crypto::default_provider().into())
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true);
        if plan.is_some() {
            // Nothing but the plan decides what is sent.
            config = config.set_stats_interval(None);
        }
        let mut rtc = config.build(now);
        let socket = UdpSocket::bind((at, 0)).context("binding a participant's socket")?;
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        rtc.add_local_candidate(Candidate::host(local, "udp")?);
        Ok(Self {
            rtc,
            socket,
            local,
            began,
            timeout: now,
            connected: false,
            publisher: Publisher::new(began, plan, now),
            key_frame_requests: 0,
            received: Received::default(),
        })
    }

    /// Answers an offer; the line `publish`, if it sends, gets its pictures.
    pub fn answer(&mut self, offer: &str, publish: &str) -> Result<String> {
        // Left the choice, the engine would be the DTLS server, as an SFU is; a browser is the client.
        let offer = offer.replace("a=setup:actpass", "a=setup:passive");
        let offer = SdpOffer::from_sdp_string(&offer).context("reading an offer")?;
        let answer = self.rtc.sdp_api().accept_offer(offer)?;
        if !publish.is_empty() {
            self.publisher.show_on(Mid::from(publish));
        }
        Ok(slim(&answer.to_sdp_string()))
    }

    /// Sends sound on that line from now on, once connected.
    pub fn speak_on(&mut self, line: &str) {
        self.publisher.speak_on(Mid::from(line), Instant::now());
    }

    /// Sends no more sound.
    pub fn hush(&mut self) {
        self.publisher.hush();
    }

    /// Whether it has a picture to send.
    pub fn publishes(&self) -> bool {
        self.publisher.has_plan()
    }

    /// Offers to send a picture.
    pub fn offer(&mut self) -> Result<(String, SdpPendingOffer)> {
        let mut changes = self.rtc.sdp_api();
        let line = changes.add_media(MediaKind::Video, Direction::SendOnly, None, None, None);
        self.publisher.show_on(line);
        let (offer, pending) = changes.apply().context("an offer of a picture")?;
        Ok((offer.to_sdp_string(), pending))
    }

    /// Takes the answer to an offer.
    pub fn accept(&mut self, pending: SdpPendingOffer, answer: &str) -> Result<()> {
        let answer = SdpAnswer::from_sdp_string(answer).context("reading an answer")?;
        self.rtc.sdp_api().accept_answer(pending, answer)?;
        Ok(())
    }

    /// Whether ICE and DTLS are done.
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// Whether the connection lives.
    pub fn is_alive(&self) -> bool {
        self.rtc.is_alive()
    }

    /// Packets of pictures sent, of all sizes.
    pub fn sent(&self) -> u64 {
        self.publisher.sent()
    }

    /// Their payload bytes.
    pub fn bytes_sent(&self) -> u64 {
        self.publisher.bytes()
    }

    /// How often it was asked for a key frame.
    pub fn key_frame_requests(&self) -> u64 {
        self.key_frame_requests
    }

    /// The socket, to wait for it.
    pub fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Takes what came, sends what is due, and says when it wants to be called again.
    pub fn drive(&mut self, now: Instant, buffer: &mut [u8]) -> Result<Instant> {
        self.receive(buffer)?;
        let published = self.connected && self.publisher.publish(&mut self.rtc, now);
        if published || now >= self.timeout {
            self.rtc.handle_input(Input::Timeout(now))?;
        }
        self.poll()?;
        let due = self.publisher.next().filter(|_| self.connected);
        Ok(due.map_or(self.timeout, |due| due.min(self.timeout)))
    }

    fn receive(&mut self, buffer: &mut [u8]) -> Result<()> {
        loop {
            let (length, source) = match self.socket.recv_from(buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                // What an earlier datagram met with.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(error.into()),
            };
            let Ok(contents) = buffer[..length].try_into() else {
                continue;
            };
            let receive = Receive {
                proto: Protocol::Udp,
                source,
                destination: self.local,
                contents,
            };
            self.rtc
                .handle_input(Input::Receive(Instant::now(), receive))?;
            self.poll()?;
        }
    }

    fn poll(&mut self) -> Result<()> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.timeout = at;
                    return Ok(());
                }
                Output::Transmit(transmit) => {
                    // A full socket loses it, as a network would.
                    let _ = self
                        .socket
                        .send_to(&transmit.contents, transmit.destination);
                }
                Output::Event(event) => self.event(event),
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Connected => self.connected = true,
            Event::KeyframeRequest(request) => {
                self.key_frame_requests += 1;
                self.publisher.want_key_frame(request);
            }
            Event::RtpPacket(packet) => self.packet(&packet),
            _ => {}
        }
    }

    fn packet(&mut self, packet: &RtpPacket) {
        let ssrc = packet.header.ssrc;
        if !self.received.knows(*ssrc) {
            let line = self
                .rtc
                .direct_api()
                .stream_rx(&ssrc)
                .map(|stream| stream.mid());
            let media = line.and_then(|line| self.rtc.media(line));
            let is_sound = media.is_some_and(|media| media.kind() == MediaKind::Audio);
            self.received.begin(*ssrc, line, is_sound);
        }
        self.received.add(packet, self.began, Instant::now());
    }
}

/// An answer as a browser's client sends it once there are many lines: sections that only receive say nothing that the offer
/// has not said.
fn slim(answer: &str) -> String {
    const LARGE: usize = 16_384;
    const NEWS: [&str; 4] = ["m=", "a=mid:", "a=recvonly", "a=inactive"];
    if answer.len() < LARGE {
        return answer.to_owned();
    }
    let mut slim = String::new();
    for section in answer
        .split_inclusive("\r\n")
        .fold(vec![String::new()], |mut all, line| {
            if line.starts_with("m=") {
                all.push(String::new());
            }
            if let Some(section) = all.last_mut() {
                section.push_str(line);
            }
            all
        })
    {
        let receives = section.contains("a=recvonly") || section.contains("a=inactive");
        let is_media = !section.starts_with("m=application");
        if receives && is_media {
            let lines = section.split_inclusive("\r\n");
            slim.extend(lines.filter(|line| NEWS.iter().any(|news| line.starts_with(news))));
        } else {
            slim.push_str(&section);
        }
    }
    slim
}
