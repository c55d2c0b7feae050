//! How connections and sessions end: by the closing handshake, on request, or with their runtime.

use std::{future::poll_fn, sync::Arc, task::Poll};

use tokio::time::Instant;

use super::{MESSAGE_TOO_BIG, Session};
use crate::{
    delivery::inbox::lock,
    error::{ConnectError, ConnectErrorKind, Error, ErrorKind},
    event::{CloseInfo, ClosedBy, Event, State},
    link::{Ended, Link},
    session::command::{Command, Stop},
    session::shared::answer,
    session::watchdog,
};

impl Session {
    /// Waits aside for the peer to end the stream of a connection that has ended, within
    /// `close_timeout`.
    pub(super) async fn see_off(&mut self, mut link: Box<Link>, ended: Ended) {
        // A peer that never ends the stream is left to itself.
        let mut farewell =
            Box::pin(tokio::time::timeout(self.core.tuning.close_timeout, async move {
                poll_fn(|cx| {
                    if let Ended::Broken(broken) = &ended
                        && let Some(code) = broken.code()
                        && link.close(code, cx).is_err()
                    {
                        return Poll::Ready(());
                    }
                    link.poll_finish(cx)
                })
                .await;
            }));
        // What can be written is written here: a task might be aborted before it begins.
        if poll_fn(|cx| Poll::Ready(farewell.as_mut().poll(cx).is_pending())).await {
            let mut farewells = lock(&self.core.farewells);
            while farewells.try_join_next().is_some() {}
            farewells.spawn(async move {
                let _ = farewell.await;
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
        }
        let mut farewells = std::mem::take(&mut *lock(&core.farewells));
        farewells.shutdown().await;
        // Handlers that are under way may come to their end; then there is silence.
        let _ = tokio::time::timeout_at(deadline, core.handlers_ended()).await;
    }

    /// Drains and closes the open connection.
    async fn close(&mut self, mut link: Box<Link>, stop: Stop, deadline: Instant) {
        let (core, code) = (Arc::clone(&self.core), stop.code());
        link.drain(code);
        // Half of the time is for what waits, the rest for the closing handshake.
        let half = Instant::now() + core.tuning.close_timeout / 2;
        let drained = poll_fn(|cx| match link.poll(cx) {
            Poll::Pending if !link.is_closing() => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
        });
        let mut ended = tokio::time::timeout_at(half, drained).await.unwrap_or(None);
        // The server's Close frame may come before ours; one with our code answers ours.
        let by_server = match &ended {
            Some(Ended::Closed(theirs, reason)) if *theirs != Some(code) => {
                Some(CloseInfo::new(theirs.unwrap_or(1005), reason.clone(), ClosedBy::Server))
            }
            _ => None,
        };
        if ended.is_none() {
            let closed = poll_fn(|cx| match link.close(code, cx) {
                Ok(()) => link.poll(cx),
                Err(broken) => Poll::Ready(Ended::Broken(broken)),
            });
            ended = tokio::time::timeout_at(deadline, closed).await.ok();
        }
        let clean = matches!(ended, Some(Ended::Closed(..)));
        if clean {
            // The server ends the TCP connection first, so that its port isn't left waiting.
            let _ = tokio::time::timeout_at(deadline, poll_fn(|cx| link.poll_finish(cx))).await;
        }
        drop(link);
        if self.is_over() {
            return;
        }
        let too_large = matches!(ended, Some(Ended::Closed(Some(MESSAGE_TOO_BIG), _)));
        let lost = core.outbox.connection_lost(too_large);
        core.hub.report_lost(lost);
        let by_us = CloseInfo { code, reason: String::new(), clean, by: ClosedBy::Client };
        let info = by_server.unwrap_or(by_us);
        self.emit(Event::Close(info));
    }

    /// The end: of all attempts, by a refusal, or on request. Returns what was requested meanwhile of one
    /// that ended by itself.
    pub(super) fn finish(&mut self, state: State, stop: Option<Stop>) -> Option<Stop> {
        let core = Arc::clone(&self.core);
        let request = if stop.is_none() { self.commands.try_recv().ok() } else { None };
        if let Some(Command(stop)) = request {
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
            Released::Not(stop) => return Some(stop),
            Released::Abandoned => core.abandon(),
            Released::Yes | Released::Gone => {}
        }
        None
    }

    /// Lets everybody who waits go on; the task is over. An end of itself yields to a request.
    fn release(&mut self, state: State, stop: Option<Stop>, error: &ConnectError) -> Released {
        self.ended = true;
        let core = Arc::clone(&self.core);
        let Some(mut control) = core.control_of(self.number) else { return Released::Gone };
        let mut last = None;
        while let Ok(Command(stop)) = self.commands.try_recv() {
            last = last.max(Some(stop));
        }
        if let (None, Some(stop)) = (stop, last) {
            self.ended = false;
            return Released::Not(stop);
        }
        let (opening, ending) =
            (std::mem::take(&mut control.opening), std::mem::take(&mut control.ending));
        (control.commands, control.subprotocol) = (None, None);
        (control.response, control.next) = (None, None);
        control.redial = false;
        core.enter(state);
        let abandoned = control.abandoned;
        drop(control);
        watchdog::forget(&core, self.number);
        answer(opening, ending, error);
        if abandoned { Released::Abandoned } else { Released::Yes }
    }
}

/// Whether a session could be released.
enum Released {
    Yes,
    /// It was, and the last handle is gone.
    Abandoned,
    /// This was requested first.
    Not(Stop),
    /// It was given up long ago.
    Gone,
}

/// What ended the attempts, as an error of `connect()`.
fn to_connect(error: Error) -> ConnectError {
    error.map(|kind| match kind {
        ErrorKind::Connect(kind) => kind,
        _ => ConnectErrorKind::Lost,
    })
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // The runtime was shut down under us.
        let core = Arc::clone(&self.core);
        if self.is_over() {
            return;
        }
        let (was_open, state) = (core.hub.is_open(), *core.state.borrow());
        let lost = core.outbox.connection_lost(false);
        core.outbox.stopped();
        let words = if std::thread::panicking() {
            "the client's task panicked: that is a bug in wirebond"
        } else {
            "the runtime was shut down"
        };
        if state == State::Closing {
            core.silence();
        }
        // A request makes no difference any more.
        let error = Error::new(ConnectErrorKind::Runtime).context(words);
        let released = self.release(State::Closed, Some(Stop::Disconnect), &error);
        if was_open {
            let (reason, by) = (words.to_owned(), ClosedBy::Client);
            core.hub.emit(Event::Close(CloseInfo { code: 1006, reason, clean: false, by }));
        }
        core.hub.report_lost(lost);
        if matches!(released, Released::Abandoned) {
            core.abandon();
        }
    }
}
