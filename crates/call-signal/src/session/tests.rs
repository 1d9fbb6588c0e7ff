use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const CALL: &str = "01900000-0000-7000-8000-000000000001";

/// A session and the time, which goes on only when told.
struct Scene {
    session: Session,
    now: Instant,
}

impl Scene {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            session: Session::new(SocketConfig::default(), now),
            now,
        }
    }

    fn open() -> Self {
        let mut scene = Self::new();
        let Reaction::Start(Task::Hello { ask, .. }) = scene.say(&hello()) else {
            panic!("a hello starts the session")
        };
        let alice = "alice".parse().unwrap();
        let reply = scene
            .session
            .opened(ask, alice, Duration::from_hours(1), scene.now);
        assert_eq!(reply, Reply::default());
        scene
    }

    fn say(&mut self, message: &Value) -> Reaction {
        self.session.frame(&message.to_string(), self.now)
    }

    fn refused(&mut self, message: &Value) -> (Value, Option<CloseCode>) {
        match self.say(message) {
            Reaction::Reply(reply) => (text(&reply), reply.close),
            other => panic!("not refused: {other:?}"),
        }
    }

    fn after(&mut self, time: Duration) -> Tick {
        self.now += time;
        self.session.tick(true, self.now)
    }
}

fn hello() -> Value {
    json!({"type": "session:hello", "token": "t", "deviceId": "d"})
}

fn offer() -> Value {
    json!({"type": "call:offer", "id": "o1", "callId": CALL, "to": "bob", "sdp": "v=0"})
}

fn text(reply: &Reply) -> Value {
    let frame = reply.frame.as_ref().expect("an answer");
    serde_json::from_str(frame).unwrap()
}

#[test]
fn nothing_but_hello_is_accepted_before_it() {
    let mut scene = Scene::new();
    for message in [
        offer(),
        json!({"type": "session:ping"}),
        json!({"type": "session:refresh", "token": "t"}),
        json!({"type": "call:sync", "callId": CALL}),
    ] {
        let (error, close) = scene.refused(&message);
        assert_eq!((error["code"].as_str(), close), (Some("not_ready"), None));
    }
    assert!(matches!(
        scene.say(&hello()),
        Reaction::Start(Task::Hello { .. })
    ));
}

#[test]
fn a_second_hello_is_refused_while_the_first_is_checked_and_after() {
    let mut scene = Scene::new();
    scene.say(&hello());
    assert_eq!(scene.refused(&hello()).0["code"], "already_ready");
    let mut scene = Scene::open();
    assert_eq!(scene.refused(&hello()).0["code"], "already_ready");
}

#[test]
fn silence_at_the_start_ends_in_4401() {
    let mut scene = Scene::new();
    assert_eq!(
        scene.session.next_deadline(),
        scene.now + Duration::from_secs(5)
    );
    assert_eq!(scene.after(Duration::from_millis(4_999)), Tick::Nothing);
    assert_eq!(
        scene.after(Duration::from_millis(1)),
        Tick::Close(CloseCode::Unauthenticated)
    );
}

#[test]
fn checking_a_token_may_take_longer_than_saying_hello() {
    let mut scene = Scene::new();
    scene.say(&hello());
    assert_eq!(scene.after(Duration::from_secs(6)), Tick::Nothing);
}

#[test]
fn a_bad_token_closes_and_a_failing_server_asks_to_come_again() {
    let mut scene = Scene::new();
    let reply = scene.session.refused(Ask::default(), bad_token());
    assert_eq!(text(&reply)["code"], "unauthenticated");
    assert_eq!(reply.close, Some(CloseCode::Unauthenticated));
    let error = SignalError::new(ErrorCode::Overloaded, "busy");
    let reply = scene.session.refused(Ask::default(), error);
    assert_eq!(reply.close, Some(CloseCode::TryAgainLater));
}

