use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt as _, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpService,
};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use super::refusal::Refusal;
use crate::storage::ConfigError;

const CONNECT: Duration = Duration::from_secs(5);

/// Sent but not acknowledged: the other side, or the way to it, is gone.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Of a whole request: a part takes so long at 140 kbit/s.
const REQUEST: Duration = Duration::from_mins(5);

/// Idle connections are closed before the other side does.
const IDLE: Duration = Duration::from_secs(20);

/// Parts under way at the same time, and something small.
const MAX_IDLE: usize = 3;

/// What we ask for is answered in a few lines; nothing large is read from a store.
const MAX_ANSWER: usize = 1 << 20;

/// HTTP for `object_store`: hyper, with the cryptography that the rest of the server uses.
#[derive(Debug)]
pub(super) struct Connector(Service);

#[derive(Debug, Clone)]
struct Service {
    client: Client<HttpsConnector<TcpConnector>, HttpRequestBody>,
    patience: Duration,
}

impl Connector {
    /// With TLS or without, but never with whichever there is.
    pub(super) fn new(tls: bool) -> Result<Self, ConfigError> {
        let mut tcp = TcpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let provider = Arc::new(ring::default_provider());
        let connector = if tls {
            let builder = HttpsConnectorBuilder::new().with_provider_and_native_roots(provider);
            let builder = builder.map_err(|_| ConfigError::NoAuthorities)?;
            builder.https_only().enable_http1().wrap_connector(tcp)
        } else {
            let config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|_| ConfigError::NoAuthorities)?
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth();
            HttpsConnectorBuilder::new()
                .with_tls_config(config)
                .https_or_http()
                .enable_http1()
                .wrap_connector(tcp)
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MAX_IDLE)
            .build(connector);
        Ok(Self(Service {
            client,
            patience: REQUEST,
        }))
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = tokio::time::timeout(self.patience, self.exchange(request)).await;
        answer.unwrap_or_else(|elapsed| Err(HttpError::new(HttpErrorKind::Timeout, elapsed)))
    }
}

impl Service {
    async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = self.client.request(request).await;
        let answer = answer.map_err(|error| {
            let kind = if error.is_connect() {
                HttpErrorKind::Connect
            } else {
                HttpErrorKind::Interrupted
            };
            HttpError::new(kind, error)
        })?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|error| HttpError::new_boxed(HttpErrorKind::Interrupted, error))?;
        let body = body.to_bytes();
        match Refusal::of(head.status.as_u16(), &body) {
            Some(refusal) => Err(refusal.into_http_error()),
            None => Ok(HttpResponse::from_parts(head, body.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// What comes of asking somebody who takes a request and answers that, and then waits.
    async fn asked(answer: &str) -> Result<HttpResponse, HttpErrorKind> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = answer.to_owned();
        let server = tokio::spawn(async move {
            let mut stream = listener.accept().await.unwrap().0;
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            let _ = stream.write_all(answer.as_bytes()).await;
            std::future::pending::<()>().await;
        });
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.uri_mut() = format!("http://127.0.0.1:{port}/").parse().unwrap();
        let mut service = Connector::new(false).unwrap().0;
        service.patience = Duration::from_secs(2);
        let answer = service.call(request).await;
        server.abort();
        answer.map_err(|error| error.kind())
    }

    #[tokio::test]
    async fn silence_ends() {
        for answer in ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"] {
            let kind = asked(answer).await.unwrap_err();
            assert_eq!(kind, HttpErrorKind::Timeout, "{answer:?}");
        }
    }

    #[tokio::test]
    async fn too_long_an_answer_is_not_taken() {
        let body = "a".repeat(MAX_ANSWER + 1);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let kind = asked(&(head + &body)).await.unwrap_err();
        assert_eq!(kind, HttpErrorKind::Interrupted);
    }

    #[tokio::test]
    async fn an_answer_comes_with_its_body() {
        let answer = asked("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await;
        let body = answer.unwrap().into_body().bytes().await.unwrap();
        assert_eq!(&body[..], b"hello");
    }
}
