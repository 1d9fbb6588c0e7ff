//! Credentials against values computed independently:
//! `printf %s USERNAME | openssl dgst -sha1 -hmac SECRET -binary | base64`.

#![allow(clippy::expect_used)] // the helper functions of a test may fail it

use std::time::Duration;

use call_domain::{Timestamp, UserId};
use call_turn::{IceUri, InvalidTurnConfig, Secret, TurnAuthority, VerifyError};
use proptest::prelude::*;

/// 2026-10-14T00:00:00Z, a day before the credentials below expire.
const NOW: i64 = 1_792_108_800 - 86_400;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_micros(secs * 1_000_000)
}

fn user(id: &str) -> UserId {
    id.parse().expect("user id")
}

fn secrets(all: &[&str]) -> Vec<Secret> {
    all.iter()
        .map(|s| Secret::new(s).expect("secret"))
        .collect()
}

fn authority(all: &[&str]) -> TurnAuthority {
    let uris: [IceUri; 3] = [
        "stun:turn.example.com".parse().expect("uri"),
        "turn:turn.example.com:3478?transport=udp"
            .parse()
            .expect("uri"),
        "turns:turn.example.com:443?transport=tcp"
            .parse()
            .expect("uri"),
    ];
    TurnAuthority::new(secrets(all), uris.to_vec(), Duration::from_hours(24)).expect("authority")
}

#[test]
fn passwords_agree_with_openssl() {
    for (secret, username, password) in [
        ("north", "1792108800:alice", "BwC5kD5Gmwwp1hllLm3Ufp/cFHg="),
        (
            "logen",
            "1433065916:ninefingers",
            "d9e+ANbXfEdV1hQItfU0bINZWO4=",
        ),
        (
            "a-much-longer-shared-secret-than-the-sixty-four-byte-block-of-sha-1-needs",
            "1792108800:bob@example.com",
            "4GUGYHEKhqbmqcMn4MjyQoCynNI=",
        ),
        (
            "ключ",
            "4102444800:zoë:tablet",
            "Sx2xqYzGIBGnj3PxXwdyLuUTJtY=",
        ),
    ] {
        assert_eq!(
            Secret::new(secret).expect("secret").password(username),
            password
        );
    }
}

#[test]
fn issues_with_the_newest_secret_and_serialises_as_rtc_ice_servers() {
    let issued = authority(&["north", "south"]).issue(&user("alice"), at(NOW));
    let access = issued.credential.as_ref().expect("credential");
    assert_eq!(access.expires_at, at(1_792_108_800));
    assert_eq!(
        serde_json::to_value(&issued.servers).expect("json"),
        serde_json::json!([
            { "urls": ["stun:turn.example.com"] },
            {
                "urls": [
                    "turn:turn.example.com:3478?transport=udp",
                    "turns:turn.example.com:443?transport=tcp"
                ],
                "username": "1792108800:alice",
                "credential": "BwC5kD5Gmwwp1hllLm3Ufp/cFHg="
            }
        ])
    );
}

#[test]
fn verifies_against_every_secret_until_it_is_withdrawn() {
    let (name, old) = ("1792108800:alice", "Vtw6FuS0TnAjsmYmoQvvK2zvC2U="); // by `south`
    let verify = |all: &[&str]| authority(all).verify(name, old, at(NOW));
    assert_eq!(verify(&["north", "south"]), Ok(user("alice")));
    assert_eq!(verify(&["south"]), Ok(user("alice")));
    assert_eq!(verify(&["north"]), Err(VerifyError::WrongPassword));
}

#[test]
fn refuses_what_is_expired_altered_or_malformed() {
    let authority = authority(&["north"]);
    let verify = |name: &str, secs| {
        authority
            .verify(name, "BwC5kD5Gmwwp1hllLm3Ufp/cFHg=", at(secs))
            .map(|_| ())
    };
    assert_eq!(verify("1792108800:alice", 1_792_108_799), Ok(()));
    assert_eq!(
        verify("1792108800:alice", 1_792_108_800),
        Err(VerifyError::Expired)
    );
    assert_eq!(
        verify("1792108801:alice", NOW),
        Err(VerifyError::WrongPassword)
    );
    assert_eq!(
        verify("1792108800:mallory", NOW),
        Err(VerifyError::WrongPassword)
    );
    for name in [
        "",
        "alice",
        ":alice",
        "soon:alice",
        "1792108800:",
        "1792108800:a b",
    ] {
        assert_eq!(verify(name, NOW), Err(VerifyError::Malformed), "{name}");
    }
    for password in ["", "=", "not base64", "BwC5kD5Gmwwp1hllLm3Ufp/cFHg"] {
        let answer = authority.verify("1792108800:alice", password, at(NOW));
        assert_eq!(answer, Err(VerifyError::WrongPassword), "{password}");
    }
}

#[test]
fn without_secrets_only_stun_can_be_named() {
    let day = Duration::from_hours(24);
    let stun: IceUri = "stun:stun.example.com".parse().expect("uri");
    let turn: IceUri = "turn:turn.example.com".parse().expect("uri");

    let authority = TurnAuthority::new(vec![], vec![stun.clone()], day).expect("authority");
    let issued = authority.issue(&user("alice"), at(NOW));
    assert_eq!((issued.credential, issued.servers.len()), (None, 1));

    let refused = TurnAuthority::new(vec![], vec![stun, turn.clone()], day).map(|_| ());
    assert_eq!(refused, Err(InvalidTurnConfig::NoSecret { uri: turn }));
    let refused = TurnAuthority::new(vec![], vec![], Duration::from_millis(999)).map(|_| ());
    assert_eq!(refused, Err(InvalidTurnConfig::TooShort));
}

#[test]
fn debug_prints_neither_secret_nor_password() {
    let authority = authority(&["north"]);
    let issued = authority.issue(&user("alice"), at(NOW));
    let printed = format!("{authority:?} {issued:?}");
    assert!(printed.contains("1792108800:alice"));
    assert!(
        !printed.contains("north") && !printed.contains("BwC5kD5"),
        "{printed}"
    );
}

proptest! {
    #[test]
    fn whatever_is_issued_verifies_until_it_expires(
        // No NUL: HMAC pads short keys with it, so that two such keys could be one.
        secret in "[^\\x00]{1,100}",
        other in "[^\\x00]{1,100}",
        id in "[^\\s\\p{Cc}]{1,128}",
        now in 0_i64..4_000_000_000,
        ttl in 1_u64..1_000_000,
        later in 0_u64..2_000_000,
    ) {
        prop_assume!(secret != other);
        let ttl = Duration::from_secs(ttl);
        let authority = TurnAuthority::new(secrets(&[&secret]), vec![], ttl).expect("authority");
        let access = authority.issue(&user(&id), at(now)).credential.expect("credential");

        let then = at(now) + Duration::from_secs(later);
        let expected =
            if Duration::from_secs(later) < ttl { Ok(user(&id)) } else { Err(VerifyError::Expired) };
        prop_assert_eq!(authority.verify(&access.username, &access.password, then), expected);

        let stranger = TurnAuthority::new(secrets(&[&other]), vec![], ttl).expect("authority");
        prop_assert_eq!(
            stranger.verify(&access.username, &access.password, at(now)),
            Err(VerifyError::WrongPassword)
        );
    }

    #[test]
    fn no_input_is_too_strange(username in ".*", password in ".*", now in any::<i64>()) {
        let authority = authority(&["north"]);
        let now = Timestamp::from_micros(now);
        prop_assert!(authority.verify(&username, &password, now).is_err());
    }
}
