//! A mailbox for the model checker.
