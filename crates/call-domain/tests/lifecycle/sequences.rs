//! Random lives of random calls, compared with the model step by step.

use std::time::Duration;

use call_domain::{
    Command, DeviceId, Invitee, MediaChange, MediaOff, Policy, RecordingConsent, RecordingFault,
    RecordingMode, RecordingPolicy, RejectReason, Role, TopologyPolicy, UserId,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::fixture::*;
use crate::invariants::stops;
use crate::model::Model;

const NAMES: [&str; 5] = ["alice", "bob", "carol", "dave", "mallory"];

#[derive(Debug, Clone)]
enum Pass {
    Nothing,
    Time(Duration),
    /// To the next deadline, less this.
    ToDeadline(Duration),
}

fn passes() -> impl Strategy<Value = Pass> {
    prop_oneof![
        4 => Just(Pass::Nothing),
        3 => (1..20_u64).prop_map(|s| Pass::Time(secs(s))),
        1 => Just(Pass::Time(Duration::from_micros(1))),
        2 => Just(Pass::ToDeadline(Duration::ZERO)),
        1 => Just(Pass::ToDeadline(Duration::from_micros(1))),
    ]
}

/// Mostly people of a small call, their first devices most of all.
fn people() -> impl Strategy<Value = (UserId, DeviceId)> {
    let name = prop_oneof![
        5 => Just(0), 6 => Just(1_usize), 4 => Just(2), 2 => Just(3), 1 => Just(4)
    ];
    (name, prop_oneof![4 => Just(1), 1 => Just(2)])
        .prop_map(|(n, d)| (user(NAMES[n]), device(&format!("{}{d}", &NAMES[n][..1]))))
}

/// Of everyone there is, some, and some of their devices.
fn invitees() -> impl Strategy<Value = Vec<Invitee>> {
    let one = (0..NAMES.len(), 0..3_usize).prop_map(|(n, count)| {
        let devices = [1, 2].map(|d| format!("{}{d}", &NAMES[n][..1]));
        let devices: Vec<&str> = devices.iter().map(String::as_str).collect();
        invitee(NAMES[n], &devices[..count])
    });
    proptest::collection::vec(one, 0..4)
}

/// What is done by somebody to somebody, or at least to the whole call.
fn dealings() -> impl Strategy<Value = Command> {
    (people(), people()).prop_flat_map(|((by, _), (user, device))| {
        let (b, u) = (Just(by), Just(user));
        let busy = prop_oneof![3 => Just(Vec::new()), 1 => Just(vec![user_of(&device)])];
        let off =
            (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(audio, video, screen)| {
                MediaOff {
                    audio,
                    video,
                    screen,
                }
            });
        prop_oneof![
            6 => (b.clone(), invitees(), busy).prop_map(|(by, invitees, in_other_calls)| {
                Command::Add { by, invitees, in_other_calls }
            }),
            8 => (u.clone(), Just(device), any::<bool>()).prop_map(|(user, device, online)| {
                Command::Join { user, device, name: None, online }
            }),
            3 => (b.clone(), u.clone(), prop_oneof![5 => Just(false), 1 => Just(true)])
                .prop_map(|(by, user, admin)| Command::Remove { by, admin, user }),
            2 => (b.clone(), u.clone(), off)
                .prop_map(|(by, user, off)| Command::Mute { by, user, off }),
            3 => (b, u.clone(), select(Role::ALL))
                .prop_map(|(by, user, role)| Command::SetRole { by, user, role }),
            2 => (u, any::<bool>())
                .prop_map(|(user, raised)| Command::RaiseHand { user, raised }),
        ]
    })
}

fn user_of(device: &DeviceId) -> UserId {
    owner(device.as_str())
}

fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![6 => own_commands(), 2 => dealings(), 1 => recordings()]
}

/// What is done about a recording, mostly by people of the call.
fn recordings() -> impl Strategy<Value = Command> {
    let admin = || prop_oneof![4 => Just(false), 1 => Just(true)];
    let id = || prop_oneof![5 => Just(1), 1 => Just(2)].prop_map(recording_id);
    people().prop_flat_map(move |(user, _)| {
        let by = prop_oneof![3 => Just(Some(user.clone())), 1 => Just(None)];
        let u = Just(user);
        prop_oneof![
            6 => (by, admin(), id(), select(RecordingMode::ALL)).prop_map(
                |(by, admin, id, mode)| Command::StartRecording { by, admin, id, mode }
            ),
            2 => (u.clone(), admin()).prop_map(|(by, admin)| Command::StopRecording { by, admin }),
            6 => (u, any::<bool>())
                .prop_map(|(user, given)| Command::ConsentToRecording { user, given }),
            1 => (id(), select(RecordingFault::ALL))
                .prop_map(|(id, cause)| Command::AbortRecording { id, cause }),
        ]
    })
}

