//! How a client's driver starts, and how it is asked to end.

use std::{future::Future, sync::Arc};

use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot},
};

use crate::{
    caller::{Polls, Task},
    connect::drivers,
    event::State,
    outbox::reports,
    reconnect::driver::Driver,
    reconnect::shared::{Control, Core, Stop},
    reconnect::watchdog,
    sync::lock,
};

/// A driver that is still to be spawned. No lock may be held then, because a runtime that is shut down
/// drops it at once.
pub(crate) struct Unspawned<F>(Handle, F);

impl<F: Future<Output = ()> + Send + 'static> Unspawned<F> {
    pub(crate) fn spawn(self) {
        self.0.spawn(self.1);
    }
}

/// Makes a driver that connects or, with `stop`, ends what is left of a client that has stopped by
/// itself.
pub(crate) fn start(
    core: &Arc<Core>,
    control: &mut Control,
    runtime: Handle,
    stop: Option<Stop>,
) -> Unspawned<impl Future<Output = ()> + Send + 'static> {
    let (sender, receiver) = mpsc::unbounded_channel();
    control.stop = Some(sender);
    control.driver += 1;
    core.registry.set_driver(control.driver);
    core.tasks.set_runtime(runtime.clone());
    let before = *core.state.borrow();
    let polls = Arc::new(Polls::default());
    watchdog::watch(core, control.driver, &polls);
    let driver = Driver::new(Arc::clone(core), receiver, before, control.driver);
    Unspawned(runtime, Task::new(core.id, polls, driver.run(stop)))
}

/// Begins to disconnect, and returns a future that resolves at the end. `None`: it has ended already.
pub(crate) fn disconnect(core: &Arc<Core>) -> Option<oneshot::Receiver<()>> {
    let (ending, ended) = oneshot::channel();
    let mut control = lock(&core.control);
    if let Some(stop) = &control.stop {
        // The driver looks for requests for the last time while it holds this lock.
        let _ = stop.send(Stop::Disconnect);
        control.ending.push(ending);
        drop(control);
        watchdog::limit(core);
        return Some(ended);
    }
    let are_closed = {
        let mut closing_handshakes = lock(&core.closing_handshakes);
        while closing_handshakes.try_join_next().is_some() {}
        closing_handshakes.is_empty()
    };
    let is_over = are_closed && core.is_idle(&control);
    let current = || Handle::try_current().ok().filter(|_| drivers::have_time());
    if !is_over && let Some(runtime) = current().or_else(|| core.tasks.runtime()) {
        let driver = start(core, &mut control, runtime, Some(Stop::Disconnect));
        core.enter(State::Closing);
        control.ending.push(ending);
        drop(control);
        driver.spawn();
        watchdog::limit(core);
        return Some(ended);
    }
    let before = *core.state.borrow();
    if before != State::Closed {
        core.enter(State::Closed);
    }
    drop(control);
    core.events.emit_all(reports::lost(core.outbox.disconnected(false)));
    if before == State::Idle {
        core.report_kept();
    }
    core.silence();
    None
}

/// Ends a client whose last handle is dropped.
pub(crate) fn abandon(core: &Arc<Core>) {
    let is_sent = {
        let mut control = lock(&core.control);
        control.abandoned = true;
        // The driver looks for requests for the last time while it holds this lock.
        let stop = control.stop.as_ref();
        stop.is_some_and(|stop| stop.send(Stop::Abandon).is_ok())
    };
    if is_sent {
        watchdog::limit(core);
    } else {
        core.abandon();
    }
}
