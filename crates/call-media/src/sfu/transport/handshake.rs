//! Records of DTLS (RFC 6347 section 4.1) and the client's handshake messages in them (section 4.2), put together here: the
//! handshake behind sees whole messages, in order, of bounded size and number, whatever a peer sends.

use std::collections::VecDeque;

const RECORD_HEADER: usize = 13;
const MESSAGE_HEADER: usize = 12;
/// Records of a datagram at most.
const RECORDS_MAX: usize = 16;
/// A message at most, in bytes: hellos with post-quantum keys have 2 KiB, chains of certificates 4.
const MESSAGE_MAX: usize = 8 * 1024;
/// Messages of a handshake at most: two hellos, certificate, key exchange, verification, and some to spare.
const MESSAGES_MAX: u16 = 12;
/// Messages that may come before their turn.
const AHEAD: usize = 4;

const CLIENT_HELLO: u8 = 1;
const CERTIFICATE: u8 = 11;
const CERTIFICATE_VERIFY: u8 = 15;
const CLIENT_KEY_EXCHANGE: u8 = 16;
const USE_SRTP: u16 = 14;

/// Content types (RFC 5246 section 6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentType {
    ChangeCipherSpec,
    Alert,
    Handshake,
    ApplicationData,
}

/// A record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Record<'a> {
    pub(super) content_type: ContentType,
    pub(super) epoch: u16,
    /// With its header.
    pub(super) whole: &'a [u8],
    pub(super) body: &'a [u8],
}

/// The records of a datagram, up to the first that is malformed. `Err` is that one.
pub(super) fn records(datagram: &[u8]) -> impl Iterator<Item = Result<Record<'_>, ()>> {
    let mut rest = datagram;
    let mut malformed = false;
    std::iter::from_fn(move || {
        if rest.is_empty() || malformed {
            return None;
        }
        let record = read(rest).ok_or(());
        match record {
            Ok(record) => rest = &rest[record.whole.len()..],
            Err(()) => malformed = true,
        }
        Some(record)
    })
    .take(RECORDS_MAX)
}

fn read(datagram: &[u8]) -> Option<Record<'_>> {
    let (head, _) = datagram.split_first_chunk::<RECORD_HEADER>()?;
    let content_type = match head[0] {
        20 => ContentType::ChangeCipherSpec,
        21 => ContentType::Alert,
        22 => ContentType::Handshake,
        23 => ContentType::ApplicationData,
        _ => return None,
    };
    // DTLS 1.2, or 1.0 as first hellos have it.
    if head[1] != 0xfe || !matches!(head[2], 0xfd | 0xff) {
        return None;
    }
    let length = RECORD_HEADER + usize::from(u16::from_be_bytes([head[11], head[12]]));
    let whole = datagram.get(..length)?;
    let body = &whole[RECORD_HEADER..];
    (!body.is_empty()).then_some(Record {
        content_type,
        epoch: u16::from_be_bytes([head[3], head[4]]),
        whole,
        body,
    })
}

/// Frames a body as a record of epoch 0.
pub(super) fn plain_record(
    content_type: ContentType,
    sequence_number: u64,
    body: &[u8],
) -> Vec<u8> {
    let kind = match content_type {
        ContentType::ChangeCipherSpec => 20,
        ContentType::Alert => 21,
        ContentType::Handshake => 22,
        ContentType::ApplicationData => 23,
    };
    let length = u16::try_from(body.len()).unwrap_or(u16::MAX);
    let mut record = Vec::with_capacity(RECORD_HEADER + body.len());
    record.extend_from_slice(&[kind, 0xfe, 0xfd]);
    record.extend_from_slice(&sequence_number.to_be_bytes());
    record.extend_from_slice(&length.to_be_bytes());
    record.extend_from_slice(body);
    record
}

/// A handshake message that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// Header, as of one fragment, and body.
    pub(super) bytes: Vec<u8>,
}

impl Message {
    /// Whether it is a hello.
    pub(super) fn is_hello(&self) -> bool {
        self.bytes.first() == Some(&CLIENT_HELLO)
    }

    /// The SRTP profiles that a hello offers (RFC 5764 section 4.1.1); none if it is malformed.
    pub(super) fn srtp_profiles(&self) -> Vec<u16> {
        self.find_srtp_profiles().unwrap_or_default()
    }

    fn find_srtp_profiles(&self) -> Option<Vec<u16>> {
        // Version and random.
        let rest = self.bytes.get(MESSAGE_HEADER + 2 + 32..)?;
        let (_session, rest) = short(rest)?;
        let (_cookie, rest) = short(rest)?;
        let (_suites, rest) = long(rest)?;
        let (_compression, rest) = short(rest)?;
        let (mut extensions, _) = long(rest)?;
        while let Some((kind, rest)) = extensions.split_first_chunk::<2>() {
            let (value, after) = long(rest)?;
            if u16::from_be_bytes(*kind) == USE_SRTP {
                let (profiles, _) = long(value)?;
                let profiles = profiles.as_chunks::<2>().0.iter();
                return Some(profiles.map(|id| u16::from_be_bytes(*id)).collect());
            }
            extensions = after;
        }
        None
    }
}

