//! One WebSocket connection: frames between actix, the session and the hub.

mod body;
mod frame_guard;
mod message;
mod task;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{FromRequest, HttpRequest, HttpResponse, rt, web};
use actix_ws::{Message, MessageStream, ProtocolError};
use call_domain::Address;
use futures_util::Stream;

use crate::hub::{Hub, Outbox, SessionId};
use crate::session::{Reaction, Reply, Session, Tick};
use crate::{CloseCode, SignalService, SocketConfig};
use body::SocketBody;
use frame_guard::FrameGuard;
use message::{Assembler, Incoming, close_code_of};
use task::{Done, Running};

type BoxedPayloadStream = Pin<Box<dyn Stream<Item = Result<web::Bytes, PayloadError>>>>;

/// Accepts a WebSocket connection and serves it until it closes.
///
/// Call it from a `GET` route, after the origin of the request was checked. Must run inside actix
/// (it spawns on the worker's own runtime). While the hub drains, the answer is 503.
pub async fn serve_socket(
    req: HttpRequest,
    payload: web::Payload,
    service: Arc<dyn SignalService>,
    hub: Arc<Hub>,
    config: SocketConfig,
) -> actix_web::Result<HttpResponse> {
    if hub.is_draining() {
        let retry = (RETRY_AFTER, "1");
        return Ok(HttpResponse::ServiceUnavailable()
            .insert_header(retry)
            .finish());
    }
    let guard = FrameGuard::new(payload.into_inner(), config.max_frame);
    let guarded: BoxedPayloadStream = Box::pin(guard);
    let mut guarded = Payload::Stream { payload: guarded };
    let payload = web::Payload::from_request(&req, &mut guarded).await?;
    // The writing half of actix-ws is not used: its queue of 32 messages of any size would stand
    // between the outbox and the connection.
    let (response, _, frames) = actix_ws::handle(&req, payload)?;

    let outbox = hub.outbox();
    hub.counters().socket_opened();
    let now = Instant::now();
    let socket = Socket {
        frames: frames.max_frame_size(config.max_frame),
        assembler: Assembler::default(),
        session: Session::new(config, now),
        config,
        outbox: Arc::clone(&outbox),
        hub: Arc::clone(&hub),
        service,
        registered: None,
        running: None,
    };
    rt::spawn(socket.run());
    let response = response.map_body(|_, body| SocketBody::new(outbox, hub, body));
    Ok(response.map_into_boxed_body())
}

/// After so many frames other sockets have their turn.
const FRAMES_AT_ONCE: usize = 16;

/// The reading half of a connection, and all that happens on behalf of it.
struct Socket {
    frames: MessageStream,
    assembler: Assembler,
    session: Session,
    config: SocketConfig,
    outbox: Arc<Outbox>,
    hub: Arc<Hub>,
    service: Arc<dyn SignalService>,
    registered: Option<(Address, SessionId)>,
    /// What the last frame started. Until it is done no further frame is read: the order is kept,
    /// and the peer feels the pressure instead of this process.
    running: Option<Running>,
}

/// Says which device was shut out, and why; comings and goings are no news.
fn tell_the_log(who: &Address, code: CloseCode) {
    match code {
        CloseCode::Normal | CloseCode::GoingAway | CloseCode::Lost | CloseCode::Replaced => {}
        CloseCode::Protocol
        | CloseCode::Unsupported
        | CloseCode::NotText
        | CloseCode::TooBig
        | CloseCode::TryAgainLater
        | CloseCode::TooManyErrors
        | CloseCode::Unauthenticated
        | CloseCode::SlowReader
        | CloseCode::TooManyMessages => tracing::warn!(
            user = %who.user,
            device = %who.device,
            code = code.as_u16(),
            reason = code.reason(),
            "a socket was closed"
        ),
    }
}

/// Why the loop wakes up.
enum Wake {
    Frame(Option<Result<Message, ProtocolError>>),
    Done(Done),
    Timer,
}

impl Socket {
    async fn run(mut self) {
        let code = self.serve().await;
        self.outbox.close(code);
        // What was started is brought to its end: the application must not see half of it.
        if let Some(running) = self.running.take()
            && let Done::Hello { registered, .. } = running.await
        {
            self.registered = registered;
        }
        let code = self.outbox.closed().unwrap_or(code);
        if let Some((address, session)) = self.registered.take() {
            tell_the_log(&address, code);
            if self.hub.unregister(&address, session) {
                self.service.closed(&address).await;
            }
        }
        self.hub.socket_closed(code);
    }

    async fn serve(&mut self) -> CloseCode {
        let timer = tokio::time::sleep_until(self.session.next_deadline().into());
        tokio::pin!(timer);
        let mut frames = 0;
        loop {
            // Frames that came together are not handled in one go: what they cause must get a
            // chance to be written before the next, or a burst would look like a slow reader.
            if frames == FRAMES_AT_ONCE {
                frames = 0;
                tokio::task::yield_now().await;
            }
            let deadline = self.session.next_deadline().into();
            if timer.deadline() != deadline {
                timer.as_mut().reset(deadline);
            }
            let wake = tokio::select! {
                biased;
                code = self.outbox.closing() => return code,
                () = &mut timer => Wake::Timer,
                wake = next(&mut self.running, &mut self.frames) => wake,
            };
            let closed = match wake {
                Wake::Frame(frame) => {
                    frames += 1;
                    self.frame(frame)
                }
                Wake::Done(done) => {
                    self.running = None;
                    self.done(done)
                }
                Wake::Timer => self.tick(),
            };
            if let Err(code) = closed {
                return code;
            }
        }
    }

    fn frame(&mut self, frame: Option<Result<Message, ProtocolError>>) -> Result<(), CloseCode> {
        let frame = match frame {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Err(close_code_of(&error)),
            None => return Err(CloseCode::Lost),
        };
        let now = Instant::now();
        self.hub.counters().frame_read();
        self.session.arrived(now)?;
        match self.assembler.take(frame, self.config.max_frame)? {
            Incoming::Text(text) => match self.session.frame(&text, now) {
                Reaction::Reply(reply) => self.reply(reply),
                Reaction::Relay(ask, signal) => {
                    let Some((address, _)) = &self.registered else {
                        return Ok(());
                    };
                    let outcome = self.service.relay(address, signal);
                    let reply = self.session.done(ask, outcome, now);
                    self.reply(reply)
                }
                Reaction::Start(task) => {
                    self.running = Some(self.start(task));
                    Ok(())
                }
            },
            Incoming::Ping(payload) => {
                self.outbox.pong(payload);
                Ok(())
            }
            Incoming::Nothing => Ok(()),
        }
    }

    fn tick(&mut self) -> Result<(), CloseCode> {
        match self.session.tick(self.running.is_none(), Instant::now()) {
            Tick::Nothing => Ok(()),
            Tick::Ping => {
                self.outbox.ping();
                Ok(())
            }
            Tick::Close(code) => Err(code),
        }
    }

    fn reply(&self, reply: Reply) -> Result<(), CloseCode> {
        if let Some(frame) = reply.frame {
            self.outbox.send(frame);
        }
        reply.close.map_or(Ok(()), Err)
    }
}

/// The end of what runs, or else the next frame.
async fn next(running: &mut Option<Running>, frames: &mut MessageStream) -> Wake {
    let either = |cx: &mut Context<'_>| -> Poll<Wake> {
        match running {
            Some(running) => running.as_mut().poll(cx).map(Wake::Done),
            None => Pin::new(&mut *frames).poll_next(cx).map(Wake::Frame),
        }
    };
    poll_fn(either).await
}
