//! The protocol of one connection, without I/O and without a clock.

mod pace;

use std::time::{Duration, Instant};

use call_domain::{DeviceId, UserId};

use crate::wire::{
    ClientCommand, ClientFrame, ErrorCode, Parsed, ServerMessage, Signal, SignalError,
};
use crate::{CloseCode, Frame, SocketConfig};
use pace::{Beat, Bucket, Errors, Heartbeat};

/// One connection: what a frame means at this point of it, and when it must end.
///
/// Frames go in by [`Session::frame`], time by [`Session::tick`]; what to do comes out. Whoever
/// drives it does one [`Task`] at a time and reports how it went; frames wait meanwhile.
#[derive(Debug)]
pub struct Session {
    config: SocketConfig,
    phase: Phase,
    bucket: Bucket,
    errors: Errors,
    heartbeat: Heartbeat,
}

#[derive(Debug)]
enum Phase {
    /// Nothing but `session:hello` is accepted.
    Silent { hello_by: Instant },
    /// The token is being checked.
    Greeting,
    Open {
        user: UserId,
        expires_at: Option<Instant>,
    },
}

/// What an answer to a message names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// The message's `id`.
    pub id: Option<String>,
    /// The call that it named.
    pub call_id: Option<String>,
}

/// What follows from a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Reaction {
    /// Answer at once.
    Reply(Reply),
    /// Pass on, at once, then report by [`Session::done`].
    Relay(Ask, Signal),
    /// Start this, and read no further frame until it is done.
    Start(Task),
}

/// What takes time.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Check the token and open the session; report by [`Session::opened`] or
    /// [`Session::refused`].
    Hello {
        /// What to name in the answer.
        ask: Ask,
        /// A token, not checked yet.
        token: String,
        /// Which device.
        device: DeviceId,
    },
    /// Check the token; report by [`Session::refreshed`].
    Refresh {
        /// What to name in the answer.
        ask: Ask,
        /// A token, not checked yet.
        token: String,
    },
    /// Carry out; report by [`Session::done`].
    Command {
        /// What to name in the answer.
        ask: Ask,
        /// What.
        command: ClientCommand,
    },
}

/// What to send, and whether to close after it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// The message to send.
    pub frame: Option<Frame>,
    /// Close, once that is sent.
    pub close: Option<CloseCode>,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// Nothing.
    Nothing,
    /// Send a protocol ping.
    Ping,
    /// Close.
    Close(CloseCode),
}

impl Session {
    /// A connection that was just accepted.
    pub fn new(config: SocketConfig, now: Instant) -> Self {
        Self {
            config,
            phase: Phase::Silent {
                hello_by: now + config.hello_timeout,
            },
            bucket: Bucket::full(now),
            errors: Errors::default(),
            heartbeat: Heartbeat::new(&config, now),
        }
    }

    /// A frame of any kind came: counts it against the rate, and as a sign of life.
    pub fn arrived(&mut self, now: Instant) -> Result<(), CloseCode> {
        self.heartbeat.alive();
        if self.bucket.take(&self.config, now) {
            Ok(())
        } else {
            Err(CloseCode::TooManyMessages)
        }
    }

