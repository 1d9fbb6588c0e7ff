//! The wire format: STUN messages (RFC 8489) and `ChannelData` (RFC 8656 section 12.4).
//!
//! Readers borrow from the datagram, writers append to a buffer that is used again.

mod address;
pub(crate) mod attribute;
mod channel_data;
mod integrity;
mod message;
mod writer;

#[cfg(test)]
mod vectors;

pub(crate) use address::{MAX_XOR_ADDRESS, read_xor_address, write_xor_address};
pub(crate) use channel_data::ChannelData;
pub(crate) use integrity::{Key, long_term_key};
pub(crate) use message::{
    Class, HEADER, MAGIC_COOKIE, Message, Method, TransactionId, message_type,
};
pub(crate) use writer::{Code, Writer};
