/// Reads bits, the most significant first.
#[derive(Debug)]
pub(crate) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next one; `None` after the last.
    pub(crate) fn flag(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// The next `count` ones as a number, at most 32.
    pub(crate) fn number(&mut self, count: u32) -> Option<u32> {
        let mut value = 0;
        for _ in 0..count {
            value = value << 1 | u32::from(self.flag()?);
        }
        Some(value)
    }

    /// Passes over `count` of them.
    pub(crate) fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count)?;
        (self.at <= self.bytes.len() * 8).then_some(())
    }

    /// An exponential Golomb code (ITU-T H.264, 9.1; AV1 calls the same `uvlc`); `None` for more than 32 bits.
    pub(crate) fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.flag()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        let rest = self.number(zeros)?;
        Some((1 << zeros) - 1 + rest)
    }

    /// The signed one (ITU-T H.264, 9.1.1).
    pub(crate) fn signed_golomb(&mut self) -> Option<i64> {
        let code = i64::from(self.golomb()?);
        Some(if code % 2 == 0 {
            -(code / 2)
        } else {
            code.div_euclid(2) + 1
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golomb_codes_are_those_of_the_standard() {
        // 1 | 010 | 011 | 00100 | 00101 | 00110 and two bits that nothing follows.
        let bytes = [0b1010_0110, 0b0100_0010, 0b1001_1000];
        let mut bits = Bits::new(&bytes);
        for value in 0..=5 {
            assert_eq!(bits.golomb(), Some(value));
        }
        let mut bits = Bits::new(&bytes);
        for value in [0, 1, -1, 2, -2, 3] {
            assert_eq!(bits.signed_golomb(), Some(value));
        }
        assert_eq!(bits.golomb(), None);
        assert_eq!(Bits::new(&[0; 9]).golomb(), None);
    }

    #[test]
    fn nothing_is_read_after_the_end() {
        let mut bits = Bits::new(&[0xA5]);
        assert_eq!(bits.number(4), Some(0xA));
        assert_eq!(bits.skip(4), Some(()));
        assert_eq!(bits.flag(), None);
        assert_eq!(bits.skip(1), None);
        assert_eq!(bits.skip(usize::MAX), None);
    }
}
