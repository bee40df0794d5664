//! What the cross-process tests share.