/// What everyone does for themselves, or time does.
fn own_commands() -> impl Strategy<Value = Command> {
    let on = || proptest::option::of(any::<bool>());
    people().prop_flat_map(move |(user, device)| {
        let (u, d) = (Just(user), Just(device));
        prop_oneof![
            2 => (u.clone(), d.clone())
                .prop_map(|(user, device)| Command::Offer { user, device }),
            3 => (u.clone(), d.clone())
                .prop_map(|(user, device)| Command::Alert { user, device }),
            8 => (u.clone(), d.clone(), any::<bool>()).prop_map(|(user, device, online)| {
                Command::Answer { user, device, name: None, online }
            }),
            2 => (u.clone(), select(RejectReason::ALL))
                .prop_map(|(user, reason)| Command::Reject { user, reason }),
            1 => u.clone().prop_map(|user| Command::End { user }),
            2 => u.clone().prop_map(|user| Command::Leave { user }),
            1 => (u.clone(), on(), on()).prop_map(|(user, audio, screen)| {
                let change = MediaChange { audio, video: None, screen };
                Command::ChangeMedia { user, change }
            }),
            10 => (u.clone(), d.clone())
                .prop_map(|(user, device)| Command::Connect { user, device }),
            3 => (u.clone(), d.clone())
                .prop_map(|(user, device)| Command::Disconnect { user, device }),
            3 => (u, d).prop_map(|(user, device)| Command::Resume { user, device }),
            1 => Just(Command::Recover),
            4 => Just(Command::Expire),
        ]
    })
}

fn policies() -> impl Strategy<Value = Policy> {
    let short = || (0..60_u64).prop_map(secs);
    let random = (
        short(),
        short(),
        short(),
        short(),
        short(),
        short(),
        1..900_u64,
    )
        .prop_map(
            |(ring, unreachable, connect, grace, gone, alone, longest)| Policy {
                ring_timeout: ring,
                unreachable_timeout: unreachable,
                connect_timeout: connect,
                reconnect_grace: grace,
                caller_gone_timeout: gone,
                alone_timeout: alone,
                max_duration: secs(longest),
                ..Policy::default()
            },
        );
    let times = prop_oneof![3 => Just(Policy::default()), 1 => random];
    // Everyone who is called at the beginning fits in.
    let seats = || 4..7_u32;
    let topology = (
        select(TopologyPolicy::ALL),
        0..6_u32,
        0..30_u64,
        seats(),
        seats(),
    );
    let recording = (
        select(RecordingPolicy::ALL),
        select(RecordingConsent::ALL),
        select(RecordingMode::ALL),
    );
    (times, topology, recording).prop_map(
        |(times, (topology, from, after, mesh, most), (recording, consent, mode))| Policy {
            topology,
            sfu_from: from,
            p2p_return_after: secs(after),
            mesh_max: mesh,
            max_participants: most,
            recording,
            recording_consent: consent,
            recording_mode: mode,
            ..times
        },
    )
}

fn beginnings() -> impl Strategy<Value = Line> {
    let devices = proptest::collection::vec(0..3_usize, 1..4);
    (devices, any::<bool>(), policies()).prop_map(|(devices, online, policy)| {
        let mut wish = request(&[]);
        wish.online = online;
        for (count, name) in devices.iter().zip(&NAMES[1..]) {
            let devices = [format!("{}1", &name[..1]), format!("{}2", &name[..1])];
            let devices: Vec<&str> = devices.iter().map(String::as_str).collect();
            wish.invitees.push(invitee(name, &devices[..*count]));
        }
        Line::placed(wish, &policy)
    })
}

/// Applies a command to both, and compares what came of it.
fn both(line: &mut Line, model: &mut Model, command: &Command) {
    let twice = line.call.apply(command.clone(), line.now);
    assert_eq!(twice, line.call.apply(command.clone(), line.now));
    let cuts = model.cuts().len();
    let expected = model.apply(command, line.now);
    let version = line.call.version();
    match (line.try_apply(command.clone()), expected) {
        (Ok(step), Ok(changed)) => {
            assert_ne!(changed, step.events.is_empty(), "{command:?}");
            assert_eq!(step.call.version() > version, !step.events.is_empty());
            assert_eq!(stops(&step), model.cuts()[cuts..], "{command:?}");
        }
        (Err(kind), Err(expected)) => assert_eq!(kind, expected, "{command:?}"),
        (is, should) => panic!("{command:?}: {is:?}, should be {should:?}"),
    }
    model.compare(&line.call);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn a_call_lives_as_the_model_says(
        mut line in beginnings(),
        life in proptest::collection::vec((passes(), commands()), 1..60),
        sfu_lost_at in proptest::option::weighted(0.3, 0..40_usize),
    ) {
        let mut model = Model::of(&line.call);
        for (n, (pass, command)) in life.into_iter().enumerate() {
            if sfu_lost_at == Some(n) {
                line.call = line.call.without_sfu();
                model.lose_sfu();
            }
            match (pass, line.call.next_deadline()) {
                (Pass::Time(time), _) => line.wait(time),
                (Pass::ToDeadline(less), Some(deadline)) => {
                    line.now = line.now.max(deadline - less);
                }
                (Pass::ToDeadline(_), None) | (Pass::Nothing, _) => {}
            }
            both(&mut line, &mut model, &command);
        }
        // Left to itself, it ends; each time it is woken, it gets something done.
        let mut rounds = 0;
        while let Some(deadline) = line.call.next_deadline() {
            line.now = line.now.max(deadline);
            let version = line.call.version();
            both(&mut line, &mut model, &Command::Expire);
            prop_assert!(line.call.version() > version);
            rounds += 1;
            prop_assert!(rounds < 20);
        }
        prop_assert!(line.call.is_ended());
        for participant in line.call.participants() {
            // Somebody who was called again may have missed that.
            let again = line.log.iter().any(|e| {
                e.name() == "added" && e.user() == Some(&participant.user_id)
            });
            let was_in = line.log.iter().any(|e| {
                e.name() == "joined" && e.user() == Some(&participant.user_id)
            });
            prop_assert!(!was_in || again || participant.left_at().is_some());
        }
    }
}
