use super::transport_feedback::TransportFeedback;

/// Packets of one datagram at most.
const PACKETS_MAX: usize = 64;

/// A compound or reduced-size RTCP packet (RFC 3550 section 6.1, RFC 5506), checked as a whole before anything in it is
/// acted on. Iterates over the [`Message`]s that the SFU acts on.
#[derive(Debug, Clone)]
pub(crate) struct Compound<'a> {
    rest: &'a [u8],
    /// Entries of the packet that is being read: key-frame requests by FIR, streams of a BYE.
    entries: Entries<'a>,
}

/// What is left of a packet with several entries.
#[derive(Debug, Clone, Copy)]
enum Entries<'a> {
    None,
    KeyFrames(&'a [u8]),
    Goodbyes(&'a [u8]),
}

/// Why bytes are not RTCP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RtcpError {
    /// A packet, or an entry of it, is shorter than it says.
    #[error("an RTCP packet is shorter than it says")]
    TooShort,
    /// Not version 2.
    #[error("not version 2 of RTCP")]
    Version,
    /// More padding than there is room for.
    #[error("the padding of an RTCP packet does not fit it")]
    Padding,
    /// More than 64 packets.
    #[error("more than {PACKETS_MAX} RTCP packets in one datagram")]
    TooMany,
    /// Transport-wide feedback that contradicts itself or is about more packets than any sender has on its way.
    #[error("transport-wide feedback that cannot be true")]
    Feedback,
}

/// What the SFU acts on.
#[derive(Debug, Clone)]
pub(crate) enum Message<'a> {
    /// A sender describes its stream (RFC 3550 section 6.4.1).
    SenderReport {
        /// Of which stream, and when.
        info: SenderInfo,
        /// What its sender receives.
        reports: ReportBlocks<'a>,
    },
    /// What somebody receives (RFC 3550 section 6.4.2).
    ReceiverReport {
        /// Of what it receives.
        reports: ReportBlocks<'a>,
    },
    /// Packets are asked for again (RFC 4585 section 6.2.1).
    Nack {
        /// The outgoing stream.
        ssrc: u32,
        /// Which.
        packets: NackList<'a>,
    },
    /// A key frame is asked for: PLI (RFC 4585 section 6.3.1), or one entry of a FIR (RFC 5104 section 4.3.1).
    KeyFrameRequest {
        /// The outgoing stream.
        ssrc: u32,
    },
    /// Which packets arrived, and when (draft-holmer-rmcat-transport-wide-cc-extensions-01).
    TransportFeedback(TransportFeedback<'a>),
    /// A stream ends (RFC 3550 section 6.6).
    Goodbye {
        /// Which one.
        ssrc: u32,
    },
}

/// The sender's part of a Sender Report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SenderInfo {
    /// The stream.
    pub(crate) ssrc: u32,
    /// Wall clock of the sender, NTP format.
    pub(crate) ntp: u64,
    /// RTP timestamp of that moment.
    pub(crate) rtp: u32,
    /// Packets sent so far.
    pub(crate) packets: u32,
    /// Payload bytes sent so far.
    pub(crate) octets: u32,
}

/// Report blocks, at most 31.
#[derive(Debug, Clone)]
pub(crate) struct ReportBlocks<'a> {
    rest: &'a [u8],
}

/// How a stream is received (RFC 3550 section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReportBlock {
    /// The stream.
    pub(crate) ssrc: u32,
    /// Part of the packets lost since the last report, in 1/256.
    pub(crate) fraction_lost: u8,
    /// Packets lost so far; negative if more came than were expected.
    pub(crate) lost: i32,
    /// Extended highest sequence number received.
    pub(crate) highest_sequence: u32,
    /// Interarrival jitter in ticks of the stream's clock.
    pub(crate) jitter: u32,
    /// Middle 32 bits of the NTP time of the last Sender Report received; 0: none.
    pub(crate) last_sender_report: u32,
    /// Time since then in 1/65536 s.
    pub(crate) delay: u32,
}

/// Sequence numbers that are asked for again, as they are in the packet: none is named twice in a row, and there are at
/// most 17 for each 4 bytes.
#[derive(Debug, Clone)]
pub(crate) struct NackList<'a> {
    rest: &'a [u8],
    /// The entry that is being read: its number, and the bits of those that follow it which are not told yet.
    pending: Option<(u16, u16)>,
}

/// One RTCP packet: its kind, the count or format of its header, and what follows the header without the padding.
#[derive(Clone, Copy)]
struct Packet<'a> {
    kind: u8,
    count: u8,
    whole: &'a [u8],
    body: &'a [u8],
}

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const GOODBYE: u8 = 203;
const TRANSPORT_FEEDBACK: u8 = 205;
const PAYLOAD_FEEDBACK: u8 = 206;
/// Formats of transport feedback: generic NACK (RFC 4585) and transport-wide feedback.
const NACK: u8 = 1;
const TRANSPORT_WIDE: u8 = 15;
/// Formats of payload feedback: PLI (RFC 4585) and FIR (RFC 5104).
const PICTURE_LOSS: u8 = 1;
const FULL_INTRA: u8 = 4;
/// Bytes of a report block, of the sender's part of a report with its SSRC, and of an entry of a FIR.
const BLOCK: usize = 24;
const SENDER_INFO: usize = 24;
const INTRA_ENTRY: usize = 8;

