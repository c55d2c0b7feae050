//! How a connection and its driver end: by the closing handshake, on request, or with the runtime.

use std::{future::poll_fn, sync::Arc, task::Poll};

use tokio::time::Instant;
use tracing::Instrument;

use super::{Driver, MESSAGE_TOO_BIG};
use crate::{
    error::{ConnectError, ConnectErrorKind, Error, ErrorKind},
    event::{CloseInfo, ClosedBy, Event, State},
    link::{Ended, Link},
    outbox::reports,
    reconnect::shared::{Stop, answer},
    reconnect::watchdog,
    sync::lock,
};

impl Driver {
    /// Finishes the closing handshake of a connection that has ended, within `close_timeout`: in a task
    /// of its own, if the peer doesn't end the stream at once.
    pub(super) async fn finish_closing(&mut self, link: Box<Link>) {
        let (mut handshake, _) = link.finish();
        let timeout = self.core.tuning.close_timeout;
        let mut closing_handshake = Box::pin(tokio::time::timeout(timeout, async move {
            poll_fn(|cx| handshake.poll(cx)).await;
        }));
        // What can be written is written here: a task might be aborted before it begins.
        if poll_fn(|cx| Poll::Ready(closing_handshake.as_mut().poll(cx).is_pending())).await {
            let mut closing_handshakes = lock(&self.core.closing_handshakes);
            while closing_handshakes.try_join_next().is_some() {}
            closing_handshakes.spawn(async move {
                // A peer that doesn't end the stream in time is dropped.
                let _ = closing_handshake.await;
            });
        }
    }

    /// Ends everything on request, within `close_timeout`.
    pub(super) async fn stop(&mut self, stop: Stop, link: Option<Box<Link>>) {
        let core = Arc::clone(&self.core);
        let deadline = Instant::now() + core.tuning.close_timeout;
        if self.enter(State::Closing, |control| control.next = None).is_none() {
            return;
        }
        if let Some(link) = link {
            self.close(link, stop, deadline).await;
        } else {
            core.events.emit_all(reports::lost(core.outbox.disconnected(false)));
        }
        let mut closing_handshakes = std::mem::take(&mut *lock(&core.closing_handshakes));
        closing_handshakes.shutdown().await;
        // Handlers that are running have the rest of the time to end.
        let _ = tokio::time::timeout_at(deadline, core.handlers_ended()).await;
    }

    /// Drains and closes the open connection.
    async fn close(&mut self, mut link: Box<Link>, stop: Stop, deadline: Instant) {
        let (core, code) = (Arc::clone(&self.core), stop.code());
        let was_unknown = link.sink_mut().stop_negotiating();
        link.drain();
        // Half of the time is for queued messages, the rest for the closing handshake.
        let half = Instant::now() + core.tuning.close_timeout / 2;
        let span = self.span.clone();
        let drained = poll_fn(|cx| match link.poll(cx) {
            Poll::Pending if !link.is_drained() && !was_unknown => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
        })
        .instrument(span.clone());
        let mut ended = tokio::time::timeout_at(half, drained).await.unwrap_or(None);
        // The server's Close frame may come before ours; one with our code answers ours.
        let by_server = match &ended {
            Some(Ended::Closed(theirs, reason)) if *theirs != Some(code) => {
                Some(CloseInfo::new(theirs.unwrap_or(1005), reason.clone(), ClosedBy::Server))
            }
            _ => None,
        };
        if ended.is_none() {
            let closed = poll_fn(|cx| match link.close(code, "", cx) {
                Ok(()) => link.poll(cx),
                Err(broken) => Poll::Ready(Ended::Broken(broken)),
            })
            .instrument(span);
            ended = tokio::time::timeout_at(deadline, closed).await.ok();
        }
        link.sink_mut().abandon_messages();
        let clean = matches!(ended, Some(Ended::Closed(..)));
        if clean {
            // The server ends the TCP connection first, so that its port isn't left waiting.
            let (mut handshake, _) = link.finish();
            let _ = tokio::time::timeout_at(deadline, poll_fn(|cx| handshake.poll(cx))).await;
        } else {
            drop(link);
        }
        if self.is_over() {
            return;
        }
        let too_large = matches!(ended, Some(Ended::Closed(Some(MESSAGE_TOO_BIG), _)));
        let lost = core.outbox.disconnected(too_large);
        core.events.emit_all(reports::lost(lost));
        let by_us = CloseInfo { code, reason: String::new(), clean, by: ClosedBy::Client };
        let info = by_server.unwrap_or(by_us);
        self.close_span(Some(&info), None);
        // One for each `Open`, which waits until it is known whether there is a session.
        if core.events.is_open() {
            self.emit(Event::Close(info));
        }
    }

