//! phalanx.
fn main() {}
