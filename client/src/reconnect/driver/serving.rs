//! A connection from its upgrade to its end: what it waits for before it is open, and what its end is.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{self, Poll},
};

use tokio::time::Instant;
use tracing::{Instrument, Span};

use super::{
    Driver, Stopped,
    opening::{Failure, Opener, Unopened},
};
use crate::{
    connect::{
        dial::{Dialled, SessionOffer},
        provider::Attempt,
        span,
    },
    error::{Error, ErrorKind},
    event::{CloseInfo, Event, SessionEvent, SessionLoss},
    link::{self, Ended, Fault, Link},
    outbox::reports,
    reconnect::disconnect::Disconnect,
    reconnect::shared::Core,
};

impl Driver {
    /// Drives a connection until it ends by itself (`Ok`) or on request (`Err`).
    pub(super) async fn serve(
        &mut self,
        dialled: Box<Dialled>,
        attempt: Attempt,
        deadline: Instant,
    ) -> Result<Disconnect, Stopped> {
        let core = Arc::clone(&self.core);
        let dispatcher = core.dispatcher(self.number);
        let Dialled { socket, session, subprotocol, response, url, peer } = dialled.unbox();
        // A future is as large as its largest await point, so this one is boxed.
        let mut link = Box::new(link::open(
            socket,
            &core.tuning,
            &core.events,
            &core.counters,
            &core.outbox,
            dispatcher,
            core.heartbeat.clone(),
        ));
        self.span = span::connection(&url, peer, core.registry.contents.contract);
        let (began, span) = (Instant::now(), self.span.clone());
        let opener =
            Opener { core: Arc::clone(&core), number: self.number, span, subprotocol, response };
        let mut unopened = prepare(opener, session, &mut link, attempt, deadline);
        let driving = poll_fn(|cx| drive(&mut link, &mut unopened, &core, cx));
        let ended = match self.unless_stopped(driving.instrument(self.span.clone())).await {
            Ok(ended) => ended,
            Err((stop, _)) => return Err((stop, Some(link))),
        };
        let is_known = link.sink_mut().take_negotiated() == Some(false);
        let stage = match &unopened {
            None => Stage::Open,
            Some(unopened) if is_known || unopened.has_begun() => Stage::Opening,
            Some(_) => Stage::Negotiating,
        };
        // Its task ends before what it was about does.
        drop(unopened);
        if let Some(open) = link.sink_mut().take_on_negotiated()
            && !matches!(ended, Err(GivenUp::Session(Fault::Required(_))))
        {
            open();
        }
        link.sink_mut().abandon_messages();
        self.ever_open |= core.events.is_open();
        // A connection that waited for its session in vain has served nothing.
        let served =
            core.events.is_open() && !matches!(ended, Err(GivenUp::Session(Fault::Unanswered)));
        if served && began.elapsed() >= core.tuning.min_uptime {
            (self.attempts, self.refused) = (0, false);
        }
        if self.attempts == 0 {
            self.since = Instant::now();
        }
        let disconnect = self.disconnect(&ended, stage, &mut link).await;
        self.close_span(disconnect.close.as_ref(), disconnect.error.as_ref());
        // A broken peer gets its answer, and a Close frame its echo. The next attempt waits for neither.
        if !self.is_over() && !matches!(ended, Ok(Ended::Silent)) {
            self.finish_closing(link).await;
        }
        Ok(disconnect)
    }

    /// What the end of a connection is, as data. One that was given up is closed.
    async fn disconnect(
        &mut self,
        ended: &Result<Ended, GivenUp>,
        stage: Stage,
        link: &mut Link,
    ) -> Disconnect {
        let context = self.context();
        let (code, disconnect) = match ended {
            Ok(ended) if stage == Stage::Open => return Disconnect::of_connection(ended, context),
            Ok(ended) => (None, Disconnect::before_open(ended, context)),
            Err(GivenUp::Session(fault)) => {
                (Some(fault.close_code()), Disconnect::of_session(fault, context))
            }
            Err(GivenUp::Opening(failure)) => {
                let Failure { error, verdict } = failure;
                (Some(1000), Disconnect::of_opening(error.clone(), *verdict, context))
            }
        };
        if let Some(code) = code {
            // The connection ends in any case.
            let _ = poll_fn(|cx| Poll::Ready(link.close(code, "", cx))).await;
        }
        // What a session's server has of an opening that did not succeed can't be gone on with.
        if stage == Stage::Opening && !self.is_over() && self.core.outbox.has_session() {
            let lost = self.core.outbox.give_up_session();
            self.emit(Event::Session(SessionEvent::lost(SessionLoss::Opening)));
            self.core.events.emit_all(reports::lost(lost));
        }
        disconnect
    }

    /// Ends the connection's span.
    pub(super) fn close_span(&mut self, close: Option<&CloseInfo>, error: Option<&Error>) {
        let span = std::mem::replace(&mut self.span, Span::none());
        if let Some(close) = close {
            span.record("wirebond.close.code", close.code);
        }
        let error_type = error.map(|error| match error.kind() {
            ErrorKind::HeartbeatTimeout => "heartbeat_timeout",
            ErrorKind::Protocol => "protocol",
            ErrorKind::TooLarge => "too_large",
            _ => "connection",
        });
        if let Some(error_type) = error_type {
            span::record_error(&span, error_type);
        }
    }
}

/// How far a connection came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It wasn't known yet whether it has a session, and it has an opening.
    Negotiating,
    /// Its opening had begun.
    Opening,
    /// It was open, or was to be open as soon as its session was known.
    Open,
}

/// Why a connection is given up.
enum GivenUp {
    /// Its session can't go on.
    Session(Fault),
    /// Its opening failed.
    Opening(Failure),
}

/// Opens a connection, or leaves that to its session or its opening.
fn prepare(
    opener: Opener,
    session: SessionOffer,
    link: &mut Link,
    attempt: Attempt,
    deadline: Instant,
) -> Option<Box<Unopened>> {
    let core = Arc::clone(&opener.core);
    let is_answered = session == SessionOffer::Answered;
    let Some(openings) = &core.openings else {
        match session {
            SessionOffer::None => opener.open(),
            // It is open once it is known whether there is a session.
            _ => link.sink_mut().negotiate(is_answered, Some(Box::new(move || opener.open()))),
        }
        return None;
    };
    let unopened = Unopened::new(opener, &openings.open, attempt, deadline);
    link.sink_mut().begin_opening(unopened.held());
    match session {
        SessionOffer::None => link.sink_mut().negotiated(false),
        _ => link.sink_mut().negotiate(is_answered, None),
    }
    Some(Box::new(unopened))
}

/// Drives a connection until it ends, or until its session or its opening can't go on.
fn drive(
    link: &mut Link,
    unopened: &mut Option<Box<Unopened>>,
    core: &Core,
    cx: &mut task::Context<'_>,
) -> Poll<Result<Ended, GivenUp>> {
    loop {
        if let Some(unopened) = unopened {
            unopened.apply(core, cx);
        }
        let polled = link.poll(cx);
        if let Some(fault) = link.sink_mut().take_fault() {
            return Poll::Ready(Err(GivenUp::Session(fault)));
        }
        let waiting = match (polled, &mut *unopened) {
            (Poll::Ready(ended), _) => return Poll::Ready(Ok(ended)),
            (Poll::Pending, None) => return Poll::Pending,
            (Poll::Pending, Some(waiting)) => waiting,
        };
        match waiting.poll(link, cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(Ok(())) => *unopened = None,
            Poll::Ready(Err(failure)) => return Poll::Ready(Err(GivenUp::Opening(failure))),
        }
    }
}
