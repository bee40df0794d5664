//! The heap: memory of any size, from any process, freed by any other.
mod layout;
pub use layout::{CLASSES, Element, HEAPS_MAX, Heap};
