//! Calls between real devices of a real server, as the contract tells them.

use call_tests::{Device, Server, id_of, talking};
use serde_json::{Value, json};

#[tokio::test]
async fn two_people_call_talk_and_hang_up() {
    let server = Server::start(&[]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;

    let id = talking(&mut alice, &mut bob).await;

    let offer = json!({"type": "call:offer", "callId": id, "to": "bob", "sdp": "v=0\r\n"});
    alice.send(&offer).await;
    let got = bob.event("call:offer").await;
    assert_eq!(
        (&got["from"], &got["sdp"]),
        (&json!("alice"), &json!("v=0\r\n"))
    );
    assert!(got.get("to").is_none());

    let media = bob
        .patch(&format!("/api/calls/{id}/media"), json!({"audio": false}))
        .await;
    assert_eq!(
        (media.status, &media.body["media"]["audio"]),
        (200, &json!(false))
    );
    let changed = alice.event("call:media-state-changed").await;
    assert_eq!(
        (&changed["userId"], &changed["media"]["audio"]),
        (&json!("bob"), &json!(false))
    );

    let ended = bob.end(&id).await;
    assert_eq!(
        (ended.status, &ended.body["endReason"]),
        (200, &json!("completed"))
    );
    for device in [&mut alice, &mut bob] {
        let event = device.event("call:ended").await;
        assert_eq!(
            (&event["reason"], &event["endedBy"]),
            (&json!("completed"), &json!("bob"))
        );
        device.assert_gapless(&id);
    }
    let again = alice.end(&id).await;
    assert_eq!(
        (again.status, &again.body),
        (200, &ended.body),
        "ending twice says the same"
    );

    for (device, direction) in [(&alice, "outgoing"), (&bob, "incoming")] {
        let history = device.get("/api/calls").await.body;
        let item = &history["items"][0];
        assert_eq!(item["id"], json!(id));
        assert_eq!(
            (&item["direction"], &item["outcome"]),
            (&json!(direction), &json!("answered"))
        );
    }
}

#[tokio::test]
async fn the_second_device_stops_ringing_when_the_first_answers() {
    let server = Server::start(&[]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut phone = Device::connected(&server, "bob", "phone").await;
    let mut laptop = Device::connected(&server, "bob", "laptop").await;

    let id = id_of(&alice.initiate(&["bob"]).await);
    phone.event("call:incoming").await;
    laptop.event("call:incoming").await;

    // Both take it at once: one wins, whichever it is.
    let (first, second) = tokio::join!(phone.answer(&id), laptop.answer(&id));
    let statuses = (first.status, second.status);
    let (lost, loser) = match statuses {
        (200, 409) => (second, &mut laptop),
        (409, 200) => (first, &mut phone),
        other => panic!("one wins and one loses, not {other:?}"),
    };
    assert_eq!(lost.body["code"], "answered_elsewhere");
    assert_eq!(
        loser.event("call:ended").await["reason"],
        "answered_elsewhere"
    );
    alice.event("call:participant-joined").await;
}

#[tokio::test]
async fn nobody_answers_and_the_call_is_missed() {
    let server = Server::start(&[("CALL__POLICY__RING_TIMEOUT", "1")]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;

    let id = id_of(&alice.initiate(&["bob"]).await);
    bob.event("call:incoming").await;
    assert_eq!(alice.event("call:ended").await["reason"], "no_answer");
    assert_eq!(bob.event("call:ended").await["reason"], "no_answer");
    let late = bob.answer(&id).await;
    assert_eq!(
        (late.status, &late.body["code"]),
        (410, &json!("no_answer"))
    );
    let (hers, his) = (
        alice.get("/api/calls").await.body,
        bob.get("/api/calls").await.body,
    );
    assert_eq!(hers["items"][0]["outcome"], "no_answer");
    assert_eq!(his["items"][0]["outcome"], "missed");
}

#[tokio::test]
async fn somebody_who_is_nowhere_is_unreachable() {
    let server = Server::start(&[("CALL__POLICY__UNREACHABLE_TIMEOUT", "1")]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    alice.initiate(&["nobody"]).await;
    assert_eq!(alice.event("call:ended").await["reason"], "unreachable");
}

#[tokio::test]
async fn a_caller_who_vanishes_while_it_rings_is_lost() {
    let server = Server::start(&[("CALL__POLICY__CALLER_GONE_TIMEOUT", "1")]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;
    alice.initiate(&["bob"]).await;
    bob.event("call:incoming").await;
    alice.vanish();
    assert_eq!(bob.event("call:ended").await["reason"], "caller_lost");
}

#[tokio::test]
async fn without_media_the_call_fails_to_connect() {
    let server = Server::start(&[("CALL__POLICY__CONNECT_TIMEOUT", "1")]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;
    let id = id_of(&alice.initiate(&["bob"]).await);
    bob.event("call:incoming").await;
    assert_eq!(bob.answer(&id).await.status, 200);
    assert_eq!(alice.event("call:ended").await["reason"], "connect_failed");
    assert_eq!(bob.event("call:ended").await["reason"], "connect_failed");
}

#[tokio::test]
async fn two_who_call_each_other_meet_in_one_call() {
    let server = Server::start(&[]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;
    let wish = |to: &str, device: &Device| json!({"type": "video", "participantIds": [to], "deviceId": device.id});
    let (hers, his) = tokio::join!(
        alice.post("/api/calls/initiate", wish("bob", &alice)),
        bob.post("/api/calls/initiate", wish("alice", &bob)),
    );
    let mut statuses = [hers.status, his.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 201], "{} {}", hers.body, his.body);
    assert_eq!(hers.body["id"], his.body["id"]);
    let id = id_of(&hers.body);
    alice.say_connected(&id).await;
    bob.say_connected(&id).await;
    alice
        .event_where("call:updated", |e| e["call"]["status"] == "active")
        .await;
    bob.event_where("call:updated", |e| e["call"]["status"] == "active")
        .await;
}

#[tokio::test]
async fn a_lost_connection_comes_back_into_the_same_call() {
    let server = Server::start(&[]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;
    let id = talking(&mut alice, &mut bob).await;

    bob.vanish();
    let gone = |e: &Value| e["call"]["participants"][1]["status"] == "reconnecting";
    alice.event_where("call:updated", gone).await;
    for n in 0..3 {
        let candidate = json!({"candidate": format!("candidate:{n}"), "sdpMid": "0"});
        let message = json!({"type": "call:ice-candidate", "callId": id, "to": "bob", "candidate": candidate});
        alice.send(&message).await;
    }
    assert!(
        alice
            .unexpected()
            .await
            .iter()
            .all(|e| e["type"] != "error")
    );

    let ready = bob.connect().await;
    assert_eq!(ready["calls"][0]["id"], json!(id));
    for n in 0..3 {
        let kept = bob.event("call:ice-candidate").await;
        assert_eq!(
            kept["candidate"]["candidate"],
            json!(format!("candidate:{n}"))
        );
    }
    let back = |e: &Value| e["call"]["participants"][1]["status"] == "joined";
    alice.event_where("call:updated", back).await;
    alice.assert_gapless(&id);
}

#[tokio::test]
async fn a_killed_server_takes_up_its_calls_again() {
    let mut server = Server::start(&[]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;
    let mut carol = Device::connected(&server, "carol", "c1").await;
    let mut dave = Device::connected(&server, "dave", "d1").await;
    let active = talking(&mut alice, &mut bob).await;
    let ringing = id_of(&carol.initiate(&["dave"]).await);
    dave.event("call:incoming").await;

    server.start_again().await;

    for device in [&mut alice, &mut bob] {
        let ready = device.connect().await;
        assert_eq!(ready["calls"][0]["id"], json!(active));
    }
    alice
        .event_where("call:updated", |e| {
            let all = e["call"]["participants"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            all.iter().all(|p| p["status"] == "joined")
        })
        .await;
    carol.connect().await;
    dave.connect().await;
    assert_eq!(
        dave.event("call:incoming").await["call"]["id"],
        json!(ringing)
    );
    assert_eq!(dave.answer(&ringing).await.status, 200);
    carol.event("call:participant-joined").await;
    assert_eq!(alice.end(&active).await.body["endReason"], "completed");
}

#[tokio::test]
async fn a_killed_server_ends_what_nobody_comes_back_to() {
    let mut server = Server::start(&[("CALL__POLICY__RECONNECT_GRACE", "1")]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;
    let id = talking(&mut alice, &mut bob).await;
    server.start_again().await;

    let path = format!("/api/calls/{id}");
    let deadline = std::time::Instant::now() + call_tests::PATIENCE;
    loop {
        let call = alice.get(&path).await.body;
        if call["status"] == "ended" {
            assert_eq!(call["endReason"], "connection_lost");
            break;
        }
        assert!(std::time::Instant::now() < deadline, "still {call}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn three_in_a_mesh_come_and_go() {
    let server = Server::start(&[]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;
    let mut carol = Device::connected(&server, "carol", "c1").await;
    let id = id_of(&alice.initiate(&["bob", "carol"]).await);
    bob.event("call:incoming").await;
    carol.event("call:incoming").await;
    assert_eq!(bob.answer(&id).await.status, 200);
    alice.say_connected(&id).await;
    bob.say_connected(&id).await;
    alice
        .event_where("call:updated", |e| e["call"]["status"] == "active")
        .await;

    let path = format!("/api/calls/{id}/reject");
    assert_eq!(carol.post(&path, json!({})).await.status, 200);
    assert_eq!(
        carol.event("call:ended").await["reason"],
        "declined_elsewhere"
    );
    assert_eq!(
        carol.answer(&id).await.status,
        200,
        "who declined may change her mind"
    );
    carol.say_connected(&id).await;
    alice
        .event_where("call:participant-joined", |e| {
            e["participant"]["userId"] == "carol" && e["participant"]["status"] == "joined"
        })
        .await;

    let message = json!({"type": "call:offer", "callId": id, "to": "carol", "sdp": "v=0"});
    bob.send(&message).await;
    assert_eq!(carol.event("call:offer").await["from"], "bob");

    assert_eq!(
        bob.end(&id).await.body["status"],
        "active",
        "who was invited only leaves"
    );
    // Who leaves is told as well, as the last thing.
    assert_eq!(bob.event("call:participant-left").await["userId"], "bob");
    let left = carol.event("call:participant-left").await;
    assert_eq!(
        (&left["userId"], &left["reason"]),
        (&json!("bob"), &json!("left"))
    );
    assert_eq!(
        alice.end(&id).await.body["endReason"],
        "completed",
        "who began it ends it"
    );
    carol.event("call:ended").await;
    for device in [&alice, &bob, &carol] {
        device.assert_gapless(&id);
    }
}

#[tokio::test]
async fn a_stranger_learns_nothing() {
    let server = Server::start(&[]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;
    let mut eve = Device::connected(&server, "eve", "e1").await;
    let id = talking(&mut alice, &mut bob).await;
    let none = "01900000-0000-7000-8000-000000000000";

    for (verb, body) in [
        ("answer", json!({"deviceId": "e1"})),
        ("reject", json!({})),
        ("end", json!({})),
        ("leave", json!({})),
    ] {
        let real = eve
            .post(&format!("/api/calls/{id}/{verb}"), body.clone())
            .await;
        let fake = eve.post(&format!("/api/calls/{none}/{verb}"), body).await;
        assert_eq!((real.status, &real.body), (404, &fake.body), "{verb}");
    }
    let (real, fake) = (
        eve.get(&format!("/api/calls/{id}")).await,
        eve.get(&format!("/api/calls/{none}")).await,
    );
    assert_eq!((real.status, real.body), (404, fake.body));

    for kind in ["call:alerting", "call:connected", "call:sync"] {
        let mut errors = vec![];
        for call in [id.as_str(), none] {
            eve.send(&json!({"type": kind, "id": "x", "callId": call}))
                .await;
            let mut error = eve.event("error").await;
            error["callId"] = json!("-");
            errors.push(error);
        }
        assert_eq!(errors[0], errors[1], "{kind}");
    }
    let mut errors = vec![];
    for call in [id.as_str(), none] {
        let offer = json!({"type": "call:offer", "callId": call, "to": "bob", "sdp": "v=0"});
        eve.send(&offer).await;
        let mut error = eve.event("error").await;
        error["callId"] = json!("-");
        errors.push(error);
    }
    assert_eq!(errors[0], errors[1]);
    assert!(
        bob.unexpected()
            .await
            .iter()
            .all(|e| e["type"] != "call:offer")
    );
    assert_eq!(eve.get("/api/calls").await.body["items"], json!([]));
}

#[tokio::test]
async fn a_draining_server_says_so_and_finishes() {
    let mut server = Server::start(&[]).await;
    let mut alice = Device::connected(&server, "alice", "a1").await;
    let mut bob = Device::connected(&server, "bob", "b1").await;
    let id = talking(&mut alice, &mut bob).await;
    server.terminate();
    assert_eq!(alice.close_code().await, 1001);
    assert_eq!(bob.close_code().await, 1001);
    assert!(server.ended_well().await, "{}", server.log());
    server.start_again().await;
    assert_eq!(alice.connect().await["calls"][0]["id"], json!(id));
}
