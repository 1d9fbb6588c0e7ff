use call_domain::{CallId, Quality, Timestamp, UserId};

/// How a participant received one peer over a short interval; units as in W3C webrtc-stats.
#[derive(Debug, Clone, PartialEq)]
pub struct QualitySample {
    /// In which call.
    pub call_id: CallId,
    /// Who measured.
    pub user_id: UserId,
    /// Whose media was measured.
    pub peer_id: UserId,
    /// When the interval ended.
    pub at: Timestamp,
    /// The level.
    pub quality: Quality,
    /// The score, 1.0 to 4.5.
    pub score: f64,
    /// Seconds.
    pub round_trip_time: Option<f64>,
    /// Seconds.
    pub jitter: Option<f64>,
    /// Lost share of the packets, 0.0 to 1.0.
    pub packet_loss: Option<f64>,
    /// Received, in bits a second.
    pub bitrate_in: Option<f64>,
    /// Sent, in bits a second.
    pub bitrate_out: Option<f64>,
}
