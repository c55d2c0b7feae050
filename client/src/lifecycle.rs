//! The calls of the handle that begin, end or wait for something.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll},
};

use tokio::{sync::oneshot, time::Instant};

use crate::{
    client::Client,
    connect::drivers,
    delivery::inbox::lock,
    error::{ConnectError, ConnectErrorKind, Error, FlushError, FlushErrorKind},
    event::State,
    session::attempt::NextAttempt,
    session::driver::Begin,
    session::shared::Core,
    turn::{self, Id},
};

impl Client {
    /// Connects, and resolves when the connection is open or the first try has failed.
    ///
    /// While an attempt is under way it joins that one and resolves with the next open connection or
    /// the end of the attempts; while a connection is open it resolves at once; while one is closing
    /// it waits for that and starts anew. A first try that fails leaves the state as it was, unless
    /// the setting `retry_first_connect` makes it an outage like another, or the server's refusal is
    /// one that no retry would change: then the state is `Closed`.
    ///
    /// Needs a tokio runtime with I/O and time enabled. A synchronous handler can't block on it while
    /// it would have to wait: that fails with `WouldDeadlock`, and the connecting goes on. Cancelling
    /// stops the waiting, not the connecting; [`disconnect`](Self::disconnect) stops that.
    pub async fn connect(&self) -> Result<(), ConnectError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| {
            Error::new(ConnectErrorKind::Runtime).context("call connect() inside a tokio runtime")
        })?;
        let core = &self.core;
        loop {
            let (waiting, task) = {
                let mut control = lock(&core.control);
                match (&control.commands, self.state()) {
                    (Some(_), State::Open) => return Ok(()),
                    (Some(_), State::Connecting | State::Reconnecting { .. }) => {
                        let (opening, opened) = oneshot::channel();
                        control.opening.push(opening);
                        (Ok(opened), None)
                    }
                    (Some(_), _) => {
                        let (ending, ended) = oneshot::channel();
                        control.ending.push(ending);
                        (Err(ended), None)
                    }
                    (None, _) => {
                        if !drivers::have_time() {
                            return Err(drivers::missing("timers"));
                        }
                        let (opening, opened) = oneshot::channel();
                        control.opening.push(opening);
                        let task = core.start(&mut control, runtime.clone(), Begin::Dial);
                        core.enter(State::Connecting);
                        (Ok(opened), Some(task))
                    }
                }
            };
            if let Some(task) = task {
                task.spawn();
            }
            let deadlock = || Error::new(ConnectErrorKind::WouldDeadlock);
            match waiting {
                Ok(opened) => {
                    let gone = || Err(Error::new(ConnectErrorKind::Runtime));
                    let opened = unless_deadlock(core, opened).await.ok_or_else(deadlock)?;
                    return opened.unwrap_or_else(|_| gone());
                }
                // Gone or not, the session has ended.
                Err(ended) => drop(unless_deadlock(core, ended).await.ok_or_else(deadlock)?),
            }
        }
    }

    /// Disconnects: what is queued goes out and is confirmed, then the connection is closed with
    /// 1000, all within `close_timeout`; what could not go out stays queued. Attempts that are under
    /// way stop at once.
    ///
    /// It does the same in every state, also where the client was never connected or has stopped by
    /// itself. When it resolves, the state is `Closed`, no socket is left, and no call of a handler
    /// begins any more for what happened before; calls that were under way have had until
    /// `close_timeout` to come to their end. `send` fails with `Stopped` from then on, until
    /// [`connect`](Self::connect) is called; [`clear_queue`](Self::clear_queue) drops what is queued.
    ///
    /// It may be called in a handler. An asynchronous handler of this client that awaits it is not
    /// waited for; in a handler of another client it waits as it does anywhere. A synchronous handler
    /// can't block on it: there it only begins the disconnecting, logs a warning and resolves at once.
    /// Where a handler blocks the connection's task beyond `close_timeout`, the task is given up: it
    /// drops its socket when the handler returns, and does nothing else.
    ///
    /// Cancelling stops the waiting, not the disconnecting.
    pub async fn disconnect(&self) {
        let core = &self.core;
        let Some(ended) = core.disconnect() else { return };
        let mut waiting = Waiting { core, handler: None, delivers: false };
        let mut ended = pin!(ended);
        let waited = poll_fn(|cx| {
            if turn::would_deadlock(core.hub.id) {
                return Poll::Ready(false);
            }
            waiting.notice();
            // An error means that the task is gone: that is an end, too.
            ended.as_mut().poll(cx).map(|_| true)
        });
        if !waited.await {
            tracing::warn!(
                "a synchronous handler blocks on disconnect() of its own client: the disconnecting goes \
                 on, without the handler waiting for it"
            );
        }
    }

    /// Begins the attempt that waits for its time at once. Returns whether there was one.
    ///
    /// For a "Try now" button, or a signal that the network is back. The attempt counts as the one that
    /// it is, and the delay after it is what it would have been. It has an effect while a delay runs: in
    /// the state `Reconnecting`, and in `Connecting` where `retry_first_connect` has failed and waits. It
    /// has none while an attempt is under way, in `Open` and `Closing`, and in `Idle`, `Closed` and
    /// `Failed`, where [`connect`](Self::connect) begins.
    ///
    /// ```
    /// # fn check(client: &wirebond_client::Client) {
    /// if !client.reconnect_now() {
    ///     println!("nothing waits: {}", client.state());
    /// }
    /// # }
    /// ```
    pub fn reconnect_now(&self) -> bool {
        self.core.reconnect_now()
    }

    /// The attempt that waits for its time or is under way: its number, and when it begins.
    ///
    /// `None` in every other state than `Connecting` and `Reconnecting`, and during the first try of a
    /// `connect()`. [`watch_state`](Self::watch_state) is notified whenever a delay begins.
    ///
    /// ```
    /// # fn check(client: &wirebond_client::Client) {
    /// if let Some(next) = client.next_attempt() {
    ///     println!("attempt {} in {} s", next.number, next.remaining().as_secs());
    /// }
    /// # }
    /// ```
    pub fn next_attempt(&self) -> Option<NextAttempt> {
        lock(&self.core.control).next.map(|(next, _)| next)
    }

    /// Drops every message that waits to be written, and returns how many there were.
    ///
    /// For a log-out, after [`disconnect`](Self::disconnect): what is queued in a client that has stopped
    /// would go out with the next `connect()`. They are counted (`Stats::dropped_cleared`) and reported by
    /// name (`Event::Dropped` with [`DropReason::Cleared`](crate::DropReason::Cleared)). Messages that
    /// were handed to an open connection are not among them.
    ///
    /// ```
    /// # async fn check(client: &wirebond_client::Client) {
    /// client.disconnect().await;
    /// let unsent = client.clear_queue();
    /// println!("{unsent} messages were never sent");
    /// # }
    /// ```
    pub fn clear_queue(&self) -> u64 {
        let (count, dropped) = self.core.outbox.clear();
        self.core.hub.report_dropped(dropped);
        count
    }

    /// Waits until everything accepted so far has been read by the peer's WebSocket layer, proved by
    /// a Pong (RFC 6455, section 5.5.3). A proxy that answers Pings itself weakens that to "has
    /// reached the proxy".
    ///
    /// It fails rather than hang: with `NotOpen`, `Lost`, `Dropped`, `Stalled`, `WouldDeadlock` where a
    /// synchronous handler blocks on it, or `Unavailable` where confirmation is off or the server answers
    /// no Pings: where nothing gets written or confirmed for six times the `heartbeat_timeout`. Cancelling
    /// changes nothing else.
    pub async fn flush(&self) -> Result<(), FlushError> {
        let flushing = self.core.outbox.flush(Instant::now()).map_err(Error::new)?;
        let Some(flushing) = flushing else { return Ok(()) };
        let flushed = unless_deadlock(&self.core, flushing).await;
        let flushed = flushed.ok_or_else(|| Error::new(FlushErrorKind::WouldDeadlock))?;
        flushed.unwrap_or(Err(FlushErrorKind::Lost)).map_err(Error::new)
    }
}

