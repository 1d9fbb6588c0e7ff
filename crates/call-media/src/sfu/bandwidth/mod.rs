//! How much a peer can take, and what it gets of what it wants.
//!
//! [`Estimator`] listens to the feedback of one receiving peer, [`allocate`] divides what it says among the pictures that
//! the peer wants, and [`Pacer`] spreads what is sent over time. None of them has a clock.

mod allocate;
mod delay;
mod delivered;
mod estimator;
mod history;
mod loss;
mod pacer;
#[cfg(test)]
mod path;
mod probe;
mod rate;
#[cfg(test)]
mod simulation;

pub(crate) use allocate::{LayerRate, Wish, allocate};
pub(crate) use estimator::Estimator;
pub(crate) use pacer::{Class, Offered, Pacer};
