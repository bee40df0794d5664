//! Phalanx on Linux.
