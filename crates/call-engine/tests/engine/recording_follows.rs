//! The plane is asked for what the call wants, at every version, and never for what somebody did not allow.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use call_domain::{
    Address, Call, CallId, MediaChange, RecordingConsent, RecordingId, RecordingMode,
    RecordingPolicy, Role,
};
use call_engine::{CommandError, RecordingError};
use proptest::prelude::*;

use crate::support::recorder::{FakeRecorder, Last};
use crate::support::records::{admin, by, recorded_world, recording_config, records};
use crate::support::{Phone, World, user};

#[tokio::test]
async fn nothing_of_a_person_is_wanted_before_that_person_said_yes() {
    let plane = Arc::new(FakeRecorder::default());
    let config = recording_config(RecordingPolicy::Allow, RecordingConsent::Ask);
    let world = World::recording(config, records(&plane)).await;
    let (call, _alice, mut bob) = world.talk().await;
    let recording = world
        .record(call, RecordingMode::Tracks)
        .await
        .expect("recording");
    let id = recording.id;
    assert_eq!(
        plane.heard(id),
        ["alice"],
        "who starts it wants to be in it"
    );
    let told = bob.wait_for("call:recording-changed").await;
    assert_eq!(told["recording"]["consents"][1]["userId"], "bob");
    assert_eq!(told["recording"]["consents"][1]["status"], "asked");

    let consent = async |who: &str, given| {
        world
            .engine
            .consent_to_recording(call, user(who), given)
            .await
    };
    let stored = consent("bob", true).await.expect("consent");
    assert_eq!(stored.consents.len(), 2);
    assert_eq!(plane.heard(id), ["alice", "bob"]);
    consent("bob", false).await.expect("consent");
    assert_eq!(plane.heard(id), ["alice"], "from now on nothing of his");

    // Who comes later is asked.
    let carol = world.phone("carol", "c1").await;
    world
        .engine
        .add_participants(call, user("alice"), vec![user("carol")])
        .await
        .expect("add");
    let refused = consent("carol", true).await;
    assert!(
        matches!(refused, Err(RecordingError::Call(CommandError::NotJoined))),
        "{refused:?}"
    );
    world.take(&carol, call).await;
    assert_eq!(plane.heard(id), ["alice"]);
    consent("carol", true).await.expect("consent");
    assert_eq!(plane.heard(id), ["alice", "carol"]);
    // Leaves, and comes back: the answer stands.
    world
        .engine
        .leave(call, user("carol"))
        .await
        .expect("leave");
    assert_eq!(plane.heard(id), ["alice"]);
    world
        .engine
        .join(call, carol.address.clone(), None, &[])
        .await
        .expect("join");
    assert_eq!(plane.heard(id), ["alice", "carol"]);
    let refused = consent("mallory", true).await;
    assert!(
        matches!(refused, Err(RecordingError::Call(CommandError::NotFound))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn where_nobody_is_asked_nobody_can_answer() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, _alice, _bob) = world.talk().await;
    let refused = world
        .engine
        .consent_to_recording(call, user("bob"), true)
        .await;
    assert!(
        matches!(
            refused,
            Err(RecordingError::Call(CommandError::NotRecording))
        ),
        "{refused:?}"
    );
    world
        .record(call, RecordingMode::Tracks)
        .await
        .expect("recording");
    let refused = world
        .engine
        .consent_to_recording(call, user("bob"), true)
        .await;
    assert!(
        matches!(refused, Err(RecordingError::Call(CommandError::NotAsked))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn wishes_come_in_the_order_of_versions() {
    let plane = Arc::new(FakeRecorder::default());
    let world = recorded_world(&plane).await;
    let (call, _alice, _bob) = world.talk().await;
    world
        .record(call, RecordingMode::Tracks)
        .await
        .expect("recording");
    let changes: Vec<_> = (0..40)
        .map(|n| {
            let engine = Arc::clone(&world.engine);
            let change = MediaChange {
                audio: Some(n % 2 == 0),
                ..MediaChange::default()
            };
            let who = if n % 3 == 0 { "alice" } else { "bob" };
            tokio::spawn(async move { engine.change_media(call, user(who), change).await })
        })
        .collect();
    for change in changes {
        change.await.expect("task").expect("change");
    }
    let versions: Vec<_> = plane.wishes().iter().map(|wish| wish.version).collect();
    assert!(versions.is_sorted(), "{versions:?}");
    assert_eq!(
        versions.last(),
        Some(&world.stored(call).await.call.version())
    );
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Start(bool),
    Stop,
    Abort,
    Consent(usize, bool),
    Leave(usize),
    Join(usize),
    Mute(usize, bool),
    Moderator(usize),
    Lose(usize),
    Restart,
    End,
}

const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dave"];

fn act() -> impl Strategy<Value = Act> {
    let who = 0..PEOPLE.len();
    prop_oneof![
        4 => any::<bool>().prop_map(Act::Start),
        2 => Just(Act::Stop),
        1 => Just(Act::Abort),
        6 => (who.clone(), any::<bool>()).prop_map(|(who, given)| Act::Consent(who, given)),
        3 => who.clone().prop_map(Act::Leave),
        4 => who.clone().prop_map(Act::Join),
        3 => (who.clone(), any::<bool>()).prop_map(|(who, on)| Act::Mute(who, on)),
        1 => who.clone().prop_map(Act::Moderator),
        1 => who.prop_map(Act::Lose),
        1 => Just(Act::Restart),
        1 => Just(Act::End),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_last_wish_is_what_the_call_wants(
        acts in prop::collection::vec(act(), 1..25),
        ask in any::<bool>(),
        force in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Runtime::new().expect("runtime");
        runtime.block_on(play(&acts, ask, force));
    }
}

/// What everybody said, so far as it counts for the recording that runs.
type Said = BTreeMap<(RecordingId, String), bool>;

async fn play(acts: &[Act], ask: bool, force: bool) {
    let plane = Arc::new(FakeRecorder::default());
    let consent = if ask {
        RecordingConsent::Ask
    } else {
        RecordingConsent::Notify
    };
    let policy = if force {
        RecordingPolicy::Force
    } else {
        RecordingPolicy::Allow
    };
    let mut world = World::recording(recording_config(policy, consent), records(&plane)).await;
    let mut phones: Vec<Phone> = Vec::new();
    for name in PEOPLE {
        phones.push(world.phone(name, "d1").await);
    }
    let call = world.call(&phones[0], &PEOPLE[1..3]).await.call.id();
    world.take(&phones[1], call).await;
    for phone in &phones[..2] {
        phone.connected(&world, call).await.expect("connected");
    }
    let mut said = Said::new();
    for act in acts {
        if matches!(act, Act::Restart) {
            world = world.crash_and_restart(Duration::from_millis(10)).await;
            for (phone, name) in phones.iter_mut().zip(PEOPLE) {
                *phone = Phone::off(name, "d1");
                phone.connect(&world).await;
            }
        } else {
            carry_out(&world, call, &phones, *act, &mut said).await;
        }
        check(&world, call, &plane, &said, ask).await;
    }
}

/// Refusals are part of the game.
async fn carry_out(world: &World, call: CallId, phones: &[Phone], act: Act, said: &mut Said) {
    let engine = &world.engine;
    let running = world.stored(call).await.call.recording().map(|r| r.id);
    match act {
        Act::Start(as_admin) => {
            let who = if as_admin { admin() } else { by("alice") };
            if let Ok(recording) = engine
                .start_recording(call, who.clone(), RecordingMode::Tracks)
                .await
            {
                said.insert((recording.id, who.user.to_string()), true);
            }
        }
        Act::Stop => drop(engine.stop_recording(call, admin()).await),
        Act::Abort => {
            if let Some(recording) = running {
                let fault = call_domain::RecordingFault::WriteFailed;
                engine.recording_event(call_engine::RecordingEvent::Failed {
                    call,
                    recording,
                    fault,
                });
                world
                    .until("it is aborted", async || {
                        world.stored(call).await.call.recording().map(|r| r.id) != Some(recording)
                    })
                    .await;
            }
        }
        Act::Consent(who, given) => {
            let answered = engine
                .consent_to_recording(call, user(PEOPLE[who]), given)
                .await;
            if let Ok(recording) = answered {
                said.insert((recording.id, PEOPLE[who].to_owned()), given);
            }
        }
        Act::Leave(who) => drop(engine.leave(call, user(PEOPLE[who])).await),
        Act::Join(who) => {
            let address: Address = phones[who].address.clone();
            if who == 3 {
                drop(
                    engine
                        .add_participants(call, user("alice"), vec![user("dave")])
                        .await,
                );
            }
            if engine.join(call, address, None, &[]).await.is_ok() {
                drop(phones[who].connected(world, call).await);
            }
        }
        Act::Mute(who, on) => {
            let change = MediaChange {
                audio: Some(on),
                ..MediaChange::default()
            };
            drop(engine.change_media(call, user(PEOPLE[who]), change).await);
        }
        Act::Moderator(who) => {
            drop(
                engine
                    .set_role(call, user("alice"), user(PEOPLE[who]), Role::Moderator)
                    .await,
            );
        }
        Act::Lose(who) => {
            world.engine.closed(&phones[who].address).await;
        }
        Act::End => drop(engine.end(call, user("alice")).await),
        Act::Restart => unreachable!("done above"),
    }
}

async fn check(world: &World, call: CallId, plane: &FakeRecorder, said: &Said, ask: bool) {
    let wanted = async || {
        let call = world.stored(call).await.call;
        !call.wants_recording()
    };
    // The policy's recording begins by itself.
    world.until("what the policy wants is begun", wanted).await;
    // Whatever is under way in the lane of the call is over then.
    drop(
        world
            .engine
            .sync(
                call,
                Address {
                    user: user("alice"),
                    device: "d1".parse().expect("id"),
                },
            )
            .await,
    );
    let call = world.stored(call).await.call;
    for recording in world
        .recordings
        .recordings_of(call.id())
        .await
        .expect("recordings")
    {
        let runs = call
            .recording()
            .is_some_and(|running| running.id == recording.id);
        match plane.last(recording.id) {
            Some(Last::Follow(wish)) => {
                assert!(runs, "nobody wants it any more");
                assert_eq!(wish.version, call.version());
                assert_eq!(
                    wish.room.map(|room| room.to_string()),
                    call.parts().sfu_room_id.map(|room| room.to_string())
                );
                let present: Vec<_> = wish
                    .people
                    .iter()
                    .filter(|p| p.present)
                    .map(|p| (&p.user, p.media))
                    .collect();
                assert_eq!(present, in_call(&call));
            }
            Some(Last::Stop(at)) => {
                assert!(!runs, "it is to be recorded");
                assert!(recording.stopped_at.is_some_and(|stopped| at >= stopped));
            }
            // Stopped before this server came to it.
            None => assert!(!runs, "it is to be recorded"),
        }
    }
    for wish in plane.wishes() {
        for person in wish.people {
            let yes = said.get(&(wish.recording, person.user.to_string()));
            let allowed = !ask || yes.copied().unwrap_or(false);
            assert!(
                allowed || !person.may_record,
                "{} did not say yes",
                person.user
            );
        }
    }
}

fn in_call(call: &Call) -> Vec<(&call_domain::UserId, call_domain::MediaState)> {
    let present = call.participants().iter().filter(|p| p.is_present());
    present.map(|p| (&p.user_id, p.media)).collect()
}
