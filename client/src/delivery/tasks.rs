//! The tasks of asynchronous handlers.

use std::sync::{Arc, Mutex};

use tokio::{runtime::Handle, sync::Notify};

use crate::{
    caller::{Caller, Id, handler_task},
    sync::lock,
};

/// The tasks of one client's handlers.
#[derive(Debug)]
pub(crate) struct Tasks {
    client: Id,
    runtime: Mutex<Option<Handle>>,
    /// Whose tasks live.
    alive: Mutex<Vec<Id>>,
    /// Notified when a handler's task or a delivery of events ends.
    pub(crate) idle: Notify,
}

impl Tasks {
    pub(crate) fn new(client: Id) -> Self {
        Self { client, runtime: Mutex::default(), alive: Mutex::default(), idle: Notify::new() }
    }

    /// Where tasks run when they are started from outside of a runtime.
    pub(crate) fn set_runtime(&self, runtime: Handle) {
        *lock(&self.runtime) = Some(runtime);
    }

    /// The runtime of the last `connect()`.
    pub(crate) fn runtime(&self) -> Option<Handle> {
        lock(&self.runtime).clone()
    }

    /// Runs a handler's task.
    pub(crate) fn spawn(
        self: &Arc<Self>,
        handler: Id,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let runtime = Handle::try_current().ok().or_else(|| self.runtime());
        let Some(runtime) = runtime else {
            // Only an event before the first `connect()` gets here. Dropping the task gives the
            // handler back.
            tracing::error!("an asynchronous handler needs a tokio runtime; its call was dropped");
            return;
        };
        lock(&self.alive).push(handler);
        let alive = Alive { tasks: Arc::clone(self), handler };
        runtime.spawn(handler_task(Caller { client: self.client, handler }, async move {
            task.await;
            drop(alive);
        }));
    }

    /// Whether no task lives but those of `exempt`.
    pub(crate) fn are_over(&self, exempt: &[Id]) -> bool {
        lock(&self.alive).iter().all(|handler| exempt.contains(handler))
    }
}

/// Counts a task as alive until it is dropped, however that happens.
struct Alive {
    tasks: Arc<Tasks>,
    handler: Id,
}

impl Drop for Alive {
    fn drop(&mut self) {
        let mut alive = lock(&self.tasks.alive);
        if let Some(at) = alive.iter().position(|handler| *handler == self.handler) {
            alive.swap_remove(at);
        }
        drop(alive);
        self.tasks.idle.notify_waiters();
    }
}