impl<'a> Compound<'a> {
    /// Checks a datagram.
    pub(crate) fn parse(datagram: &'a [u8]) -> Result<Self, RtcpError> {
        let mut rest = datagram;
        let mut packets = 0;
        while !rest.is_empty() {
            packets += 1;
            if packets > PACKETS_MAX {
                return Err(RtcpError::TooMany);
            }
            let (packet, after) = Packet::read(rest)?;
            packet.check()?;
            rest = after;
        }
        Ok(Self {
            rest: datagram,
            entries: Entries::None,
        })
    }
}

impl<'a> Packet<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), RtcpError> {
        let &[first, kind, high, low, ..] = bytes else {
            return Err(RtcpError::TooShort);
        };
        if first >> 6 != 2 {
            return Err(RtcpError::Version);
        }
        let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
        if bytes.len() < length {
            return Err(RtcpError::TooShort);
        }
        let (whole, after) = bytes.split_at(length);
        let mut body = &whole[4..];
        if first & 0x20 != 0 {
            let padding = usize::from(body.last().copied().unwrap_or(0));
            if padding == 0 || padding > body.len() {
                return Err(RtcpError::Padding);
            }
            body = &body[..body.len() - padding];
        }
        let count = first & 0x1f;
        Ok((
            Self {
                kind,
                count,
                whole,
                body,
            },
            after,
        ))
    }

    /// What the entries of the packet need to be there.
    fn check(&self) -> Result<(), RtcpError> {
        let blocks = usize::from(self.count) * BLOCK;
        let needed = match (self.kind, self.count) {
            (SENDER_REPORT, _) => SENDER_INFO + blocks,
            (RECEIVER_REPORT, _) => 4 + blocks,
            (GOODBYE, streams) => usize::from(streams) * 4,
            (TRANSPORT_FEEDBACK, TRANSPORT_WIDE) => {
                return self.feedback().map(|_| ()).ok_or(RtcpError::Feedback);
            }
            (TRANSPORT_FEEDBACK | PAYLOAD_FEEDBACK, _) => 8,
            _ => 0,
        };
        if self.body.len() < needed {
            return Err(RtcpError::TooShort);
        }
        Ok(())
    }

    fn feedback(&self) -> Option<TransportFeedback<'a>> {
        TransportFeedback::read(self.whole, self.body)
    }
}

impl<'a> Compound<'a> {
    fn entry(&mut self) -> Option<Message<'a>> {
        match self.entries {
            Entries::None => None,
            Entries::KeyFrames(entries) => {
                let (entry, entries) = entries.split_at_checked(INTRA_ENTRY)?;
                let ssrc = word(entry, 0)?;
                self.entries = Entries::KeyFrames(entries);
                Some(Message::KeyFrameRequest { ssrc })
            }
            Entries::Goodbyes(entries) => {
                let ssrc = word(entries, 0)?;
                self.entries = Entries::Goodbyes(entries.get(4..).unwrap_or_default());
                Some(Message::Goodbye { ssrc })
            }
        }
    }

    /// The message of a packet; none where it has several, or none that matters.
    fn message(&mut self, packet: Packet<'a>) -> Option<Message<'a>> {
        let Packet {
            kind, count, body, ..
        } = packet;
        let blocks = usize::from(count) * BLOCK;
        match (kind, count) {
            (SENDER_REPORT, _) => Some(Message::SenderReport {
                info: SenderInfo {
                    ssrc: word(body, 0)?,
                    ntp: u64::from(word(body, 4)?) << 32 | u64::from(word(body, 8)?),
                    rtp: word(body, 12)?,
                    packets: word(body, 16)?,
                    octets: word(body, 20)?,
                },
                reports: ReportBlocks {
                    rest: body.get(SENDER_INFO..SENDER_INFO + blocks)?,
                },
            }),
            (RECEIVER_REPORT, _) => Some(Message::ReceiverReport {
                reports: ReportBlocks {
                    rest: body.get(4..4 + blocks)?,
                },
            }),
            (GOODBYE, streams) => {
                self.entries = Entries::Goodbyes(body.get(..usize::from(streams) * 4)?);
                self.entry()
            }
            (TRANSPORT_FEEDBACK, NACK) => Some(Message::Nack {
                ssrc: word(body, 4)?,
                packets: NackList {
                    rest: body.get(8..)?,
                    pending: None,
                },
            }),
            (TRANSPORT_FEEDBACK, TRANSPORT_WIDE) => {
                packet.feedback().map(Message::TransportFeedback)
            }
            (PAYLOAD_FEEDBACK, PICTURE_LOSS) => Some(Message::KeyFrameRequest {
                ssrc: word(body, 4)?,
            }),
            (PAYLOAD_FEEDBACK, FULL_INTRA) => {
                self.entries = Entries::KeyFrames(body.get(8..)?);
                self.entry()
            }
            _ => None,
        }
    }
}

