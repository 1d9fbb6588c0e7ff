//! How much a peer can take, and what it gets of what it wants.
