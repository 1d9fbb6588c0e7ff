use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{RtpWrite, SeqNo};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use super::picture::{self, Picture};

/// One participant's peer connection and its socket.
pub struct MediaPeer {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    began: Instant,
    timeout: Instant,
    connected: bool,
    plan: Option<SendPlan>,
    picture: Picture,
    line: Option<Mid>,
    sequence: u64,
    next_frame: Instant,
    frames: u64,
    /// What came.
    pub received: Received,
}

/// What a participant sends.
#[derive(Debug, Clone, Copy)]
pub struct SendPlan {
    /// Frames a second.
    pub frame_rate: f64,
    /// Packets of a frame.
    pub packets: usize,
    /// Payload bytes of a packet.
    pub packet_bytes: usize,
}

/// What a participant has received.
#[derive(Debug, Default, Clone)]
pub struct Received {
    /// Packets of pictures.
    pub packets: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// Packets by line.
    pub by_line: BTreeMap<String, u64>,
    /// How long each was on its way, since this was last emptied.
    pub delays: Vec<Duration>,
    /// When the first packet came.
    pub first: Option<Instant>,
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
            picture: Picture::new(began, plan.map_or(0, |plan| plan.packet_bytes)),
            plan,
            line: None,
            sequence: 1,
            next_frame: now,
            frames: 0,
            received: Received::default(),
        })
    }

    /// Answers an offer; the line `publish`, if it sends, gets its pictures.
    pub fn answer(&mut self, offer: &str, publish: &str) -> Result<String> {
        let offer = SdpOffer::from_sdp_string(offer).context("reading an offer")?;
        let answer = self.rtc.sdp_api().accept_offer(offer)?;
        if self.plan.is_some() {
            self.line = Some(Mid::from(publish));
        }
        Ok(answer.to_sdp_string())
    }

    /// Offers to send a picture.
    pub fn offer(&mut self) -> Result<(String, SdpPendingOffer)> {
        let mut changes = self.rtc.sdp_api();
        let line = changes.add_media(MediaKind::Video, Direction::SendOnly, None, None, None);
        self.line = Some(line);
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

    /// Packets sent.
    pub fn sent(&self) -> u64 {
        self.sequence - 1
    }

    /// The socket, to wait for it.
    pub fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// Takes what came, sends what is due, and says when it wants to be called again.
    pub fn drive(&mut self, now: Instant, buffer: &mut [u8]) -> Result<Instant> {
        self.receive(buffer)?;
        self.publish(now)?;
        if now >= self.timeout {
            self.rtc.handle_input(Input::Timeout(now))?;
        }
        self.poll()?;
        let next = if self.connected && self.plan.is_some() {
            self.timeout.min(self.next_frame)
        } else {
            self.timeout
        };
        Ok(next)
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
            Event::KeyframeRequest(_) => self.picture.want_key_frame(),
            Event::RtpPacket(packet) => {
                let now = Instant::now();
                self.received.packets += 1;
                self.received.bytes += packet.payload.len() as u64;
                self.received.first.get_or_insert(now);
                if let Some(line) = packet.header.ext_vals.mid {
                    *self.received.by_line.entry(line.to_string()).or_default() += 1;
                }
                self.received
                    .delays
                    .extend(picture::age(self.began, now, &packet.payload));
            }
            _ => {}
        }
    }

    fn publish(&mut self, now: Instant) -> Result<()> {
        let (Some(plan), Some(line)) = (self.plan, self.line) else {
            return Ok(());
        };
        if !self.connected || now < self.next_frame {
            return Ok(());
        }
        let interval = Duration::from_secs_f64(1.0 / plan.frame_rate);
        // After a pause it goes on, and does not catch up.
        self.next_frame = (self.next_frame + interval).max(now);
        let payload_type = self
            .rtc
            .media(line)
            .and_then(|media| media.remote_pts().first().copied());
        let Some(payload_type) = payload_type else {
            return Ok(());
        };
        let payloads = self.picture.frame(now, plan.packets);
        let last = payloads.len() - 1;
        let time = u32::try_from(self.frames * 90_000 / 30 % (1 << 32)).unwrap_or(0);
        self.frames += 1;
        for (number, payload) in payloads.into_iter().enumerate() {
            let mut api = self.rtc.direct_api();
            let Some(stream) = api.stream_tx_by_mid(line, None) else {
                return Ok(());
            };
            stream.set_unpaced(true);
            let sequence = SeqNo::from(self.sequence);
            self.sequence += 1;
            let packet = RtpWrite::new(payload_type, sequence, time, now, payload)
                .marker(number == last)
                .nackable(true);
            stream.write_rtp(packet);
            self.rtc.handle_input(Input::Timeout(now))?;
            self.poll()?;
        }
        Ok(())
    }
}
