//! A world in miniature: a real store, a real hub with devices that read their outboxes, an engine
//! on a runtime of its own (so that it can crash), and a clock that is moved by hand.

pub mod crashing;
pub mod faulty;
pub mod plane;
pub mod recorder;
pub mod records;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use call_domain::{Address, CallId, CallType, Policy, Timestamp, UserId};
use call_engine::{
    Authenticator, CallView, Engine, EngineConfig, EngineService, Initiate, InitiateError,
    Initiated, ManualClock, RecordingConfig, RecordingRules,
};
use call_signal::wire::{ClientCommand, IceCandidate, Signal, SignalBody, SignalError};
use call_signal::{
    Hub, HubLimits, Identity, Outgoing, Registration, SignalService, Unauthenticated,
};
use call_store::{CallStore, Options, RecordingStore, Store};
use call_turn::{Secret, TurnAuthority};
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crashing::{Crash, CrashingStore};
use recorder::FakeRecorder;

/// 2026-11-01T00:00:00Z.
pub const START: Timestamp = Timestamp::from_micros(1_793_491_200_000_000);

/// Longer than anything that works takes; only a failing test waits for so long.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct World {
    pub engine: Arc<Engine>,
    pub service: Arc<EngineService<Nobody>>,
    pub hub: Arc<Hub>,
    pub clock: Arc<ManualClock>,
    pub store: Arc<dyn CallStore>,
    /// The same store, as it keeps recordings.
    pub recordings: Arc<dyn RecordingStore>,
    pub config: EngineConfig,
    pub records: Option<Records>,
    runtime: Option<Runtime>,
    pub directory: TempDir,
}

/// With what calls are recorded.
#[derive(Clone)]
pub struct Records {
    pub plane: Arc<FakeRecorder>,
    pub rules: RecordingRules,
    /// The next engine comes to a stand there.
    pub crash: Option<Arc<Crash>>,
}

pub struct Nobody;

#[async_trait]
impl Authenticator for Nobody {
    async fn authenticate(&self, _token: &str) -> Result<Identity, Unauthenticated> {
        Err(Unauthenticated)
    }
}

pub fn config() -> EngineConfig {
    let secret = Secret::new("north").expect("secret");
    let uri = "turn:turn.example.com".parse().expect("uri");
    EngineConfig {
        policy: Policy::default(),
        turn: TurnAuthority::new(vec![secret], vec![uri], Duration::from_hours(24)).expect("turn"),
        presence_directory: true,
        media: None,
        recording: None,
    }
}

async fn open_store(directory: &TempDir) -> Arc<Store> {
    let url = format!("sqlite://{}", directory.path().join("calls.db").display());
    let store = Store::connect(&url, Options::default())
        .await
        .expect("store");
    store.migrate().await.expect("migrations");
    Arc::new(store)
}

impl World {
    pub async fn new() -> Self {
        Self::with(config(), |store| store).await
    }

    pub async fn with(
        config: EngineConfig,
        wrap: impl FnOnce(Arc<dyn CallStore>) -> Arc<dyn CallStore>,
    ) -> Self {
        let directory = tempfile::tempdir().expect("directory");
        let store = open_store(&directory).await;
        let recordings = Arc::<Store>::clone(&store);
        let clock = Arc::new(ManualClock::new(START));
        Self::start(config, (wrap(store), recordings), None, clock, directory).await
    }

    /// A world in which calls are recorded.
    pub async fn recording(config: EngineConfig, records: Records) -> Self {
        Self::recording_over(config, records, |store, _| store).await
    }

    /// The same, over another store.
    pub async fn recording_over(
        config: EngineConfig,
        records: Records,
        wrap: impl FnOnce(Arc<dyn CallStore>, &Arc<ManualClock>) -> Arc<dyn CallStore>,
    ) -> Self {
        let directory = tempfile::tempdir().expect("directory");
        let store = open_store(&directory).await;
        let recordings = Arc::<Store>::clone(&store);
        let clock = Arc::new(ManualClock::new(START));
        let stores = (wrap(store, &clock), recordings as Arc<dyn RecordingStore>);
        Self::start(config, stores, Some(records), clock, directory).await
    }

