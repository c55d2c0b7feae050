//! What happens before a connection is open: nothing, the negotiation of a session, or the user's opening.

use std::{
    any::Any,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use tokio::{
    task::JoinHandle,
    time::{Instant, Sleep},
};
use tracing::{Instrument, Span};

use crate::{
    connect::provider::Attempt,
    delivery::held::Held,
    error::{ConnectError, ConnectErrorKind, Error},
    event::{Event, State},
    link::Link,
    reconnect::opening::{Open, Opening, OpeningError, Verdict},
    reconnect::shared::Core,
    response::UpgradeResponse,
};

/// A connection that is about to be open.
pub(super) struct Opener {
    pub(super) core: Arc<Core>,
    /// The driver's.
    pub(super) number: u64,
    pub(super) span: Span,
    pub(super) subprotocol: Option<String>,
    pub(super) response: UpgradeResponse,
}

impl Opener {
    /// Enters the state, and reports it, unless the driver was given up.
    pub(super) fn open(self) {
        let Self { core, number, span, subprotocol, response } = self;
        core.counters.connections.add(1);
        // Before the state, which lets the queue out.
        let errors = core.outbox.open();
        let waiting = core.control_of(number).map(|mut control| {
            (control.subprotocol, control.next) = (subprotocol, None);
            control.response = Some(response);
            core.enter(State::Open);
            std::mem::take(&mut control.opening)
        });
        if waiting.is_some() {
            span.in_scope(|| core.events.emit(Event::Open));
            core.events.emit_all(errors.into_iter().map(Event::Error));
        }
        for opening in waiting.into_iter().flatten() {
            // The caller may have stopped waiting.
            let _ = opening.send(Ok(()));
        }
    }
}

/// Why an opening failed, and what follows.
pub(super) struct Failure {
    pub(super) error: ConnectError,
    pub(super) verdict: Verdict,
}

/// A connection that waits for its opening.
pub(super) struct Unopened {
    held: Arc<Held>,
    /// Until the connection is open.
    opener: Option<Opener>,
    /// The user's closure and what it is called with, until it is.
    open: Option<(Open, Opening)>,
    running: Option<Running>,
    deadline: Pin<Box<Sleep>>,
}

/// The task of an opening. It ends with this.
struct Running(JoinHandle<Result<(), OpeningError>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Unopened {
    /// A connection whose attempt has this deadline.
    pub(super) fn new(opener: Opener, open: &Open, attempt: Attempt, deadline: Instant) -> Self {
        let core = &opener.core;
        let held = Arc::new(Held::new(core.tuning.inbox.messages));
        let was_open = core.openings.as_ref().is_some_and(|openings| {
            // Until it is open.
            openings.was_open.swap(false, Ordering::Relaxed)
        });
        let (own, response) = (Arc::clone(core), opener.response.clone());
        let view = Opening::new(Arc::clone(&held), own, attempt, was_open, response);
        Self {
            held,
            opener: Some(opener),
            open: Some((Arc::clone(open), view)),
            running: None,
            deadline: Box::pin(tokio::time::sleep_until(deadline)),
        }
    }

    /// Whether the user's closure was called.
    pub(super) fn has_begun(&self) -> bool {
        self.running.is_some()
    }

    /// What its connection shares with it.
    pub(super) fn held(&self) -> Arc<Held> {
        Arc::clone(&self.held)
    }

    /// Does what the opening asks of its connection itself.
    pub(super) fn apply(&self, core: &Core, cx: &Context<'_>) {
        if let Some(interval) = self.held.take_heartbeat(cx.waker()) {
            core.set_heartbeat_interval(interval);
        }
    }

    /// Begins the opening when it is known whether there is a session, and waits for its end: then the
    /// connection is open.
    pub(super) fn poll(
        &mut self,
        link: &mut Link,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        if let Some(was_resumed) = link.sink_mut().take_negotiated() {
            if was_resumed {
                // The server's side of the session was opened before.
                self.open(link);
                return Poll::Ready(Ok(()));
            }
            self.begin();
        }
        if let Some(Running(task)) = &mut self.running
            && let Poll::Ready(ended) = Pin::new(task).poll(cx)
        {
            let ended = match ended {
                Ok(Ok(())) => {
                    self.open(link);
                    Ok(())
                }
                Ok(Err(error)) => Err(Failure::returned(&error)),
                Err(error) => Err(Failure::panicked(error.try_into_panic().ok().as_deref())),
            };
            return Poll::Ready(ended);
        }
        self.deadline.as_mut().poll(cx).map(|()| Err(Failure::late()))
    }

    fn begin(&mut self) {
        let Some((open, view)) = self.open.take() else { return };
        let span = self.opener.as_ref().map_or_else(Span::none, |opener| opener.span.clone());
        // A task of its own, so that heartbeats go on whatever it does.
        let task = tokio::spawn(async move { open(view).await }.instrument(span));
        self.running = Some(Running(task));
    }

    fn open(&mut self, link: &mut Link) {
        link.sink_mut().end_opening();
        if let Some(opener) = self.opener.take() {
            if let Some(openings) = &opener.core.openings {
                openings.was_open.store(true, Ordering::Relaxed);
            }
            opener.open();
        }
    }
}

impl Drop for Unopened {
    fn drop(&mut self) {
        self.held.close();
    }
}

impl Failure {
    fn returned(error: &OpeningError) -> Self {
        let verdict = error.verdict();
        let kind = match verdict {
            Verdict::Unauthorized => ConnectErrorKind::Unauthorized,
            Verdict::Retry | Verdict::Stop => ConnectErrorKind::Opening,
        };
        Self { error: Error::new(kind).context(error.to_string()), verdict }
    }

    fn panicked(panic: Option<&(dyn Any + Send)>) -> Self {
        let text = panic.map_or("it was cancelled", |panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
        });
        let text = if panic.is_some() { format!("it panicked: {text}") } else { text.to_owned() };
        let error = Error::new(ConnectErrorKind::Opening).context(text);
        Self { error, verdict: Verdict::Retry }
    }

    fn late() -> Self {
        let error = Error::new(ConnectErrorKind::Timeout);
        let error = error.context("the opening did not end within `connect_timeout`");
        Self { error, verdict: Verdict::Retry }
    }
}
