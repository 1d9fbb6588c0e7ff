//! RTCP (RFC 3550, 4585): reception, retransmission, key frames, transport feedback.

mod incoming;
mod key_frame_request;
mod nack_generator;
mod outgoing;
mod reception;
mod sender_report;
mod transport_feedback;

pub(crate) use incoming::{Compound, Message, NackList, ReportBlock, ReportBlocks, SenderInfo};
pub(crate) use key_frame_request::KeyFrameRequests;
pub(crate) use nack_generator::NackGenerator;
pub(crate) use outgoing::{write_nack, write_pli, write_receiver_report};
pub(crate) use reception::Reception;
pub(crate) use sender_report::SenderReports;
pub(crate) use transport_feedback::FeedbackBuilder;
