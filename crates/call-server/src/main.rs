//! The `call-server` command.
fn main() {}
