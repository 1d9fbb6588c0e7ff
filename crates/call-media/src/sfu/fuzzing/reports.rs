use std::time::{Duration, Instant};

use super::Script;
use crate::sfu::bandwidth::Estimator;
use crate::sfu::rtcp::{
    Compound, FeedbackBuilder, KeyFrameRequests, Message, NackGenerator, Reception, ReportBlock,
    SenderReports, write_nack, write_pli, write_receiver_report,
};
use crate::sfu::rtp::SenderClock;

/// What reports are about, and what is made of them.
struct Desk {
    now: Instant,
    estimator: Estimator,
    reports: SenderReports,
    reception: Reception,
    missing: NackGenerator,
    feedback: FeedbackBuilder,
    key_frames: KeyFrameRequests,
    sequence: u64,
    arrived: u16,
}

/// Of a packet of feedback.
const FEEDBACK_MAX: usize = 1_200;
const SSRC: u32 = 9;

pub(super) fn run(script: &mut Script<'_>) {
    let now = Instant::now();
    let mut desk = Desk {
        now,
        estimator: Estimator::new(now),
        reports: SenderReports::default(),
        reception: Reception::new(90_000),
        missing: NackGenerator::new(),
        feedback: FeedbackBuilder::new(now),
        key_frames: KeyFrameRequests::default(),
        sequence: 1 << 16,
        arrived: 0,
    };
    while !script.is_over() {
        desk.step(script);
    }
}

impl Desk {
    fn step(&mut self, script: &mut Script<'_>) {
        match script.byte() % 8 {
            0 => self.now += Duration::from_millis(u64::from(script.short())),
            1 => {
                for _ in 0..script.byte() {
                    self.now += Duration::from_micros(500);
                    self.estimator.sent(self.now, 1_000);
                }
            }
            2 => self.arrive(script),
            3 => self.tell(),
            4 => self.miss(script),
            5 => {
                self.estimator.want(self.now, u64::from(script.word()));
                // After a long time several things are due, one after the other.
                for _ in 0..8 {
                    let probe = self.estimator.poll(self.now);
                    assert!(probe.is_none_or(|probe| probe.bytes <= 1 << 20));
                }
                let next = self.estimator.next_deadline();
                assert!(next.is_none_or(|next| next > self.now));
            }
            6 => self.take(script.long_bytes()),
            _ => {
                let (count, kind) = (script.byte() & 0x1f, 200 + script.byte() % 8);
                let body = script.long_bytes();
                let words = body.len() / 4;
                let mut packet = vec![0x80 | count, kind];
                packet.extend(u16::try_from(words).unwrap_or(0).to_be_bytes());
                packet.extend(body.get(..words * 4).unwrap_or_default());
                self.take(&packet);
            }
        }
        let estimate = self.estimator.estimate();
        assert!((1..=1_000_000_000).contains(&estimate), "{estimate}");
    }

    /// Whatever comes from a peer.
    fn take(&mut self, datagram: &[u8]) {
        let Ok(compound) = Compound::parse(datagram) else {
            return;
        };
        let mut requests = 0;
        for message in compound {
            match message {
                Message::SenderReport { info, reports } => {
                    self.reception.sender_report(info.ntp, info.rtp, self.now);
                    reports.for_each(|block| self.block(block));
                }
                Message::ReceiverReport { reports } => {
                    reports.for_each(|block| self.block(block));
                }
                Message::Nack { packets, .. } => {
                    assert!(packets.count() <= datagram.len() / 4 * 17);
                }
                Message::KeyFrameRequest { .. } => {
                    self.key_frames.want(self.now);
                    requests += usize::from(self.key_frames.poll(self.now));
                }
                Message::TransportFeedback(feedback) => {
                    if let Some(feedback) = feedback.decode() {
                        assert!(feedback.recv_deltas.len() <= datagram.len());
                        self.estimator.feedback(self.now, &feedback);
                    }
                }
                Message::Goodbye { .. } => {}
            }
        }
        assert!(requests <= 1);
    }

    fn block(&mut self, block: ReportBlock) {
        if let Some(round_trip) = self.reports.reported(&block, self.now) {
            self.estimator.round_trip_time(round_trip);
        }
        let lost = f64::from(block.fraction_lost) / 256.0;
        self.estimator.receiver_report(self.now, lost);
    }

    /// Packets come, and their transport-wide numbers.
    fn arrive(&mut self, script: &mut Script<'_>) {
        let number = script.short();
        self.arrived = self.arrived.wrapping_add(number);
        self.feedback.received(self.arrived, SSRC, self.now);
        self.reception
            .received(self.arrived, script.word(), 1_000, self.now);
    }

    /// What is told to a peer can be read.
    fn tell(&mut self) {
        let mut out = Vec::new();
        for _ in 0..=8_192 {
            out.clear();
            if !self.feedback.poll(&mut out, 1, self.now) {
                break;
            }
            assert!(out.len() <= FEEDBACK_MAX && out.len().is_multiple_of(4));
            let messages: Vec<_> = Compound::parse(&out).into_iter().flatten().collect();
            assert!(matches!(&messages[..], [Message::TransportFeedback(_)]));
        }
        out.clear();
        if let Some(block) = self.reception.report(SSRC, self.now) {
            write_receiver_report(&mut out, 1, &[block; 3], "somebody");
        }
        if let Some(clock) = self.reception.clock_at(self.now) {
            self.reports.sent(1_000);
            self.reports.write(
                &mut out,
                SSRC,
                SenderClock { ..clock },
                "somebody",
                self.now,
            );
        }
        write_pli(&mut out, 1, SSRC);
        assert!(Compound::parse(&out).is_ok());
    }

    /// Packets come with gaps, and are asked for again: exactly those.
    fn miss(&mut self, script: &mut Script<'_>) {
        self.sequence += u64::from(script.short() % 400);
        let came = self.sequence - u64::from(script.byte());
        let starts_key_frame = script.byte() > 250;
        self.missing.received(came, starts_key_frame, self.now);
        self.now += Duration::from_millis(u64::from(script.byte()));
        let round = self.missing.poll(self.now, Duration::from_millis(50));
        assert!(round.ask.len() <= 256);
        let mut out = Vec::new();
        let taken = write_nack(&mut out, 1, SSRC, round.ask);
        let read: Vec<u16> = Compound::parse(&out)
            .into_iter()
            .flatten()
            .filter_map(|message| match message {
                Message::Nack { packets, .. } => Some(packets),
                _ => None,
            })
            .flatten()
            .collect();
        assert_eq!(round.ask.get(..taken), Some(&read[..]));
        let next = self.missing.next_deadline();
        assert!(next.is_none_or(|next| next > self.now));
    }
}
