//! From a message that was read to the handlers and streams that subscribed to it.

pub(crate) mod async_handler;
pub(crate) mod dispatch;
pub(crate) mod events;
pub(crate) mod handler;
pub(crate) mod held;
pub(crate) mod inbox;
pub(crate) mod registrations;
pub(crate) mod registry;
pub(crate) mod stream;
pub(crate) mod subscription;
pub(crate) mod sync_handler;
pub(crate) mod tasks;
pub(crate) mod turn;
