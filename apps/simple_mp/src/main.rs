//! simple_mp.
fn main() { println!("{:?}", phalanx_core::window::BASE); }
