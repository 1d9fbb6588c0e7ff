/// How the clock of a stream relates to its sender's wall clock: the latest Sender Report (RFC 3550 section 6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SenderClock {
    /// The sender's wall clock, in 2^-32 s (NTP format).
    pub(crate) ntp: u64,
    /// The RTP timestamp of the same moment.
    pub(crate) rtp: u32,
}
