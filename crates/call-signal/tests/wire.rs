//! What the wire looks like, message by message, and what is refused.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use call_domain::{CallId, Invitee, PlaceRequest, Placement, Policy, Timestamp, place};
use call_signal::wire::{
    Call, CallNotes, Caller, ClientCommand, ClientFrame, ClientMessage, ErrorCode, IceCandidate,
    MediaCommand, PublishedStream, ServerMessage, SignalBody, StreamLayer, Topology, VideoSource,
    WantedStream, WantedView,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const CALL: &str = "01900000-0000-7000-8000-000000000001";

fn frame(text: &str) -> ClientFrame {
    ClientFrame::parse(text).frame.unwrap()
}

fn code(message: &Value) -> ErrorCode {
    ClientFrame::parse(&message.to_string())
        .frame
        .unwrap_err()
        .code
}

fn a_call() -> call_domain::Call {
    let request = PlaceRequest {
        id: CALL.parse::<CallId>().unwrap(),
        initiator_id: "alice".parse().unwrap(),
        initiator_name: Some("Alice".to_owned()),
        device: "a1".parse().unwrap(),
        online: true,
        call_type: call_domain::CallType::Video,
        invitees: vec![Invitee {
            user_id: "bob".parse().unwrap(),
            name: None,
            devices: vec![],
        }],
        conversation_id: None,
        metadata: serde_json::Map::new(),
    };
    let now = Timestamp::from_micros(1_769_847_330_250_999);
    match place(request, &Policy::default(), &[], now).unwrap() {
        Placement::New(step) | Placement::Glare(step) => step.call,
    }
}

#[test]
fn a_call_has_the_fields_of_the_contract() {
    let quality = BTreeMap::from([("bob".parse().unwrap(), call_domain::Quality::Good)]);
    let notes = CallNotes {
        quality: Some(&quality),
        ..CallNotes::default()
    };
    let call = serde_json::to_value(Call::new(&a_call(), notes)).unwrap();
    let participant = |user: &str, name: Value, role: &str, status: &str, quality: Value| {
        json!({
            "userId": user, "name": name, "role": role, "status": status,
            "deviceId": if role == "initiator" { json!("a1") } else { Value::Null },
            "media": {"audio": call["participants"][0]["media"]["audio"],
                      "video": call["participants"][0]["media"]["video"], "screen": false},
            "connectionQuality": quality, "invitedAt": "2026-01-31T08:15:30.250Z",
            "joinedAt": null, "leftAt": null, "leaveReason": null, "handRaisedAt": null
        })
    };
    let mut expected = json!({
        "id": CALL, "version": 1, "type": "video", "status": "created", "topology": "p2p",
        "initiatorId": "alice", "conversationId": null, "metadata": {},
        "createdAt": "2026-01-31T08:15:30.250Z", "ringDeadline": "2026-01-31T08:16:15.250Z",
        "answeredAt": null, "startedAt": null, "endedAt": null, "durationMs": null,
        "endReason": null, "endedBy": null, "sfuRoomId": null, "recording": null, "recordingUrl": null,
        "qualityStats": null,
        "participants": [
            participant("alice", json!("Alice"), "initiator", "accepted", Value::Null),
            participant("bob", Value::Null, "participant", "invited", json!("good")),
        ]
    });
    expected["participants"][1]["media"] = call["participants"][1]["media"].clone();
    assert_eq!(call, expected);
}

#[test]
fn what_rust_clients_write_is_what_the_server_reads() {
    let candidate = IceCandidate {
        candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host".to_owned(),
        sdp_mid: Some("0".to_owned()),
        sdp_m_line_index: Some(0),
        username_fragment: None,
    };
    let (call_id, to) = (CALL.to_owned(), "bob".to_owned());
    let messages = [
        ClientMessage::SessionHello {
            token: "t".to_owned(),
            device_id: "d".to_owned(),
        },
        ClientMessage::SessionRefresh {
            token: "t".to_owned(),
        },
        ClientMessage::SessionPing,
        ClientMessage::CallOffer {
            call_id: call_id.clone(),
            to: to.clone(),
            sdp: "v=0".to_owned(),
        },
        ClientMessage::CallAnswer {
            call_id: call_id.clone(),
            to: to.clone(),
            sdp: "v=0".to_owned(),
        },
        ClientMessage::CallIceCandidate {
            call_id: call_id.clone(),
            to: to.clone(),
            candidate: Some(candidate.clone()),
        },
        ClientMessage::CallIceCandidate {
            call_id: call_id.clone(),
            to,
            candidate: None,
        },
        ClientMessage::CallAlerting {
            call_id: call_id.clone(),
        },
        ClientMessage::CallConnected {
            call_id: call_id.clone(),
        },
        ClientMessage::CallSync {
            call_id: call_id.clone(),
        },
        ClientMessage::CallStats {
            call_id: call_id.clone(),
            samples: vec![],
        },
        ClientMessage::CallReaction {
            call_id: call_id.clone(),
            reaction: "👍".to_owned(),
        },
        ClientMessage::MediaAnswer {
            call_id: call_id.clone(),
            session: "s1".to_owned(),
            revision: 1,
            sdp: "v=0".to_owned(),
        },
        ClientMessage::MediaCandidate {
            call_id: call_id.clone(),
            session: "s1".to_owned(),
            candidate: Some(candidate.clone()),
        },
        ClientMessage::MediaSubscription {
            call_id: call_id.clone(),
            streams: vec![WantedStream {
                user_id: "bob".to_owned(),
                source: VideoSource::Screen,
                width: 1920,
                height: 1080,
                pinned: true,
            }],
        },
        ClientMessage::MediaRestart {
            call_id: call_id.clone(),
            session: None,
        },
        ClientMessage::MediaSwitched {
            call_id,
            topology: Topology::Sfu,
        },
    ];
    for message in &messages {
        let read = ClientFrame::parse(&serde_json::to_string(message).unwrap());
        assert!(read.frame.is_ok(), "{message:?}: {read:?}");
    }
    let ClientFrame::Signal(signal) = frame(&serde_json::to_string(&messages[5]).unwrap()) else {
        panic!("a candidate is a signal")
    };
    assert_eq!(signal.body, SignalBody::IceCandidate(Some(candidate)));
    let ClientFrame::Signal(signal) = frame(&serde_json::to_string(&messages[6]).unwrap()) else {
        panic!("the end of candidates is a signal")
    };
    assert_eq!(signal.body, SignalBody::IceCandidate(None));
}

#[test]
fn ids_are_kept_for_the_answer_even_of_a_bad_message() {
    let read =
        ClientFrame::parse(&json!({"type": "call:sync", "id": "7", "callId": "x"}).to_string());
    assert_eq!(
        (read.id.as_deref(), read.call_id.as_deref()),
        (Some("7"), Some("x"))
    );
    assert_eq!(read.frame.unwrap_err().code, ErrorCode::InvalidMessage);
}

#[test]
fn bad_messages_are_refused_with_a_code() {
    let offer = |sdp: Value| json!({"type": "call:offer", "callId": CALL, "to": "bob", "sdp": sdp});
    let candidate = |candidate: Value| json!({"type": "call:ice-candidate", "callId": CALL, "to": "bob", "candidate": candidate});
    let sync = |call: Value| json!({"type": "call:sync", "callId": call});
    let sample = json!({"peerId": "bob", "intervalMs": 2000});
    let many = vec![sample; 65];
    let media = |fields: Value| {
        let mut message = json!({"type": "media:answer", "callId": CALL, "session": "s1", "revision": 1, "sdp": "v=0"});
        for (name, value) in fields.as_object().unwrap() {
            message[name] = value.clone();
        }
        message
    };
    let wish = json!({"userId": "bob", "source": "video", "width": 1, "height": 1});
    let wishes =
        |wish: Value| json!({"type": "media:subscription", "callId": CALL, "streams": wish});
    assert_eq!(
        code(&json!({"type": "call:destroy"})),
        ErrorCode::UnknownType
    );
    for bad in [
        json!(null),
        json!([]),
        json!({}),
        json!({"type": 1}),
        json!({"type": "session:hello"}),
        json!({"type": "session:hello", "token": "t", "deviceId": "a b"}),
        json!({"type": "session:hello", "token": "t".repeat(9000), "deviceId": "a"}),
        json!({"type": "session:ping", "id": "x".repeat(129)}),
        offer(Value::Null),
        offer(json!("x".repeat(32 * 1024 + 1))),
        offer(json!("v=0\u{0}")),
        candidate(json!({"candidate": "a\r\nb"})),
        candidate(json!({"candidate": "x".repeat(1025)})),
        candidate(json!({"candidate": "x", "sdpMid": "a\nb"})),
        candidate(json!({"sdpMid": "0"})),
        candidate(json!("candidate:1")),
        json!({"type": "call:ice-candidate", "callId": CALL, "to": "bob"}),
        sync(json!("\u{0}")),
        sync(json!("x".repeat(10_000))),
        sync(json!("01900000000070008000000000000001")),
        sync(Value::Null),
        json!({"type": "call:stats", "callId": CALL, "samples": many}),
        json!({"type": "call:stats", "callId": CALL, "samples": [{"peerId": 1}]}),
        json!({"type": "call:reaction", "callId": CALL}),
        json!({"type": "call:reaction", "callId": CALL, "reaction": "hello"}),
        json!({"type": "call:reaction", "callId": CALL, "reaction": "👍".repeat(9)}),
        json!({"type": "call:reaction", "callId": CALL, "reaction": "\u{202e}"}),
        media(json!({"session": null})),
        media(json!({"session": "a b"})),
        media(json!({"session": "x".repeat(65)})),
        media(json!({"revision": null})),
        media(json!({"revision": -1})),
        media(json!({"revision": "1"})),
        media(json!({"sdp": "x".repeat(48 * 1024 + 1)})),
        media(json!({"sdp": "v=0\u{0}"})),
        json!({"type": "media:candidate", "callId": CALL, "session": "s1"}),
        json!({"type": "media:candidate", "callId": CALL, "session": "s1", "candidate": {"candidate": "a\nb"}}),
        json!({"type": "media:restart", "callId": CALL}),
        json!({"type": "media:restart", "callId": CALL, "session": 1}),
        json!({"type": "media:switched", "callId": CALL}),
        json!({"type": "media:switched", "callId": CALL, "topology": "mesh"}),
        wishes(Value::Null),
        wishes(json!([null])),
        wishes(json!([{"userId": "a b", "source": "video", "width": 1, "height": 1}])),
        wishes(json!([{"userId": "bob", "source": "audio", "width": 1, "height": 1}])),
        wishes(json!([{"userId": "bob", "source": "video", "width": "1", "height": 1}])),
        wishes(json!([{"userId": "bob", "source": "video", "height": 1}])),
        wishes(json!(vec![wish; 65])),
    ] {
        assert_eq!(code(&bad), ErrorCode::InvalidMessage, "{bad:.80}");
    }
    for longest in [
        offer(json!("x".repeat(32 * 1024))),
        media(json!({"sdp": "x".repeat(48 * 1024)})),
    ] {
        assert!(ClientFrame::parse(&longest.to_string()).frame.is_ok());
    }
}

#[test]
fn nothing_that_was_sent_comes_back_in_an_error() {
    for text in [
        "{\"type\": s3cret",
        "{\"type\":\"s3cret\"}",
        "{\"type\":\"call:sync\",\"callId\":\"s3 cret\"}",
    ] {
        let detail = ClientFrame::parse(text).frame.unwrap_err().detail;
        assert!(!detail.contains("cret"), "{detail}");
    }
}

#[test]
fn what_is_wanted_is_bounded_and_each_picture_wanted_once() {
    let text = json!({"type": "media:subscription", "callId": CALL, "streams": [
        {"userId": "bob", "source": "video", "width": 639.5, "height": -3},
        {"userId": "bob", "source": "screen", "width": 1e9, "height": 0, "pinned": true},
        {"userId": "bob", "source": "video", "width": 10, "height": 360},
    ]});
    let ClientFrame::Command(ClientCommand::Media { command, .. }) = frame(&text.to_string())
    else {
        panic!("a subscription is a command about media")
    };
    let bob = |source, width, height, pinned| WantedView {
        user: "bob".parse().unwrap(),
        source,
        width,
        height,
        pinned,
    };
    let expected = vec![
        bob(VideoSource::Video, 640, 360, false),
        bob(VideoSource::Screen, 8192, 0, true),
    ];
    assert_eq!(command, MediaCommand::Subscribe(expected));
}

#[test]
fn a_restart_names_a_session_or_none() {
    let restart = |session: Value| {
        let text = json!({"type": "media:restart", "callId": CALL, "session": session});
        match frame(&text.to_string()) {
            ClientFrame::Command(ClientCommand::Media {
                command: MediaCommand::Restart(session),
                ..
            }) => session.map(|session| session.as_str().to_owned()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(restart(json!("s1")).as_deref(), Some("s1"));
    assert_eq!(restart(Value::Null), None);
}

#[test]
fn stats_are_a_command() {
    let text = json!({
        "type": "call:stats", "callId": CALL,
        "samples": [{"peerId": "bob", "intervalMs": 2000, "roundTripTime": 0.05,
                     "audio": {"packetsReceived": 100, "packetsLost": -1, "jitter": 0.01, "bytesReceived": 8000}}]
    });
    let ClientFrame::Command(ClientCommand::Stats { samples, .. }) = frame(&text.to_string())
    else {
        panic!("stats are a command")
    };
    assert_eq!(
        samples[0].audio.map(|a| a.packets_lost.to_bits()),
        Some((-1.0_f64).to_bits())
    );
}

#[test]
fn events_look_as_the_contract_says() {
    let call = a_call();
    let wire = Call::new(&call, CallNotes::default());
    let from = Caller {
        user_id: "alice".to_owned(),
        name: Some("Alice".to_owned()),
    };
    let incoming = ServerMessage::CallIncoming {
        call: wire.clone(),
        from,
    };
    let incoming: Value = serde_json::from_str(&incoming.to_frame()).unwrap();
    assert_eq!(incoming["type"], "call:incoming");
    assert_eq!(
        incoming["from"],
        json!({"userId": "alice", "name": "Alice"})
    );
    let ended = ServerMessage::CallEnded {
        call_id: CALL.to_owned(),
        version: 3,
        reason: call_domain::EndNotice::AnsweredElsewhere.into(),
        ended_by: None,
        call: wire,
    };
    let ended: Value = serde_json::from_str(&ended.to_frame()).unwrap();
    assert_eq!(ended["reason"], "answered_elsewhere");
    assert_eq!(
        (&ended["callId"], &ended["version"], &ended["endedBy"]),
        (&json!(CALL), &json!(3), &Value::Null)
    );
    let error = ServerMessage::Error {
        id: None,
        call_id: None,
        code: ErrorCode::PeerNotInCall,
        detail: "why".to_owned(),
    };
    let error: Value = serde_json::from_str(&error.to_frame()).unwrap();
    assert_eq!(
        error,
        json!({"type": "error", "code": "peer_not_in_call", "detail": "why"})
    );
    let publication = ServerMessage::MediaPublication {
        call_id: CALL.to_owned(),
        streams: vec![PublishedStream {
            source: VideoSource::Screen,
            layer: StreamLayer::Medium,
        }],
    };
    let publication: Value = serde_json::from_str(&publication.to_frame()).unwrap();
    assert_eq!(
        publication,
        json!({"type": "media:publication", "callId": CALL, "streams": [{"source": "screen", "layer": "medium"}]})
    );
    let end = ServerMessage::CallIceCandidate {
        call_id: CALL.to_owned(),
        from: "bob".to_owned(),
        candidate: None,
    };
    let end: Value = serde_json::from_str(&end.to_frame()).unwrap();
    assert_eq!(end["candidate"], Value::Null);
    assert!(end.as_object().is_some_and(|o| o.contains_key("candidate")));
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*") {
        let _ = ClientFrame::parse(&text);
    }

    #[test]
    fn no_object_panics(
        kind in prop::sample::select(vec!["call:offer", "call:ice-candidate", "call:stats", "session:hello",
            "call:reaction", "media:answer", "media:candidate", "media:subscription", "media:restart", "media:switched"]),
        field in prop::sample::select(vec!["callId", "to", "sdp", "candidate", "samples", "token", "id",
            "session", "revision", "streams", "topology", "reaction"]),
        value in prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(|n| json!(n)),
            "\\PC{0,40}".prop_map(|s| json!(s)),
            Just(json!([[], {}])),
            Just(json!({"candidate": {"candidate": []}})),
            any::<f64>().prop_map(|n| json!([{"userId": "bob", "source": "video", "width": n, "height": n}])),
        ],
    ) {
        let mut message = json!({"type": kind, "callId": CALL, "to": "bob", "deviceId": "d"});
        message[field] = value;
        let _ = ClientFrame::parse(&message.to_string());
    }
}