#[test]
fn an_expired_token_closes_and_a_fresh_one_of_the_same_user_prevents_it() {
    let alice = || "alice".parse().unwrap();
    let hour = Duration::from_hours(1);
    let mut scene = Scene::open();
    let end = scene.now + hour;
    let ask = Ask {
        id: Some("r".into()),
        call_id: None,
    };
    let reply = scene
        .session
        .refreshed(ask, Some((alice(), hour * 2)), scene.now);
    assert_eq!(text(&reply), json!({"type": "ack", "id": "r"}));
    scene.now = end;
    assert_ne!(
        scene.after(Duration::ZERO),
        Tick::Close(CloseCode::Unauthenticated)
    );
    assert_eq!(scene.after(hour), Tick::Close(CloseCode::Unauthenticated));
}

#[test]
fn a_refused_refresh_leaves_the_old_token_as_it_was() {
    let mut scene = Scene::open();
    let (mallory, hour) = ("mallory".parse().unwrap(), Duration::from_hours(1));
    for identity in [None, Some((mallory, hour * 9))] {
        let reply = scene.session.refreshed(Ask::default(), identity, scene.now);
        assert_eq!(text(&reply)["code"], "unauthenticated");
        assert_eq!(reply.close, None);
    }
    assert_eq!(scene.after(hour), Tick::Close(CloseCode::Unauthenticated));
}

#[test]
fn a_token_that_outlives_time_never_expires() {
    let mut scene = Scene::new();
    scene.say(&hello());
    let alice = "alice".parse().unwrap();
    scene
        .session
        .opened(Ask::default(), alice, Duration::MAX, scene.now);
    assert_eq!(scene.after(Duration::from_secs(1)), Tick::Nothing);
}

#[test]
fn answers_name_the_id_and_the_call() {
    let mut scene = Scene::open();
    let Reaction::Relay(ask, signal) = scene.say(&offer()) else {
        panic!("relayed")
    };
    assert_eq!(signal.to.as_str(), "bob");
    let error = SignalError::new(ErrorCode::PeerNotInCall, "no");
    let refused = scene.session.done(ask.clone(), Err(error), scene.now);
    assert_eq!(
        text(&refused),
        json!({"type": "error", "id": "o1", "callId": CALL, "code": "peer_not_in_call",
               "detail": "no"})
    );
    let done = scene.session.done(ask, Ok(()), scene.now);
    assert_eq!(text(&done), json!({"type": "ack", "id": "o1"}));
    assert_eq!(
        scene.session.done(Ask::default(), Ok(()), scene.now),
        Reply::default()
    );
}

#[test]
fn a_ping_gets_a_pong() {
    let mut scene = Scene::open();
    let Reaction::Reply(reply) = scene.say(&json!({"type": "session:ping"})) else {
        panic!("answered at once")
    };
    assert_eq!(text(&reply), json!({"type": "session:pong"}));
}

#[test]
fn the_eleventh_error_within_ten_seconds_closes() {
    let mut scene = Scene::open();
    for _ in 0..10 {
        assert_eq!(scene.refused(&json!({"type": "?"})).1, None);
    }
    scene.now += Duration::from_millis(9_999);
    let (error, close) = scene.refused(&json!("not an object"));
    assert_eq!(error["code"], "invalid_message");
    assert_eq!(close, Some(CloseCode::TooManyErrors));
}

#[test]
fn errors_are_forgotten_after_ten_seconds() {
    let mut scene = Scene::open();
    for _ in 0..100 {
        assert_eq!(scene.refused(&json!({"type": "?"})).1, None);
        scene.now += Duration::from_secs(1);
    }
}

#[test]
fn losing_a_race_again_and_again_closes_nothing() {
    let mut scene = Scene::open();
    for _ in 0..100 {
        let error = SignalError::new(ErrorCode::PeerNotInCall, "left");
        let reply = scene.session.done(Ask::default(), Err(error), scene.now);
        assert_eq!(reply.close, None);
    }
}

#[test]
fn five_hundred_frames_at_once_and_fifty_a_second() {
    let mut scene = Scene::open();
    for _ in 0..500 {
        assert_eq!(scene.session.arrived(scene.now), Ok(()));
    }
    assert_eq!(
        scene.session.arrived(scene.now),
        Err(CloseCode::TooManyMessages)
    );
    for _ in 0..10 {
        scene.now += Duration::from_secs(1);
        for _ in 0..50 {
            assert_eq!(scene.session.arrived(scene.now), Ok(()));
        }
        assert_eq!(
            scene.session.arrived(scene.now),
            Err(CloseCode::TooManyMessages)
        );
    }
}

