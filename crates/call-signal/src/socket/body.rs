use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_http::ws::{CloseReason, OpCode, Parser};
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::{Bytes, BytesMut};

use crate::CloseCode;
use crate::hub::{Hub, Outbox, Outgoing};

/// As much is written in one go. The rest stays in the outbox, where it counts as waiting.
const BATCH: usize = 16 * 1024;

/// Writes an outbox to the connection.
///
/// The connection asks for more only when the peer has taken what it was given, so that no queue
/// but the outbox stands between a sender and a slow reader.
pub(super) struct SocketBody {
    outbox: Arc<Outbox>,
    hub: Arc<Hub>,
    ended: bool,
    /// The body that the handshake made. Its end tells the reading half that the connection is
    /// gone, so it must live as long as this one.
    _handshake: BoxBody,
}

impl SocketBody {
    pub(super) const fn new(outbox: Arc<Outbox>, hub: Arc<Hub>, handshake: BoxBody) -> Self {
        Self {
            outbox,
            hub,
            ended: false,
            _handshake: handshake,
        }
    }
}

impl MessageBody for SocketBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let mut batch = BytesMut::new();
        let mut texts = 0;
        let mut next = Some(std::task::ready!(self.outbox.poll_next(cx)));
        while let Some(outgoing) = next {
            if let Outgoing::Text(_) = outgoing {
                texts += 1;
            }
            if let Outgoing::Close(_) = outgoing {
                self.ended = true;
            }
            encode(outgoing, &mut batch);
            let full = self.ended || batch.len() >= BATCH;
            next = if full { None } else { self.outbox.try_next() };
        }
        self.hub.counters().frames_written(texts);
        if batch.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(batch.freeze())))
    }
}

fn encode(outgoing: Outgoing, batch: &mut BytesMut) {
    match outgoing {
        Outgoing::Text(frame) => {
            Parser::write_message(batch, frame.as_bytes(), OpCode::Text, true, false);
        }
        Outgoing::Ping => Parser::write_message(batch, [], OpCode::Ping, true, false),
        Outgoing::Pong(payload) => {
            Parser::write_message(batch, payload, OpCode::Pong, true, false);
        }
        Outgoing::Close(CloseCode::Lost) => {}
        Outgoing::Close(code) => {
            let description = Some(code.reason().to_owned());
            let reason = CloseReason {
                code: code.as_u16().into(),
                description,
            };
            Parser::write_close(batch, Some(reason), false);
        }
    }
}