/// A vector with a length of one byte, and what follows.
fn short(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

/// A vector with a length of two bytes, and what follows.
fn long(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// What a record of handshake fragments brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Messages that are whole now, in order.
    pub(super) messages: Vec<Message>,
    /// The client repeats a flight: its latest message, a hello, was there before.
    pub(super) is_hello_repeated: bool,
    /// Something was malformed, or beyond the bounds.
    pub(super) is_refused: bool,
}

/// Puts the client's messages together.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    /// The message that is due.
    next: u16,
    /// The due message and those after it, as far as they are there.
    parts: VecDeque<Option<Parts>>,
    /// The message before the one that is due was a hello.
    after_hello: bool,
}

#[derive(Debug)]
struct Parts {
    kind: u8,
    body: Vec<u8>,
    have: Vec<bool>,
    missing: usize,
}

#[derive(Debug, Clone, Copy)]
struct Fragment<'a> {
    kind: u8,
    length: usize,
    sequence: u16,
    offset: usize,
    bytes: &'a [u8],
}

impl Inbox {
    /// Takes the body of a record: one fragment, or more.
    pub(super) fn take(&mut self, mut body: &[u8]) -> Taken {
        let mut taken = Taken::default();
        while !body.is_empty() {
            let Some((fragment, rest)) = split_fragment(body) else {
                taken.is_refused = true;
                break;
            };
            body = rest;
            if fragment.sequence < self.next {
                taken.is_hello_repeated |= self.after_hello
                    && fragment.kind == CLIENT_HELLO
                    && fragment.sequence + 1 == self.next;
            } else if !self.insert(fragment) {
                taken.is_refused = true;
            }
        }
        while let Some(message) = self.pop() {
            taken.messages.push(message);
        }
        taken
    }

    fn insert(&mut self, fragment: Fragment<'_>) -> bool {
        let ahead = usize::from(fragment.sequence - self.next);
        if fragment.sequence >= MESSAGES_MAX || ahead >= AHEAD {
            return false;
        }
        if self.parts.len() <= ahead {
            self.parts.resize_with(ahead + 1, || None);
        }
        let parts = self.parts[ahead].get_or_insert_with(|| Parts {
            kind: fragment.kind,
            body: vec![0; fragment.length],
            have: vec![false; fragment.length],
            missing: fragment.length,
        });
        if parts.kind != fragment.kind || parts.body.len() != fragment.length {
            return false;
        }
        for (at, byte) in (fragment.offset..).zip(fragment.bytes) {
            if !std::mem::replace(&mut parts.have[at], true) {
                parts.body[at] = *byte;
                parts.missing -= 1;
            }
        }
        true
    }

    fn pop(&mut self) -> Option<Message> {
        if self.parts.front()?.as_ref()?.missing > 0 {
            return None;
        }
        let parts = self.parts.pop_front()??;
        let sequence = self.next;
        self.next += 1;
        self.after_hello = parts.kind == CLIENT_HELLO;
        let [_, length @ ..] = u32::try_from(parts.body.len()).ok()?.to_be_bytes();
        let mut bytes = Vec::with_capacity(MESSAGE_HEADER + parts.body.len());
        bytes.push(parts.kind);
        bytes.extend_from_slice(&length);
        bytes.extend_from_slice(&sequence.to_be_bytes());
        bytes.extend_from_slice(&[0; 3]);
        bytes.extend_from_slice(&length);
        bytes.extend_from_slice(&parts.body);
        Some(Message { bytes })
    }
}

/// The first fragment and what follows it. `None` where it is not a client's, malformed or too large.
fn split_fragment(body: &[u8]) -> Option<(Fragment<'_>, &[u8])> {
    let (head, rest) = body.split_first_chunk::<MESSAGE_HEADER>()?;
    let number = |at: usize| {
        usize::from(head[at]) << 16 | usize::from(head[at + 1]) << 8 | usize::from(head[at + 2])
    };
    let (length, offset) = (number(1), number(6));
    let (bytes, rest) = rest.split_at_checked(number(9))?;
    let is_client_message = matches!(
        head[0],
        CLIENT_HELLO | CERTIFICATE | CERTIFICATE_VERIFY | CLIENT_KEY_EXCHANGE
    );
    let fits = length <= MESSAGE_MAX && offset + bytes.len() <= length;
    (is_client_message && fits).then_some((
        Fragment {
            kind: head[0],
            length,
            sequence: u16::from_be_bytes([head[4], head[5]]),
            offset,
            bytes,
        },
        rest,
    ))
}
