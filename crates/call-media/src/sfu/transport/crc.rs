//! 32-bit cyclic redundancy checks, bits reflected: those of STUN and of SCTP.

/// A check by its table.
pub(super) struct Crc([u32; 256]);

/// ITU V.42, of FINGERPRINT (RFC 8489 section 14.7).
pub(super) static V42: Crc = Crc::new(0xedb8_8320);
/// CRC-32c, of SCTP (RFC 9260 appendix A).
pub(super) static CASTAGNOLI: Crc = Crc::new(0x82f6_3b78);

impl Crc {
    const fn new(polynomial: u32) -> Self {
        let mut table = [0; 256];
        let mut byte = 0_u32;
        while byte < 256 {
            let mut crc = byte;
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 1 == 1 {
                    polynomial ^ (crc >> 1)
                } else {
                    crc >> 1
                };
                bit += 1;
            }
            table[byte as usize] = crc;
            byte += 1;
        }
        Self(table)
    }

    /// The check over the parts, one behind the other.
    pub(super) fn of(&self, parts: &[&[u8]]) -> u32 {
        let bytes = parts.iter().copied().flatten();
        !bytes.fold(u32::MAX, |crc, byte| {
            let [.., low] = crc.to_be_bytes();
            self.0[usize::from(low ^ byte)] ^ (crc >> 8)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_values_of_both() {
        assert_eq!(V42.of(&[b"123456789"]), 0xcbf4_3926);
        assert_eq!(CASTAGNOLI.of(&[b"1234", b"56789"]), 0xe306_9283);
    }
}
