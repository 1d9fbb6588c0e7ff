//! Which protocol a datagram is of (RFC 7983), and whose a first check is.

/// The protocol of a datagram, by its first byte (RFC 7983 section 7, RFC 5761 section 4 for RTCP).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatagramKind {
    /// 0 to 3, with the magic cookie.
    Stun,
    /// 20 to 63.
    Dtls,
    /// 128 to 191, and not RTCP.
    Rtp,
    /// 128 to 191 with a packet type of 192 to 223.
    Rtcp,
    /// Anything else, and what is too short to be what it says.
    Unknown,
}

/// Length of a STUN header (RFC 8489 section 5), in bytes.
const STUN_HEADER: usize = 20;
const STUN_COOKIE: [u8; 4] = 0x2112_a442_u32.to_be_bytes();
const STUN_BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const STUN_USERNAME: u16 = 0x0006;
/// Attributes walked at most in search of the username.
const STUN_ATTRIBUTES_MAX: usize = 16;
/// Length of a DTLS record header (RFC 6347 section 4.1), in bytes.
const DTLS_RECORD_HEADER: usize = 13;
const RTP_HEADER: usize = 12;
const RTCP_HEADER: usize = 8;

/// Tells the protocol of a datagram. Only the beginning is looked at: what it says it is may still be garbage.
pub(crate) fn classify(datagram: &[u8]) -> DatagramKind {
    let Some(first) = datagram.first() else {
        return DatagramKind::Unknown;
    };
    match first {
        0..=3 if datagram.len() >= STUN_HEADER && datagram[4..8] == STUN_COOKIE => {
            DatagramKind::Stun
        }
        20..=63 if datagram.len() >= DTLS_RECORD_HEADER => DatagramKind::Dtls,
        128..=191 if datagram.len() >= RTCP_HEADER => {
            if (192..=223).contains(&datagram[1]) {
                DatagramKind::Rtcp
            } else if datagram.len() >= RTP_HEADER {
                DatagramKind::Rtp
            } else {
                DatagramKind::Unknown
            }
        }
        _ => DatagramKind::Unknown,
    }
}

/// The local ufrag that a Binding request asks for: what stands before the colon of its USERNAME (RFC 8445 section 7.2.2).
/// Nothing is proven by it yet.
pub(crate) fn stun_username(datagram: &[u8]) -> Option<&str> {
    if classify(datagram) != DatagramKind::Stun || datagram[..2] != STUN_BINDING_REQUEST {
        return None;
    }
    let mut rest = &datagram[STUN_HEADER..];
    for _ in 0..STUN_ATTRIBUTES_MAX {
        let (head, after) = rest.split_first_chunk::<4>()?;
        let kind = u16::from_be_bytes([head[0], head[1]]);
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        if kind == STUN_USERNAME {
            let name = std::str::from_utf8(after.get(..length)?).ok()?;
            return Some(name.split_once(':')?.0);
        }
        rest = after.get(length.next_multiple_of(4)..)?;
    }
    None
}
