use std::time::Duration;

/// The limits of one socket. The defaults are the documented contract of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketConfig {
    /// How long a client may take to say hello; then 4401.
    pub hello_timeout: Duration,
    /// How often the server pings, at least 1 ms. A peer that missed two is dropped.
    pub heartbeat: Duration,
    /// Frames a second, in the long run, at least 1; beyond that 4429.
    pub messages_per_second: u32,
    /// Frames at once, at least 1.
    pub message_burst: u32,
    /// More errors than this within [`SocketConfig::error_window`] close the socket: 4400.
    pub max_errors: usize,
    /// The time over which errors are counted.
    pub error_window: Duration,
    /// The longest message in bytes, in one frame or in fragments; beyond that 1009.
    pub max_frame: usize,
}

impl Default for SocketConfig {
    fn default() -> Self {
        Self {
            hello_timeout: Duration::from_secs(5),
            heartbeat: Duration::from_secs(15),
            messages_per_second: 50,
            message_burst: 500,
            max_errors: 10,
            error_window: Duration::from_secs(10),
            max_frame: 64 * 1024,
        }
    }
}
