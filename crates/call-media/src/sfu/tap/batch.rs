/// Packets on their way to a reader, with what they lie in.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The payloads, one after the other.
    pub(crate) bytes: Vec<u8>,
}
