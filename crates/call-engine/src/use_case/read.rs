use call_domain::{Call, CallId, UserId};
use call_store::{HistoryPage, HistoryQuery, LoggedEvent, QualitySample, StoreError};

use crate::roster::Belief;
use crate::{CallView, Engine};

/// Who wants to read a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reader {
    /// A user: only its own calls.
    User(UserId),
    /// An administrator: any call.
    Admin,
}

/// Why a call cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No such call, or none of the reader's business: the two are never told apart.
    #[error("no such call")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// A call as it is now.
    pub async fn call(&self, call: CallId, reader: &Reader) -> Result<CallView, ReadError> {
        let known = self
            .roster
            .get(call)
            .filter(|live| live.line.belief() == Belief::Current && !self.bus.is_shared());
        let view = match known {
            Some(live) => live.view(),
            None => self
                .store
                .load(call)
                .await?
                .ok_or(ReadError::NotFound)?
                .into(),
        };
        if reader.may_read(&view.call) {
            Ok(view)
        } else {
            Err(ReadError::NotFound)
        }
    }

    /// What happened to a call, in order.
    pub async fn events(
        &self,
        call: CallId,
        reader: &Reader,
    ) -> Result<Vec<LoggedEvent>, ReadError> {
        self.call(call, reader).await?;
        Ok(self.store.events(call).await?)
    }

    /// The quality of a call over time; what was measured in the last seconds may be missing.
    pub async fn quality_samples(
        &self,
        call: CallId,
        reader: &Reader,
    ) -> Result<Vec<QualitySample>, ReadError> {
        self.call(call, reader).await?;
        Ok(self.store.quality_samples(call).await?)
    }

    /// A page of a user's calls.
    pub async fn history(&self, query: HistoryQuery) -> Result<HistoryPage, StoreError> {
        self.store.history(query).await
    }

    /// Whether the store can be reached.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }
}

impl Reader {
    fn may_read(&self, call: &Call) -> bool {
        match self {
            Self::User(user) => call.participant(user).is_some(),
            Self::Admin => true,
        }
    }
}
