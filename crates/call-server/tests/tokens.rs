//! Tokens that open the door, and tokens that do not.

// A test that cannot go on has failed: panicking says so.
#![allow(clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use call_server::auth::{Keys, KeysError, TokenRefused, Tokens};
use call_server::settings::{AuthSettings, Secret};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

const OLD: &str = "the-old-secret-the-old-secret-the-old";
const NEW: &str = "the-new-secret-the-new-secret-the-new";

fn key_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/keys")
        .join(name)
}

fn pem(name: &str) -> Vec<u8> {
    std::fs::read(key_file(name)).expect("a key of the tests")
}

fn auth(secrets: &[&str], files: &[&str]) -> AuthSettings {
    AuthSettings {
        hs256_secrets: secrets.iter().map(|secret| Secret::new(*secret)).collect(),
        public_key_files: files.iter().map(|name| key_file(name)).collect(),
        jwks_file: None,
    }
}

fn tokens(settings: &AuthSettings) -> Tokens {
    let keys = Keys::load(settings).unwrap_or_else(|errors| panic!("{errors:?}"));
    Tokens::new(keys, &settings.hs256_secrets)
}

fn now() -> i64 {
    let passed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970");
    i64::try_from(passed.as_secs()).expect("before the year 292277026596")
}

fn claims() -> Value {
    json!({ "sub": "alice", "exp": now() + 60 })
}

fn hs256(claims: &Value, secret: &[u8]) -> String {
    encode(
        &Header::default(),
        claims,
        &EncodingKey::from_secret(secret),
    )
    .expect("signed")
}

fn refused(tokens: &Tokens, token: &str) -> TokenRefused {
    tokens.verify(token).expect_err("the token is refused")
}

#[test]
fn each_of_several_secrets_verifies() {
    let tokens = tokens(&auth(&[NEW, OLD], &[]));
    for secret in [OLD, NEW] {
        let caller = tokens
            .verify(&hs256(&claims(), secret.as_bytes()))
            .expect("good");
        assert_eq!(caller.user_id.as_str(), "alice");
    }
    assert_eq!(
        refused(&tokens, &hs256(&claims(), b"another")),
        TokenRefused::Invalid
    );
}

#[test]
fn a_supabase_token_works_unchanged() {
    let tokens = tokens(&auth(&[NEW], &[]));
    let claims = json!({
        "aud": "authenticated", "exp": now() + 3600, "iat": now(), "role": "authenticated",
        "iss": "https://project.supabase.co/auth/v1", "email": "a@example.com",
        "sub": "3f2c1e9a-5b1e-4f0e-9d5f-0a1b2c3d4e5f", "session_id": "x", "is_anonymous": false,
        "app_metadata": { "provider": "email" }, "user_metadata": { "name": "Alice" },
    });
    let caller = tokens
        .verify(&hs256(&claims, NEW.as_bytes()))
        .expect("good");
    assert_eq!(
        caller.user_id.as_str(),
        "3f2c1e9a-5b1e-4f0e-9d5f-0a1b2c3d4e5f"
    );
    assert!(!caller.admin);
}

#[test]
fn public_keys_verify_their_own_algorithm() {
    let tokens = tokens(&auth(&[], &["rsa-public.pem", "ec-public.pem"]));
    let rsa = EncodingKey::from_rsa_pem(&pem("rsa-private.pem")).expect("a key");
    let ec = EncodingKey::from_ec_pem(&pem("ec-private.pem")).expect("a key");
    for (algorithm, key) in [(Algorithm::RS256, &rsa), (Algorithm::ES256, &ec)] {
        let token = encode(&Header::new(algorithm), &claims(), key).expect("signed");
        assert!(tokens.verify(&token).is_ok(), "{algorithm:?}");
    }
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let token = encode(&Header::new(algorithm), &claims(), &rsa).expect("signed");
        assert_eq!(
            refused(&tokens, &token),
            TokenRefused::Invalid,
            "{algorithm:?}"
        );
    }
}

#[test]
fn a_public_key_is_no_shared_secret() {
    let tokens = tokens(&auth(&[], &["rsa-public.pem", "ec-public.pem"]));
    for name in ["rsa-public.pem", "ec-public.pem"] {
        let token = hs256(&claims(), &pem(name));
        assert_eq!(refused(&tokens, &token), TokenRefused::Invalid, "{name}");
    }
}

#[test]
fn no_algorithm_is_no_signature() {
    let tokens = tokens(&auth(&[NEW], &["rsa-public.pem"]));
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    for algorithm in ["none", "None", "NONE", ""] {
        for signature in ["", "AAAA"] {
            let header = part(&json!({ "alg": algorithm, "typ": "JWT" }));
            let token = format!("{header}.{}.{signature}", part(&claims()));
            assert_eq!(refused(&tokens, &token), TokenRefused::Invalid, "{token}");
        }
    }
    let good = hs256(&claims(), NEW.as_bytes());
    let stripped = good
        .rsplit_once('.')
        .map(|(signed, _)| format!("{signed}."))
        .expect("three parts");
    assert_eq!(refused(&tokens, &stripped), TokenRefused::Invalid);
}

