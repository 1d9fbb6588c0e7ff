//! Data channels (RFC 8831, RFC 8832) over the DTLS connection: the one named `messages`, whoever opens it.
//!
//! The SCTP association is `rtc-sctp`, in the role of the one that is connected to, as browsers always connect. Ours is opened
//! as soon as it is there; a peer that opens one of the same name is talked to over that one. Other channels are reset.

use std::collections::{BTreeSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use rtc_sctp::{
    Association, AssociationError, AssociationHandle, Chunks, DatagramEvent, Endpoint,
    EndpointConfig, Event, Payload, PayloadProtocolIdentifier, ServerConfig, StreamEvent, StreamId,
    TimerConfig, TransportConfig,
};
use rtc_shared::TransportProtocol;

use super::{ChannelMessage, SendError};

mod carried;
mod chunks;

use carried::Carried;
use chunks::{ChunkGuard, STREAMS_MAX, Verdict};

/// The stream of the channel that we open: the DTLS server has the odd ones (RFC 8832 section 6).
const OWN_STREAM: StreamId = 1;
/// Channels of that name that are listened to at most.
const CHANNELS_MAX: usize = 4;
/// What may wait for the peer, in bytes.
const QUEUED_MAX: usize = 256 * 1024;
/// Messages that may wait for the channel to open.
const WAITING_MAX: usize = 256;
/// A message at most, as the association counts.
const MESSAGE_MAX: u32 = 64 * 1024;
const _: () = assert!(MESSAGE_MAX as usize == ChannelMessage::BYTES_MAX);
/// What the peer is told that it may send ahead.
const RECEIVE_WINDOW: u32 = 2 * MESSAGE_MAX;
/// Associations that are begun at the same time at most: each INIT that is repeated begins one.
const ATTEMPTS_MAX: usize = 4;
/// The association knows one peer, wherever that is at the moment.
const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 1);

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ChannelEvent {
    Open,
    Message(ChannelMessage),
    Closed,
}

/// The data channel of a peer connection.
pub(super) struct Channel {
    endpoint: Endpoint,
    /// Those that may become the association, then only that.
    associations: Vec<(AssociationHandle, Association)>,
    is_established: bool,
    is_over: bool,
    guard: ChunkGuard,
    /// Streams of channels that are open.
    channels: Vec<StreamId>,
    /// Those that have something to read.
    readable: BTreeSet<StreamId>,
    waiting: VecDeque<(Bytes, PayloadProtocolIdentifier)>,
    transmits: VecDeque<Bytes>,
    /// Packets and messages that were not taken.
    pub(super) refused: u64,
}

impl Channel {
    pub(super) fn new() -> Self {
        let timers = TimerConfig {
            // Whether the peer is there is told by ICE.
            max_t3_rtx_retrans: usize::MAX,
            max_reconfig_retrans: usize::MAX,
            ..TimerConfig::default()
        };
        let transport = TransportConfig::default()
            .with_max_message_size(MESSAGE_MAX)
            .with_max_receive_buffer_size(RECEIVE_WINDOW)
            .with_max_num_inbound_streams(STREAMS_MAX)
            .with_max_num_outbound_streams(STREAMS_MAX)
            .with_timer_config(timers);
        Self {
            endpoint: Endpoint::new(
                PEER,
                TransportProtocol::UDP,
                Arc::new(EndpointConfig::default()),
                Some(Arc::new(ServerConfig::new(transport))),
            ),
            associations: Vec::new(),
            is_established: false,
            is_over: false,
            guard: ChunkGuard::default(),
            channels: Vec::new(),
            readable: BTreeSet::new(),
            waiting: VecDeque::new(),
            transmits: VecDeque::new(),
            refused: 0,
        }
    }

