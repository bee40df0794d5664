//! phalanx.
fn main() { println!("{:?}", phalanx_core::window::BASE); }