    /// Ends the driver in this state. Returns the request that came meanwhile, if it ended by itself.
    pub(super) fn finish(&mut self, state: State, stop: Option<Stop>) -> Option<Stop> {
        let core = Arc::clone(&self.core);
        if stop.is_none()
            && let Ok(stop) = self.requests.try_recv()
        {
            return Some(stop);
        }
        let is_kept = stop != Some(Stop::Abandon) && state != State::Idle && !self.is_over();
        if is_kept && !std::mem::replace(&mut self.kept, true) {
            core.report_kept();
        }
        // Nothing is delivered after `disconnect()`.
        if stop == Some(Stop::Disconnect) && !self.is_over() {
            core.silence();
        }
        let error = match stop {
            Some(_) => Error::new(ConnectErrorKind::Disconnected),
            None => self
                .last_error
                .take()
                .map_or_else(|| Error::new(ConnectErrorKind::Lost), to_connect),
        };
        match self.release(state, stop, &error) {
            Err(stop) => return Some(stop),
            Ok(true) => core.abandon(),
            Ok(false) => {}
        }
        None
    }

    /// Leaves the client without a driver, and resolves what waits for one. Returns whether the last
    /// handle is gone, or the request to a driver that ends by itself: that comes first.
    fn release(
        &mut self,
        state: State,
        stop: Option<Stop>,
        error: &ConnectError,
    ) -> Result<bool, Stop> {
        self.ended = true;
        let core = Arc::clone(&self.core);
        let Some(mut control) = core.control_of(self.number) else { return Ok(false) };
        let requests = std::iter::from_fn(|| self.requests.try_recv().ok());
        if let (None, Some(stop)) = (stop, requests.max()) {
            self.ended = false;
            return Err(stop);
        }
        let (opening, ending) =
            (std::mem::take(&mut control.opening), std::mem::take(&mut control.ending));
        (control.stop, control.subprotocol) = (None, None);
        (control.response, control.next) = (None, None);
        control.redial = false;
        core.enter(state);
        let abandoned = control.abandoned;
        drop(control);
        watchdog::forget(&core, self.number);
        answer(opening, ending, error);
        Ok(abandoned)
    }
}

/// What ended the attempts, as an error of `connect()`.
fn to_connect(error: Error) -> ConnectError {
    error.map(|kind| match kind {
        ErrorKind::Connect(kind) => kind,
        _ => ConnectErrorKind::Lost,
    })
}

impl Drop for Driver {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // The runtime was shut down before the driver ended.
        let core = Arc::clone(&self.core);
        if self.is_over() {
            return;
        }
        let (was_open, state) = (core.events.is_open(), *core.state.borrow());
        let mut lost = core.outbox.connection_lost(false);
        if !was_open && core.openings.is_some() {
            // It may be of a connection that was never opened.
            lost = lost.and(core.outbox.give_up_session());
        }
        core.outbox.stopped();
        let message = if std::thread::panicking() {
            "the client's task panicked: that is a bug in wirebond"
        } else {
            "the runtime was shut down"
        };
        if state == State::Closing {
            core.silence();
        }
        // A request makes no difference any more.
        let error = Error::new(ConnectErrorKind::Runtime).context(message);
        let released = self.release(State::Closed, Some(Stop::Disconnect), &error);
        if was_open {
            let (reason, by) = (message.to_owned(), ClosedBy::Client);
            core.events.emit(Event::Close(CloseInfo { code: 1006, reason, clean: false, by }));
        }
        core.events.emit_all(reports::lost(lost));
        if released == Ok(true) {
            core.abandon();
        }
    }
}