    async fn start(
        mut config: EngineConfig,
        (store, recordings): (Arc<dyn CallStore>, Arc<dyn RecordingStore>),
        mut records: Option<Records>,
        clock: Arc<ManualClock>,
        directory: TempDir,
    ) -> Self {
        config.recording = records.as_mut().map(|records| RecordingConfig {
            plane: Arc::<FakeRecorder>::clone(&records.plane),
            rules: records.rules,
            store: match records.crash.take() {
                Some(crash) => Arc::new(CrashingStore {
                    inner: Arc::clone(&recordings),
                    crash,
                }),
                None => Arc::clone(&recordings),
            },
        });
        let runtime = Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build();
        let runtime = runtime.expect("runtime");
        let hub = Arc::new(Hub::new(HubLimits::default()));
        let starting = Engine::start(
            config.clone(),
            Arc::clone(&store),
            Arc::clone(&hub),
            Arc::<ManualClock>::clone(&clock),
        );
        let engine = runtime
            .spawn(starting)
            .await
            .expect("task")
            .expect("engine");
        let service = Arc::new(EngineService::new(Arc::clone(&engine), Nobody));
        let runtime = Some(runtime);
        Self {
            engine,
            service,
            hub,
            clock,
            store,
            recordings,
            config,
            records,
            runtime,
            directory,
        }
    }

    /// The process dies where it stands, time passes, and another one starts on the same file.
    pub async fn crash_and_restart(mut self, after: Duration) -> Self {
        self.kill();
        let (config, clock) = (self.config.clone(), Arc::clone(&self.clock));
        let records = self.records.take();
        let empty = tempfile::tempdir().expect("directory");
        let directory = std::mem::replace(&mut self.directory, empty);
        drop(self);
        clock.advance(after);
        let store = open_store(&directory).await;
        let recordings = Arc::<Store>::clone(&store);
        Self::start(config, (store, recordings), records, clock, directory).await
    }

    fn kill(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    pub async fn phone(&self, user: &str, device: &str) -> Phone {
        let mut phone = Phone::off(user, device);
        phone.connect(self).await;
        phone
    }

    pub async fn call(&self, from: &Phone, to: &[&str]) -> CallView {
        self.initiate(from, to, CallType::Video)
            .await
            .expect("initiate")
            .call
    }

    pub async fn initiate(
        &self,
        from: &Phone,
        to: &[&str],
        call_type: CallType,
    ) -> Result<Initiated, InitiateError> {
        self.engine.initiate(wish(from, to, call_type)).await
    }

    /// Alice calls Bob, who takes the call; both have media.
    pub async fn active_call(&self, alice: &mut Phone, bob: &mut Phone) -> CallId {
        let call = self.call(alice, &[bob.user()]).await.call.id();
        self.take(bob, call).await;
        alice.connected(self, call).await.expect("connected");
        bob.connected(self, call).await.expect("connected");
        // What comes after it belongs to the test: the policy may have more done at once.
        for phone in [alice, bob] {
            while phone.wait_for("call:updated").await["call"]["status"] != "active" {}
        }
        call
    }

    pub async fn take(&self, phone: &Phone, call: CallId) -> CallView {
        self.engine
            .answer(call, phone.address.clone(), None)
            .await
            .expect("answer")
    }

    pub async fn stored(&self, call: CallId) -> call_store::StoredCall {
        self.store.load(call).await.expect("load").expect("stored")
    }

    pub async fn end_reason(&self, call: CallId) -> Option<&'static str> {
        self.stored(call)
            .await
            .call
            .end_reason()
            .map(call_domain::EndReason::as_str)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.kill();
    }
}

pub fn wish(from: &Phone, to: &[&str], call_type: CallType) -> Initiate {
    Initiate {
        from: from.address.clone(),
        name: Some(format!("Name of {}", from.user())),
        call_type,
        invitees: to.iter().map(|id| user(id)).collect(),
        conversation_id: None,
        metadata: Map::new(),
        idempotency: None,
    }
}

pub fn user(id: &str) -> UserId {
    id.parse().expect("user id")
}

/// A device, with what its socket was sent.
pub struct Phone {
    pub address: Address,
    socket: Option<Registration>,
}

impl Phone {
    pub fn off(user: &str, device: &str) -> Self {
        let address = Address {
            user: user.parse().expect("user id"),
            device: device.parse().expect("id"),
        };
        Self {
            address,
            socket: None,
        }
    }

    pub fn user(&self) -> &str {
        self.address.user.as_str()
    }

