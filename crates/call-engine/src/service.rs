use std::sync::Arc;

use async_trait::async_trait;
use call_domain::Address;
use call_signal::wire::{self, ClientCommand, ErrorCode, Signal, SignalError};
use call_signal::{Identity, SignalService, Unauthenticated};
use call_store::StoreError;

use crate::{CommandError, Engine, MediaError, NotInCall, RelayError, Unavailable};

/// Says whom a token speaks for.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Whom a token speaks for.
    async fn authenticate(&self, token: &str) -> Result<Identity, Unauthenticated>;
}

/// What sockets need: an engine behind, and somebody who checks tokens.
#[derive(Debug)]
pub struct EngineService<A> {
    engine: Arc<Engine>,
    authenticator: A,
}

impl<A: Authenticator> EngineService<A> {
    /// An engine for sockets.
    pub fn new(engine: Arc<Engine>, authenticator: A) -> Self {
        Self {
            engine,
            authenticator,
        }
    }
}

#[async_trait]
impl<A: Authenticator> SignalService for EngineService<A> {
    async fn authenticate(&self, token: &str) -> Result<Identity, Unauthenticated> {
        self.authenticator.authenticate(token).await
    }

    async fn opened(
        &self,
        who: &Address,
        name: Option<&str>,
    ) -> Result<Vec<wire::Call>, SignalError> {
        let calls = self
            .engine
            .opened(who, name)
            .await
            .map_err(|error| store_failed(&error))?;
        Ok(calls.iter().map(crate::CallView::to_wire).collect())
    }

    async fn ready(&self, who: &Address) {
        self.engine.ready(who);
    }

    async fn closed(&self, who: &Address) {
        self.engine.closed(who).await;
    }

    async fn command(&self, who: &Address, command: ClientCommand) -> Result<(), SignalError> {
        match command {
            ClientCommand::Alerting(call) => {
                self.engine.alerting(call, who.clone()).await?;
            }
            ClientCommand::Connected(call) => {
                self.engine.connected(call, who.clone()).await?;
            }
            ClientCommand::Sync(call) => self.engine.sync(call, who.clone()).await?,
            ClientCommand::Stats { call, samples } => self.engine.observe(call, who, &samples)?,
            ClientCommand::Reaction { call, reaction } => {
                self.engine.react(call, who, &reaction)?;
            }
            ClientCommand::Media { call, command } => {
                self.engine.media_command(call, who, command)?;
            }
        }
        Ok(())
    }

    fn relay(&self, who: &Address, signal: Signal) -> Result<(), SignalError> {
        Ok(self.engine.relay(who, signal)?)
    }
}

impl From<RelayError> for SignalError {
    fn from(error: RelayError) -> Self {
        let code = match error {
            RelayError::NotInCall => ErrorCode::NotInCall,
            RelayError::PeerNotInCall => ErrorCode::PeerNotInCall,
            RelayError::PeerReconnecting => ErrorCode::PeerReconnecting,
        };
        Self::new(code, error.to_string())
    }
}

impl From<NotInCall> for SignalError {
    fn from(error: NotInCall) -> Self {
        Self::new(ErrorCode::NotInCall, error.to_string())
    }
}

impl From<MediaError> for SignalError {
    fn from(error: MediaError) -> Self {
        let code = match error {
            MediaError::NotInCall(error) => return error.into(),
            MediaError::NotOnSfu => ErrorCode::NotOnSfu,
            MediaError::UnknownSession => ErrorCode::UnknownSession,
        };
        Self::new(code, error.to_string())
    }
}

impl From<CommandError> for SignalError {
    fn from(error: CommandError) -> Self {
        let code = match &error {
            CommandError::NotFound => ErrorCode::CallNotFound,
            CommandError::AnsweredElsewhere => ErrorCode::AnsweredElsewhere,
            CommandError::NotRinging => ErrorCode::NotRinging,
            CommandError::NotJoined => ErrorCode::NotInCall,
            // Refusals of what only REST can ask for.
            CommandError::AlreadyInCall { .. }
            | CommandError::NotAllowed
            | CommandError::NoSuchParticipant
            | CommandError::RecordingForbidden
            | CommandError::RecordingUnavailable(_)
            | CommandError::NotAnswered
            | CommandError::AlreadyRecording
            | CommandError::NotRecording
            | CommandError::NotAsked
            | CommandError::TooManyParticipants { .. } => ErrorCode::InvalidMessage,
            CommandError::Ended(_) => ErrorCode::CallEnded,
            CommandError::Unavailable(Unavailable::Store(error)) => return store_failed(error),
            CommandError::Unavailable(Unavailable::Contended | Unavailable::Stopping) => {
                ErrorCode::Overloaded
            }
            CommandError::Unavailable(Unavailable::BrokenOff) => ErrorCode::ServerError,
        };
        Self::new(code, error.to_string())
    }
}

/// What the database complains of is for the log, not for clients.
fn store_failed(error: &StoreError) -> SignalError {
    tracing::error!(%error, "the store failed");
    match error {
        StoreError::Overloaded | StoreError::Unavailable(_) => {
            SignalError::new(ErrorCode::Overloaded, "try again in a moment")
        }
        StoreError::DiskFull
        | StoreError::Damaged(_)
        | StoreError::CorruptCall(_)
        | StoreError::Unstorable(_)
        | StoreError::DecisionPanicked
        | StoreError::Closed
        | StoreError::Database(_) => {
            SignalError::new(ErrorCode::ServerError, "the server could not do this")
        }
    }
}
