use std::fmt;

/// Why a socket was closed: the status code of the close frame (RFC 6455, section 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CloseCode {
    /// 1000: the client closed.
    Normal,
    /// 1001: the server drains; reconnect elsewhere at once.
    GoingAway,
    /// 1002: not WebSocket.
    Protocol,
    /// 1003: a binary message.
    Unsupported,
    /// 1006, never sent: the connection was lost, or the peer missed its heartbeats.
    Lost,
    /// 1007: a text frame that is not UTF-8.
    NotText,
    /// 1009: a frame above the limit.
    TooBig,
    /// 1013: the session could not be opened just now.
    TryAgainLater,
    /// 4400: too many messages that were errors.
    TooManyErrors,
    /// 4401: no hello in time, or a bad or expired token.
    Unauthenticated,
    /// 4408: too much waits to be read by the client.
    SlowReader,
    /// 4409: a newer connection of the same device.
    Replaced,
    /// 4429: too many messages.
    TooManyMessages,
}

impl CloseCode {
    /// Every code, in the order of declaration.
    pub const ALL: [Self; 13] = [
        Self::Normal,
        Self::GoingAway,
        Self::Protocol,
        Self::Unsupported,
        Self::Lost,
        Self::NotText,
        Self::TooBig,
        Self::TryAgainLater,
        Self::TooManyErrors,
        Self::Unauthenticated,
        Self::SlowReader,
        Self::Replaced,
        Self::TooManyMessages,
    ];

    /// The status code.
    pub const fn as_u16(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::Unsupported => 1003,
            Self::Lost => 1006,
            Self::NotText => 1007,
            Self::TooBig => 1009,
            Self::TryAgainLater => 1013,
            Self::TooManyErrors => 4400,
            Self::Unauthenticated => 4401,
            Self::SlowReader => 4408,
            Self::Replaced => 4409,
            Self::TooManyMessages => 4429,
        }
    }

    /// The reason in the close frame, for people.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "closed",
            Self::GoingAway => "the server is going away, reconnect",
            Self::Protocol => "not a WebSocket frame",
            Self::Unsupported => "only text messages are understood",
            Self::Lost => "connection lost",
            Self::NotText => "a text frame must be UTF-8",
            Self::TooBig => "frame too big",
            Self::TryAgainLater => "try again later",
            Self::TooManyErrors => "too many errors",
            Self::Unauthenticated => "no valid token",
            Self::SlowReader => "messages are not read fast enough",
            Self::Replaced => "a newer connection of this device",
            Self::TooManyMessages => "too many messages",
        }
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_u16())
    }
}
