//! Recordings of calls: encoded frames become one WebM file for each participant and source, with a manifest that says who, when
//! and how they belong together; later, a mix of them; and a store that keeps them.

mod frame;

pub use frame::{Codec, EncodedFrame, Source};
