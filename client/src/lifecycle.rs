//! The calls of the handle that begin, end or wait for something.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{sync::oneshot, time::Instant};

use crate::{
    caller::{self, Id},
    client::Client,
    connect::drivers,
    error::{ConnectError, ConnectErrorKind, Error, FlushError, FlushErrorKind},
    event::State,
    outbox::reports,
    reconnect::attempt::NextAttempt,
    reconnect::shared::Core,
    reconnect::start,
    sync::lock,
};

impl Client {
    /// Connects. Resolves when the connection is open, or when the first attempt has failed.
    ///
    /// What it does depends on the [`state`](Self::state):
    ///
    /// - `Idle`, `Closed`, `Failed`: it makes a first attempt. If that fails, the state is what it was
    ///   before; with `retry_first_connect` more attempts follow. If the server refused it in a way that a
    ///   retry would not change, the state is `Closed`.
    /// - `Connecting`, `Reconnecting`: it waits for the next open connection or the end of the attempts.
    /// - `Open`: it returns at once.
    /// - `Closing`: it waits until the connection is closed, and makes a first attempt.
    ///
    /// ```no_run
    /// # async fn example(client: wirebond_client::Client) {
    /// match client.connect().await {
    ///     Ok(()) => println!("connected"),
    ///     Err(error) => eprintln!("{error}"),
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ConnectErrorKind`] lists them. [`ConnectError::response`](crate::Error::response) has the
    /// server's answer, if there was one. It needs a tokio runtime with I/O and time enabled. A
    /// synchronous handler of this client gets `WouldDeadlock` where it would have to wait; the attempts
    /// go on.
    ///
    /// # Cancel safety
    ///
    /// Cancelling stops waiting, not connecting; [`disconnect`](Self::disconnect) stops that.
    pub async fn connect(&self) -> Result<(), ConnectError> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| {
            Error::new(ConnectErrorKind::Runtime).context("call connect() inside a tokio runtime")
        })?;
        let core = &self.core;
        loop {
            let (waiting, task) = {
                let mut control = lock(&core.control);
                match (&control.stop, self.state()) {
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
                        let task = start::start(core, &mut control, runtime.clone(), None);
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
                // Gone or not, the driver has ended.
                Err(ended) => drop(unless_deadlock(core, ended).await.ok_or_else(deadlock)?),
            }
        }
    }

    /// Disconnects. What is queued is written and confirmed, then the connection is closed with 1000, all
    /// within `close_timeout`. Without an open connection nothing is written: attempts to connect stop at once.
    /// A session ends.
    ///
    /// What could not be written stays queued for the next `connect()`. It is counted (`Stats::queued`), reported
    /// ([`on_kept`](Self::on_kept), `Event::Kept`), and dropped with the last handle, which is reported as well
    /// (`Event::Dropped`). What was written and not confirmed, in a session not acknowledged, is reported by name
    /// (`Event::Unconfirmed`).
    ///
    /// It may be called in every state. When it resolves, the state is `Closed`, the socket is closed, and
    /// no call of a handler begins for anything that happened before. Calls that were running have had
    /// until `close_timeout` to finish. From then on `send` fails with `Stopped` until
    /// [`connect`](Self::connect) is called; [`clear_queue`](Self::clear_queue) drops what is queued.
    ///
    /// It may be called in a handler. An asynchronous handler of this client that awaits it is not waited
    /// for; in a handler of another client it waits as anywhere else. A synchronous handler of this client
    /// can't wait: the disconnecting begins, a warning is logged, and it resolves at once. If a handler
    /// blocks the connection's task beyond `close_timeout`, the task is abandoned: it drops its socket
    /// when the handler returns, and does nothing else.
    ///
    /// ```no_run
    /// # async fn example(client: wirebond_client::Client) {
    /// client.disconnect().await;
    /// println!("{} messages were not sent", client.stats().queued);
    /// # }
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancelling stops waiting, not disconnecting.
    pub async fn disconnect(&self) {
        let core = &self.core;
        let Some(ended) = start::disconnect(core) else { return };
        let mut waiting = Waiting { core, handler: None, delivers: false };
        let mut ended = pin!(ended);
        let waited = poll_fn(|cx| {
            if caller::would_deadlock(core.id) {
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

    /// Begins the next attempt now instead of at the end of its delay. Returns whether there was one.
    ///
    /// This is for a "Try now" button, or a signal that the network is back. The attempt keeps its number,
    /// and the delay after it is what it would have been. It has an effect during a delay: in the state
    /// `Reconnecting`, and in `Connecting` with `retry_first_connect`. It has none while an attempt is
    /// under way and in other states; [`connect`](Self::connect) begins in `Idle`, `Closed` and `Failed`.
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

    /// Sets how often heartbeats are sent on the open connection, for servers that say how often they want one. The
    /// next heartbeat is one interval from now; the next connection begins with the interval of the
    /// [builder](crate::Builder::heartbeat_interval) again.
    ///
    /// An interval counts as at least 10 ms and at most a century. The timeout is that of the builder, or the interval
    /// if that is shorter. Without an open connection, or with [`HeartbeatKind::Off`](crate::HeartbeatKind::Off), this
    /// does nothing.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirebond_client::Client;
    ///
    /// let client = Client::builder("ws://127.0.0.1:9001/ws").build()?;
    /// let weak = client.downgrade();
    /// client.on("hello", move |milliseconds: u64| {
    ///     if let Some(client) = weak.upgrade() {
    ///         client.set_heartbeat_interval(Duration::from_millis(milliseconds));
    ///     }
    /// });
    /// # Ok::<(), wirebond_client::BuildError>(())
    /// ```
    pub fn set_heartbeat_interval(&self, interval: Duration) {
        if self.state() == State::Open {
            self.core.set_heartbeat_interval(interval);
        }
    }

    /// Returns the attempt that is scheduled or under way: its number, and when it begins.
    ///
    /// `None` in states other than `Connecting` and `Reconnecting`, and during the first attempt of a
    /// `connect()`. [`watch_state`](Self::watch_state) is notified when a delay begins.
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

    /// Drops all messages that are queued, and returns how many there were.
    ///
    /// This is for a log-out, after [`disconnect`](Self::disconnect): otherwise the next `connect()` would
    /// send what is still queued. Dropped messages are counted (`Stats::dropped_cleared`) and reported by
    /// name (`Event::Dropped` with [`DropReason::Cleared`](crate::DropReason::Cleared)). Messages that
    /// were written to an open connection are not among them.
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
        self.core.events.emit_all(reports::dropped(dropped));
        count
    }

    /// Waits until the server's WebSocket layer has read all messages that were accepted so far. A Pong
    /// proves that (RFC 6455, section 5.5.3). If a proxy answers Pings itself, the messages have reached
    /// the proxy. In a session: until the server has handled them.
    ///
    /// It waits on an open connection only. Before the first one, while the client reconnects and after it has
    /// stopped it fails at once, with [`NotOpen`](FlushErrorKind::NotOpen), also in a session, and whether or not
    /// something is queued. Nothing is dropped by that: what is queued goes out on the next connection. A program
    /// that ends waits for that with [`connect`](Self::connect), within a time of its own:
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use wirebond_client::{Client, FlushErrorKind};
    ///
    /// /// Whether everything has arrived.
    /// async fn finish(client: &Client) -> bool {
    ///     let flushing = async {
    ///         // It resolves at once if the connection is open, and fails if there will be none.
    ///         while client.connect().await.is_ok() {
    ///             match client.flush().await {
    ///                 Ok(()) => return true,
    ///                 Err(error) if matches!(error.kind(), FlushErrorKind::NotOpen | FlushErrorKind::Lost) => {}
    ///                 Err(_) => break,
    ///             }
    ///         }
    ///         false
    ///     };
    ///     let arrived = tokio::time::timeout(Duration::from_secs(30), flushing).await;
    ///     // It writes and reports what is left.
    ///     client.disconnect().await;
    ///     arrived.unwrap_or(false)
    /// }
    /// ```
    ///
    /// On an open connection:
    ///
    /// ```no_run
    /// # async fn example(client: wirebond_client::Client) -> Result<(), Box<dyn std::error::Error>> {
    /// client.send("order", &7).await?;
    /// client.flush().await?;
    /// println!("the order has arrived");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`FlushErrorKind`] lists them. On an open connection it fails rather than hangs: if nothing is written or
    /// confirmed for six times the `heartbeat_timeout`, the error is `Unavailable`. If the connection is lost
    /// meanwhile, it is `Lost`.
    ///
    /// # Cancel safety
    ///
    /// Cancelling stops waiting and changes nothing else.
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
        Poll::Pending if caller::would_deadlock(core.id) => Poll::Ready(None),
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
        let id = self.core.id;
        let (handler, delivers) = (caller::handler_of(id), caller::is_delivering(id));
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
        self.core.tasks.idle.notify_waiters();
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.handler.is_some() || self.delivers {
            self.change(None, false);
        }
    }
}
