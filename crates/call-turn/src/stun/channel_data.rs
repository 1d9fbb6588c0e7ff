/// `ChannelData` (RFC 8656 section 12.4): a channel number, a length, and data without more ado.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChannelData<'a> {
    pub(crate) channel: u16,
    pub(crate) data: &'a [u8],
}

impl<'a> ChannelData<'a> {
    /// All that begin with 0b01, as RFC 5766 had it: browsers and older clients still bind numbers
    /// beyond the 0x4fff of RFC 8656, and nothing else shares these sockets.
    pub(crate) const CHANNELS: std::ops::RangeInclusive<u16> = 0x4000..=0x7fff;
    /// What the first byte of every such message begins with; STUN messages begin with 0b00.
    pub(crate) const FIRST_BYTES: std::ops::RangeInclusive<u8> = 0x40..=0x7f;

    /// `None` if the length lies or the number is out of range (to be dropped in silence, section
    /// 12.5). Bytes behind the data are padding, which also UDP may have.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        let channel = u16::from_be_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let data = rest.get(..length)?;
        Self::CHANNELS
            .contains(&channel)
            .then_some(Self { channel, data })
    }

    /// What stands before the data.
    pub(crate) fn header(channel: u16, length: u16) -> [u8; 4] {
        let ([a, b], [c, d]) = (channel.to_be_bytes(), length.to_be_bytes());
        [a, b, c, d]
    }
}