/// Awaits what the client's task gives; `None` where that task itself waits for the caller.
async fn unless_deadlock<F: Future>(core: &Core, what: F) -> Option<F::Output> {
    let mut what = pin!(what);
    poll_fn(|cx: &mut Context<'_>| match what.as_mut().poll(cx) {
        Poll::Pending if turn::would_deadlock(core.hub.id) => Poll::Ready(None),
        poll => poll.map(Some),
    })
    .await
}

/// A handler that waits for the end, and so must not be waited for: until this is dropped.
struct Waiting<'a> {
    core: &'a Core,
    handler: Option<Id>,
    delivers: bool,
}

impl Waiting<'_> {
    /// Notes who polls: a future may be handed on.
    fn notice(&mut self) {
        let id = self.core.hub.id;
        let (handler, delivers) = (turn::handler_of(id), turn::is_delivering(id));
        if (handler, delivers) != (self.handler, self.delivers) {
            self.change(handler, delivers);
        }
    }

    fn change(&mut self, handler: Option<Id>, delivers: bool) {
        let mut control = lock(&self.core.control);
        if let Some(old) = std::mem::replace(&mut self.handler, handler)
            && let Some(at) = control.waiting_handlers.iter().position(|other| *other == old)
        {
            control.waiting_handlers.swap_remove(at);
        }
        control.waiting_handlers.extend(handler);
        control.waiting_deliveries += usize::from(delivers);
        control.waiting_deliveries -= usize::from(std::mem::replace(&mut self.delivers, delivers));
        drop(control);
        self.core.hub.idle.notify_waiters();
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.handler.is_some() || self.delivers {
            self.change(None, false);
        }
    }
}
