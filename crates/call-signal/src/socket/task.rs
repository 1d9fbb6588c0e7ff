use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use call_domain::{Address, DeviceId, Timestamp, UserId};

use super::Socket;
use crate::hub::{Hub, Outbox, SessionId};
use crate::session::{Ask, Task, bad_token};
use crate::wire::{ServerMessage, SignalError};
use crate::{CloseCode, Identity, SignalService};

/// A [`Task`] that was started.
pub(super) type Running = Pin<Box<dyn Future<Output = Done>>>;

/// How a [`Task`] went.
pub(super) enum Done {
    Hello {
        ask: Ask,
        /// What must be undone when the socket closes, whether or not all of it succeeded.
        registered: Option<(Address, SessionId)>,
        /// How long the token lasts.
        outcome: Result<Duration, SignalError>,
    },
    Refresh {
        ask: Ask,
        identity: Option<(UserId, Duration)>,
    },
    Command {
        ask: Ask,
        outcome: Result<(), SignalError>,
    },
}

impl Socket {
    pub(super) fn start(&self, task: Task) -> Running {
        let service = Arc::clone(&self.service);
        match task {
            Task::Hello { ask, token, device } => {
                let hello = Hello {
                    service,
                    hub: Arc::clone(&self.hub),
                    outbox: Arc::clone(&self.outbox),
                    heartbeat: self.config.heartbeat,
                };
                Box::pin(hello.say(ask, token, device))
            }
            Task::Refresh { ask, token } => Box::pin(async move {
                let identity = service.authenticate(&token).await.ok();
                Done::Refresh {
                    ask,
                    identity: identity.map(|i| (i.user_id.clone(), remaining(&i))),
                }
            }),
            Task::Command { ask, command } => {
                let address = self.registered.as_ref().map(|(address, _)| address.clone());
                Box::pin(async move {
                    let outcome = match &address {
                        Some(address) => service.command(address, command).await,
                        None => Ok(()),
                    };
                    Done::Command { ask, outcome }
                })
            }
        }
    }

    pub(super) fn done(&mut self, done: Done) -> Result<(), CloseCode> {
        let now = Instant::now();
        let reply = match done {
            Done::Hello {
                ask,
                registered,
                outcome,
            } => {
                let user = registered.as_ref().map(|(address, _)| address.user.clone());
                self.registered = registered;
                match (outcome, user) {
                    (Ok(remaining), Some(user)) => self.session.opened(ask, user, remaining, now),
                    (Ok(_), None) => self.session.refused(ask, bad_token()),
                    (Err(error), _) => {
                        let reply = self.session.refused(ask, error);
                        self.outbox.discard_corked();
                        reply
                    }
                }
            }
            Done::Refresh { ask, identity } => self.session.refreshed(ask, identity, now),
            Done::Command { ask, outcome } => self.session.done(ask, outcome, now),
        };
        self.reply(reply)
    }
}

/// All that a hello needs.
struct Hello {
    service: Arc<dyn SignalService>,
    hub: Arc<Hub>,
    outbox: Arc<Outbox>,
    heartbeat: Duration,
}

impl Hello {
    async fn say(self, ask: Ask, token: String, device: DeviceId) -> Done {
        let Ok(identity) = self.service.authenticate(&token).await else {
            return Done::Hello {
                ask,
                registered: None,
                outcome: Err(bad_token()),
            };
        };
        let address = Address {
            user: identity.user_id.clone(),
            device,
        };
        let name = identity.name.as_deref();
        let registration = self
            .hub
            .register_outbox(&address, name, Arc::clone(&self.outbox));
        let outcome = match self.service.opened(&address, name).await {
            Ok(calls) => {
                let ready = ServerMessage::SessionReady {
                    session_id: registration.session.to_string(),
                    user_id: address.user.to_string(),
                    heartbeat_ms: u64::try_from(self.heartbeat.as_millis()).unwrap_or(u64::MAX),
                    calls,
                };
                self.outbox.uncork(ready.to_frame());
                self.service.ready(&address).await;
                self.outbox.resumed();
                Ok(remaining(&identity))
            }
            Err(error) => Err(error),
        };
        Done::Hello {
            ask,
            registered: Some((address, registration.session)),
            outcome,
        }
    }
}

/// How long a token lasts from now.
fn remaining(identity: &Identity) -> Duration {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let now = Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX));
    identity.expires_at.since(now)
}
