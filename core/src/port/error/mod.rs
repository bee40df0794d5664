//! What may go wrong with ports and their queues, one enum an operation.

mod doing;
mod fault;
mod port;
mod queue;
mod somebody;

pub use doing::Doing;
pub use fault::PortFault;
pub use port::PortError;
pub use queue::QueueError;
pub use somebody::Somebody;
