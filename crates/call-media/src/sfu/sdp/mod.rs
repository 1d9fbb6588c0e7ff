//! Offers made and answers read (RFC 8829, RFC 8866).
//!
//! The SFU makes every offer and a peer only answers, so there is one shape of offer and its payload types and
//! header-extension ids are the same for everybody ([`codec`]): a packet goes from one peer to another without them
//! being rewritten.

mod answer;
mod codec;
mod offer;
mod section;

pub(crate) use answer::{Answer, AnswerLine, Direction};
pub(crate) use codec::{Codec, Extension, RED};
pub(crate) use offer::{
    CandidateProtocol, LineCodec, OfferLines, SendLine, ServerCandidate, TransportParameters,
};