    /// Takes an SCTP packet of the peer.
    pub(super) fn handle(
        &mut self,
        now: Instant,
        packet: Bytes,
        happened: &mut impl FnMut(ChannelEvent),
    ) {
        if self.is_over {
            self.refused += 1;
            return;
        }
        let packet = match self.guard.judge(packet) {
            Verdict::Take(packet) => packet,
            Verdict::Abort => {
                self.abort(now, happened);
                return;
            }
            Verdict::Refuse => {
                self.refused += 1;
                return;
            }
        };
        match self.endpoint.handle(now, PEER, None, packet) {
            Some((handle, DatagramEvent::NewAssociation(association))) => {
                if self.associations.len() >= ATTEMPTS_MAX {
                    self.associations.remove(0);
                }
                self.associations.push((handle, association));
            }
            Some((handle, DatagramEvent::AssociationEvent(event))) => {
                let mut known = self.associations.iter_mut();
                if let Some((_, association)) = known.find(|(known, _)| *known == handle) {
                    association.handle_event(event);
                }
            }
            _ => self.refused += 1,
        }
        self.work(now, happened);
    }

    /// Sends a message, or keeps it until the channel is open.
    pub(super) fn send(
        &mut self,
        now: Instant,
        data: &[u8],
        binary: bool,
    ) -> Result<(), SendError> {
        if data.len() > ChannelMessage::BYTES_MAX {
            return Err(SendError::Invalid);
        }
        if self.is_over {
            return Err(SendError::NotConnected);
        }
        if self.queued() + data.len() > QUEUED_MAX || self.waiting.len() >= WAITING_MAX {
            return Err(SendError::Full);
        }
        self.waiting.push_back(carried::payload(data, binary));
        self.send_waiting(now);
        self.collect(now);
        Ok(())
    }

    pub(super) fn poll_transmit(&mut self) -> Option<Bytes> {
        self.transmits.pop_front()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.associations
            .iter()
            .filter_map(|(_, association)| association.poll_timeout())
            .min()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, happened: &mut impl FnMut(ChannelEvent)) {
        if self.poll_timeout().is_none_or(|at| at > now) {
            return;
        }
        for (_, association) in &mut self.associations {
            association.handle_timeout(now);
        }
        self.work(now, happened);
    }

    /// The peer has ended the association, or the attempts to begin one.
    fn abort(&mut self, now: Instant, happened: &mut impl FnMut(ChannelEvent)) {
        for (_, association) in &mut self.associations {
            // It is closed already where this fails.
            let _ = association.close(AssociationError::Reset);
        }
        self.work(now, happened);
    }

    /// Lets the associations do what there is to do.
    fn work(&mut self, now: Instant, happened: &mut impl FnMut(ChannelEvent)) {
        let mut at = 0;
        while let Some((_, association)) = self.associations.get_mut(at) {
            match association.poll() {
                Some(Event::Connected) => {
                    let established = self.associations.swap_remove(at);
                    self.associations = vec![established];
                    at = 0;
                    self.is_established = true;
                    self.guard.established();
                    self.open_own(now);
                }
                Some(Event::Stream(StreamEvent::Readable { id })) => {
                    self.readable.insert(id);
                }
                Some(Event::AssociationLost { id, .. }) => self.forget(id, happened),
                Some(Event::HandshakeFailed { .. }) => {
                    self.associations.remove(at);
                }
                Some(_) => {}
                None => at += 1,
            }
        }
        if self.is_established {
            while let Some(stream) = self.readable.pop_first() {
                while let Some(chunks) = self.read(stream) {
                    self.take(now, stream, &chunks, happened);
                }
            }
        }
        self.collect(now);
        let is_closed = |(_, association): &(_, Association)| association.is_closed();
        if self.is_established && self.associations.iter().all(is_closed) {
            self.is_over = true;
            self.associations.clear();
            self.waiting.clear();
        }
    }

    fn read(&mut self, stream: StreamId) -> Option<Chunks> {
        let (_, association) = self.associations.first_mut()?;
        let chunks = association.stream(stream).ok()?.read_sctp().ok()??;
        self.guard
            .delivered(stream, chunks.len(), chunks.chunks.len());
        Some(chunks)
    }

