use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use call_domain::{Command, Policy, RecordingPolicy, TopologyPolicy};
use call_signal::Hub;
use call_store::{CallStore, StoreError};
use call_turn::TurnAuthority;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::background;
use crate::bus::{Bus, LocalBus};
use crate::clock::Clock;
use crate::deadline::Deadlines;
use crate::lane::Lanes;
use crate::media_plane::MediaPlane;
use crate::quality::QualityLog;
use crate::recording::Recordings;
use crate::recording_config::RecordingConfig;
use crate::roster::Roster;

/// How many calls are taken up again at the same time after a start.
const RECOVER_AT_ONCE: usize = 64;

/// What an [`Engine`] goes by.
#[derive(Debug, Clone)]
pub struct EngineConfig {
    /// The rules for new calls. A call keeps the rules that it began with.
    pub policy: Policy,
    /// Issues TURN credentials.
    pub turn: TurnAuthority,
    /// Everybody is told who comes online and goes offline.
    pub presence_directory: bool,
    /// Forwards the media of calls that are not peer-to-peer; without one every call is.
    pub media: Option<Arc<dyn MediaPlane>>,
    /// Records calls; without it no call is recorded.
    pub recording: Option<RecordingConfig>,
}

/// Carries calls out. See the [crate documentation](crate).
pub struct Engine {
    pub(crate) config: EngineConfig,
    pub(crate) store: Arc<dyn CallStore>,
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) roster: Roster,
    pub(crate) lanes: Lanes,
    pub(crate) deadlines: Deadlines,
    /// When the room of a call that no longer uses it is closed.
    pub(crate) room_deadlines: Deadlines,
    pub(crate) quality_log: QualityLog,
    pub(crate) recordings: Recordings,
    draining: AtomicBool,
    stopped: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

impl Engine {
    /// Starts an engine for the sockets of one process, on the current tokio runtime.
    ///
    /// Live calls are taken up where they stand: their connections count as lost, and grace is
    /// counted from now. No socket may be open yet.
    pub async fn start(
        config: EngineConfig,
        store: Arc<dyn CallStore>,
        hub: Arc<Hub>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, StoreError> {
        Self::start_on(config, store, Arc::new(LocalBus::new(hub)), clock).await
    }

    /// As [`Engine::start`], with another way to the devices.
    pub async fn start_on(
        mut config: EngineConfig,
        store: Arc<dyn CallStore>,
        bus: Arc<dyn Bus>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, StoreError> {
        if config.media.is_none() {
            config.policy.topology = TopologyPolicy::P2p;
        }
        if config.recording.is_none() {
            config.policy.recording = RecordingPolicy::Forbid;
        }
        let engine = Arc::new(Self {
            config,
            store,
            bus,
            clock,
            roster: Roster::default(),
            lanes: Lanes::open(),
            deadlines: Deadlines::default(),
            room_deadlines: Deadlines::default(),
            quality_log: QualityLog::default(),
            recordings: Recordings::default(),
            draining: AtomicBool::new(false),
            stopped: watch::Sender::new(false),
            tasks: Mutex::default(),
        });
        engine.recover().await?;
        let tasks = background::start(&engine, &engine.stopped);
        *engine.tasks.lock() = tasks;
        Ok(engine)
    }

    /// Begins no more calls; those that live go on. Cannot be undone.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Takes no more commands, finishes those that it took on, stores what was measured, and
    /// stops. Live calls stay in the store for the next start.
    pub async fn stop(&self) {
        self.drain();
        self.stopped.send_replace(true);
        let tasks = std::mem::take(&mut *self.tasks.lock());
        for task in tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the engine panicked");
            }
        }
        self.lanes.close().await;
        self.quality_log.flush(&self.store).await;
        self.flush_alerts().await;
    }

    /// How many live calls this node knows.
    pub fn live_calls(&self) -> usize {
        self.roster.len()
    }

    /// How many measurements were dropped because the store did not keep up.
    pub fn dropped_measurements(&self) -> u64 {
        self.quality_log.dropped()
    }

    async fn recover(self: &Arc<Self>) -> Result<(), StoreError> {
        let mut recovering = JoinSet::new();
        for stored in self.store.live_calls().await? {
            let id = stored.call.id();
            self.adopt(stored);
            if self.bus.is_shared() {
                // Its participants may be connected to other nodes; the sweep finds those who
                // are not.
                continue;
            }
            if recovering.len() >= RECOVER_AT_ONCE {
                recovering.join_next().await;
            }
            let engine = Arc::clone(self);
            recovering.spawn(async move {
                let recovered = engine.execute(id, |_, _| Some(Command::Recover)).await;
                if let Err(error) = recovered {
                    tracing::error!(call = %id, %error, "a live call could not be taken up");
                }
            });
        }
        recovering.join_all().await;
        Ok(())
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("live_calls", &self.live_calls())
            .finish_non_exhaustive()
    }
}
