use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use super::Script;
use crate::sfu::rtp::SenderClock;
use crate::sfu::tap::{Assembler, Batch, PacketRecord, Record};
use crate::sfu::{EncodedFrame, FrameCodec, Source, TapEvent, VideoCodec};

/// A reader, and what it was told.
struct Reading {
    now: Instant,
    assembler: Assembler,
    numbers: [u16; STREAMS],
    timestamps: [u32; STREAMS],
    latest: HashMap<(String, Source), EncodedFrame>,
    /// Payload bytes that came, and that left in frames.
    came: usize,
    left: usize,
}

const STREAMS: usize = 4;
const CODECS: [FrameCodec; 5] = [
    FrameCodec::Opus,
    FrameCodec::Video(VideoCodec::Vp8),
    FrameCodec::Video(VideoCodec::Vp9),
    FrameCodec::Video(VideoCodec::H264),
    FrameCodec::Video(VideoCodec::Av1),
];
const PEOPLE: [&str; 2] = ["alice", "bob"];

pub(super) fn run(script: &mut Script<'_>) {
    let now = Instant::now();
    let mut reading = Reading {
        now,
        assembler: Assembler::new(now, SystemTime::UNIX_EPOCH + Duration::from_mins(1)),
        numbers: [65_530; STREAMS],
        timestamps: [0; STREAMS],
        latest: HashMap::new(),
        came: 0,
        left: 0,
    };
    while !script.is_over() {
        reading.step(script);
    }
    reading.assembler.finish();
    assert_eq!(reading.told(), Some(TapEvent::Ended));
    assert!(reading.assembler.deadline().is_none());
}

impl Reading {
    fn step(&mut self, script: &mut Script<'_>) {
        let step = script.byte();
        let at = usize::from(step >> 4) % STREAMS;
        // A slot of this table is below the number of streams.
        let stream = u32::from(step >> 4) % 4;
        let mut batch = Batch::default();
        match step % 16 {
            0 => {
                let (Some(user), Some(source), Some(codec)) = (
                    script.one_of(&PEOPLE).and_then(|user| user.parse().ok()),
                    script.one_of(&Source::ALL),
                    script.one_of(&CODECS),
                ) else {
                    return;
                };
                batch.tell(Record::Began {
                    stream,
                    user,
                    source,
                    codec,
                });
            }
            1 => batch.tell(Record::Over { stream }),
            2 => batch.tell(Record::Clock {
                stream,
                clock: SenderClock {
                    ntp: u64::from(script.word()) << 32 | u64::from(script.word()),
                    rtp: self.timestamps[at].wrapping_add(script.word()),
                },
                at: self.now,
            }),
            3 => {
                self.now += Duration::from_millis(u64::from(script.short()));
                self.assembler.poll(self.now);
            }
            4 => self.numbers[at] = self.numbers[at].wrapping_add(script.short()),
            5 => self.timestamps[at] = self.timestamps[at].wrapping_add(script.word()),
            6 => batch.lose(u64::from(script.byte())),
            7 => self.numbers[at] = self.numbers[at].wrapping_sub(u16::from(script.byte())),
            _ => self.packet(at, stream, &mut batch, script),
        }
        self.assembler.batch(&batch);
        self.assembler.asks().for_each(drop);
        self.told();
    }

    fn packet(&mut self, at: usize, stream: u32, batch: &mut Batch, script: &mut Script<'_>) {
        let flags = script.byte();
        let payload = script.bytes();
        self.came += payload.len();
        let packet = PacketRecord {
            stream,
            number: self.numbers[at],
            timestamp: self.timestamps[at],
            marker: flags & 1 != 0,
            switched: flags & 0x0e == 0x0e,
            red: flags & 0x10 != 0,
            arrived: self.now,
            length: payload.len(),
        };
        batch.push(packet, payload);
        self.numbers[at] = self.numbers[at].wrapping_add(1);
        if flags & 1 != 0 {
            self.timestamps[at] = self.timestamps[at].wrapping_add(3_000);
            self.now += Duration::from_millis(33);
        }
    }

    /// What the reader is told, as it was promised; the last of it.
    fn told(&mut self) -> Option<TapEvent> {
        let mut last = None;
        while let Some(event) = self.assembler.pop() {
            if let TapEvent::Frame(frame) = &event {
                self.frame(frame);
            }
            last = Some(event);
        }
        last
    }

    fn frame(&mut self, frame: &EncodedFrame) {
        assert!(!frame.data.is_empty());
        assert!(frame.key || matches!(frame.codec, FrameCodec::Video(_)));
        assert!(frame.size.is_none() || frame.key);
        // Start codes, sizes and parameters are added, within bounds; nothing is sent twice.
        self.left += 1;
        assert!(self.left <= self.came);
        assert!(frame.data.len() <= self.came * 5 + (8 << 10));
        let of = (frame.user.as_str().to_owned(), frame.source);
        let before = self.latest.insert(of, frame.clone());
        if let Some(before) = &before {
            assert!(before.captured < frame.captured);
        }
        let begins = before.is_none_or(|before| before.codec != frame.codec);
        assert!(frame.key || !begins && !frame.after_gap);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_script_is_read(script in proptest::collection::vec(any::<u8>(), 0..2_000)) {
            run(&mut Script(&script));
        }
    }
}
