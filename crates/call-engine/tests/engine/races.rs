//! Things that happen at the same time: the order of commits decides.

use std::sync::Arc;

use call_domain::{Address, CallType, PlacementRefusal, RejectReason};
use call_engine::{CommandError, InitiateError, Initiated};
use call_store::Answer;

use crate::support::{Phone, World, assert_gapless, kind, user, wish};

#[tokio::test(flavor = "multi_thread")]
async fn of_many_devices_that_answer_one_wins() {
    let world = World::new().await;
    let mut alice = world.phone("alice", "a1").await;
    let mut phones = Vec::new();
    for n in 0..6 {
        phones.push(world.phone("bob", &format!("b{n}")).await);
    }
    let call = world.call(&alice, &["bob"]).await.call.id();
    for phone in &mut phones {
        phone.drain();
    }
    let answers: Vec<_> = phones
        .iter()
        .map(|phone| {
            let (engine, who) = (Arc::clone(&world.engine), phone.address.clone());
            tokio::spawn(async move { engine.answer(call, who, None).await })
        })
        .collect();
    let mut winners = 0;
    for (answer, phone) in answers.into_iter().zip(&mut phones) {
        match answer.await.expect("task") {
            Ok(view) => {
                winners += 1;
                let selected = view.call.participants()[1].selected_device();
                assert_eq!(selected, Some(&phone.address.device));
                assert_eq!(phone.told(), ["call:participant-joined v2 bob accepted"]);
            }
            Err(CommandError::AnsweredElsewhere) => {
                assert_eq!(phone.told(), ["call:ended v2 answered_elsewhere"]);
            }
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(winners, 1);
    assert_eq!(
        alice.told().last().map(String::as_str),
        Some("call:participant-joined v2 bob accepted")
    );
}

async fn at_once(
    world: &World,
    (alice, of_alice): (&Phone, CallType),
    (bob, of_bob): (&Phone, CallType),
) -> [Result<Initiated, InitiateError>; 2] {
    let initiate = |from: &Phone, to: &str, call_type| {
        let (engine, wish) = (Arc::clone(&world.engine), wish(from, &[to], call_type));
        tokio::spawn(async move { engine.initiate(wish).await })
    };
    let first = initiate(alice, "bob", of_alice);
    let second = initiate(bob, "alice", of_bob);
    [first.await.expect("task"), second.await.expect("task")]
}

#[tokio::test(flavor = "multi_thread")]
async fn calling_each_other_is_one_call() {
    let world = World::new().await;
    let mut orders = [0, 0];
    for round in 0..40 {
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let (mut alice, mut bob) = (world.phone("alice", &a).await, world.phone("bob", &b).await);
        let video = CallType::Video;
        // Whoever is spawned first has an advantage: take turns.
        let [first, second] = if round % 2 == 0 {
            at_once(&world, (&alice, video), (&bob, video)).await
        } else {
            let [of_bob, of_alice] = {
                let initiate = |from: &Phone, to: &str| {
                    let (engine, wish) = (Arc::clone(&world.engine), wish(from, &[to], video));
                    tokio::spawn(async move { engine.initiate(wish).await })
                };
                let (of_bob, of_alice) = (initiate(&bob, "alice"), initiate(&alice, "bob"));
                [of_bob.await.expect("task"), of_alice.await.expect("task")]
            };
            [of_alice, of_bob]
        };
        let (first, second) = (first.expect("alice"), second.expect("bob"));
        assert_eq!(first.call.call.id(), second.call.call.id());
        let merged = [first.answer, second.answer].map(|a| usize::from(a == Answer::Merged));
        assert_eq!(
            merged.iter().sum::<usize>(),
            1,
            "exactly one became an answer"
        );
        orders[merged[1]] += 1;

        let call = first.call.call.id();
        for phone in [&mut alice, &mut bob] {
            let frames = phone.drain();
            let joined: Vec<_> = frames
                .iter()
                .filter(|f| kind(f) == "call:participant-joined")
                .collect();
            assert_eq!(joined.len(), 1, "{frames:#?}");
            assert_gapless(&frames, call);
        }
        alice.offer(&world, call, "bob").expect("relay");
        bob.offer(&world, call, "alice").expect("relay");
        world.engine.end(call, user("alice")).await.expect("end");
        alice.disconnect(&world).await;
        bob.disconnect(&world).await;
    }
    assert_eq!(orders[0] + orders[1], 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn calling_each_other_with_different_types_names_the_first_call() {
    let world = World::new().await;
    let (alice, bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let outcome = at_once(&world, (&alice, CallType::Video), (&bob, CallType::Audio)).await;
    let (Ok(first), Err(refused)) = (match outcome {
        [first @ Ok(_), second] | [second, first] => (first, second),
    }) else {
        panic!("exactly one must begin a call")
    };
    let InitiateError::Refused(PlacementRefusal::Glare { call }) = refused else {
        panic!("{refused}")
    };
    assert_eq!(call, first.call.call.id());
}

#[tokio::test(flavor = "multi_thread")]
async fn answer_against_cancel_and_decline_has_one_outcome() {
    let world = World::new().await;
    for round in 0..30 {
        let mut alice = world.phone("alice", &format!("a{round}")).await;
        let mut bob = world.phone("bob", &format!("b{round}")).await;
        let call = world.call(&alice, &["bob"]).await.call.id();
        let engine = || Arc::clone(&world.engine);
        let (one, two, who) = (engine(), engine(), bob.address.clone());
        let answer = tokio::spawn(async move { one.answer(call, who, None).await });
        let other = tokio::spawn(async move {
            if round % 2 == 0 {
                two.end(call, user("alice")).await
            } else {
                two.reject(call, user("bob"), RejectReason::Declined).await
            }
        });
        let (answer, other) = (answer.await.expect("task"), other.await.expect("task"));
        match (&answer, &other) {
            (Ok(_), Ok(view)) => assert!(view.call.is_ended(), "a late cancel ends the call"),
            (Err(CommandError::Ended(_)), Ok(view)) => assert!(view.call.is_ended()),
            (Ok(_), Err(CommandError::AnsweredElsewhere)) => {
                world.engine.end(call, user("bob")).await.expect("end");
            }
            outcome => panic!("{outcome:?}"),
        }
        for phone in [&mut alice, &mut bob] {
            let ends = phone
                .drain()
                .iter()
                .filter(|f| kind(f) == "call:ended")
                .count();
            assert_eq!(ends, 1);
        }
        alice.disconnect(&world).await;
        bob.disconnect(&world).await;
    }
}

#[tokio::test]
async fn a_device_is_in_one_call_at_a_time() {
    let world = World::new().await;
    let (alice, _bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    let second = world.initiate(&alice, &["carol"], CallType::Audio).await;
    assert!(matches!(
        second,
        Err(InitiateError::Refused(PlacementRefusal::AlreadyInCall { call: first })) if first == call
    ));
    let other = Address {
        user: user("alice"),
        device: "a2".parse().expect("id"),
    };
    let other = Phone::off(other.user.as_str(), other.device.as_str());
    world
        .initiate(&other, &["carol"], CallType::Audio)
        .await
        .expect("another device may");
}
