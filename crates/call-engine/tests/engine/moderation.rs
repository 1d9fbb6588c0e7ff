//! Muting, removing, roles.

use std::sync::Arc;
use std::time::Duration;

use call_domain::{MediaChange, MediaOff, Role};
use call_engine::CommandError;

use crate::support::plane::{FakePlane, of, world_with};
use crate::support::{Phone, kind, user};

const MICROPHONE: MediaOff = MediaOff {
    audio: true,
    video: false,
    screen: false,
};

fn microphone(on: bool) -> MediaChange {
    MediaChange {
        audio: Some(on),
        ..MediaChange::default()
    }
}

#[tokio::test]
async fn who_is_muted_is_not_heard_until_that_user_speaks_up() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [mut alice, _bob, _carol]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    plane.asked();
    alice.drain();
    let view = world
        .engine
        .mute(call, user("alice"), user("bob"), MICROPHONE)
        .await
        .expect("mute");
    assert!(
        !view
            .call
            .participant(&user("bob"))
            .expect("bob")
            .media
            .audio
    );
    assert_eq!(plane.asked(), of(&room, &["publish bob -audio"]));
    let told = alice.wait_for("call:media-state-changed").await;
    assert_eq!(
        (&told["userId"], &told["media"]["audio"]),
        (&"bob".into(), &false.into())
    );
    // Something else that changes does not help.
    let camera = MediaChange {
        video: Some(false),
        ..MediaChange::default()
    };
    world
        .engine
        .change_media(call, user("bob"), camera)
        .await
        .expect("media");
    assert!(plane.asked().is_empty());
    world
        .engine
        .change_media(call, user("bob"), microphone(true))
        .await
        .expect("media");
    assert_eq!(plane.asked(), of(&room, &["publish bob"]));
}

#[tokio::test]
async fn a_client_that_says_it_is_silent_is_not_taken_at_its_word() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, _phones) = world.three_in_a_room().await;
    let room = world.room(call).await;
    world
        .engine
        .change_media(call, user("bob"), microphone(false))
        .await
        .expect("media");
    plane.asked();
    world
        .engine
        .mute(call, user("alice"), user("bob"), MICROPHONE)
        .await
        .expect("mute");
    assert_eq!(plane.asked(), of(&room, &["publish bob -audio"]));
}

#[tokio::test]
async fn who_may_not_mutes_nobody() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, _phones) = world.three_in_a_room().await;
    plane.asked();
    let mute = |by: &str, whom: &str| world.engine.mute(call, user(by), user(whom), MICROPHONE);
    let refused = mute("carol", "bob").await.expect_err("refused");
    assert!(matches!(refused, CommandError::NotAllowed), "{refused:?}");
    let refused = mute("eve", "bob").await.expect_err("refused");
    assert!(matches!(refused, CommandError::NotFound), "{refused:?}");
    let refused = mute("alice", "eve").await.expect_err("refused");
    assert!(
        matches!(refused, CommandError::NoSuchParticipant),
        "{refused:?}"
    );
    assert!(plane.asked().is_empty());

    let role = Role::Moderator;
    world
        .engine
        .set_role(call, user("alice"), user("carol"), role)
        .await
        .expect("role");
    mute("carol", "bob").await.expect("mute");
    let room = world.room(call).await;
    assert_eq!(plane.asked(), of(&room, &["publish bob -audio"]));
    let role = Role::Participant;
    world
        .engine
        .set_role(call, user("alice"), user("carol"), role)
        .await
        .expect("role");
    let refused = mute("carol", "bob").await.expect_err("refused");
    assert!(matches!(refused, CommandError::NotAllowed), "{refused:?}");
}

#[tokio::test]
async fn the_mute_outlives_a_restart_and_another_device() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, _phones) = world.three_in_a_room().await;
    let room = world.room(call).await;
    world
        .engine
        .mute(call, user("alice"), user("bob"), MICROPHONE)
        .await
        .expect("mute");
    plane.asked();
    let world = world.crash_and_restart(Duration::from_secs(1)).await;
    let (mut bob, mut carol) = (Phone::off("bob", "b1"), Phone::off("carol", "c1"));
    bob.connect(&world).await;
    // The screen is off, too, and nobody remembers by whom.
    assert_eq!(plane.asked(), of(&room, &["join bob -audio -screen"]));
    carol.connect(&world).await;
    assert_eq!(plane.asked(), of(&room, &["join carol -screen"]));
    let both = MediaChange {
        screen: Some(true),
        ..microphone(true)
    };
    world
        .engine
        .change_media(call, user("bob"), both)
        .await
        .expect("media");
    assert_eq!(plane.asked(), of(&room, &["publish bob"]));
}

#[tokio::test]
async fn who_is_removed_is_out_of_the_room_and_stays_out() {
    let plane = Arc::new(FakePlane::default());
    let world = world_with(&plane).await;
    let (call, [mut alice, mut bob, _carol]) = world.three_in_a_room().await;
    let room = world.room(call).await;
    plane.asked();
    let remove = |by: &str, admin, whom: &str| {
        world
            .engine
            .remove_participant(call, user(by), admin, user(whom))
    };
    let refused = remove("carol", false, "bob").await.expect_err("refused");
    assert!(matches!(refused, CommandError::NotAllowed), "{refused:?}");
    assert!(plane.asked().is_empty());
    remove("alice", false, "bob").await.expect("remove");
    assert_eq!(plane.asked(), of(&room, &["leave bob"]));
    assert_eq!(bob.wait_for("call:ended").await["reason"], "removed");
    assert_eq!(
        alice.wait_for("call:participant-left").await["reason"],
        "removed"
    );
    assert!(bob.drain().iter().all(|frame| kind(frame) != "media:offer"));
    let refused = bob.answers(&world, call, "s1", 1).await;
    assert_eq!(refused.expect_err("refused").code.as_str(), "not_in_call");
    let who = bob.address.clone();
    let refused = world
        .engine
        .join(call, who, None, &[])
        .await
        .expect_err("refused");
    assert!(matches!(refused, CommandError::NotAllowed), "{refused:?}");
    // An administrator need not be in the call.
    remove("root", true, "carol").await.expect("remove");
    assert_eq!(plane.asked(), of(&room, &["leave carol"]));
}
