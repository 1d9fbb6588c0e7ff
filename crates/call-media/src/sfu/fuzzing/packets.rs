use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::Script;
use crate::sfu::rtcp::{NackGenerator, Reception};
use crate::sfu::rtp::{
    DescriptorPatch, ExtensionIds, Header, IncomingPacket, OutgoingExtensions, OutgoingHeader,
    PacketCache, PayloadInfo, Rewriter, Verdict, unwrap_rtx, write_packet, write_rtx,
};
use crate::sfu::{Layer, VideoCodec};

/// One source on its way to one subscriber.
struct Way {
    now: Instant,
    codec: Option<VideoCodec>,
    incoming: [Incoming; 3],
    rewriter: Rewriter,
    /// The latest outgoing numbers and where they came from; none where it cannot be told by 16 bits.
    sent: Option<HashMap<u16, (Layer, u64)>>,
    /// Packets since the last one that was sent.
    held_back: u32,
    latest: u16,
}

struct Incoming {
    reception: Reception,
    missing: NackGenerator,
    cache: PacketCache,
    sequence: u16,
    timestamp: u32,
}

const CLOCK_RATE: u32 = 90_000;
const SSRC: u32 = 7;
const RTX_SSRC: u32 = 8;
const PAYLOAD_TYPE: u8 = 96;
const IDS: ExtensionIds = ExtensionIds {
    mid: Some(4),
    audio_level: Some(1),
    abs_send_time: Some(2),
    transport_cc: Some(3),
};

pub(super) fn run(script: &mut Script<'_>) {
    let codec = script.one_of(&[
        Some(VideoCodec::Vp8),
        Some(VideoCodec::Vp9),
        Some(VideoCodec::H264),
        Some(VideoCodec::Av1),
        None,
    ]);
    let codec = codec.flatten();
    // Small steps of sequence numbers, or any.
    let is_tame = script.byte().is_multiple_of(2);
    let mut way = Way {
        now: Instant::now(),
        codec,
        incoming: [Incoming::new(), Incoming::new(), Incoming::new()],
        rewriter: Rewriter::new(codec, CLOCK_RATE),
        sent: is_tame.then(HashMap::new),
        held_back: 0,
        latest: 0,
    };
    while !script.is_over() {
        way.step(script);
    }
}

impl Incoming {
    fn new() -> Self {
        Self {
            reception: Reception::new(CLOCK_RATE),
            missing: NackGenerator::new(),
            cache: PacketCache::new(64),
            sequence: 1_000,
            timestamp: 0,
        }
    }
}

impl Way {
    fn step(&mut self, script: &mut Script<'_>) {
        let step = script.byte();
        let layer = Layer::ALL[usize::from(step >> 4) % 3];
        match step % 16 {
            0 => self.rewriter.switch_to(layer),
            1 => self.rewriter.pause(),
            2 => {
                self.incoming[layer.index()] = Incoming::new();
                self.rewriter.restarted(layer);
            }
            3 => {
                let temporal_id = script.byte();
                self.rewriter
                    .limit_temporal((temporal_id < 8).then_some(temporal_id));
            }
            4 => self.now += Duration::from_millis(u64::from(script.byte()) * 8),
            5 => {
                let number = self.latest.wrapping_sub(u16::from(script.byte()));
                self.send_again(number);
            }
            6 => self.send_again(script.short()),
            7 => self.sender_report(layer, script),
            8 => self.poll(layer),
            9 => {
                let mut packet = script.long_bytes().to_vec();
                read(&mut packet);
            }
            _ => self.packet(layer, script),
        }
    }

    fn sender_report(&mut self, layer: Layer, script: &mut Script<'_>) {
        let ntp = u64::from(script.word()) << 32 | u64::from(script.word());
        let incoming = &mut self.incoming[layer.index()];
        let rtp = incoming.timestamp.wrapping_add(script.word());
        incoming.reception.sender_report(ntp, rtp, self.now);
        if let Some(clock) = incoming.reception.clock_at(self.now) {
            self.rewriter.map_timestamp(layer, clock.rtp);
        }
    }

    fn poll(&mut self, layer: Layer) {
        let incoming = &mut self.incoming[layer.index()];
        let round = incoming.missing.poll(self.now, Duration::ZERO);
        assert!(round.ask.len() <= 256);
        incoming.reception.report(SSRC, self.now);
        let figures = &incoming.reception;
        assert!(figures.retransmitted_packets() <= 1 << 20);
        let _ = (figures.lost(), figures.jitter(), figures.bitrate(self.now));
    }