    fn take(
        &mut self,
        now: Instant,
        stream: StreamId,
        chunks: &Chunks,
        happened: &mut impl FnMut(ChannelEvent),
    ) {
        let is_open = self.channels.contains(&stream);
        match Carried::read(chunks) {
            Carried::Message(message) if is_open => happened(ChannelEvent::Message(message)),
            Carried::Acknowledge if stream == OWN_STREAM && !is_open => {
                self.opened(now, stream, happened);
            }
            Carried::Open
                if stream != OWN_STREAM && !is_open && self.channels.len() < CHANNELS_MAX =>
            {
                self.write_control(now, stream, &carried::acknowledgement());
                self.opened(now, stream, happened);
            }
            Carried::Open | Carried::OpenOther => {
                self.refused += 1;
                self.reset(now, stream);
            }
            Carried::Message(_) | Carried::Acknowledge | Carried::Malformed => self.refused += 1,
        }
    }

    fn opened(&mut self, now: Instant, stream: StreamId, happened: &mut impl FnMut(ChannelEvent)) {
        let is_first = self.channels.is_empty();
        // The one that the peer has opened comes before ours, a later one before an earlier one.
        let at = if stream == OWN_STREAM {
            self.channels.len()
        } else {
            0
        };
        self.channels.insert(at, stream);
        if is_first {
            happened(ChannelEvent::Open);
        }
        self.send_waiting(now);
    }

    /// A stream was reset, or the association with all of them ended.
    fn forget(&mut self, stream: StreamId, happened: &mut impl FnMut(ChannelEvent)) {
        self.guard.reset(stream);
        self.readable.remove(&stream);
        let was_open = !self.channels.is_empty();
        self.channels.retain(|open| *open != stream);
        if was_open && self.channels.is_empty() {
            happened(ChannelEvent::Closed);
        }
    }

    fn open_own(&mut self, now: Instant) {
        if let Some((_, association)) = self.associations.first_mut() {
            // The peer cannot have it open already: the number is ours.
            let _ = association.open_stream(OWN_STREAM, PayloadProtocolIdentifier::Dcep);
        }
        self.write_control(now, OWN_STREAM, &carried::open());
    }

    fn write_control(&mut self, now: Instant, stream: StreamId, message: &Bytes) {
        self.write(now, stream, message, PayloadProtocolIdentifier::Dcep);
    }

    fn send_waiting(&mut self, now: Instant) {
        let Some(stream) = self.channels.first().copied() else {
            return;
        };
        while let Some((data, identifier)) = self.waiting.pop_front() {
            self.write(now, stream, &data, identifier);
        }
    }

    fn write(
        &mut self,
        now: Instant,
        stream: StreamId,
        data: &Bytes,
        identifier: PayloadProtocolIdentifier,
    ) {
        let written = self
            .associations
            .first_mut()
            .is_some_and(|(_, association)| {
                association
                    .stream(stream)
                    .and_then(|mut stream| stream.write_chunk_with_ppi(now, data, identifier))
                    .is_ok()
            });
        self.refused += u64::from(!written);
    }

    fn reset(&mut self, now: Instant, stream: StreamId) {
        if let Some((_, association)) = self.associations.first_mut() {
            // It is gone already where this fails.
            let _ = association
                .stream(stream)
                .and_then(|mut stream| stream.stop(now));
        }
    }

    /// What waits here and in the association, in bytes.
    fn queued(&mut self) -> usize {
        let waiting: usize = self.waiting.iter().map(|(data, _)| data.len()).sum();
        let association = self.associations.first_mut();
        let buffered = association.map_or(0, |(_, association)| {
            let streams = self.channels.iter();
            streams
                .filter_map(|id| association.stream(*id).ok()?.buffered_amount().ok())
                .sum()
        });
        waiting + buffered
    }

    /// Takes over what the associations want to send.
    fn collect(&mut self, now: Instant) {
        for (_, association) in &mut self.associations {
            while let Some(transmit) = association.poll_transmit(now) {
                if let Payload::RawEncode(packets) = transmit.message {
                    for packet in packets {
                        self.guard.left(&packet);
                        self.transmits.push_back(packet);
                    }
                }
            }
        }
    }
}
