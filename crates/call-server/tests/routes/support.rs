//! A server in this process, and somebody who asks it.

use std::time::{SystemTime, UNIX_EPOCH};

use call_server::{RunningServer, Settings};
use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const SECRET: &str = "a-secret-for-tests-only-0123456789abcdef";

/// An id that is well formed and of no call.
pub(crate) const NOBODYS_CALL: &str = "01924a5e-7c3d-7b1a-9f5e-3c2d1b0a9f8e";

pub(crate) struct Server {
    running: RunningServer,
    client: Client,
    data: TempDir,
}

pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// A request being made.
pub(crate) struct Ask<'a> {
    server: &'a Server,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Option<Vec<u8>>,
}

pub(crate) async fn start() -> Server {
    start_with(&[]).await
}

/// Settings are environment variables.
pub(crate) async fn start_with(variables: &[(&str, &str)]) -> Server {
    let data = tempfile::tempdir().expect("a folder");
    start_in(data, variables).await
}

async fn start_in(data: TempDir, variables: &[(&str, &str)]) -> Server {
    let database = format!("sqlite://{}/calls.sqlite3", data.path().display());
    let defaults = [
        ("CALL__DATABASE__URL", database.as_str()),
        ("CALL__AUTH__HS256_SECRETS", SECRET),
        ("CALL__SERVER__PORT", "0"),
        ("CALL__SERVER__WORKERS", "1"),
        ("CALL__TURN__EMBEDDED", "false"),
        ("CALL__SFU__ENABLED", "false"),
        ("CALL__SFU__LISTEN", "udp:127.0.0.1:0,tcp:127.0.0.1:0"),
    ];
    let all = defaults
        .iter()
        .chain(variables)
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    let settings = Settings::load_from(None, all).unwrap_or_else(|error| panic!("{error}"));
    let running = call_server::serve(settings)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    let client = Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build();
    Server {
        running,
        client: client.expect("a client"),
        data,
    }
}

pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs()
}

pub(crate) fn token(user: &str) -> String {
    token_of(&json!({ "sub": user, "exp": now() + 600, "name": user.to_uppercase() }))
}

pub(crate) fn admin_token(user: &str) -> String {
    token_of(&json!({ "sub": user, "exp": now() + 600, "roles": ["admin"] }))
}

pub(crate) fn token_of(claims: &Value) -> String {
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    encode(&Header::default(), claims, &key).expect("signed")
}

impl Server {
    pub(crate) fn host(&self) -> String {
        self.running.address().to_string()
    }

    /// Where it keeps what it keeps.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.data.path()
    }

    /// Another server on the same data, when this one has come to its end.
    pub(crate) async fn restart_with(self, variables: &[(&str, &str)]) -> Self {
        self.running.stop().await;
        start_in(self.data, variables).await
    }

    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        Ask {
            server: self,
            method: method.parse().expect("a method"),
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: None,
        }
    }

    pub(crate) async fn get(&self, user: &str, path: &str) -> Reply {
        self.ask("GET", path).by(user).send().await
    }

    pub(crate) async fn post(&self, user: &str, path: &str, body: &Value) -> Reply {
        self.ask("POST", path).by(user).json(body).send().await
    }

    pub(crate) async fn patch(&self, user: &str, path: &str, body: &Value) -> Reply {
        self.ask("PATCH", path).by(user).json(body).send().await
    }

    pub(crate) async fn put(&self, user: &str, path: &str, body: Value) -> Reply {
        self.ask("PUT", path).by(user).json(&body).send().await
    }

    /// Somebody's device calls others; returns the id of the call.
    pub(crate) async fn call(&self, caller: &str, invitees: &[&str]) -> String {
        let device = format!("{caller}-1");
        let body = json!({ "type": "audio", "participantIds": invitees, "deviceId": device });
        let reply = self.post(caller, "/api/calls/initiate", &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()["id"].as_str().expect("an id").to_owned()
    }

    /// A call that was taken.
    pub(crate) async fn answered_call(&self, caller: &str, invitee: &str) -> String {
        let id = self.call(caller, &[invitee]).await;
        let device = json!({ "deviceId": format!("{invitee}-1") });
        let reply = self
            .post(invitee, &format!("/api/calls/{id}/answer"), &device)
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        id
    }
}

impl Ask<'_> {
    pub(crate) fn by(self, user: &str) -> Self {
        let token = token(user);
        self.with_token(&token)
    }

    pub(crate) fn with_token(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(
            HeaderName::from_bytes(name.as_bytes()).expect("a header name"),
            HeaderValue::from_bytes(value.as_bytes()).expect("a header value"),
        );
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    pub(crate) fn body(mut self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", kind)
    }

    pub(crate) async fn send(self) -> Reply {
        let url = format!("http://{}{}", self.server.host(), self.path);
        let mut request = self
            .server
            .client
            .request(self.method, url)
            .headers(self.headers);
        if let Some(body) = self.body {
            request = request.body(body);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        // After an upgrade there is no body to wait for.
        let text = match status {
            101 => String::new(),
            _ => response.text().await.expect("a body"),
        };
        Reply {
            status,
            headers,
            text,
        }
    }
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(name)
            .map(|value| value.to_str().expect("text"))
    }

    /// Checks that this is a problem of that kind, in the form of RFC 9457.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status, self.text.contains(code)),
            (status, true),
            "{}",
            self.text
        );
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let body = self.json();
        assert_eq!(body["code"], code);
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], "about:blank");
        assert!(body["title"].is_string() && body["detail"].is_string());
        body
    }
}
