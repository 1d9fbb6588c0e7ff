//! Whatever the state machine makes of a call is read back as it was written.

use std::time::Duration;

use call_domain::{
    Call, CallId, CallType, Command, Event, Invitee, MediaChange, MediaOff, PlaceRequest, Policy,
    RecordingConsent, RecordingFault, RecordingId, RecordingMode, RecordingStatus, RejectReason,
    Role, Timestamp, UserId,
};
use call_store::{CallStore, HistoryQuery, JobKind, LoggedEvent, Outcome, Placed, RecordingStore};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::support::*;

contract!(calls_of_every_kind_are_read_as_written);

const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];

/// A call and what happens to it: who, with which device, what, and how many seconds later.
#[derive(Debug, Clone)]
struct Script {
    called: usize,
    policy: Policy,
    audio: bool,
    online: bool,
    name: Option<String>,
    conversation: Option<String>,
    metadata: Map<String, Value>,
    micros: u64,
    acts: Vec<(usize, usize, u8, u64)>,
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1e12..1e12).prop_map(|number: f64| json!(number + 0.5)),
        "[^\\x00]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec(("[^\\x00]{0,6}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Without an SFU, and with one and recordings of both kinds.
fn policies() -> Vec<Policy> {
    vec![
        Policy::default(),
        with_recording(RecordingConsent::Notify),
        with_recording(RecordingConsent::Ask),
    ]
}

fn any_script() -> impl Strategy<Value = Script> {
    (
        (1..=3_usize, select(policies())),
        any::<bool>(),
        any::<bool>(),
        proptest::option::of("[^\\x00]{0,20}"),
        proptest::option::of("[^\\s\\p{C}]{1,20}"),
        vec(("[^\\x00]{0,6}", any_json()), 0..3),
        0..2_000_000_u64,
        vec((0..4_usize, 0..2_usize, 0..26_u8, 0..40_u64), 0..20),
    )
        .prop_map(
            |((called, policy), audio, online, name, conversation, metadata, micros, acts)| {
                Script {
                    called,
                    policy,
                    audio,
                    online,
                    name,
                    conversation,
                    metadata: metadata.into_iter().collect(),
                    micros,
                    acts,
                }
            },
        )
}

impl Script {
    fn request(&self, cast: &[String]) -> PlaceRequest {
        PlaceRequest {
            id: CallId::new(Uuid::now_v7()),
            initiator_id: user(&cast[0]),
            initiator_name: self.name.clone(),
            device: device(&cast[0]),
            online: self.online,
            call_type: if self.audio {
                CallType::Audio
            } else {
                CallType::Video
            },
            invitees: cast[1..=self.called]
                .iter()
                .zip([vec![0, 1], vec![], vec![0]])
                .map(|(name, devices)| Invitee {
                    user_id: user(name),
                    name: self.name.clone(),
                    devices: devices.into_iter().map(|n| device_of(name, n)).collect(),
                })
                .collect(),
            conversation_id: self.conversation.as_deref().map(|id| id.parse().unwrap()),
            metadata: self.metadata.clone(),
        }
    }
}

fn device_of(name: &str, n: usize) -> call_domain::DeviceId {
    [device(name), format!("{name}-tablet").parse().unwrap()][n].clone()
}

fn command(kind: u8, cast: &[String], who: usize, n: usize) -> Command {
    let name = &cast[who];
    // Another one, to whom something is done, mostly by the initiator.
    let (by, other) = (user(&cast[0]), user(&cast[(who + n) % cast.len()]));
    let (user, device) = (user(name), device_of(name, n));
    match kind {
        0 => Command::Offer { user, device },
        1 => Command::Alert { user, device },
        2 => Command::Answer {
            user,
            device,
            name: (n == 0).then(|| "Ünïcode\u{7}".into()),
            online: n == 0,
        },
        3 => Command::Reject {
            user,
            reason: [RejectReason::Declined, RejectReason::Busy][n],
        },
        4 => Command::End { user },
        5 => Command::Leave { user },
        6 => Command::ChangeMedia {
            user,
            change: MediaChange {
                audio: Some(n == 0),
                video: None,
                screen: Some(n == 1),
            },
        },
        7 | 8 => Command::Connect { user, device },
        9 => Command::Disconnect { user, device },
        10 => Command::Resume { user, device },
        11 => Command::Add {
            by: user,
            invitees: vec![
                Invitee {
                    user_id: other.clone(),
                    name: (n == 0).then(|| "Added".into()),
                    devices: vec![device],
                },
                Invitee {
                    user_id: by,
                    name: None,
                    devices: Vec::new(),
                },
            ],
            in_other_calls: if n == 0 { Vec::new() } else { vec![other] },
        },
        12 | 13 => Command::Join {
            user,
            device,
            name: (n == 0).then(|| "Joined".into()),
            online: n == 0,
        },
        14 => Command::Remove {
            by,
            admin: n == 0,
            user,
        },
        15 => Command::Mute {
            by,
            user,
            off: MediaOff {
                audio: n == 0,
                video: true,
                screen: n == 1,
            },
        },
        16 => Command::SetRole {
            by,
            user,
            role: [Role::Moderator, Role::Participant][n],
        },
        17 => Command::RaiseHand {
            user,
            raised: n == 0,
        },
        18..=20 => Command::StartRecording {
            by: Some(by),
            admin: n == 1,
            id: RecordingId::new(Uuid::now_v7()),
            mode: [RecordingMode::Tracks, RecordingMode::Mixed][n],
        },
        21 => Command::StopRecording { by, admin: n == 1 },
        22 | 23 => Command::ConsentToRecording {
            user,
            given: n == 0,
        },
        _ => match n {
            0 => Command::Expire,
            _ => Command::Recover,
        },
    }
}

