use std::fmt;
use std::str::FromStr;

use call_domain::{CallId, CallStatus, CallType, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::{InvalidCursor, Outcome, StoredCall, cursor};

/// Which of a user's calls to list. Every filter that is set must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Whose calls.
    pub user: UserId,
    /// Where the page before ended; `None` for the first page.
    pub cursor: Option<HistoryCursor>,
    /// The most items of a page.
    pub limit: u32,
    /// Only calls that stand here.
    pub status: Option<CallStatus>,
    /// Only calls of this type.
    pub call_type: Option<CallType>,
    /// Only calls that came in, or went out.
    pub direction: Option<Direction>,
    /// Only calls with this outcome for the user.
    pub outcome: Option<Outcome>,
    /// Only calls that this user belonged to as well.
    pub with: Option<UserId>,
    /// Only calls created at this time or later.
    pub from: Option<Timestamp>,
    /// Only calls created before this time.
    pub to: Option<Timestamp>,
}

impl HistoryQuery {
    /// The first page of all calls of a user.
    pub fn new(user: UserId, limit: u32) -> Self {
        Self {
            user,
            cursor: None,
            limit,
            status: None,
            call_type: None,
            direction: None,
            outcome: None,
            with: None,
            from: None,
            to: None,
        }
    }
}

/// Who began a call, seen from one participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Somebody else.
    Incoming,
    /// The participant.
    Outgoing,
}

/// One page of a user's calls.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPage {
    /// The calls, newest first.
    pub items: Vec<HistoryItem>,
    /// Where the next page begins; `None` if this is the last.
    pub next: Option<HistoryCursor>,
}

/// One call of a user.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryItem {
    /// The call.
    pub call: StoredCall,
    /// Who began it.
    pub direction: Direction,
    /// What came of it for the user.
    pub outcome: Outcome,
}

/// A place in a history. Opaque to clients, and stable: calls that begin later never move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryCursor {
    pub(crate) created_at: Timestamp,
    pub(crate) id: CallId,
}

impl fmt::Display for HistoryCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        cursor::write(f, self.created_at, self.id.as_uuid())
    }
}

impl FromStr for HistoryCursor {
    type Err = InvalidCursor;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let (created_at, id) = cursor::read(s)?;
        Ok(Self {
            created_at,
            id: CallId::new(id),
        })
    }
}
