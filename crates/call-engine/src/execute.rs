use std::sync::Arc;
use std::time::Duration;

use call_domain::{Call, CallId, Command};
use call_store::{CommitError, StoreError, StoredCall};

use crate::error::{CommandError, Unavailable};
use crate::lane::NotDone;
use crate::roster::{Belief, LiveCall};
use crate::{CallView, Engine};

/// How often a command is tried anew because somebody else changed the call meanwhile.
const ATTEMPTS: usize = 8;
/// How long after a failed write the call is looked at again.
const SECOND_LOOK: Duration = Duration::from_secs(1);

impl Engine {
    /// Applies a command to a call: the one way in.
    ///
    /// `decide` makes the command from the call as it is; it may be asked several times, and may
    /// find that there is nothing to do.
    pub(crate) async fn execute<D>(
        self: &Arc<Self>,
        id: CallId,
        decide: D,
    ) -> Result<CallView, CommandError>
    where
        D: Fn(&Engine, &Call) -> Option<Command> + Send + Sync + 'static,
    {
        let engine = Arc::clone(self);
        let done = self
            .lanes
            .run(id, async move { engine.apply(id, decide).await })
            .await;
        Ok(done.map_err(Unavailable::from)??.view())
    }

    /// As [`Engine::execute`], but nobody waits; `false` if the call's lane is full.
    pub(crate) fn start_executing<D>(self: &Arc<Self>, id: CallId, decide: D) -> bool
    where
        D: Fn(&Engine, &Call) -> Option<Command> + Send + Sync + 'static,
    {
        let engine = Arc::clone(self);
        self.lanes.try_start(id, async move {
            match engine.apply(id, decide).await {
                Ok(_) | Err(CommandError::NotFound | CommandError::Ended(_)) => {}
                Err(error) => tracing::warn!(call = %id, %error, "a command was not carried out"),
            }
        })
    }

    /// Load, decide, commit, carry out. Runs in the lane of the call.
    pub(crate) async fn apply<D>(
        &self,
        id: CallId,
        decide: D,
    ) -> Result<Arc<LiveCall>, CommandError>
    where
        D: Fn(&Engine, &Call) -> Option<Command> + Send + Sync,
    {
        for _ in 0..ATTEMPTS {
            let current = self.current(id).await?.ok_or(CommandError::NotFound)?;
            let Some(command) = decide(self, &current.call) else {
                return Ok(current);
            };
            let now = self.clock.now();
            let step = match current.call.apply(command, now) {
                Ok(step) if !step.events.is_empty() => step,
                // What other nodes changed may not have come to this one yet.
                _ if self.is_behind(&current).await? => continue,
                Ok(_) => return Ok(current),
                Err(rejection) => return Err(rejection.into()),
            };
            match self.store.commit(&step, current.call.version(), now).await {
                Ok(()) => return Ok(self.carry_out(step, now, current.annotations.clone())),
                Err(CommitError::VersionConflict) => current.line.believe(Belief::Outdated),
                Err(CommitError::Store(error)) => {
                    self.doubt(&current);
                    return Err(error.into());
                }
            }
        }
        Err(Unavailable::Contended.into())
    }

    /// The call as this node knows it, or else as the store has it.
    pub(crate) async fn current(&self, id: CallId) -> Result<Option<Arc<LiveCall>>, CommandError> {
        let known = self.roster.get(id);
        if let Some(known) = &known
            && known.line.belief() == Belief::Current
        {
            return Ok(Some(Arc::clone(known)));
        }
        match self.store.load(id).await {
            Ok(stored) => Ok(stored.map(|stored| self.adopt(stored))),
            Err(error) => {
                if let Some(known) = known {
                    self.doubt(&known);
                }
                Err(error.into())
            }
        }
    }

    /// Takes in a call that was loaded. Whoever was not told of a change is told now.
    pub(crate) fn adopt(&self, stored: StoredCall) -> Arc<LiveCall> {
        let call = match self.config.media {
            Some(_) => stored.call,
            // It may have begun on a server that had one.
            None => stored.call.without_sfu(),
        };
        let (call, annotations) = (Arc::new(call), stored.annotations);
        let known = self.roster.get(call.id());
        let live = if call.is_ended() {
            let line = known
                .as_ref()
                .map(|known| Arc::clone(&known.line))
                .unwrap_or_default();
            let ended = Arc::new(LiveCall {
                call,
                annotations,
                line,
            });
            if known.is_some() {
                self.retire(&ended);
            }
            ended
        } else {
            let live = self.roster.put(call, annotations);
            self.deadlines
                .set(live.call.id(), live.call.next_deadline());
            live
        };
        if let Some(known) = known {
            // On a shared bus others tell of their changes themselves.
            let untold = known.line.belief() == Belief::Doubtful || !self.bus.is_shared();
            if untold && known.call.version() < live.call.version() {
                self.catch_up(&known.call, &live);
            }
            known.line.believe(Belief::Current);
        } else if !live.call.is_ended() {
            self.distrust_media(&live);
        }
        if !live.call.is_ended() {
            self.follow_rooms(&live);
        }
        live
    }

    /// A write failed and may have been made all the same: the next command loads the call first,
    /// and comes soon.
    fn doubt(&self, live: &LiveCall) {
        live.line.believe(Belief::Doubtful);
        if self.roster.get(live.call.id()).is_some() {
            self.deadlines
                .set(live.call.id(), Some(self.clock.now() + SECOND_LOOK));
        }
    }

    /// Whether another node has changed the call since; takes the newer version in.
    async fn is_behind(&self, current: &LiveCall) -> Result<bool, StoreError> {
        if !self.bus.is_shared() || current.call.is_ended() {
            return Ok(false);
        }
        let Some(stored) = self.store.load(current.call.id()).await? else {
            return Ok(false);
        };
        Ok(self.adopt(stored).call.version() > current.call.version())
    }
}

impl From<NotDone> for Unavailable {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Closed => Self::Stopping,
            NotDone::Panicked => Self::BrokenOff,
        }
    }
}