    /// Reads a text message.
    pub fn frame(&mut self, text: &str, now: Instant) -> Reaction {
        let Parsed { id, call_id, frame } = ClientFrame::parse(text);
        let ask = Ask { id, call_id };
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => return Reaction::Reply(self.refuse(ask, error, now)),
        };
        let open = matches!(self.phase, Phase::Open { .. });
        match frame {
            ClientFrame::Hello { token, device } => match self.phase {
                Phase::Silent { .. } => {
                    self.phase = Phase::Greeting;
                    Reaction::Start(Task::Hello { ask, token, device })
                }
                Phase::Greeting | Phase::Open { .. } => {
                    let error = SignalError::new(
                        ErrorCode::AlreadyReady,
                        "`session:hello` was said before",
                    );
                    Reaction::Reply(self.refuse(ask, error, now))
                }
            },
            _ if !open => {
                let error = SignalError::new(ErrorCode::NotReady, "say `session:hello` first");
                Reaction::Reply(self.refuse(ask, error, now))
            }
            ClientFrame::Ping => Reaction::Reply(Reply::message(&ServerMessage::SessionPong)),
            ClientFrame::Refresh { token } => Reaction::Start(Task::Refresh { ask, token }),
            ClientFrame::Signal(signal) => Reaction::Relay(ask, signal),
            ClientFrame::Command(command) => Reaction::Start(Task::Command { ask, command }),
        }
    }

    /// The hello was good and `session:ready` was sent. The token expires in `remaining`.
    pub fn opened(&mut self, ask: Ask, user: UserId, remaining: Duration, now: Instant) -> Reply {
        // Beyond the end of time: never.
        self.phase = Phase::Open {
            user,
            expires_at: now.checked_add(remaining),
        };
        ask.ack()
    }

    /// The hello was refused. A bad token is final; anything else is worth another try.
    pub fn refused(&mut self, ask: Ask, error: SignalError) -> Reply {
        let close = match error.code {
            ErrorCode::Unauthenticated => CloseCode::Unauthenticated,
            _ => CloseCode::TryAgainLater,
        };
        Reply {
            frame: Some(ask.error(error)),
            close: Some(close),
        }
    }

    /// A new token was checked: whose it is and how long it lasts, or `None` if it is not good.
    /// The session goes on with the old one if the new one is refused.
    pub fn refreshed(
        &mut self,
        ask: Ask,
        identity: Option<(UserId, Duration)>,
        now: Instant,
    ) -> Reply {
        match (&mut self.phase, identity) {
            (Phase::Open { user, expires_at }, Some((of, remaining))) if *user == of => {
                *expires_at = now.checked_add(remaining);
                ask.ack()
            }
            (_, Some(_)) => {
                let error =
                    SignalError::new(ErrorCode::Unauthenticated, "the token is of another user");
                self.refuse(ask, error, now)
            }
            (_, None) => self.refuse(ask, bad_token(), now),
        }
    }

    /// How a command or a signal went.
    pub fn done(&mut self, ask: Ask, outcome: Result<(), SignalError>, now: Instant) -> Reply {
        match outcome {
            Ok(()) => ask.ack(),
            Err(error) => self.refuse(ask, error, now),
        }
    }

    /// When [`Session::tick`] is to be called at the latest.
    pub fn next_deadline(&self) -> Instant {
        let beat = self.heartbeat.due();
        match &self.phase {
            Phase::Silent { hello_by } => beat.min(*hello_by),
            Phase::Greeting => beat,
            Phase::Open { expires_at, .. } => expires_at.map_or(beat, |at| beat.min(at)),
        }
    }

    /// Does what is due. `reading` is false while frames are left unread, for then silence of the
    /// peer means nothing.
    pub fn tick(&mut self, reading: bool, now: Instant) -> Tick {
        let over = match &self.phase {
            Phase::Silent { hello_by } => now >= *hello_by,
            Phase::Greeting => false,
            Phase::Open { expires_at, .. } => expires_at.is_some_and(|at| now >= at),
        };
        if over {
            return Tick::Close(CloseCode::Unauthenticated);
        }
        if !reading {
            self.heartbeat.alive();
        }
        match self.heartbeat.tick(&self.config, now) {
            Beat::Nothing => Tick::Nothing,
            Beat::Ping => Tick::Ping,
            Beat::Lost => Tick::Close(CloseCode::Lost),
        }
    }

    fn refuse(&mut self, ask: Ask, error: SignalError, now: Instant) -> Reply {
        let too_many = is_clients_fault(error.code) && self.errors.add(&self.config, now);
        Reply {
            frame: Some(ask.error(error)),
            close: too_many.then_some(CloseCode::TooManyErrors),
        }
    }
}

/// The answer to a token that is not good.
pub(crate) fn bad_token() -> SignalError {
    SignalError::new(ErrorCode::Unauthenticated, "no valid token")
}

/// What a correct client never causes counts towards the limit of errors. What it runs into when
/// others are faster, or the server fails, does not: a burst of candidates to somebody who just
/// left must not cost the sender its connection.
const fn is_clients_fault(code: ErrorCode) -> bool {
    match code {
        ErrorCode::InvalidMessage
        | ErrorCode::UnknownType
        | ErrorCode::NotReady
        | ErrorCode::AlreadyReady
        | ErrorCode::Unauthenticated
        | ErrorCode::CallNotFound
        | ErrorCode::BadSdp
        | ErrorCode::NotInCall => true,
        ErrorCode::PeerNotInCall
        | ErrorCode::PeerReconnecting
        | ErrorCode::AnsweredElsewhere
        | ErrorCode::NotRinging
        | ErrorCode::CallEnded
        | ErrorCode::NotOnSfu
        | ErrorCode::UnknownSession
        | ErrorCode::StaleAnswer
        | ErrorCode::RoomFull
        | ErrorCode::Overloaded
        | ErrorCode::ServerError => false,
    }
}

impl Ask {
    /// A message without an `id` is not acknowledged.
    fn ack(self) -> Reply {
        match self.id {
            Some(id) => Reply::message(&ServerMessage::Ack { id }),
            None => Reply::default(),
        }
    }

    fn error(self, error: SignalError) -> Frame {
        let message = ServerMessage::Error {
            id: self.id,
            call_id: self.call_id,
            code: error.code,
            detail: error.detail.into_owned(),
        };
        message.to_frame()
    }
}

impl Reply {
    fn message(message: &ServerMessage) -> Self {
        Self {
            frame: Some(message.to_frame()),
            close: None,
        }
    }
}

#[cfg(test)]
mod tests;
