//! The browser's end of an SCTP association, by `rtc-sctp` in the role of the one that connects.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use rtc_datachannel::message::Message;
use rtc_datachannel::message::message_channel_ack::DataChannelAck;
use rtc_datachannel::message::message_channel_open::{ChannelType, DataChannelOpen};
use rtc_sctp::{
    Association, AssociationHandle, ClientConfig, DatagramEvent, Endpoint, EndpointConfig, Event,
    Payload, PayloadProtocolIdentifier, StreamEvent, TransportConfig,
};
use rtc_shared::TransportProtocol;
use rtc_shared::marshal::{Marshal, Unmarshal};

pub(super) struct SctpClient {
    endpoint: Endpoint,
    handle: AssociationHandle,
    association: Association,
    pub(super) is_connected: bool,
    readable: Vec<u16>,
    /// Messages, with their stream, but for those of the establishment protocol.
    pub(super) received: Vec<(u16, PayloadProtocolIdentifier, Vec<u8>)>,
    /// Names and streams of channels that the server has opened.
    pub(super) opened: Vec<(String, u16)>,
    /// Streams whose channel the server has acknowledged.
    pub(super) acknowledged: Vec<u16>,
    /// Streams that were reset.
    pub(super) closed: Vec<u16>,
    pub(super) answers_opens: bool,
}

impl SctpClient {
    pub(super) fn new(now: Instant) -> Self {
        let peer = SocketAddr::from(([192, 0, 2, 9], 1));
        let mut endpoint = Endpoint::new(
            peer,
            TransportProtocol::UDP,
            Arc::new(EndpointConfig::default()),
            None,
        );
        let config = ClientConfig::new(TransportConfig::default().with_max_message_size(1 << 20));
        let (handle, association) = endpoint.connect(now, config, peer).unwrap();
        Self {
            endpoint,
            handle,
            association,
            is_connected: false,
            readable: Vec::new(),
            received: Vec::new(),
            opened: Vec::new(),
            acknowledged: Vec::new(),
            closed: Vec::new(),
            answers_opens: true,
        }
    }

    pub(super) fn handle(&mut self, now: Instant, packet: Bytes) {
        let peer = SocketAddr::from(([192, 0, 2, 9], 1));
        if let Some((handle, DatagramEvent::AssociationEvent(event))) =
            self.endpoint.handle(now, peer, None, packet)
        {
            assert_eq!(handle, self.handle);
            self.association.handle_event(event);
        }
        self.work(now);
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.association.poll_timeout()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        self.association.handle_timeout(now);
        self.work(now);
    }

    pub(super) fn poll_transmits(&mut self, now: Instant) -> Vec<Bytes> {
        let mut packets = Vec::new();
        while let Some(transmit) = self.association.poll_transmit(now) {
            if let Payload::RawEncode(raw) = transmit.message {
                packets.extend(raw);
            }
        }
        packets
    }

    pub(super) fn open(&mut self, now: Instant, stream: u16, label: &str, kind: ChannelType) {
        self.association
            .open_stream(stream, PayloadProtocolIdentifier::Dcep)
            .unwrap();
        let open = DataChannelOpen {
            channel_type: kind,
            priority: 256,
            reliability_parameter: 0,
            label: label.as_bytes().to_vec(),
            protocol: Vec::new(),
        };
        let open = Message::DataChannelOpen(open).marshal().unwrap();
        self.send(now, stream, PayloadProtocolIdentifier::Dcep, &open);
    }

    pub(super) fn send(
        &mut self,
        now: Instant,
        stream: u16,
        identifier: PayloadProtocolIdentifier,
        data: &[u8],
    ) {
        let mut stream = self.association.stream(stream).unwrap();
        stream.write_with_ppi(now, data, identifier).unwrap();
    }

    pub(super) fn reset(&mut self, now: Instant, stream: u16) {
        self.association.stream(stream).unwrap().stop(now).unwrap();
    }

    pub(super) fn abort(&mut self) {
        self.association.abort().unwrap();
    }

    fn work(&mut self, now: Instant) {
        while let Some(event) = self.association.poll() {
            match event {
                Event::Connected => self.is_connected = true,
                Event::AssociationLost { id, .. } => self.closed.push(id),
                Event::Stream(StreamEvent::Readable { id }) => self.readable.push(id),
                _ => {}
            }
        }
        if self.is_connected {
            for id in std::mem::take(&mut self.readable) {
                self.read(now, id);
            }
        }
    }

    fn read(&mut self, now: Instant, id: u16) {
        loop {
            let chunks = self
                .association
                .stream(id)
                .and_then(|mut stream| stream.read_sctp());
            let Ok(Some(chunks)) = chunks else {
                break;
            };
            let data = chunks.to_payload(1 << 20).unwrap();
            if chunks.ppi != PayloadProtocolIdentifier::Dcep {
                self.received.push((id, chunks.ppi, data.to_vec()));
                continue;
            }
            match Message::unmarshal(&mut &data[..]).unwrap() {
                Message::DataChannelOpen(open) => {
                    let label = String::from_utf8(open.label).unwrap();
                    self.opened.push((label, id));
                    if self.answers_opens {
                        let ack = Message::DataChannelAck(DataChannelAck {});
                        let ack = ack.marshal().unwrap();
                        self.send(now, id, PayloadProtocolIdentifier::Dcep, &ack);
                    }
                }
                Message::DataChannelAck(_) => self.acknowledged.push(id),
                other => panic!("no such message on the wire: {other:?}"),
            }
        }
    }
}