    /// Does what a socket does after `session:hello`; returns the calls of `session:ready`.
    pub async fn connect(&mut self, world: &World) -> Vec<Value> {
        let name = format!("Name of {}", self.user());
        let socket = world.hub.register(&self.address, Some(&name));
        let calls = world
            .service
            .opened(&self.address, Some(&name))
            .await
            .expect("opened");
        socket.outbox.uncork(r#"{"type":"session:ready"}"#.into());
        world.service.ready(&self.address).await;
        socket.outbox.resumed();
        self.socket = Some(socket);
        calls
            .iter()
            .map(|call| serde_json::to_value(call).expect("json"))
            .collect()
    }

    /// Is known to the hub only.
    pub fn connect_quietly(&mut self, world: &World) {
        let socket = world.hub.register(&self.address, None);
        socket.outbox.uncork(r#"{"type":"session:ready"}"#.into());
        socket.outbox.resumed();
        self.socket = Some(socket);
    }

    /// The connection is gone.
    pub async fn disconnect(&mut self, world: &World) {
        let socket = self.socket.take().expect("connected");
        if world.hub.unregister(&self.address, socket.session) {
            world.service.closed(&self.address).await;
        }
    }

    /// All that was sent and not looked at yet.
    pub fn drain(&mut self) -> Vec<Value> {
        let socket = self.socket.as_ref().expect("connected");
        let mut got = Vec::new();
        while let Some(Outgoing::Text(frame)) = socket.outbox.try_next() {
            got.push(serde_json::from_str(&frame).expect("json"));
        }
        got
    }

    /// As [`Phone::drain`], in short: type, version and what is special, without presence.
    pub fn told(&mut self) -> Vec<String> {
        let frames = self.drain();
        frames
            .iter()
            .filter(|frame| kind(frame) != "presence:changed")
            .map(in_short)
            .collect()
    }

    /// Waits for a message of a type; returns it, and drops those before it.
    pub async fn wait_for(&mut self, wanted: &str) -> Value {
        let outbox = &self.socket.as_ref().expect("connected").outbox;
        let found = async {
            loop {
                if let Outgoing::Text(frame) = outbox.next().await {
                    let frame: Value = serde_json::from_str(&frame).expect("json");
                    if kind(&frame) == wanted {
                        return frame;
                    }
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| panic!("{} was never sent {wanted}", self.user()))
    }

    pub async fn alerting(&self, world: &World, call: CallId) -> Result<(), SignalError> {
        world
            .service
            .command(&self.address, ClientCommand::Alerting(call))
            .await
    }

    pub async fn connected(&self, world: &World, call: CallId) -> Result<(), SignalError> {
        world
            .service
            .command(&self.address, ClientCommand::Connected(call))
            .await
    }

    pub async fn sync(&self, world: &World, call: CallId) -> Result<(), SignalError> {
        world
            .service
            .command(&self.address, ClientCommand::Sync(call))
            .await
    }

    pub fn signal(&self, world: &World, call: CallId, to: &str, n: u32) -> Result<(), SignalError> {
        self.signal_by(&world.service, call, to, n)
    }

    pub fn signal_by(
        &self,
        service: &EngineService<Nobody>,
        call: CallId,
        to: &str,
        n: u32,
    ) -> Result<(), SignalError> {
        let candidate = IceCandidate {
            candidate: format!("candidate:{n}"),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: None,
            username_fragment: None,
        };
        let body = SignalBody::IceCandidate(Some(candidate));
        service.relay(
            &self.address,
            Signal {
                call,
                to: user(to),
                body,
            },
        )
    }

    pub fn offer(&self, world: &World, call: CallId, to: &str) -> Result<(), SignalError> {
        let body = SignalBody::Offer("v=0".into());
        world.service.relay(
            &self.address,
            Signal {
                call,
                to: user(to),
                body,
            },
        )
    }
}

pub fn kind(frame: &Value) -> &str {
    frame["type"].as_str().expect("type")
}

fn in_short(frame: &Value) -> String {
    let mut short = kind(frame).to_owned();
    if let Some(version) = frame["version"]
        .as_u64()
        .or(frame["call"]["version"].as_u64())
    {
        short.push_str(" v");
        short.push_str(&version.to_string());
    }
    let special = [
        &frame["userId"],
        &frame["participant"]["userId"],
        &frame["participant"]["status"],
        &frame["reason"],
        &frame["quality"],
        &frame["candidate"]["candidate"],
        &frame["sdp"],
    ];
    for text in special.into_iter().filter_map(Value::as_str) {
        short += " ";
        short += text;
    }
    if kind(frame) == "call:updated" {
        short += " ";
        short += frame["call"]["status"].as_str().expect("status");
    }
    short
}

/// The versions that a device in the call was told of, which must have no gap.
pub fn assert_gapless(frames: &[Value], call: CallId) {
    let of_call = |frame: &&Value| {
        frame["callId"] == call.to_string() || frame["call"]["id"] == call.to_string()
    };
    let versions: Vec<u64> = frames
        .iter()
        .filter(of_call)
        .filter_map(|frame| frame["version"].as_u64())
        .collect();
    for pair in versions.windows(2) {
        assert!(
            pair[1] == pair[0] || pair[1] == pair[0] + 1,
            "gap in {versions:?}: {frames:#?}"
        );
    }
}
