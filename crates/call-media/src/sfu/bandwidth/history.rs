use std::collections::VecDeque;
use std::time::{Duration, Instant};

use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, SymbolTypeTcc, TransportLayerCc,
};

/// What was sent in the last while, by transport-wide sequence number.
#[derive(Debug, Default)]
pub(super) struct History {
    /// Number of the oldest packet that is kept, unwrapped.
    oldest: u64,
    packets: VecDeque<Packet>,
}

/// A packet that was sent.
#[derive(Debug, Clone, Copy)]
struct Packet {
    departure: Instant,
    size: u32,
    /// The probe it was part of.
    cluster: Option<u32>,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Unknown,
    Lost,
    Arrived,
}

/// What a feedback told that was not known before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// A packet arrived.
    Arrived(Arrival),
    /// A packet did not arrive so far. It may have been part of a probe.
    Lost {
        /// The probe.
        cluster: Option<u32>,
    },
    /// One that was reported as lost arrived after all.
    Late(Arrival),
}

/// A packet that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    /// Unwrapped sequence number.
    pub(super) number: u64,
    /// When it was sent.
    pub(super) departure: Instant,
    /// When it arrived, by the peer's clock; none if the feedback does not say.
    pub(super) received: Option<Duration>,
    /// Bytes.
    pub(super) size: u32,
    /// The probe it was part of.
    pub(super) cluster: Option<u32>,
}

impl History {
    /// Packets kept at most: a second of a very busy peer. A sequence number has 16 bits, so that half of them are the limit.
    const PACKETS_MAX: usize = 8192;
    /// For how long packets are kept: feedback that comes later is about another path.
    const KEPT: Duration = Duration::from_secs(2);

    /// A packet is sent: its sequence number.
    pub(super) fn sent(&mut self, now: Instant, size: usize, cluster: Option<u32>) -> u16 {
        while let Some(packet) = self.packets.front()
            && (self.packets.len() >= Self::PACKETS_MAX
                || now.saturating_duration_since(packet.departure) > Self::KEPT)
        {
            self.packets.pop_front();
            self.oldest += 1;
        }
        let number = self.next();
        self.packets.push_back(Packet {
            departure: now,
            size: u32::try_from(size).unwrap_or(u32::MAX),
            cluster,
            fate: Fate::Unknown,
        });
        wire(number)
    }

    /// Takes in a feedback. It costs no more than there are packets kept, whatever a feedback claims.
    pub(super) fn reported(&mut self, feedback: &TransportLayerCc, mut news: impl FnMut(News)) {
        for (sequence, status) in statuses(feedback).take(Self::PACKETS_MAX) {
            let Some((number, packet)) = self.get_mut(sequence) else {
                continue;
            };
            let cluster = packet.cluster;
            let arrival = |received| Arrival {
                number,
                departure: packet.departure,
                received,
                size: packet.size,
                cluster,
            };
            let (fate, told) = match (packet.fate, status) {
                (Fate::Unknown, Status::Missing) => (Fate::Lost, News::Lost { cluster }),
                (Fate::Unknown, Status::Arrived(at)) => (Fate::Arrived, News::Arrived(arrival(at))),
                (Fate::Lost, Status::Arrived(at)) => (Fate::Arrived, News::Late(arrival(at))),
                (Fate::Lost, Status::Missing) | (Fate::Arrived, _) => continue,
            };
            packet.fate = fate;
            news(told);
        }
    }

    /// When the newest packet was sent.
    pub(super) fn last_departure(&self) -> Option<Instant> {
        self.packets.back().map(|packet| packet.departure)
    }

    fn next(&self) -> u64 {
        self.oldest + self.packets.len() as u64
    }

    fn get_mut(&mut self, sequence: u16) -> Option<(u64, &mut Packet)> {
        let next = self.next();
        let back = u64::from(wire(next).wrapping_sub(sequence).wrapping_sub(1)) + 1;
        let number = next.checked_sub(back)?;
        let place = usize::try_from(number.checked_sub(self.oldest)?).ok()?;
        Some((number, self.packets.get_mut(place)?))
    }
}

