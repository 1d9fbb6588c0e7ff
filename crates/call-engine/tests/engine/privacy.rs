//! Whoever has no part in a call learns nothing, not even that it exists.

use call_domain::{CallId, MediaChange, RejectReason};
use call_engine::{CommandError, ReadError, Reader};
use call_signal::SignalService;
use call_signal::wire::{ClientCommand, ErrorCode};
use uuid::Uuid;

use crate::support::{Phone, World, user};

/// What somebody is told who tries everything on a call.
async fn everything(world: &World, eve: &Phone, call: CallId) -> Vec<String> {
    let engine = &world.engine;
    let who = || eve.address.clone();
    let commands = [
        engine.answer(call, who(), None).await.err(),
        engine
            .reject(call, user(eve.user()), RejectReason::Declined)
            .await
            .err(),
        engine.end(call, user(eve.user())).await.err(),
        engine.leave(call, user(eve.user())).await.err(),
        engine
            .change_media(call, user(eve.user()), MediaChange::default())
            .await
            .err(),
    ];
    let mut told = Vec::new();
    for error in commands {
        let error = error.expect("refused");
        assert!(matches!(error, CommandError::NotFound), "{error:?}");
        told.push(error.to_string());
    }
    let reader = Reader::User(user(eve.user()));
    let reads = [
        engine.call(call, &reader).await.err(),
        engine.events(call, &reader).await.err(),
        engine.quality_samples(call, &reader).await.err(),
    ];
    for error in reads {
        let error = error.expect("refused");
        assert!(matches!(error, ReadError::NotFound), "{error:?}");
        told.push(error.to_string());
    }
    let stats = ClientCommand::Stats {
        call,
        samples: Vec::new(),
    };
    for command in [
        ClientCommand::Alerting(call),
        ClientCommand::Connected(call),
        ClientCommand::Sync(call),
        stats,
    ] {
        let error = world
            .service
            .command(&eve.address, command)
            .await
            .expect_err("refused");
        assert_eq!(error.code, ErrorCode::CallNotFound);
        told.push(error.to_string());
    }
    told.push(
        eve.offer(world, call, "alice")
            .expect_err("refused")
            .to_string(),
    );
    told
}

#[tokio::test]
async fn a_stranger_cannot_tell_a_call_from_an_id_that_never_was() {
    let world = World::new().await;
    let (mut alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let mut eve = world.phone("eve", "e1").await;
    let call = world.active_call(&mut alice, &mut bob).await;
    let unknown = CallId::new(Uuid::from_u128(7));
    eve.drain();

    let version = world.stored(call).await.call.version();
    let live = everything(&world, &eve, call).await;
    assert_eq!(live, everything(&world, &eve, unknown).await);
    assert!(
        alice.told().is_empty() && bob.told().is_empty(),
        "nobody else is disturbed"
    );
    assert_eq!(world.stored(call).await.call.version(), version);

    world.engine.end(call, user("alice")).await.expect("end");
    assert_eq!(everything(&world, &eve, call).await, live);
    assert!(eve.told().is_empty());
}

#[tokio::test]
async fn an_invitee_may_look_but_not_act_for_others() {
    let world = World::new().await;
    let (alice, mut bob) = (
        world.phone("alice", "a1").await,
        world.phone("bob", "b1").await,
    );
    let call = world.call(&alice, &["bob"]).await.call.id();
    bob.drain();
    bob.sync(&world, call)
        .await
        .expect("a ringing device may ask");
    assert_eq!(bob.told(), ["call:updated v1 created"]);
    let refused = bob
        .connected(&world, call)
        .await
        .expect_err("has not taken it");
    assert_eq!(refused.code, ErrorCode::NotInCall);
    let stats = ClientCommand::Stats {
        call,
        samples: Vec::new(),
    };
    let refused = world
        .service
        .command(&bob.address, stats)
        .await
        .expect_err("not in it");
    assert_eq!(refused.code, ErrorCode::NotInCall);
}
