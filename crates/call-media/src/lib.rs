//! How good a call is, from the statistics that every WebRTC stack already counts.
//!
//! A client takes a [`StatsSample`] per peer every few seconds: the counters of the W3C
//! [webrtc-stats](https://www.w3.org/TR/webrtc-stats/) as differences over the interval.
//! [`assess`] turns one sample into a score, a level and the reasons for it; [`QualityMonitor`]
//! turns a stream of assessments into a level that does not flicker.
//!
//! # Contract for embedders
//!
//! 1. Samples come from strangers: any number is allowed in any field. Values that cannot be true
//!    (NaN, infinite, negative) count as not known, huge ones are clamped; nothing panics.
//! 2. [`assess`] is a pure function and is specified to the last digit, so that it can be written
//!    again in another language. `vectors/quality.json` holds the cases that every implementation
//!    has to pass; the browser client is tested against the same file.
//! 3. Leave [`StatsSample::audio`] or [`StatsSample::video`] out while the other side sends none
//!    (muted, camera off). Present without packets means that media is missing.
//! 4. One [`QualityMonitor`] belongs to one participant; tell it who left by
//!    [`QualityMonitor::forget`].
//!
//! # Example
//!
//! ```
//! use call_domain::{Quality, UserId};
//! use call_media::{Inbound, QualityMonitor, Reason, StatsSample, assess};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bob: UserId = "bob".parse()?;
//! let sample = StatsSample {
//!     interval_ms: 2000.0,
//!     round_trip_time: Some(0.040),
//!     audio: Some(Inbound { packets_received: 90.0, packets_lost: 10.0, ..Inbound::default() }),
//!     ..StatsSample::default()
//! };
//! let assessment = assess(&sample);
//! assert_eq!(assessment.quality, Quality::Fair);
//! assert_eq!(assessment.reasons, [Reason::PacketLoss]);
//!
//! let mut monitor = QualityMonitor::new();
//! let change = monitor.observe(&bob, &assessment).ok_or("the first sample is always news")?;
//! assert_eq!(change.quality, Quality::Fair);
//! assert!(monitor.observe(&bob, &assessment).is_none());
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! `webrtc` (off by default): the `webrtc` module reads the statistics of a webrtc-rs peer connection into the
//! same shape.
//!
//! `sfu` (off by default): the `sfu` module, a selective forwarding unit for calls of more than two.

mod assess;
mod monitor;
mod sample;
#[cfg(feature = "sfu")]
pub mod sfu;
#[cfg(feature = "webrtc")]
pub mod webrtc;

pub use assess::{Assessment, Reason, assess};
pub use monitor::{QualityChange, QualityMonitor};
pub use sample::{
    CandidateType, Figures, Inbound, Outbound, QualityLimitationReason, RelayProtocol, StatsSample,
};
