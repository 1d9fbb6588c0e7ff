use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use call_domain::{
    Call, CallId, CallType, Command, DeviceId, Invitee, PlaceRequest, Policy, RecordingConsent,
    RecordingFault, RecordingFileId, RecordingFileKind, RecordingId, RecordingMode,
    RecordingPolicy, Step, Timestamp, TopologyPolicy, UserId, place,
};
use call_store::{
    Answer, CallStore, Decide, IdempotencyKey, Options, Placed, RecordingFile, RecordingStore,
    Store, StoredRecording,
};
use uuid::Uuid;

/// A store of its own for one test.
#[derive(Clone)]
pub(crate) struct TestStore {
    store: Arc<Store>,
    pub(crate) url: String,
    /// Kept until the store is gone.
    _folder: Option<Arc<tempfile::TempDir>>,
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

#[cfg(feature = "sqlite")]
pub(crate) async fn sqlite() -> TestStore {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/by/the/store/calls.sqlite3");
    let url = format!("sqlite://{}", path.display());
    let store = migrated(&url).await;
    TestStore {
        store,
        url,
        _folder: Some(Arc::new(folder)),
    }
}

#[cfg(feature = "libpq")]
pub(crate) async fn postgres() -> TestStore {
    let url = empty_postgres().await;
    let store = migrated(&url).await;
    TestStore {
        store,
        url,
        _folder: None,
    }
}

#[cfg(feature = "libpq")]
pub(crate) async fn empty_postgres() -> String {
    let make = || call_store::testing::PostgresServer::shared().create_database();
    tokio::task::spawn_blocking(make).await.unwrap()
}

pub(crate) async fn migrated(url: &str) -> Arc<Store> {
    let store = Store::connect(url, Options::default()).await.unwrap();
    store.migrate().await.unwrap();
    Arc::new(store)
}

/// A fixed beginning, with microseconds that a database must not lose.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_790_000_000_123_457);

pub(crate) fn after(seconds: u64) -> Timestamp {
    START + Duration::from_secs(seconds)
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

/// The device of a user, who has one.
pub(crate) fn device(name: &str) -> DeviceId {
    format!("{name}-phone").parse().unwrap()
}

pub(crate) fn users(names: &[&str]) -> Vec<UserId> {
    names.iter().copied().map(user).collect()
}

/// Everybody is online, and calls by video.
pub(crate) fn request(caller: &str, callees: &[&str]) -> PlaceRequest {
    PlaceRequest {
        id: CallId::new(Uuid::now_v7()),
        initiator_id: user(caller),
        initiator_name: Some(caller.to_uppercase()),
        device: device(caller),
        online: true,
        call_type: CallType::Video,
        invitees: callees
            .iter()
            .map(|name| Invitee {
                user_id: user(name),
                name: None,
                devices: vec![device(name)],
            })
            .collect(),
        conversation_id: None,
        metadata: serde_json::Map::new(),
    }
}

pub(crate) fn decide(request: PlaceRequest, at: Timestamp) -> Decide {
    decide_by(Policy::default(), request, at)
}

fn decide_by(policy: Policy, request: PlaceRequest, at: Timestamp) -> Decide {
    Box::new(move |live| place(request, &policy, live, at))
}

/// The default policy of a server that has an SFU.
pub(crate) fn with_sfu() -> Policy {
    Policy {
        topology: TopologyPolicy::Auto,
        ..Policy::default()
    }
}

/// People may record, and everybody is asked, or only told.
pub(crate) fn with_recording(consent: RecordingConsent) -> Policy {
    Policy {
        recording: RecordingPolicy::Allow,
        recording_consent: consent,
        ..with_sfu()
    }
}

pub(crate) async fn try_place(
    store: &Store,
    request: PlaceRequest,
    key: Option<IdempotencyKey>,
    at: Timestamp,
) -> Placed {
    try_place_by(store, Policy::default(), request, key, at).await
}

pub(crate) async fn try_place_by(
    store: &Store,
    policy: Policy,
    request: PlaceRequest,
    key: Option<IdempotencyKey>,
    at: Timestamp,
) -> Placed {
    let mut concerned = vec![request.initiator_id.clone()];
    concerned.extend(
        request
            .invitees
            .iter()
            .map(|invitee| invitee.user_id.clone()),
    );
    store
        .place(&concerned, key, at, decide_by(policy, request, at))
        .await
        .unwrap()
}

/// Stores a new call.
pub(crate) async fn placed(store: &Store, caller: &str, callees: &[&str], at: Timestamp) -> Call {
    match try_place(store, request(caller, callees), None, at).await {
        Placed::Stored {
            step,
            answer: Answer::Created,
        } => step.call,
        other => panic!("no new call: {other:?}"),
    }
}

/// Applies a command and stores the step.
pub(crate) async fn step(store: &Store, call: &Call, command: Command, at: Timestamp) -> Call {
    let step = call.apply(command, at).unwrap();
    store.commit(&step, call.version(), at).await.unwrap();
    step.call
}

pub(crate) fn answer(name: &str) -> Command {
    Command::Answer {
        user: user(name),
        device: device(name),
        name: Some(name.to_uppercase()),
        online: true,
    }
}

pub(crate) fn connect(name: &str) -> Command {
    Command::Connect {
        user: user(name),
        device: device(name),
    }
}

pub(crate) fn end(name: &str) -> Command {
    Command::End { user: user(name) }
}

/// A call of two, answered and with media on both sides at `after(3)`.
pub(crate) async fn active(store: &Store, caller: &str, other: &str) -> Call {
    let call = placed(store, caller, &[other], START).await;
    let call = step(store, &call, answer(other), after(1)).await;
    let call = step(store, &call, connect(caller), after(2)).await;
    step(store, &call, connect(other), after(3)).await
}

pub(crate) async fn load(store: &Store, id: CallId) -> Call {
    store.load(id).await.unwrap().unwrap().call
}

/// The step of a command, not stored.
pub(crate) fn unstored(call: &Call, command: Command, at: Timestamp) -> Step {
    call.apply(command, at).unwrap()
}

pub(crate) fn new_recording_id() -> RecordingId {
    RecordingId::new(Uuid::now_v7())
}

pub(crate) fn record(by: &str, id: RecordingId) -> Command {
    Command::StartRecording {
        by: Some(user(by)),
        admin: false,
        id,
        mode: RecordingMode::Tracks,
    }
}

pub(crate) fn stop_recording(by: &str) -> Command {
    Command::StopRecording {
        by: user(by),
        admin: false,
    }
}

pub(crate) fn consent(name: &str, given: bool) -> Command {
    let user = user(name);
    Command::ConsentToRecording { user, given }
}

pub(crate) fn abort_recording(id: RecordingId) -> Command {
    let cause = RecordingFault::DiskFull;
    Command::AbortRecording { id, cause }
}

/// A call of two that may be recorded, answered at `after(1)`.
pub(crate) async fn answered(
    store: &Store,
    caller: &str,
    other: &str,
    consent: RecordingConsent,
) -> Call {
    let policy = with_recording(consent);
    let placed = try_place_by(store, policy, request(caller, &[other]), None, START).await;
    let Placed::Stored { step: first, .. } = placed else {
        panic!("no new call: {placed:?}");
    };
    step(store, &first.call, answer(other), after(1)).await
}

/// A recording from `begin` to `end` seconds, of a call of its own that has ended then.
pub(crate) async fn recorded(store: &Store, begin: u64, end: u64) -> RecordingId {
    let tag = Uuid::now_v7().simple().to_string();
    let (caller, other) = (format!("a{tag}"), format!("b{tag}"));
    let call = answered(store, &caller, &other, RecordingConsent::Notify).await;
    let id = new_recording_id();
    let call = step(store, &call, record(&caller, id), after(begin)).await;
    step(store, &call, self::end(&caller), after(end)).await;
    id
}

pub(crate) async fn recording(store: &Store, id: RecordingId) -> StoredRecording {
    store.recording(id).await.unwrap().unwrap()
}

/// A file that says who and what in every column.
pub(crate) fn track(name: &str, bytes: u64) -> RecordingFile {
    let id = RecordingFileId::new(Uuid::now_v7());
    RecordingFile {
        id,
        kind: RecordingFileKind::Track,
        user_id: Some(user(name)),
        source: Some("video".into()),
        codec: Some("vp8".into()),
        content_type: "video/webm".into(),
        object_key: format!("recordings/{id}.webm"),
        bytes,
        offset: Duration::from_millis(1_234),
        duration: Some(Duration::from_millis(60_001)),
        width: Some(1280),
        height: Some(720),
    }
}