    fn packet(&mut self, layer: Layer, script: &mut Script<'_>) {
        let incoming = &mut self.incoming[layer.index()];
        let step = if self.sent.is_some() {
            i16::from(script.byte().cast_signed())
        } else {
            script.short().cast_signed()
        };
        let flags = script.byte();
        incoming.sequence = incoming.sequence.wrapping_add_signed(step);
        incoming.timestamp = match flags & 0x03 {
            0 => incoming.timestamp,
            1 => incoming.timestamp.wrapping_add(3_000),
            2 => script.word(),
            _ => incoming.timestamp.wrapping_sub(3_000),
        };
        let mut packet = Vec::new();
        let header = OutgoingHeader {
            payload_type: PAYLOAD_TYPE,
            marker: flags & 0x04 != 0,
            sequence_number: incoming.sequence,
            timestamp: incoming.timestamp,
            ssrc: SSRC,
        };
        let payload = script.bytes();
        let extensions = OutgoingExtensions::default();
        write_packet(
            &mut packet,
            header,
            &extensions,
            payload,
            DescriptorPatch::NONE,
        );
        let header = read(&mut packet.clone());
        assert!(header.is_some_and(|header| header.payload(&packet) == payload));
        let info = PayloadInfo::read(self.codec, payload);
        let sequence = if flags & 0x08 == 0 {
            incoming.reception.received(
                incoming.sequence,
                incoming.timestamp,
                payload.len(),
                self.now,
            )
        } else {
            let recovered = incoming
                .reception
                .recovered(incoming.sequence, payload.len());
            let Some(sequence) = recovered else {
                return;
            };
            sequence
        };
        incoming
            .missing
            .received(sequence, info.starts_key_frame, self.now);
        incoming.cache.insert(sequence, &packet, self.now);
        let packet = IncomingPacket {
            layer,
            sequence,
            timestamp: incoming.timestamp,
            arrived: self.now,
            clock: incoming.reception.clock(),
            payload: info,
        };
        self.forward(&packet, payload);
    }

    fn forward(&mut self, packet: &IncomingPacket, payload: &[u8]) {
        let Verdict::Forward(rewritten) = self.rewriter.rewrite(packet) else {
            self.held_back += 1;
            return;
        };
        let number = rewritten.sequence_number;
        if let Some(sent) = &mut self.sent {
            // So much may have been lost meanwhile that 16 bits do not tell how much.
            if std::mem::take(&mut self.held_back) > 200 {
                sent.clear();
            }
            sent.retain(|known, _| known.wrapping_sub(number).cast_signed().abs() < 16_384);
            let before = sent.insert(number, (packet.layer, packet.sequence));
            assert_eq!(before, None, "{number} was sent before");
        }
        self.latest = number;
        let mut out = Vec::new();
        let header = OutgoingHeader {
            payload_type: PAYLOAD_TYPE,
            marker: false,
            sequence_number: number,
            timestamp: rewritten.timestamp,
            ssrc: SSRC,
        };
        let stamps = write_packet(&mut out, header, &extensions(), payload, rewritten.patch);
        stamps.set_transport_cc(&mut out, number);
        stamps.set_abs_send_time(&mut out, Duration::from_millis(u64::from(number)));
        let written = read(&mut out.clone());
        assert!(
            written.is_some_and(|header| header.sequence_number == number
                && header.timestamp == rewritten.timestamp
                && header.payload(&out).len() == payload.len())
        );
    }

    /// A packet is asked for again.
    fn send_again(&mut self, number: u16) {
        let Some(original) = self.rewriter.lookup(number) else {
            return;
        };
        let incoming = &self.incoming[original.layer.index()];
        let Some(packet) = incoming.cache.get(original.sequence, self.now) else {
            return;
        };
        let Ok(header) = Header::parse(packet) else {
            return;
        };
        let payload = header.payload(packet);
        let again = IncomingPacket {
            layer: original.layer,
            sequence: original.sequence,
            timestamp: header.timestamp,
            arrived: self.now,
            clock: incoming.reception.clock(),
            payload: PayloadInfo::read(self.codec, payload),
        };
        let Some(rewritten) = self.rewriter.rewrite_again(number, &again) else {
            return;
        };
        assert_eq!(rewritten.sequence_number, number);
        if let Some(sent) = &mut self.sent {
            let from = (original.layer, original.sequence);
            let before = sent.insert(number, from);
            assert!(before.is_none_or(|before| before == from));
        }
        let mut out = Vec::new();
        let rtx = OutgoingHeader {
            payload_type: PAYLOAD_TYPE + 1,
            marker: header.marker,
            sequence_number: 1,
            timestamp: rewritten.timestamp,
            ssrc: RTX_SSRC,
        };
        let patch = rewritten.patch;
        write_rtx(&mut out, rtx, &extensions(), number, payload, patch);
        let header = Header::parse(&out).ok();
        let start = header.and_then(|header| unwrap_rtx(&mut out, &header, SSRC, PAYLOAD_TYPE));
        let unwrapped = start.and_then(|start| out.get(start..)).unwrap_or_default();
        let header = Header::parse(unwrapped).ok();
        assert!(header.is_some_and(|header| header.sequence_number == number
            && header.ssrc == SSRC
            && header.payload(unwrapped).len() == payload.len()));
    }
}

fn extensions() -> OutgoingExtensions<'static> {
    OutgoingExtensions {
        ids: IDS,
        mid: b"17",
        audio_level: Some(30),
    }
}

/// Reads all of a packet that may be anything.
fn read(packet: &mut [u8]) -> Option<Header> {
    let header = Header::parse(packet).ok()?;
    assert!(header.payload_range().end <= packet.len());
    for id in 0..=u8::MAX {
        let value = header.extension(packet, id);
        assert!(value.is_none_or(|value| value.len() <= 255));
    }
    for codec in VideoCodec::ALL.map(Some).into_iter().chain([None]) {
        PayloadInfo::read(codec, header.payload(packet));
    }
    let length = packet.len();
    let start = unwrap_rtx(&mut packet.to_vec(), &header, SSRC, PAYLOAD_TYPE);
    assert!(start.is_none_or(|start| start < length));
    Some(header)
}
