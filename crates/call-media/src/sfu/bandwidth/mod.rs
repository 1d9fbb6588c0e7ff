//! How much a peer can take, and what it gets of what it wants.
//!
//! [`Estimator`] listens to the feedback of one receiving peer, [`allocate`] divides what it says among the pictures that
//! the peer wants, and [`Pacer`] spreads what is sent over time. None of them has a clock.

mod allocate;
mod estimator;
mod pacer;

pub(crate) use allocate::{Allocation, LayerRate, Wish, allocate};
pub(crate) use estimator::{Estimator, Probe};
pub(crate) use pacer::{Class, Offered, Pacer};
