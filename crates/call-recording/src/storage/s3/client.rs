use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream;
use http_body_util::{BodyExt as _, Limited, StreamBody};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};
use object_store::signer::Method;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

use super::refusal::Refusal;
use crate::storage::ConfigError;

const CONNECT: Duration = Duration::from_secs(5);

/// Sent but not acknowledged: the other side, or the way to it, is gone.
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Of a request, until its answer begins: a part takes so long at 140 kbit/s.
const REQUEST: Duration = Duration::from_mins(5);

/// While an object comes.
const SILENCE: Duration = Duration::from_secs(30);

/// Idle connections are closed before the other side does.
const IDLE: Duration = Duration::from_secs(20);

/// Parts under way at the same time, and something small.
const MAX_IDLE: usize = 3;

/// But for what is read, all is answered in a few lines.
const MAX_ANSWER: usize = 1 << 20;

/// HTTP for `object_store`: hyper, with the cryptography that the rest of the server uses.
#[derive(Debug)]
pub(super) struct Connector(Service);

#[derive(Debug, Clone)]
struct Service {
    client: Client<HttpsConnector<TcpConnector>, HttpRequestBody>,
    patience: Duration,
    silence: Duration,
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
            silence: SILENCE,
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
        let is_read = request.method() == Method::GET;
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
        if is_read && head.status.is_success() {
            // An object of any length, as it comes; but it may not stop coming.
            let silence = self.silence;
            let frames = stream::unfold(Some(body), move |body| async move {
                let mut body = body?;
                let frame = match tokio::time::timeout(silence, body.frame()).await {
                    Ok(Some(Ok(frame))) => return Some((Ok(frame), Some(body))),
                    Ok(Some(Err(error))) => Err(HttpError::new(HttpErrorKind::Interrupted, error)),
                    Ok(None) => return None,
                    Err(elapsed) => Err(HttpError::new(HttpErrorKind::Timeout, elapsed)),
                };
                Some((frame, None))
            });
            let body = HttpResponseBody::new(StreamBody::new(frames));
            return Ok(HttpResponse::from_parts(head, body));
        }
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
    use bytes::Bytes;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// What comes of asking somebody who takes a request and answers that, and then waits.
    async fn asked(method: Method, answer: &str) -> Result<Bytes, HttpErrorKind> {
        ask(method, answer, true).await
    }

    /// The same, but then the connection is closed.
    async fn broken_off(method: Method, answer: &str) -> Result<Bytes, HttpErrorKind> {
        ask(method, answer, false).await
    }

    async fn ask(method: Method, answer: &str, stays: bool) -> Result<Bytes, HttpErrorKind> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer = answer.to_owned();
        let server = tokio::spawn(async move {
            let mut stream = listener.accept().await.unwrap().0;
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            let _ = stream.write_all(answer.as_bytes()).await;
            if stays {
                std::future::pending::<()>().await;
            }
        });
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.uri_mut() = format!("http://127.0.0.1:{port}/").parse().unwrap();
        *request.method_mut() = method;
        let mut service = Connector::new(false).unwrap().0;
        service.patience = Duration::from_secs(1);
        service.silence = Duration::from_secs(1);
        let answer = async { service.call(request).await?.into_body().bytes().await }.await;
        server.abort();
        answer.map_err(|error| error.kind())
    }

    #[tokio::test]
    async fn silence_ends() {
        let ask = async |method, answer| asked(method, answer).await.unwrap_err();
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
        assert_eq!(ask(Method::PUT, "").await, HttpErrorKind::Timeout);
        assert_eq!(ask(Method::PUT, half).await, HttpErrorKind::Timeout);
        assert_eq!(ask(Method::GET, "").await, HttpErrorKind::Timeout);
        assert_eq!(ask(Method::GET, half).await, HttpErrorKind::Timeout);
    }

    #[tokio::test]
    async fn only_what_is_read_may_be_long() {
        let body = "a".repeat(MAX_ANSWER + 1);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let answer = head + &body;
        let kind = asked(Method::POST, &answer).await.unwrap_err();
        assert_eq!(kind, HttpErrorKind::Interrupted);
        assert_eq!(asked(Method::GET, &answer).await.unwrap(), body);
    }

    #[tokio::test]
    async fn an_answer_comes_with_its_body() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        for method in [Method::PUT, Method::GET] {
            assert_eq!(asked(method, answer).await.unwrap(), "hello");
        }
    }

    #[tokio::test]
    async fn what_breaks_off_is_no_answer() {
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf";
        for method in [Method::PUT, Method::GET] {
            let kind = broken_off(method, half).await.unwrap_err();
            assert_eq!(kind, HttpErrorKind::Interrupted);
        }
    }
}
