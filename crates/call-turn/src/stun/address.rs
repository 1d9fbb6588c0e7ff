use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{MAGIC_COOKIE, TransactionId};

/// Length of the longest XOR address value: an IPv6 one.
pub(crate) const MAX_XOR_ADDRESS: usize = 20;

const FAMILY_IPV4: u8 = 0x01;
const FAMILY_IPV6: u8 = 0x02;

/// An address of XOR-PEER-ADDRESS and the like (RFC 8489 section 14.2).
pub(crate) fn read_xor_address(value: &[u8], transaction: &TransactionId) -> Option<SocketAddr> {
    let (head, address) = value.split_first_chunk::<4>()?;
    let port = u16::from_be_bytes([head[2], head[3]]) ^ cookie_port();
    let ip = match head[1] {
        FAMILY_IPV4 => {
            let bits = u32::from_be_bytes(address.try_into().ok()?);
            IpAddr::V4(Ipv4Addr::from_bits(bits ^ MAGIC_COOKIE))
        }
        FAMILY_IPV6 => {
            let bits = u128::from_be_bytes(address.try_into().ok()?);
            IpAddr::V6(Ipv6Addr::from_bits(bits ^ mask(transaction)))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, port))
}

/// Writes such a value to the beginning of `out` and tells its length.
pub(crate) fn write_xor_address(
    out: &mut [u8; MAX_XOR_ADDRESS],
    address: SocketAddr,
    transaction: &TransactionId,
) -> usize {
    out[0] = 0;
    out[2..4].copy_from_slice(&(address.port() ^ cookie_port()).to_be_bytes());
    match address.ip() {
        IpAddr::V4(ip) => {
            out[1] = FAMILY_IPV4;
            out[4..8].copy_from_slice(&(ip.to_bits() ^ MAGIC_COOKIE).to_be_bytes());
            8
        }
        IpAddr::V6(ip) => {
            out[1] = FAMILY_IPV6;
            out[4..].copy_from_slice(&(ip.to_bits() ^ mask(transaction)).to_be_bytes());
            20
        }
    }
}

const fn cookie_port() -> u16 {
    let [high, low, _, _] = MAGIC_COOKIE.to_be_bytes();
    u16::from_be_bytes([high, low])
}

fn mask(transaction: &TransactionId) -> u128 {
    let low = transaction
        .iter()
        .fold(0, |bits, byte| bits << 8 | u128::from(*byte));
    u128::from(MAGIC_COOKIE) << 96 | low
}
