//! simple_mp.
fn main() {}
