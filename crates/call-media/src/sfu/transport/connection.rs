use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::certificate::{Certificate, Fingerprint};
use super::channel::Channel;
use super::credentials;
use super::demux::{DatagramKind, classify};
use super::dtls::{Dtls, DtlsEvent};
use super::ice::Ice;
use super::liveness::Liveness;
use super::srtp::{Srtp, SrtpRefusal};
use super::{
    Link, LocalParameters, Path, Received, RemoteError, RemoteParameters, SendError,
    TransportCounters, TransportEvent, TransportState,
};

/// One peer connection.
pub(crate) struct Transport {
    certificate: Arc<Certificate>,
    ice: Ice,
    dtls: Dtls,
    channel: Channel,
    /// What the handshake gave, and whose certificate it proved.
    keys: Option<(Box<Srtp>, Fingerprint)>,
    /// Certificates that the peer may have, once its answer is there.
    fingerprints: Vec<Fingerprint>,
    /// The proven certificate is one of them.
    is_verified: bool,
    /// Where the peer's latest DTLS came from: handshakes go there until it has chosen a path.
    dtls_path: Option<Path>,
    /// The latest time that was told.
    latest: Instant,
    liveness: Liveness,
    transmits: VecDeque<(Path, Bytes)>,
    events: VecDeque<TransportEvent>,
    counters: TransportCounters,
}

impl Transport {
    /// A peer connection that waits for the checks of its peer. `shard` (below 4096) is written into the local ufrag, so that
    /// any thread finds with [`super::shard_of`] where a first datagram belongs.
    pub(crate) fn new(certificate: Arc<Certificate>, shard: u16, now: Instant) -> Self {
        Self {
            ice: Ice::new(certificate.provider().clone(), shard, now),
            dtls: Dtls::new(certificate.clone()),
            channel: Channel::new(),
            certificate,
            keys: None,
            fingerprints: Vec::new(),
            is_verified: false,
            dtls_path: None,
            latest: now,
            liveness: Liveness::default(),
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            counters: TransportCounters::default(),
        }
    }

    /// What the offer has to say.
    pub(crate) fn local_parameters(&self) -> LocalParameters {
        let (ufrag, pwd) = self.ice.local();
        LocalParameters {
            ufrag: ufrag.to_owned(),
            pwd: pwd.to_owned(),
            fingerprint: self.certificate.fingerprint().to_owned(),
        }
    }

    /// Takes what an answer says; to be called with every answer. Checks and a handshake may be under way already: media flows
    /// when the certificate they proved is one of the answer's.
    pub(crate) fn set_remote(&mut self, remote: RemoteParameters) -> Result<(), RemoteError> {
        if !credentials::are_valid(&remote.ufrag, &remote.pwd) {
            return Err(RemoteError::Credentials);
        }
        if remote.fingerprints.is_empty() {
            return Err(RemoteError::Fingerprint);
        }
        if let Some((_, proven)) = &self.keys
            && self.is_verified
            && !remote.fingerprints.contains(proven)
        {
            return Err(RemoteError::Certificate);
        }
        self.ice.set_remote(remote.ufrag)?;
        self.fingerprints = remote.fingerprints;
        self.verify(self.latest);
        self.judge(self.latest);
        Ok(())
    }

    /// Makes new credentials for the next offer. The old ones are accepted beside them until the first valid check with the
    /// new ones; media goes on meanwhile.
    pub(crate) fn restart_ice(&mut self) -> LocalParameters {
        let given_up = self.ice.restart();
        self.events
            .extend(given_up.map(TransportEvent::UfragRetired));
        self.local_parameters()
    }

