//! What memseg lists promise: the reference's sixteen fbarray cases, and lists on a fake platform.

mod bits;
mod finders;
mod lists;