#[test]
fn other_hashes_with_the_right_secret_are_refused() {
    let tokens = tokens(&auth(&[NEW], &[]));
    let key = EncodingKey::from_secret(NEW.as_bytes());
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = encode(&Header::new(algorithm), &claims(), &key).expect("signed");
        assert_eq!(refused(&tokens, &token), TokenRefused::Invalid);
    }
}

#[test]
fn expiry_is_required_and_kept_to_within_five_seconds() {
    let tokens = tokens(&auth(&[NEW], &[]));
    let with_exp = |exp: Value| hs256(&json!({ "sub": "alice", "exp": exp }), NEW.as_bytes());
    assert!(
        tokens.verify(&with_exp(json!(now() - 2))).is_ok(),
        "within the leeway"
    );
    assert_eq!(
        refused(&tokens, &with_exp(json!(now() - 10))),
        TokenRefused::Expired
    );
    assert_eq!(
        refused(&tokens, &with_exp(json!("tomorrow"))),
        TokenRefused::Claims
    );
    let endless = hs256(&json!({ "sub": "alice" }), NEW.as_bytes());
    assert_eq!(refused(&tokens, &endless), TokenRefused::Claims);
}

#[test]
fn a_token_for_later_is_refused_until_then() {
    let tokens = tokens(&auth(&[NEW], &[]));
    let token = |nbf: i64| {
        let claims = json!({ "sub": "alice", "exp": now() + 900, "nbf": nbf });
        hs256(&claims, NEW.as_bytes())
    };
    assert_eq!(
        refused(&tokens, &token(now() + 600)),
        TokenRefused::TooEarly
    );
    assert!(tokens.verify(&token(now() - 1)).is_ok());
}

#[test]
fn the_subject_must_be_a_user_id() {
    let tokens = tokens(&auth(&[NEW], &[]));
    for sub in [
        json!(""),
        json!("a b"),
        json!("a\u{0}b"),
        json!("x".repeat(129)),
        json!(7),
        Value::Null,
    ] {
        let token = hs256(&json!({ "sub": sub, "exp": now() + 60 }), NEW.as_bytes());
        assert_eq!(refused(&tokens, &token), TokenRefused::Claims, "{sub}");
    }
    let token = hs256(&json!({ "exp": now() + 60 }), NEW.as_bytes());
    assert_eq!(refused(&tokens, &token), TokenRefused::Claims);
}

#[test]
fn rubbish_is_refused() {
    let tokens = tokens(&auth(&[NEW], &[]));
    let long = "a".repeat(1_000_000);
    for token in ["", ".", "..", "a.b.c", "Bearer x", "\u{0}", long.as_str()] {
        assert_eq!(refused(&tokens, token), TokenRefused::Invalid);
    }
    let mut forged = hs256(&claims(), NEW.as_bytes());
    forged.insert(forged.len() / 2, 'A');
    assert_eq!(refused(&tokens, &forged), TokenRefused::Invalid);
}

#[test]
fn a_key_set_matches_by_key_id() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jwks.json");
    let rsa = EncodingKey::from_rsa_pem(&pem("rsa-private.pem")).expect("a key");
    let ec = EncodingKey::from_ec_pem(&pem("ec-private.pem")).expect("a key");
    let jwk = |key: &EncodingKey, algorithm, id: &str| {
        let mut jwk = Jwk::from_encoding_key(key, algorithm).expect("a JWK");
        jwk.common.key_id = Some(id.to_owned());
        jwk
    };
    let set = JwkSet {
        keys: vec![
            jwk(&rsa, Algorithm::RS256, "first"),
            jwk(&ec, Algorithm::ES256, "second"),
        ],
    };
    std::fs::write(&path, serde_json::to_vec(&set).expect("JSON")).expect("written");
    let tokens = tokens(&AuthSettings {
        jwks_file: Some(path),
        ..auth(&[], &[])
    });
    let signed = |algorithm, id: Option<&str>, key: &EncodingKey| {
        let header = Header {
            kid: id.map(str::to_owned),
            ..Header::new(algorithm)
        };
        encode(&header, &claims(), key).expect("signed")
    };
    assert!(
        tokens
            .verify(&signed(Algorithm::RS256, Some("first"), &rsa))
            .is_ok()
    );
    assert!(
        tokens
            .verify(&signed(Algorithm::ES256, Some("second"), &ec))
            .is_ok()
    );
    assert!(tokens.verify(&signed(Algorithm::ES256, None, &ec)).is_ok());
    let wrong = signed(Algorithm::RS256, Some("second"), &rsa);
    assert_eq!(refused(&tokens, &wrong), TokenRefused::Invalid);
}

#[test]
fn unusable_keys_are_all_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("jwks.json");
    std::fs::write(&path, r#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#).expect("written");
    let settings = AuthSettings {
        jwks_file: Some(path),
        ..auth(&[], &["missing.pem", "rsa-private.pem", "README.md"])
    };
    let errors = Keys::load(&settings)
        .map(|_| ())
        .expect_err("nothing is usable");
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 4, "{text:#?}");
    assert!(text[0].contains("missing.pem cannot be read"));
    assert!(text[1].contains("holds a private key"));
    assert!(text[2].contains("holds no RSA or P-256 public key"));
    assert!(text[3].contains("has no RSA or P-256 public key for signatures"));
    let none = Keys::load(&auth(&[], &[])).map(|_| ());
    assert_eq!(none, Err(vec![KeysError::None]));
}