/// The 16 bits of a number that are on the wire.
fn wire(number: u64) -> u16 {
    u16::try_from(number & 0xffff).unwrap_or_default()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Missing,
    Arrived(Option<Duration>),
}

/// Reference times count 64 ms (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1).
const REFERENCE: Duration = Duration::from_millis(64);

/// What a feedback says of each packet, without taking room for what it claims.
fn statuses(feedback: &TransportLayerCc) -> impl Iterator<Item = (u16, Status)> {
    let symbols = feedback.packet_chunks.iter().flat_map(|chunk| {
        let (run, list) = match chunk {
            PacketStatusChunk::RunLengthChunk(chunk) => (
                std::iter::repeat_n(chunk.packet_status_symbol, usize::from(chunk.run_length)),
                &[][..],
            ),
            PacketStatusChunk::StatusVectorChunk(chunk) => (
                std::iter::repeat_n(SymbolTypeTcc::PacketNotReceived, 0),
                &chunk.symbol_list[..],
            ),
        };
        run.chain(list.iter().copied())
    });
    let mut deltas = feedback.recv_deltas.iter();
    let mut arrival = REFERENCE * feedback.reference_time;
    let count = usize::from(feedback.packet_status_count);
    symbols.take(count).enumerate().map(move |(place, symbol)| {
        let offset = u16::try_from(place).unwrap_or(u16::MAX);
        let sequence = feedback.base_sequence_number.wrapping_add(offset);
        let status = match symbol {
            SymbolTypeTcc::PacketNotReceived => Status::Missing,
            SymbolTypeTcc::PacketReceivedWithoutDelta => Status::Arrived(None),
            SymbolTypeTcc::PacketReceivedSmallDelta | SymbolTypeTcc::PacketReceivedLargeDelta => {
                Status::Arrived(deltas.next().map(|delta| {
                    let magnitude = Duration::from_micros(delta.delta.unsigned_abs());
                    arrival = if delta.delta < 0 {
                        arrival.saturating_sub(magnitude)
                    } else {
                        arrival.saturating_add(magnitude)
                    };
                    arrival
                }))
            }
        };
        (sequence, status)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rtc_rtcp::transport_feedbacks::transport_layer_cc::{
        RecvDelta, RunLengthChunk, StatusVectorChunk,
    };

    use super::super::path::feedback;
    use super::*;

    fn at(began: Instant, milliseconds: u64) -> Instant {
        began + Duration::from_millis(milliseconds)
    }

    fn told(history: &mut History, report: &TransportLayerCc) -> Vec<News> {
        let mut news = Vec::new();
        history.reported(report, |told| news.push(told));
        news
    }

    fn numbers(news: &[News]) -> Vec<(char, u64)> {
        let number = |news: &News| match news {
            News::Arrived(arrival) => ('+', arrival.number),
            News::Late(arrival) => ('~', arrival.number),
            News::Lost { .. } => ('-', 0),
        };
        news.iter().map(number).collect()
    }

    #[test]
    fn each_packet_is_told_of_once_and_late_ones_again() {
        let now = Instant::now();
        let mut history = History::default();
        for number in 0..5 {
            assert_eq!(u64::from(history.sent(at(now, number), 100, None)), number);
        }
        let report = feedback(now, 0, &[(0, at(now, 20)), (2, at(now, 22))]).unwrap();
        assert_eq!(
            numbers(&told(&mut history, &report)),
            [('+', 0), ('-', 0), ('+', 2)]
        );
        assert_eq!(told(&mut history, &report), []);
        let late = feedback(now, 1, &[(1, at(now, 80)), (3, at(now, 81))]).unwrap();
        assert_eq!(numbers(&told(&mut history, &late)), [('~', 1), ('+', 3)]);
    }

    #[test]
    fn it_says_when_and_how_much() {
        let now = Instant::now();
        let mut history = History::default();
        history.sent(now, 100, None);
        history.sent(at(now, 5), 1200, Some(7));
        let report = feedback(now, 0, &[(0, at(now, 130)), (1, at(now, 300))]).unwrap();
        let news = told(&mut history, &report);
        let News::Arrived(second) = news[1] else {
            panic!("{news:?}");
        };
        assert_eq!(second.departure, at(now, 5));
        assert_eq!(second.received, Some(Duration::from_millis(300)));
        assert_eq!((second.size, second.cluster), (1200, Some(7)));
    }

    #[test]
    fn numbers_wrap() {
        let now = Instant::now();
        let mut history = History::default();
        for _ in 0..70_000 {
            history.sent(now, 100, None);
        }
        let last = wire(69_999);
        assert_eq!(last, 4463);
        let report = feedback(now, last, &[(last, now)]).unwrap();
        assert_eq!(numbers(&told(&mut history, &report)), [('+', 69_999)]);
        let report = feedback(now, last + 1, &[(last + 1, now)]).unwrap();
        assert_eq!(told(&mut history, &report), [], "it was not sent yet");
        assert_eq!(history.packets.len(), History::PACKETS_MAX);
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let now = Instant::now();
        let mut history = History::default();
        for second in 0..10 {
            history.sent(at(now, second * 1000), 100, None);
        }
        assert_eq!(history.packets.len(), 3);
        assert_eq!(history.last_departure(), Some(at(now, 9000)));
        let report = feedback(now, 0, &[(0, now)]).unwrap();
        assert_eq!(told(&mut history, &report), []);
    }

    fn reports() -> impl Strategy<Value = TransportLayerCc> {
        let symbol = prop_oneof![
            Just(SymbolTypeTcc::PacketNotReceived),
            Just(SymbolTypeTcc::PacketReceivedSmallDelta),
            Just(SymbolTypeTcc::PacketReceivedLargeDelta),
            Just(SymbolTypeTcc::PacketReceivedWithoutDelta),
        ];
        let chunk = prop_oneof![
            (symbol.clone(), any::<u16>()).prop_map(|(packet_status_symbol, run_length)| {
                PacketStatusChunk::RunLengthChunk(RunLengthChunk {
                    packet_status_symbol,
                    run_length,
                    ..RunLengthChunk::default()
                })
            }),
            proptest::collection::vec(symbol, 0..14).prop_map(|symbol_list| {
                PacketStatusChunk::StatusVectorChunk(StatusVectorChunk {
                    symbol_list,
                    ..StatusVectorChunk::default()
                })
            }),
        ];
        (
            any::<u16>(),
            any::<u16>(),
            0..1_u32 << 24,
            proptest::collection::vec(chunk, 0..20),
            proptest::collection::vec(any::<i64>(), 0..200),
        )
            .prop_map(|(base, count, reference_time, packet_chunks, deltas)| {
                TransportLayerCc {
                    base_sequence_number: base,
                    packet_status_count: count,
                    reference_time,
                    packet_chunks,
                    recv_deltas: deltas
                        .into_iter()
                        .map(|delta| RecvDelta {
                            delta,
                            ..RecvDelta::default()
                        })
                        .collect(),
                    ..TransportLayerCc::default()
                }
            })
    }

    proptest! {
        #[test]
        fn whatever_a_peer_reports_each_packet_has_one_fate(
            sent in proptest::collection::vec((0..50_u64, 0..1500_usize), 0..300),
            reports in proptest::collection::vec(reports(), 0..10),
        ) {
            let mut now = Instant::now();
            let mut history = History::default();
            let mut estimator = super::super::Estimator::new(now);
            for (pause, size) in &sent {
                now += Duration::from_millis(*pause);
                history.sent(now, *size, None);
                estimator.sent(now, *size);
            }
            let (mut arrived, mut lost, mut late) = (0, 0, 0);
            for report in &reports {
                now += Duration::from_millis(50);
                history.reported(report, |news| match news {
                    News::Arrived(_) => arrived += 1,
                    News::Lost { .. } => lost += 1,
                    News::Late(_) => late += 1,
                });
                estimator.feedback(now, report);
                estimator.want(now, 10_000_000);
                estimator.poll(now);
                prop_assert!((60_000..=50_000_000).contains(&estimator.estimate()));
            }
            prop_assert!(arrived + lost <= sent.len());
            prop_assert!(late <= lost);
        }
    }
}