async fn calls_of_every_kind_are_read_as_written(store: TestStore) {
    let runtime = Handle::current();
    let play = move || {
        let mut runner = TestRunner::new(Config {
            cases: 48,
            failure_persistence: None,
            ..Config::default()
        });
        runner
            .run(&any_script(), |script| {
                runtime.block_on(tell(&store, &script));
                Ok(())
            })
            .unwrap();
    };
    tokio::task::spawn_blocking(play).await.unwrap();
}

/// Plays a script with a cast of its own, and looks at every step whether the store agrees.
async fn tell(store: &TestStore, script: &Script) {
    let tag = Uuid::now_v7().simple().to_string();
    let cast: Vec<String> = NAMES.iter().map(|name| format!("{name}-{tag}")).collect();
    let mut now = START + Duration::from_micros(script.micros);
    let placed = try_place_by(
        store,
        script.policy.clone(),
        script.request(&cast),
        None,
        now,
    )
    .await;
    let Placed::Stored { step, .. } = placed else {
        panic!("{placed:?}");
    };
    let mut events: Vec<Event> = step.events;
    let mut call: Call = step.call;
    agree(store, &call).await;
    for &(who, device, kind, seconds) in &script.acts {
        now = now + Duration::from_secs(seconds) + Duration::from_micros(7);
        let Ok(step) = call.apply(command(kind, &cast, who, device), now) else {
            continue;
        };
        store.commit(&step, call.version(), now).await.unwrap();
        events.extend(step.events);
        call = step.call;
        agree(store, &call).await;
    }
    let log = store.events(call.id()).await.unwrap();
    agree_on_recordings(store, &call, &log).await;
    assert_eq!(
        log.into_iter().map(|line| line.event).collect::<Vec<_>>(),
        events
    );
}

async fn agree(store: &TestStore, call: &Call) {
    assert_eq!(load(store, call.id()).await, *call);
    if let Some(live) = call.recording() {
        let stored = recording(store, live.id).await;
        assert_eq!(stored.status, RecordingStatus::Recording);
        assert_eq!(stored.consents, live.consents);
    }
    for participant in call.participants() {
        let page = store
            .history(HistoryQuery::new(participant.user_id.clone(), 10))
            .await
            .unwrap();
        assert_eq!(page.items[0].call.call, *call);
        assert_eq!(page.items[0].outcome, Outcome::of(call, participant));
        let live = store.live_calls_of(&participant.user_id).await.unwrap();
        assert_eq!(live.is_empty(), call.is_ended());
    }
    if let Some(deadline) = call.next_deadline() {
        let due = store.due(deadline, u32::MAX).await.unwrap();
        assert!(due.contains(&call.id()));
        let before = deadline - Duration::from_micros(1);
        assert!(
            !store
                .due(before, u32::MAX)
                .await
                .unwrap()
                .contains(&call.id())
        );
    }
}

/// When a recording stopped, by whom, and why.
type Stop = (Timestamp, Option<UserId>, Option<RecordingFault>);

/// What the log tells of recordings is what is stored of them; what stopped is finished once.
async fn agree_on_recordings(store: &TestStore, call: &Call, log: &[LoggedEvent]) {
    let mut told: Vec<(RecordingId, RecordingMode, Timestamp, Option<Stop>)> = Vec::new();
    for line in log {
        match &line.event {
            Event::RecordingStarted {
                recording, mode, ..
            } => told.push((*recording, *mode, line.at, None)),
            Event::RecordingStopped {
                recording,
                by,
                cause,
            } => {
                let last = told.last_mut().expect("it had started");
                assert_eq!(last.0, *recording);
                last.3 = Some((line.at, by.clone(), *cause));
            }
            _ => {}
        }
    }
    let stored = store.recordings_of(call.id()).await.unwrap();
    let is: Vec<_> = stored
        .iter()
        .map(|r| {
            let stop = r.stopped_at.map(|at| (at, r.stopped_by.clone(), r.cause));
            (r.id, r.mode, r.started_at, stop)
        })
        .collect();
    assert_eq!(is, told);
    for recording in stored {
        let jobs = store.jobs_of(recording.id).await.unwrap();
        let due: Vec<_> = jobs.iter().map(|job| (job.kind, job.run_at)).collect();
        let finish = recording.stopped_at.map(|at| (JobKind::Finish, at));
        assert_eq!(due, finish.into_iter().collect::<Vec<_>>());
    }
}
