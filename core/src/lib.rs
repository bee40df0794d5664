//! Every byte that Phalanx processes share.
#![cfg_attr(not(test), no_std)]
