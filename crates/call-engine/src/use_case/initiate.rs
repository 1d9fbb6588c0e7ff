use std::sync::{Arc, OnceLock};
use std::time::Duration;

use call_domain::{
    Address, Call, CallId, CallType, ConversationId, Invitee, PlaceRequest, Placement,
    PlacementRefusal, Timestamp, UserId, place,
};
use call_store::{Annotations, Answer, Decide, IdempotencyKey, Placed, StoreError};
use serde_json::{Map, Value};

use crate::error::Unavailable;
use crate::id::new_id;
use crate::{CallView, Engine};

/// How long an idempotency key is remembered.
const KEY_LIFETIME: Duration = Duration::from_hours(24);
/// How many lanes a wish is taken to before giving up: its own, and those of calls that it turned
/// out to be an answer to.
const LANES_TRIED: usize = 4;

/// A user's wish to begin a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initiate {
    /// Who calls, with which device.
    pub from: Address,
    /// The caller's name, if the credential says it.
    pub name: Option<String>,
    /// Audio or video.
    pub call_type: CallType,
    /// Who is called.
    pub invitees: Vec<UserId>,
    /// The product's conversation.
    pub conversation_id: Option<ConversationId>,
    /// Whatever the product wants to keep with the call.
    pub metadata: Map<String, Value>,
    /// Makes a repeated request harmless.
    pub idempotency: Option<Idempotency>,
}

/// What makes a request recognisable when it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The key that the client chose (`Idempotency-Key`).
    pub key: String,
    /// A digest of the request: with another one the key is refused.
    pub fingerprint: String,
}

/// A call that was begun, or that the wish became an answer to.
#[derive(Debug, Clone)]
pub struct Initiated {
    /// The call. When replayed: as it was when the request was first fulfilled.
    pub call: CallView,
    /// A new call, or one that was merged with (glare).
    pub answer: Answer,
    /// The same request had been fulfilled before; nothing happened this time.
    pub replayed: bool,
}

/// Why a call was not begun.
#[derive(Debug, thiserror::Error)]
pub enum InitiateError {
    /// The rules are against it.
    #[error(transparent)]
    Refused(#[from] PlacementRefusal),
    /// The idempotency key was used for another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyConflict,
    /// It would have been allowed, but could not be done.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl From<StoreError> for InitiateError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(Unavailable::Store(error))
    }
}

enum Attempt {
    Done(Initiated),
    /// The wish is an answer to this call, and belongs into its lane.
    Elsewhere(CallId),
}

impl Engine {
    /// Begins a call from a device, and rings every invitee on every device.
    pub async fn initiate(self: &Arc<Self>, wish: Initiate) -> Result<Initiated, InitiateError> {
        if self.is_draining() {
            return Err(Unavailable::Stopping.into());
        }
        let id = CallId::new(new_id(self.clock.now()));
        let wish = Arc::new(wish);
        let mut lane = id;
        for _ in 0..LANES_TRIED {
            let (engine, wish) = (Arc::clone(self), Arc::clone(&wish));
            let attempt = self
                .lanes
                .run(lane, async move { engine.place(&wish, id, lane).await });
            match attempt.await.map_err(Unavailable::from)?? {
                Attempt::Done(initiated) => {
                    if initiated.replayed {
                        self.make_known(initiated.call.call.id()).await?;
                    }
                    return Ok(initiated);
                }
                Attempt::Elsewhere(call) => lane = call,
            }
        }
        Err(Unavailable::Contended.into())
    }

    /// Runs in the lane of the call that it creates or answers, so that what it tells comes before
    /// all that follows.
    async fn place(
        &self,
        wish: &Initiate,
        id: CallId,
        lane: CallId,
    ) -> Result<Attempt, InitiateError> {
        let now = self.clock.now();
        let users: Vec<_> = std::iter::once(&wish.from.user)
            .chain(&wish.invitees)
            .cloned()
            .collect();
        let elsewhere = Arc::new(OnceLock::new());
        let decide = self.decision(wish, id, lane, now, Arc::clone(&elsewhere));
        let key = wish.idempotency.as_ref().map(|idempotency| IdempotencyKey {
            user: wish.from.user.clone(),
            key: idempotency.key.clone(),
            fingerprint: idempotency.fingerprint.clone(),
            expires_at: now + KEY_LIFETIME,
        });
        match self.store.place(&users, key, now, decide).await? {
            Placed::Stored { step, answer } => {
                let known = self.roster.get(step.call.id());
                let annotations = match known {
                    Some(live) => live.annotations.clone(),
                    None => Annotations::default(),
                };
                let call = self.carry_out(*step, now, annotations).view();
                Ok(Attempt::Done(Initiated {
                    call,
                    answer,
                    replayed: false,
                }))
            }
            Placed::Refused(refusal) => match elsewhere.get() {
                Some(call) => Ok(Attempt::Elsewhere(*call)),
                None => Err(refusal.into()),
            },
            Placed::Replayed { call, answer } => {
                let call = CallView::from(*call);
                Ok(Attempt::Done(Initiated {
                    call,
                    answer,
                    replayed: true,
                }))
            }
            Placed::IdempotencyConflict => Err(InitiateError::IdempotencyConflict),
        }
    }

    fn decision(
        &self,
        wish: &Initiate,
        id: CallId,
        lane: CallId,
        now: Timestamp,
        elsewhere: Arc<OnceLock<CallId>>,
    ) -> Decide {
        let policy = self.config.policy.clone();
        let invitees = wish.invitees.iter().map(|user| Invitee {
            user_id: user.clone(),
            name: self.bus.name(user),
            devices: self.bus.devices(user),
        });
        let request = PlaceRequest {
            id,
            initiator_id: wish.from.user.clone(),
            initiator_name: wish.name.clone(),
            device: wish.from.device.clone(),
            online: self.bus.is_online(&wish.from),
            call_type: wish.call_type,
            invitees: invitees.collect(),
            conversation_id: wish.conversation_id.clone(),
            metadata: wish.metadata.clone(),
        };
        let has_sfu = self.config.media.is_some();
        Box::new(move |live| {
            let placement = if has_sfu {
                place(request, &policy, live, now)?
            } else {
                let live: Vec<_> = live.iter().cloned().map(Call::without_sfu).collect();
                place(request, &policy, &live, now)?
            };
            let call = match &placement {
                Placement::New(step) | Placement::Glare(step) => step.call.id(),
            };
            if call == lane {
                return Ok(placement);
            }
            // Refused for now: it comes again in the lane of that call.
            let _ = elsewhere.set(call);
            Err(PlacementRefusal::Glare { call })
        })
    }

    /// A request came again whose first answer may have been lost with everything that was to be
    /// told: a live call that this node does not know is told now.
    async fn make_known(self: &Arc<Self>, id: CallId) -> Result<(), InitiateError> {
        let engine = Arc::clone(self);
        let made = self.lanes.run(id, async move {
            if engine.roster.get(id).is_none()
                && let Some(stored) = engine.store.load(id).await?
                && !stored.call.is_ended()
            {
                let live = engine.adopt(stored);
                engine.announce(&live);
            }
            Ok::<_, StoreError>(())
        });
        Ok(made.await.map_err(Unavailable::from)??)
    }
}
