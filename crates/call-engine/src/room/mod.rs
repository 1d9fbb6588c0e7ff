//! Which rooms of the media plane a call has, who is in them, and what they are owed.
//!
//! A call that goes through the media plane has one room, named by the call. The room follows the call as it is
//! committed: whoever is in the call is in the room. When the call goes back to peer-to-peer the room stays until
//! everybody renders the other way, or its time is over, so that nobody sees a gap.

mod keep;
mod member;
mod rooms;
#[cfg(test)]
mod tests;
mod wish;

pub(crate) use member::{Latest, OfferKey};
pub(crate) use rooms::{NoSession, Orders, Rooms};
pub(crate) use wish::Wish;
