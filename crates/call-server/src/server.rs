//! Everything put together: from settings to a server that runs, and to its end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{Data, PayloadConfig};
use actix_web::{App as ActixApp, HttpServer};
use call_engine::{
    Engine, EngineConfig, EngineService, MediaPlane, RecordingConfig, RecordingPlane,
    RecordingRules, SystemClock,
};
use call_signal::{CloseCode, Hub, HubLimits};
use call_store::{CallStore, ConnectError, Options, RecordingStore, Store, StoreError};
use call_turn::InvalidTurnConfig;
use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::auth::{self, AuthError, SocketTokens};
use crate::http::observe::observe;
use crate::http::security_headers::{Policies, security_headers};
use crate::http::uncompressed::uncompressed;
use crate::http::{MAX_BODY_BYTES, Origins, RateLimit};
use crate::measured_store::MeasuredStore;
use crate::metrics::Metrics;
use crate::recording::{EmbeddedRecorder, RecordingStartError};
use crate::relay::{self, EmbeddedRelay, RelayError};
use crate::routes;
use crate::settings::Settings;
use crate::sfu::{EmbeddedSfu, SfuStartError};

/// Connections that may wait to be accepted: a whole office may come back at once.
const BACKLOG: u32 = 4096;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The keys for tokens are not right.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The embedded relay cannot start.
    #[error(transparent)]
    Relay(#[from] RelayError),
    /// The TURN settings contradict each other.
    #[error("turn: {0}")]
    Turn(#[from] InvalidTurnConfig),
    /// The SFU cannot start.
    #[error(transparent)]
    Sfu(#[from] SfuStartError),
    /// Recordings cannot be made.
    #[error(transparent)]
    Recording(#[from] RecordingStartError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// `server.host` and `server.port`.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The database cannot be opened.
    #[error("database.url: {0}")]
    Connect(#[from] ConnectError),
    /// The database cannot be brought to the form that this version needs, or not be read.
    #[error("the database failed: {0}")]
    Store(#[from] StoreError),
    /// The metrics cannot be set up.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
    /// The threads that serve cannot be started.
    #[error("the server cannot start: {0}")]
    Start(io::Error),
}

/// A server that runs.
pub struct RunningServer {
    address: SocketAddr,
    app: Arc<App>,
    handle: ServerHandle,
    serving: JoinHandle<io::Result<()>>,
}

/// Starts a server: opens and migrates the database, takes up live calls, listens.
///
/// Needs a multi-threaded tokio runtime. The server runs until [`RunningServer::stop`].
pub async fn serve(settings: Settings) -> Result<RunningServer, ServeError> {
    let tokens = Arc::new(auth::tokens(&settings)?);
    let metrics = Metrics::new()?;
    // The ports first: a second server on the same database must not take up the calls of the one
    // that runs.
    let listener = listen(SocketAddr::new(settings.server.host, settings.server.port))?;
    let address = listener.local_addr().map_err(ServeError::Start)?;
    let sfu = EmbeddedSfu::start(&settings)?;
    let services = sfu.as_ref().map_or(&[][..], |sfu| sfu.services());
    let relay = EmbeddedRelay::start(&settings, services)?;
    let turn = relay::authority(&settings.turn, relay.as_ref())?;
    let recorder = EmbeddedRecorder::start(&settings, sfu.as_ref()).await?;

    let store = open(&settings).await?;
    for name in store.migrate().await? {
        tracing::info!(migration = name, "the database was migrated");
    }
    let hub = Arc::new(Hub::new(HubLimits::default()));
    let store = Arc::new(MeasuredStore::new(Arc::new(store), metrics.clone()));
    let engine = Engine::start(
        EngineConfig {
            policy: settings.policy.clone(),
            turn,
            presence_directory: settings.presence.directory,
            media: sfu.clone().map(|sfu| sfu as Arc<dyn MediaPlane>),
            recording: recorder.clone().map(|recorder| RecordingConfig {
                plane: recorder as Arc<dyn RecordingPlane>,
                store: Arc::clone(&store) as Arc<dyn RecordingStore>,
                rules: RecordingRules {
                    retention: settings.recording.retention,
                    retention_bytes: settings.recording.retention_bytes,
                    url_ttl: settings.recording.url_ttl,
                },
            }),
        },
        Arc::clone(&store) as Arc<dyn CallStore>,
        Arc::clone(&hub),
        Arc::new(SystemClock),
    )
    .await?;
    if let Some(sfu) = &sfu {
        sfu.tell(&engine).map_err(ServeError::Start)?;
    }
    if let Some(recorder) = &recorder {
        recorder.tell(&engine);
    }
    let app = Arc::new(App {
        policies: Policies::new(settings.recording.media_origin().as_ref()),
        origins: Origins::new(&settings.server),
        initiate_limit: RateLimit::per_minute(settings.limits.initiate_per_minute),
        draining: AtomicBool::new(false),
        sockets: Arc::new(EngineService::new(
            Arc::clone(&engine),
            SocketTokens(Arc::clone(&tokens)),
        )),
        settings,
        tokens,
        engine,
        hub,
        metrics,
        relay,
        sfu,
        recorder,
        recordings: store,
    });
    let server = http_server(&app, listener).map_err(ServeError::Start)?;
    let handle = server.handle();
    Ok(RunningServer {
        address,
        app,
        handle,
        serving: tokio::spawn(server),
    })
}

/// Opens the database that the settings name.
pub(crate) async fn open(settings: &Settings) -> Result<Store, ConnectError> {
    let options = Options {
        connections: settings.database.connections,
        ..Options::default()
    };
    Store::connect(settings.database.url.expose(), options).await
}

fn listen(address: SocketAddr) -> Result<std::net::TcpListener, ServeError> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    };
    socket
        .and_then(|socket| {
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(BACKLOG)?.into_std()
        })
        .map_err(|error| ServeError::Listen { address, error })
}

fn http_server(
    app: &Arc<App>,
    listener: std::net::TcpListener,
) -> io::Result<actix_web::dev::Server> {
    let data = Data::from(Arc::clone(app));
    let mut server = HttpServer::new(move || {
        let settings = &data.settings;
        ActixApp::new()
            .app_data(data.clone())
            .app_data(PayloadConfig::new(MAX_BODY_BYTES))
            .configure(|config| routes::configure(settings, config))
            .wrap(data.origins.cors())
            .wrap(Compress::default())
            .wrap(from_fn(uncompressed))
            .wrap(from_fn(security_headers))
            .wrap(from_fn(observe))
    })
    .disable_signals()
    .shutdown_timeout(app.settings.server.drain_timeout.as_secs().max(1));
    if app.settings.server.workers > 0 {
        server = server.workers(app.settings.server.workers);
    }
    Ok(server.listen(listener)?.run())
}

impl RunningServer {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as people type it.
    pub fn url(&self) -> String {
        if self.address.ip().is_unspecified() {
            format!("http://localhost:{}", self.address.port())
        } else {
            format!("http://{}", self.address)
        }
    }

    /// Waits until it ends by itself, which it does only when it cannot go on.
    pub async fn failed(&mut self) -> io::Error {
        match (&mut self.serving).await {
            Ok(Ok(())) => io::Error::other("it ended without being asked to"),
            Ok(Err(error)) => error,
            Err(error) => io::Error::other(error),
        }
    }

    /// Ends it in good order, and within `server.drain_timeout`: it takes no more connections and
    /// calls, tells every socket to reconnect elsewhere (close code 1001), finishes the requests
    /// and commands in hand, and stores what was measured. Live calls stay in the database for
    /// whoever serves next. What is recorded is brought onto the disk; it goes on then, too. The relay and the SFU come
    /// last: until then, media flows.
    ///
    /// Returns whether all of that was done in time.
    pub async fn stop(self) -> bool {
        let patience = self.app.settings.server.drain_timeout;
        self.app.draining.store(true, Ordering::Release);
        self.app.engine.drain();
        let finished = tokio::time::timeout(patience, async {
            // Nobody new from here on; those who are here are asked to go.
            let connections = self.handle.stop(true);
            self.app.hub.close_all(CloseCode::GoingAway);
            self.app.hub.drained().await;
            connections.await;
            self.app.engine.stop().await;
        })
        .await
        .is_ok();
        if !finished {
            tracing::warn!(?patience, "not everything was finished in time");
            let _ = tokio::time::timeout(Duration::from_secs(1), self.handle.stop(false)).await;
        }
        self.serving.abort();
        if let Some(recorder) = &self.app.recorder {
            recorder.stop().await;
        }
        if let Some(relay) = &self.app.relay {
            relay.stop().await;
        }
        if let Some(sfu) = &self.app.sfu {
            sfu.stop().await;
        }
        finished
    }
}
