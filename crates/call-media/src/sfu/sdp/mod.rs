//! Offers made and answers read (RFC 8829, RFC 8866).
//!
//! The SFU makes every offer and a peer only answers, so there is one shape of offer and its payload types and
//! header-extension ids are the same for everybody ([`codec`]): a packet goes from one peer to another without them
//! being rewritten.

mod answer;
mod codec;
mod offer;

pub(crate) use answer::{Answer, AnswerLine, Direction, Extensions, SctpAnswer, SdpError};
pub(crate) use codec::{Codec, Extension, RED, RTX_CLOCK_RATE};
pub(crate) use offer::{
    CandidateProtocol, DATA_MID, LineCodec, LineState, OfferLines, SendLine, ServerCandidate,
    TransportParameters, layers_of,
};
