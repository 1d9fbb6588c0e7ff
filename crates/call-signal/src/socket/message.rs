use std::io;
use std::str::Utf8Error;

use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut};
use actix_ws::{Item, Message, ProtocolError};
use bytestring::ByteString;

use crate::CloseCode;

/// Something that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A whole text message.
    Text(ByteString),
    /// The peer wants a pong with this payload.
    Ping(Bytes),
    /// Nothing to do: a pong, or a part of a message.
    Nothing,
}

/// Puts messages together that came in fragments, as browsers may send large ones.
#[derive(Debug, Default)]
pub(super) struct Assembler {
    /// Boxed, since nearly no socket ever has one.
    #[allow(clippy::box_collection)]
    text: Option<Box<BytesMut>>,
}

impl Assembler {
    /// Takes a frame; an error is the reason to close.
    pub(super) fn take(
        &mut self,
        frame: Message,
        max_message: usize,
    ) -> Result<Incoming, CloseCode> {
        match frame {
            Message::Text(_) | Message::Binary(_) if self.text.is_some() => {
                Err(CloseCode::Protocol)
            }
            Message::Text(text) => Ok(Incoming::Text(text)),
            Message::Ping(payload) => Ok(Incoming::Ping(payload)),
            Message::Pong(_) | Message::Nop => Ok(Incoming::Nothing),
            Message::Close(_) => Err(CloseCode::Normal),
            Message::Binary(_) | Message::Continuation(Item::FirstBinary(_)) => {
                Err(CloseCode::Unsupported)
            }
            Message::Continuation(Item::FirstText(part)) => {
                if self.text.is_some() {
                    return Err(CloseCode::Protocol);
                }
                self.text = Some(Box::new(BytesMut::from(&part[..])));
                Ok(Incoming::Nothing)
            }
            Message::Continuation(Item::Continue(part)) => {
                self.append(&part, max_message)?;
                Ok(Incoming::Nothing)
            }
            Message::Continuation(Item::Last(part)) => {
                self.append(&part, max_message)?;
                let whole = self.text.take().ok_or(CloseCode::Protocol)?.freeze();
                ByteString::try_from(whole)
                    .map(Incoming::Text)
                    .map_err(|_| CloseCode::NotText)
            }
        }
    }

    fn append(&mut self, part: &[u8], max_message: usize) -> Result<(), CloseCode> {
        let text = self.text.as_mut().ok_or(CloseCode::Protocol)?;
        if text.len() + part.len() > max_message {
            return Err(CloseCode::TooBig);
        }
        text.extend_from_slice(part);
        Ok(())
    }
}

/// The close code for what the codec could not read.
pub(super) fn close_code_of(error: &ProtocolError) -> CloseCode {
    match error {
        ProtocolError::Overflow => CloseCode::TooBig,
        ProtocolError::Io(error) => close_code_of_io(error),
        ProtocolError::UnmaskedFrame
        | ProtocolError::MaskedFrame
        | ProtocolError::InvalidOpcode(_)
        | ProtocolError::InvalidLength(_)
        | ProtocolError::BadOpCode
        | ProtocolError::ContinuationNotStarted
        | ProtocolError::ContinuationStarted
        | ProtocolError::ContinuationFragment(_) => CloseCode::Protocol,
    }
}

fn close_code_of_io(error: &io::Error) -> CloseCode {
    let Some(cause) = error.get_ref() else {
        return CloseCode::Lost;
    };
    if cause.is::<Utf8Error>() {
        return CloseCode::NotText;
    }
    match cause.downcast_ref::<PayloadError>() {
        Some(PayloadError::Overflow) => CloseCode::TooBig,
        // The codec's complaint about reserved bits.
        None if error.kind() == io::ErrorKind::InvalidData => CloseCode::Protocol,
        Some(_) | None => CloseCode::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn fragments_make_a_message_and_control_frames_may_come_between() {
        let mut assembler = Assembler::default();
        let mut take = |frame| assembler.take(frame, 100);
        let first = Message::Continuation(Item::FirstText(part("a\u{e9}")));
        assert_eq!(take(first), Ok(Incoming::Nothing));
        assert_eq!(
            take(Message::Ping(part("p"))),
            Ok(Incoming::Ping(part("p")))
        );
        assert_eq!(
            take(Message::Continuation(Item::Continue(part("b")))),
            Ok(Incoming::Nothing)
        );
        assert_eq!(
            take(Message::Continuation(Item::Last(part("c")))),
            Ok(Incoming::Text("a\u{e9}bc".into()))
        );
        assert_eq!(
            take(Message::Text("whole".into())),
            Ok(Incoming::Text("whole".into()))
        );
    }

    #[test]
    fn fragments_obey_the_limit_of_a_whole_message() {
        let mut assembler = Assembler::default();
        let first = Message::Continuation(Item::FirstText(part("123")));
        assert_eq!(assembler.take(first, 5), Ok(Incoming::Nothing));
        let last = Message::Continuation(Item::Last(part("456")));
        assert_eq!(assembler.take(last, 5), Err(CloseCode::TooBig));
    }

    #[test]
    fn out_of_order_fragments_are_a_protocol_error() {
        let mut assembler = Assembler::default();
        let last = || Message::Continuation(Item::Last(part("x")));
        assert_eq!(assembler.take(last(), 5), Err(CloseCode::Protocol));
        let first = Message::Continuation(Item::FirstText(part("1")));
        assert_eq!(assembler.take(first, 5), Ok(Incoming::Nothing));
        assert_eq!(
            assembler.take(Message::Text("x".into()), 5),
            Err(CloseCode::Protocol)
        );
    }

    #[test]
    fn fragments_that_are_no_text_are_refused() {
        let mut assembler = Assembler::default();
        let first = Message::Continuation(Item::FirstText(Bytes::from_static(&[0xC3])));
        assert_eq!(assembler.take(first, 5), Ok(Incoming::Nothing));
        let last = Message::Continuation(Item::Last(part("x")));
        assert_eq!(assembler.take(last, 5), Err(CloseCode::NotText));
        let binary = Message::Continuation(Item::FirstBinary(part("x")));
        assert_eq!(assembler.take(binary, 5), Err(CloseCode::Unsupported));
    }
}
