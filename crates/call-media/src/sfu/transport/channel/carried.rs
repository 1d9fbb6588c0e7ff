//! What a message of SCTP is to a data channel: payload protocol identifiers (RFC 8831 section 8) and the establishment
//! protocol (RFC 8832).

use bytes::{Bytes, BytesMut};
use rtc_datachannel::message::Message;
use rtc_datachannel::message::message_channel_ack::DataChannelAck;
use rtc_datachannel::message::message_channel_open::{
    CHANNEL_PRIORITY_NORMAL, ChannelType, DataChannelOpen,
};
use rtc_sctp::{Chunks, PayloadProtocolIdentifier};
use rtc_shared::marshal::{Marshal, Unmarshal};

use super::super::ChannelMessage;

/// The name of the channel.
const LABEL: &[u8] = b"messages";

/// What arrived.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Carried {
    Message(ChannelMessage),
    /// The peer opens a channel that is ours to talk on: of that name, and one that loses nothing.
    Open,
    /// It opens another one.
    OpenOther,
    /// It has accepted what was opened.
    Acknowledge,
    /// Nothing that is understood, or too large.
    Malformed,
}

impl Carried {
    /// Reads a message of the association.
    pub(super) fn read(chunks: &Chunks) -> Self {
        let Ok(bytes) = chunks.to_payload(ChannelMessage::BYTES_MAX) else {
            return Self::Malformed;
        };
        let message = |data: Bytes, binary| Self::Message(ChannelMessage { data, binary });
        match chunks.ppi {
            PayloadProtocolIdentifier::Dcep => Self::read_control(&bytes),
            PayloadProtocolIdentifier::Binary => message(bytes.freeze(), true),
            PayloadProtocolIdentifier::BinaryEmpty => message(Bytes::new(), true),
            PayloadProtocolIdentifier::StringEmpty => message(Bytes::new(), false),
            PayloadProtocolIdentifier::String if std::str::from_utf8(&bytes).is_ok() => {
                message(bytes.freeze(), false)
            }
            _ => Self::Malformed,
        }
    }

    fn read_control(mut bytes: &[u8]) -> Self {
        match Message::unmarshal(&mut bytes) {
            Ok(Message::DataChannelOpen(open))
                if open.label == LABEL
                    && matches!(
                        open.channel_type,
                        ChannelType::Reliable | ChannelType::ReliableUnordered
                    ) =>
            {
                Self::Open
            }
            Ok(Message::DataChannelOpen(_)) => Self::OpenOther,
            Ok(Message::DataChannelAck(_)) => Self::Acknowledge,
            _ => Self::Malformed,
        }
    }
}

/// What is sent, and as what. SCTP has no empty messages (RFC 8831 section 6.6).
pub(super) fn payload(data: &[u8], binary: bool) -> (Bytes, PayloadProtocolIdentifier) {
    let identifier = match (binary, data.is_empty()) {
        (true, false) => PayloadProtocolIdentifier::Binary,
        (true, true) => PayloadProtocolIdentifier::BinaryEmpty,
        (false, false) => PayloadProtocolIdentifier::String,
        (false, true) => PayloadProtocolIdentifier::StringEmpty,
    };
    let data = if data.is_empty() { &[0] } else { data };
    (Bytes::copy_from_slice(data), identifier)
}

/// Opens the channel.
pub(super) fn open() -> Bytes {
    control(&Message::DataChannelOpen(DataChannelOpen {
        channel_type: ChannelType::Reliable,
        priority: CHANNEL_PRIORITY_NORMAL,
        reliability_parameter: 0,
        label: LABEL.to_vec(),
        protocol: Vec::new(),
    }))
}

/// Accepts a channel.
pub(super) fn acknowledgement() -> Bytes {
    control(&Message::DataChannelAck(DataChannelAck {}))
}

/// Their size is known, so that writing them cannot fail.
fn control(message: &Message) -> Bytes {
    message.marshal().map(BytesMut::freeze).unwrap_or_default()
}
