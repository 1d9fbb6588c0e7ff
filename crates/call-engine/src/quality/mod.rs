//! How good calls are: levels that are told to those in the call, samples that are kept.

mod latest;
mod log;
mod sample;
mod summary;
mod watch;

pub(crate) use latest::{LatestReports, Report};
pub(crate) use log::QualityLog;
pub(crate) use sample::from_wire;
pub use summary::{QualityFigures, QualitySummary, summarise};
pub(crate) use watch::QualityWatch;