impl<'a> Iterator for Compound<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        loop {
            if let Some(message) = self.entry() {
                return Some(message);
            }
            self.entries = Entries::None;
            let (packet, after) = Packet::read(self.rest).ok()?;
            self.rest = after;
            if let Some(message) = self.message(packet) {
                return Some(message);
            }
        }
    }
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let (block, rest) = self.rest.split_at_checked(BLOCK)?;
        self.rest = rest;
        let lost = word(block, 4)?;
        // 24 bits with a sign.
        let sign_extended = (lost << 8).cast_signed() >> 8;
        Some(ReportBlock {
            ssrc: word(block, 0)?,
            fraction_lost: block[4],
            lost: sign_extended,
            highest_sequence: word(block, 8)?,
            jitter: word(block, 12)?,
            last_sender_report: word(block, 16)?,
            delay: word(block, 20)?,
        })
    }
}

impl Iterator for NackList<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        if let Some((first, bits)) = self.pending.filter(|(_, bits)| *bits != 0) {
            let bit = bits.trailing_zeros();
            self.pending = Some((first, bits & (bits - 1)));
            // 0 to 15.
            let offset = u16::try_from(bit).unwrap_or(0) + 1;
            return Some(first.wrapping_add(offset));
        }
        let (entry, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        let first = u16::from_be_bytes([entry[0], entry[1]]);
        self.pending = Some((first, u16::from_be_bytes([entry[2], entry[3]])));
        Some(first)
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word = bytes.get(at..at + 4)?;
    Some(u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads everything that is in it.
    fn read_all(datagram: &[u8]) -> Result<usize, RtcpError> {
        let mut read = 0;
        for message in Compound::parse(datagram)? {
            read += match message {
                Message::SenderReport { reports, .. } | Message::ReceiverReport { reports } => {
                    1 + reports.count()
                }
                Message::Nack { packets, .. } => 1 + packets.count(),
                Message::TransportFeedback(feedback) => {
                    1 + feedback.decode().map_or(0, |read| read.recv_deltas.len())
                }
                Message::KeyFrameRequest { .. } | Message::Goodbye { .. } => 1,
            };
        }
        Ok(read)
    }

    #[test]
    fn fir_asks_for_each_of_its_streams() {
        let fir = [
            0x84, 206, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, // header, sender, no media source
            0, 0, 0, 7, 1, 0, 0, 0, // first entry
            0, 0, 0, 8, 1, 0, 0, 0, // second entry
        ];
        let streams: Vec<u32> = Compound::parse(&fir)
            .unwrap()
            .filter_map(|message| match message {
                Message::KeyFrameRequest { ssrc } => Some(ssrc),
                _ => None,
            })
            .collect();
        assert_eq!(streams, [7, 8]);
    }

    #[test]
    fn goodbye_names_its_streams() {
        let bye = [0x82, 203, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4];
        assert_eq!(read_all(&bye), Ok(2));
    }

    #[test]
    fn what_is_cut_short_is_refused_as_a_whole() {
        let report = [0x81, 201, 0, 1, 0, 0, 0, 1];
        assert_eq!(read_all(&report), Err(RtcpError::TooShort));
        assert_eq!(read_all(&[0x80, 200, 0]), Err(RtcpError::TooShort));
        assert_eq!(read_all(&[0x40, 200, 0, 0]), Err(RtcpError::Version));
        let padded = [0xa0, 204, 0, 1, 0, 0, 0, 9];
        assert_eq!(read_all(&padded), Err(RtcpError::Padding));
    }

    #[test]
    fn a_storm_in_one_datagram_is_refused() {
        let pli = [0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2];
        assert_eq!(read_all(&pli.repeat(PACKETS_MAX)), Ok(PACKETS_MAX));
        assert_eq!(
            read_all(&pli.repeat(PACKETS_MAX + 1)),
            Err(RtcpError::TooMany)
        );
    }

    proptest! {
        #[test]
        fn anything_is_read_or_refused(
            mut datagram in prop::collection::vec(any::<u8>(), 0..1500),
            kind in 199_u8..208,
            format in 0_u8..32,
        ) {
            let _ = read_all(&datagram);
            // The same with a header that fits, so that what is behind it is reached.
            if datagram.len() >= 8 {
                let words = u16::try_from(datagram.len() / 4 - 1).unwrap();
                datagram.truncate((usize::from(words) + 1) * 4);
                datagram[0] = 0x80 | format;
                datagram[1] = kind;
                datagram[2..4].copy_from_slice(&words.to_be_bytes());
                if let Ok(read) = read_all(&datagram) {
                    prop_assert!(read <= 10_000);
                }
            }
        }
    }
}