    /// Takes a datagram.
    pub(crate) fn handle<'a>(
        &mut self,
        now: Instant,
        path: Path,
        datagram: &'a mut [u8],
    ) -> Received<'a> {
        self.latest = self.latest.max(now);
        let kind = classify(datagram);
        match kind {
            DatagramKind::Stun => self.handle_stun(now, path, datagram),
            DatagramKind::Unknown => self.counters.unknown += 1,
            DatagramKind::Dtls | DatagramKind::Rtp | DatagramKind::Rtcp
                if !self.ice.paths.knows(path) =>
            {
                self.counters.foreign_path += 1;
            }
            DatagramKind::Dtls => self.handle_dtls(now, path, datagram),
            DatagramKind::Rtp => {
                let opened = self.open(|srtp| srtp.unprotect_rtp(datagram));
                if let Some(length) = opened {
                    self.heard(now);
                    return Received::Rtp(&mut datagram[..length]);
                }
            }
            DatagramKind::Rtcp => {
                let opened = self.open(|srtp| srtp.unprotect_rtcp(datagram));
                if let Some(length) = opened {
                    self.heard(now);
                    return Received::Rtcp(&mut datagram[..length]);
                }
            }
        }
        Received::Nothing
    }

    /// Encrypts the RTP packet that is `buffer[start..]` and appends the tag. A packet that is refused is cut off the buffer.
    ///
    /// Packets of a stream may leave out of order, by less than 960, and each sequence number once. A stream should begin below
    /// 2^15: a receiver that misses the beginning of one that soon wraps counts rollovers in another way.
    pub(crate) fn protect_rtp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), SendError> {
        if let Some(srtp) = self.srtp() {
            srtp.protect_rtp(buffer, start)
        } else {
            buffer.truncate(start);
            Err(SendError::NotConnected)
        }
    }

    /// Encrypts the RTCP packet that is `buffer[start..]` and appends tag and index. A packet that is refused is cut off the
    /// buffer.
    pub(crate) fn protect_rtcp(
        &mut self,
        buffer: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), SendError> {
        if let Some(srtp) = self.srtp() {
            srtp.protect_rtcp(buffer, start)
        } else {
            buffer.truncate(start);
            Err(SendError::NotConnected)
        }
    }

    /// Sends a message on the data channel; it waits until the channel is open.
    pub(crate) fn send_message(
        &mut self,
        now: Instant,
        data: &[u8],
        binary: bool,
    ) -> Result<(), SendError> {
        if self.liveness.is_over() {
            return Err(SendError::NotConnected);
        }
        self.channel.send(now, data, binary)?;
        self.flush(now);
        Ok(())
    }

    /// Says goodbye to the peer (`close_notify`); a last [`Transport::poll_transmit`] sends it.
    pub(crate) fn close(&mut self, now: Instant) {
        self.dtls.close(now);
        self.liveness.end(TransportState::Closed);
        self.flush(now);
        self.judge(now);
    }

    /// The next datagram to send: checks answered, handshakes, data channel.
    pub(crate) fn poll_transmit(&mut self) -> Option<(Path, Bytes)> {
        self.transmits.pop_front()
    }

    /// The next thing that happened.
    pub(crate) fn poll_event(&mut self) -> Option<TransportEvent> {
        self.events.pop_front()
    }

    /// When [`Transport::handle_timeout`] is to be called at the latest.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        if self.liveness.is_over() {
            return None;
        }
        [
            self.liveness.next_change(),
            self.dtls.poll_timeout(),
            self.channel.poll_timeout(),
            self.ice.paths.next_expiry(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Lets time pass. Too early or too often does no harm.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.latest = self.latest.max(now);
        if self.liveness.is_over() {
            return;
        }
        let mut happened = Vec::new();
        self.dtls
            .handle_timeout(now, &mut |event| happened.push(event));
        self.take_dtls(now, happened);
        let events = &mut self.events;
        self.channel
            .handle_timeout(now, &mut |event| events.push_back(event.into()));
        self.ice
            .paths
            .expire(now, &mut |change| events.push_back(change.into()));
        self.flush(now);
        self.judge(now);
    }

    /// A TCP connection or socket is gone: its paths are forgotten. Where media went over it, it goes over the path that was
    /// heard last, if there is one.
    pub(crate) fn close_link(&mut self, link: Link) {
        let events = &mut self.events;
        self.ice
            .paths
            .close_link(link, &mut |change| events.push_back(change.into()));
        self.dtls_path.take_if(|path| path.link == link);
    }

    /// Where media goes, once the peer has nominated a path.
    pub(crate) fn selected_path(&self) -> Option<Path> {
        self.ice.paths.selected()
    }

    /// How it is: what [`TransportEvent::State`] said last.
    #[cfg(test)]
    pub(super) fn state(&self) -> TransportState {
        self.liveness.state()
    }

    /// Whether there are keys of a peer that has proven who it is: media can be sent, also while the peer is silent.
    pub(crate) fn is_connected(&self) -> bool {
        self.is_verified && !self.liveness.is_over()
    }

    /// What was refused so far.
    pub(crate) fn counters(&self) -> TransportCounters {
        TransportCounters {
            dtls: self.counters.dtls + self.dtls.refused,
            channel: self.counters.channel + self.channel.refused,
            ..self.counters
        }
    }

    fn handle_stun(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        let events = &mut self.events;
        let checked = self.ice.handle(now, path, datagram, &mut |change| {
            events.push_back(change.into());
        });
        self.counters.stun += u64::from(checked.is_refused);
        events.extend(checked.retired.map(TransportEvent::UfragRetired));
        if let Some(answer) = checked.answer {
            self.transmits.push_back((path, answer.into()));
        }
        if checked.is_authentic {
            self.liveness.heard(now);
            self.judge(now);
        }
    }

    fn handle_dtls(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        self.dtls_path = Some(path);
        let mut happened = Vec::new();
        let is_authentic = self
            .dtls
            .handle(now, datagram, &mut |event| happened.push(event));
        self.take_dtls(now, happened);
        if is_authentic {
            self.heard(now);
        }
        self.flush(now);
        self.judge(now);
    }

    fn take_dtls(&mut self, now: Instant, happened: Vec<DtlsEvent>) {
        for event in happened {
            match event {
                DtlsEvent::Established(srtp, fingerprint) => {
                    self.keys = Some((srtp, fingerprint));
                    self.verify(now);
                }
                DtlsEvent::Data(data) if self.is_connected() => {
                    let events = &mut self.events;
                    self.channel.handle(now, data.freeze(), &mut |event| {
                        events.push_back(event.into());
                    });
                }
                // Of nobody in particular, as long as the answer is not there: what matters comes again.
                DtlsEvent::Data(_) => self.counters.channel += 1,
                DtlsEvent::Failed => {
                    self.liveness.end(TransportState::Failed);
                }
                DtlsEvent::Closed => {
                    self.liveness.end(TransportState::Closed);
                }
            }
        }
    }

    /// Compares the certificate that was proven with those of the answer (RFC 8827 section 6.5), when both are there.
    fn verify(&mut self, now: Instant) {
        let Some((_, proven)) = &self.keys else {
            return;
        };
        if self.fingerprints.is_empty() || self.is_verified {
            return;
        }
        if self.fingerprints.contains(proven) {
            self.is_verified = true;
        } else {
            self.keys = None;
            self.liveness.end(TransportState::Failed);
            self.dtls.close(now);
            self.flush(now);
        }
    }

    fn srtp(&mut self) -> Option<&mut Srtp> {
        let usable = self.is_connected();
        let (srtp, _) = self.keys.as_mut()?;
        usable.then_some(srtp)
    }

    fn open(
        &mut self,
        open: impl FnOnce(&mut Srtp) -> Result<usize, SrtpRefusal>,
    ) -> Option<usize> {
        match self.srtp().map(open) {
            Some(Ok(length)) => return Some(length),
            Some(Err(SrtpRefusal::Replayed)) => self.counters.replayed += 1,
            Some(Err(SrtpRefusal::TooManyStreams)) => self.counters.streams += 1,
            Some(Err(SrtpRefusal::Malformed | SrtpRefusal::Unauthentic)) | None => {
                self.counters.srtp += 1;
            }
        }
        None
    }

    /// An authentic packet came by the path that was looked up last.
    fn heard(&mut self, now: Instant) {
        self.ice.paths.touch(now);
        self.liveness.heard(now);
        if self.liveness.state() != TransportState::Connected {
            self.judge(now);
        }
    }

    /// Takes over what DTLS and, through it, the data channel want to send.
    fn flush(&mut self, now: Instant) {
        while let Some(packet) = self.channel.poll_transmit() {
            self.dtls.send(now, &packet);
        }
        let path = self.ice.paths.selected().or(self.dtls_path);
        while let Some(datagram) = self.dtls.poll_transmit() {
            self.transmits.extend(path.map(|path| (path, datagram)));
        }
    }

    /// Says how it is.
    fn judge(&mut self, now: Instant) {
        let state = self.liveness.judge(now, self.is_verified);
        self.events.extend(state.map(TransportEvent::State));
    }
}
