use super::super::Layer;

/// A picture that a peer wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wish {
    /// Its width on the peer's screen, in pixels.
    pub(crate) width: u32,
    /// Its height there.
    pub(crate) height: u32,
    /// The peer wants it before the others.
    pub(crate) pinned: bool,
    /// It is a screen, not a camera.
    pub(crate) screen: bool,
    /// The place of its owner among the speakers, 0 for the loudest.
    pub(crate) speaker: Option<usize>,
    /// The layers that are being sent by its owner, by [`Layer::index`].
    pub(crate) layers: [Option<LayerRate>; 3],
    /// What the peer gets now.
    pub(crate) current: Option<Layer>,
    /// Whether it may get more than now; false for a while after it got less, so that it does not flap.
    pub(crate) may_rise: bool,
}

/// A layer that is being sent by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LayerRate {
    /// What it takes, in bits per second.
    pub(crate) bitrate: u64,
    /// Its width and height in pixels, if known.
    pub(crate) size: Option<(u32, u32)>,
}

/// Who gets what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Allocation {
    /// The layer of each wish, in the order of the wishes. None: nothing fits, or nothing is being sent by its owner.
    pub(crate) layers: Vec<Option<Layer>>,
    /// What these take together, in bits per second.
    pub(crate) used: u64,
    /// What everything wished for would take, in bits per second; above `used` if the way is too narrow.
    pub(crate) wanted: u64,
}

/// Divides `available` bits per second among the wishes.
pub(crate) fn allocate(_available: u64, wishes: &[Wish]) -> Allocation {
    Allocation {
        layers: vec![None; wishes.len()],
        used: 0,
        wanted: 0,
    }
}
