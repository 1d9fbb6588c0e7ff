/// How the pictures are arranged. A shared screen takes the stage in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Layout {
    /// All of the same size.
    #[default]
    Grid,
    /// Whoever speaks is large, the others beside.
    Speaker,
}

/// How mixes are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MixConfig {
    /// How the pictures are arranged.
    pub layout: Layout,
    /// In pixels, even, 160 to 3840.
    pub width: u16,
    /// In pixels, even, 90 to 2160.
    pub height: u16,
    /// Pictures in a second, 5 to 60.
    pub fps: u8,
    /// Threads of an encoder or decoder, and so about how many processors ffmpeg keeps busy. At least 1.
    pub threads: u8,
    /// How far ffmpeg stands back behind the server: 0 to 19, see nice(1).
    pub nice: u8,
    /// A mix ends before less than this is free on the disk, in bytes: what else is written there has it. 0: it takes what there is.
    pub min_free_bytes: u64,
}

impl Default for MixConfig {
    fn default() -> Self {
        Self {
            layout: Layout::Grid,
            width: 1280,
            height: 720,
            fps: 25,
            threads: 1,
            nice: 10,
            min_free_bytes: 0,
        }
    }
}

impl MixConfig {
    pub(super) fn within_ranges(self) -> Self {
        Self {
            layout: self.layout,
            width: self.width.clamp(160, 3840) & !1,
            height: self.height.clamp(90, 2160) & !1,
            fps: self.fps.clamp(5, 60),
            threads: self.threads.max(1),
            nice: self.nice.min(19),
            min_free_bytes: self.min_free_bytes,
        }
    }
}