#[test]
fn two_missed_heartbeats_are_the_end_and_any_frame_is_a_sign_of_life() {
    let beat = SocketConfig::default().heartbeat;
    let mut scene = Scene::open();
    for _ in 0..5 {
        assert_eq!(scene.after(beat), Tick::Ping);
        assert_eq!(scene.after(beat), Tick::Ping);
        assert_eq!(scene.session.arrived(scene.now), Ok(()));
    }
    assert_eq!(scene.after(beat), Tick::Ping);
    assert_eq!(scene.after(beat), Tick::Ping);
    assert_eq!(scene.after(beat), Tick::Close(CloseCode::Lost));
}

#[test]
fn silence_means_nothing_while_nobody_listens() {
    let beat = SocketConfig::default().heartbeat;
    let mut scene = Scene::open();
    for _ in 0..10 {
        scene.now += beat;
        assert_eq!(scene.session.tick(false, scene.now), Tick::Ping);
    }
}

/// Frames that are nearly right: the fields of the protocol with any values.
fn nearly() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        Just("session:hello"),
        Just("session:refresh"),
        Just("session:ping"),
        Just("call:offer"),
        Just("call:answer"),
        Just("call:ice-candidate"),
        Just("call:alerting"),
        Just("call:connected"),
        Just("call:stats"),
        Just("call:sync"),
        Just("call:nonsense"),
    ];
    let value = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        Just(json!(CALL)),
        Just(json!([{"peerId": "bob", "intervalMs": 2000}])),
        Just(json!({"candidate": "a\r\nb"})),
    ];
    let field = prop_oneof![
        Just("id"),
        Just("token"),
        Just("deviceId"),
        Just("callId"),
        Just("to"),
        Just("sdp"),
        Just("candidate"),
        Just("samples"),
    ];
    (kind, prop::collection::btree_map(field, value, 0..8)).prop_map(|(kind, fields)| {
        let mut message = json!(fields);
        message["type"] = json!(kind);
        message.to_string()
    })
}

fn frame() -> impl Strategy<Value = String> {
    let bytes = prop::collection::vec(any::<u8>(), 0..200);
    prop_oneof![
        4 => nearly(),
        1 => ".{0,200}",
        1 => bytes.prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]
}

proptest! {
    #[test]
    fn no_frame_panics_and_the_rules_hold(
        frames in prop::collection::vec((frame(), 0_u64..20_000, any::<bool>()), 1..40),
    ) {
        let mut now = Instant::now();
        let mut session = Session::new(SocketConfig::default(), now);
        let mut open = false;
        for (frame, pause, good) in frames {
            now += Duration::from_millis(pause);
            if matches!(session.tick(true, now), Tick::Close(_)) {
                break;
            }
            let reply = match session.frame(&frame, now) {
                Reaction::Reply(reply) => {
                    // An answer is due for every message that was not taken.
                    prop_assert!(reply.frame.is_some());
                    reply
                }
                Reaction::Relay(ask, _) | Reaction::Start(Task::Command { ask, .. }) => {
                    prop_assert!(open, "only a session that is open passes anything on");
                    session.done(ask, Ok(()), now)
                }
                Reaction::Start(Task::Refresh { ask, .. }) => {
                    prop_assert!(open);
                    session.refreshed(ask, None, now)
                }
                Reaction::Start(Task::Hello { ask, device, .. }) => {
                    prop_assert!(!open, "a session opens once");
                    prop_assert!(!device.as_str().is_empty());
                    if good {
                        open = true;
                        let user = "alice".parse().unwrap();
                        session.opened(ask, user, Duration::from_hours(1), now)
                    } else {
                        session.refused(ask, bad_token())
                    }
                }
            };
            if let Some(frame) = &reply.frame {
                let answer: Value = serde_json::from_str(frame).unwrap();
                prop_assert!(["ack", "error", "session:pong"].contains(&answer["type"].as_str().unwrap()));
            }
            if reply.close.is_some() {
                break;
            }
            prop_assert!(session.next_deadline() > now);
        }
    }
}
