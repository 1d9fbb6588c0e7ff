//! Voice and video calls for any product, from one self-hosted binary.

pub mod settings;

pub use settings::Settings;
