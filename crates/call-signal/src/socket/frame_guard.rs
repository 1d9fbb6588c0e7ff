use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::{Bytes, BytesMut};
use futures_util::Stream;

/// The longest header of a frame but for the mask (RFC 6455, section 5.2).
const MAX_HEADER: usize = 10;
const MASK_BIT: u8 = 0x80;
const MASK_LEN: u64 = 4;

/// Passes bytes on until the header of a frame announces more than the limit; that header ends the
/// stream with [`PayloadError::Overflow`].
///
/// The WebSocket codec looks at the limit only once the whole frame is in memory, which would
/// leave the size of that memory to the client.
pub(super) struct FrameGuard {
    payload: Payload,
    headers: Headers,
    overflowed: bool,
}

impl FrameGuard {
    pub(super) fn new(payload: Payload, max_frame: usize) -> Self {
        let max_frame = u64::try_from(max_frame).unwrap_or(u64::MAX);
        Self {
            payload,
            headers: Headers::new(max_frame),
            overflowed: false,
        }
    }
}

impl Stream for FrameGuard {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.overflowed {
            return Poll::Ready(Some(Err(PayloadError::Overflow)));
        }
        let next = std::task::ready!(Pin::new(&mut self.payload).poll_next(cx));
        let Some(Ok(mut bytes)) = next else {
            return Poll::Ready(next);
        };
        if let Some(good) = self.headers.read(&bytes) {
            self.overflowed = true;
            if good == 0 {
                return Poll::Ready(Some(Err(PayloadError::Overflow)));
            }
            bytes.truncate(good);
        }
        // A chunk is a slice of a larger read buffer: a small one is copied, or it would keep
        // that buffer alive for as long as a frame is incomplete.
        let bytes = if bytes.len() < 1024 {
            BytesMut::from(&bytes[..]).freeze()
        } else {
            bytes
        };
        Poll::Ready(Some(Ok(bytes)))
    }
}

/// Follows the headers of frames through a stream of bytes.
struct Headers {
    max_frame: u64,
    /// Bytes of mask and payload until the next header.
    skip: u64,
    header: [u8; MAX_HEADER],
    len: usize,
}

impl Headers {
    const fn new(max_frame: u64) -> Self {
        Self {
            max_frame,
            skip: 0,
            header: [0; MAX_HEADER],
            len: 0,
        }
    }

    /// Where the frames that are within the limit end, if one in `bytes` is not.
    fn read(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        let mut good = 0;
        while at < bytes.len() {
            if self.skip > 0 {
                let rest = u64::try_from(bytes.len() - at).unwrap_or(u64::MAX);
                let skipped = self.skip.min(rest);
                self.skip -= skipped;
                at += usize::try_from(skipped).unwrap_or(usize::MAX);
                continue;
            }
            if self.len == 0 {
                good = at;
            }
            self.header[self.len] = bytes[at];
            self.len += 1;
            at += 1;
            if let Some(length) = self.payload_len() {
                if length > self.max_frame {
                    return Some(good);
                }
                let mask = if self.header[1] & MASK_BIT == 0 {
                    0
                } else {
                    MASK_LEN
                };
                self.skip = mask + length;
                self.len = 0;
            }
        }
        None
    }

    /// The payload length, once the header says it.
    fn payload_len(&self) -> Option<u64> {
        let h = &self.header;
        match (self.len, h[1] & !MASK_BIT) {
            (4, 126) => Some(u16::from_be_bytes([h[2], h[3]]).into()),
            (10, 127) => Some(u64::from_be_bytes([
                h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9],
            ])),
            (0 | 1, _) | (_, 126 | 127) => None,
            (_, short) => Some(short.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(len: usize) -> Vec<u8> {
        let mut frame = vec![0x81];
        if len < 126 {
            frame.push(0x80 | u8::try_from(len).unwrap());
        } else if let Ok(len) = u16::try_from(len) {
            frame.push(0xFE);
            frame.extend(len.to_be_bytes());
        } else {
            frame.push(0xFF);
            frame.extend((len as u64).to_be_bytes());
        }
        // Mask and payload, of bytes that look like a header of a long frame.
        frame.extend(std::iter::repeat_n(0xFF, 4 + len));
        frame
    }

    proptest! {
        #[test]
        fn finds_the_first_frame_above_the_limit_however_the_stream_is_cut(
            lens in prop::collection::vec(prop_oneof![0_usize..300, 65_000_usize..70_000], 1..6),
            cut in 1_usize..5_000,
        ) {
            let limit = 65_536;
            let stream: Vec<u8> = lens.iter().flat_map(|len| frame(*len)).collect();
            let good: usize =
                lens.iter().take_while(|len| **len <= limit).map(|len| frame(*len).len()).sum();
            let mut headers = Headers::new(limit as u64);
            let mut found = None;
            for (n, chunk) in stream.chunks(cut).enumerate() {
                if let Some(at) = headers.read(chunk) {
                    found = Some(n * cut + at);
                    break;
                }
            }
            if good == stream.len() {
                prop_assert_eq!(found, None);
            } else {
                // A header that is cut in two was partly passed on: never more than its own bytes.
                let found = found.expect("found");
                prop_assert!(found >= good && found < good + MAX_HEADER, "{found} for {good}");
            }
        }
    }

    #[test]
    fn a_length_of_two_to_the_64_is_no_overflow() {
        let mut headers = Headers::new(65_536);
        let mut bytes = vec![0x81, 0xFF];
        bytes.extend([0xFF; 12]);
        assert_eq!(headers.read(&bytes), Some(0));
    }
}
