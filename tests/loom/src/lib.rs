//! Models of the core under loom; empty unless built with `--cfg loom`.
