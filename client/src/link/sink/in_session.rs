//! The session's share of what arrives: the server's `$hello`, the other `$` frames, and the count of
//! messages.

use std::time::Duration;

use tokio::time::Instant;
use wirebond_connection::{
    link::Reply,
    session::{ContractVerdict, Control, Desync, Gap, ServerHello, is_numbered},
};
use wirebond_core::wire::{RawMessage, form::Layout};

use super::Sink;
use crate::{
    delivery::dispatch::Dispatched,
    error::{Error, ErrorKind},
    event::{Event, SessionEvent, SessionLoss},
    link::session::{Fault, Mode, OnNegotiated},
    outbox::{Controlled, Plain, reports},
};

/// How long the server's `$hello` is waited for.
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the answer to a request to resume is waited for.
const RESUME_TIMEOUT: Duration = Duration::from_secs(10);
/// The name of the first frame of either side.
const HELLO: &str = "$hello";

/// How the `$gap` of a server begins that is made with this library.
const GAP: &str = "{\"type\":\"$gap\"";

/// Why a server that selected a subprotocol has no sessions.
const NO_HELLO: &str = "its first frame is not `$hello`";

impl Sink {
    /// A session was offered. With `is_answered`, the server may speak it. `on_negotiated` is called when
    /// that is known, unless it is a fault; a connection with an opening has none.
    pub(crate) fn negotiate(&mut self, is_answered: bool, on_negotiated: Option<OnNegotiated>) {
        self.session.on_negotiated = on_negotiated;
        self.outbox.negotiate();
        if is_answered {
            self.session.mode = Mode::Hello;
            self.session.deadline = Some(Instant::now() + HELLO_TIMEOUT);
        } else {
            self.go_without("it did not select a subprotocol that was offered", false);
        }
    }

    /// The connection has ended before it was known. Returns what is to be called then.
    pub(crate) fn take_on_negotiated(&mut self) -> Option<OnNegotiated> {
        self.session.on_negotiated.take()
    }

    /// Stops to negotiate, and to open. Returns whether it was still unknown whether there is a session, or
    /// the connection wasn't open yet: then nothing can be written.
    pub(crate) fn stop_negotiating(&mut self) -> bool {
        self.session.on_negotiated = None;
        let was_unknown = self.session.mode == Mode::Hello || self.is_opening();
        if was_unknown {
            self.abandon_messages();
            self.session.mode = Mode::GivenUp;
        }
        was_unknown
    }

    /// Why the connection is to be given up, if it is.
    pub(crate) fn take_fault(&mut self) -> Option<Fault> {
        self.session.fault.take()
    }

    /// Delivers a text frame.
    #[inline]
    pub(super) fn dispatch_text(&mut self, text: &str) -> Reply {
        // Here, since most connections have no session. They have no gaps either.
        match self.session.mode {
            Mode::Plain => self.dispatcher.dispatch(text, &mut self.turn),
            _ => self.dispatch_by_mode(text),
        }
    }

    fn dispatch_by_mode(&mut self, text: &str) -> Reply {
        if self.session.gap.is_some() && !text.starts_with(GAP) {
            let gap = self.session.gap.take();
            self.report_gap(gap);
        }
        match self.session.mode {
            Mode::Plain => self.dispatcher.dispatch(text, &mut self.turn),
            Mode::Live => self.dispatch_in_session(text),
            Mode::Hello => self.dispatch_first(text),
            Mode::Resuming => self.dispatch_answer(text),
            Mode::Opening => self.dispatch_before_open(text),
            Mode::GivenUp => Reply::Nothing,
        }
    }

    pub(super) fn dispatch_in_session(&mut self, text: &str) -> Reply {
        match self.dispatcher.dispatch_in_session(text, &mut self.turn) {
            Dispatched::Message { reply, is_numbered } => {
                if is_numbered {
                    self.session.received.0 += 1;
                    self.session.received.1 += text.len();
                }
                reply
            }
            Dispatched::Own => {
                self.control(text);
                Reply::Nothing
            }
        }
    }

    /// A binary frame has arrived.
    pub(super) fn dispatch_binary(&mut self) {
        let gap = self.session.gap.take();
        self.report_gap(gap);
        match self.session.mode {
            Mode::GivenUp => return,
            Mode::Hello => self.go_without(NO_HELLO, true),
            Mode::Resuming => return self.desync("a message before the answer"),
            // It is a data frame, whatever is in it.
            Mode::Live => self.session.received.0 += 1,
            Mode::Opening => self.session.received.0 += u64::from(self.is_live()),
            Mode::Plain => {}
        }
        if self.session.mode != Mode::GivenUp {
            self.dispatcher.refuse_binary();
        }
    }

    #[cold]
    fn dispatch_first(&mut self, text: &str) -> Reply {
        let frame =
            RawMessage::parse(Layout::DEFAULT, text).ok().filter(|frame| frame.name() == HELLO);
        let Some(frame) = frame else {
            self.go_without(NO_HELLO, true);
            return self.dispatch_text(text);
        };
        self.counters.received.increment();
        match ServerHello::decode(frame.data().unwrap_or_default()) {
            Ok(hello) if hello.v == 1 => self.begin(hello),
            other => {
                let why = other.err().map_or_else(
                    || "it speaks another version of the session protocol".to_owned(),
                    |error| error.to_string(),
                );
                self.go_without("its `$hello` can't be read", true);
                if self.session.fault.is_none() {
                    let error = Error::new(ErrorKind::Session).context(why);
                    self.events.emit(Event::Error(error));
                }
            }
        }
        Reply::Nothing
    }

    fn begin(&mut self, hello: ServerHello) {
        match self.outbox.begin_session(hello) {
            Ok(true) => {
                self.session.mode = Mode::Resuming;
                self.session.deadline = Some(Instant::now() + RESUME_TIMEOUT);
                // Whether there is something to open depends on the answer.
                if !self.is_opening() {
                    self.open(true);
                }
            }
            Ok(false) => {
                (self.session.mode, self.session.deadline) = (Mode::Live, None);
                self.open(false);
                self.events.emit(Event::Session(SessionEvent::Began));
            }
            Err(Desync) => self.desync("a second `$hello`"),
        }
    }

    fn open(&mut self, was_resumed: bool) {
        match self.session.on_negotiated.take() {
            Some(open) => open(),
            None => self.negotiated(was_resumed),
        }
    }

    /// The connection has no session. With `remember`, none is offered to this server any more.
    fn go_without(&mut self, why: &'static str, remember: bool) {
        self.session.deadline = None;
        if self.session.requires {
            self.session.mode = Mode::GivenUp;
            self.session.fault = Some(Fault::Required(why));
            return;
        }
        self.session.mode = Mode::Plain;
        let Plain { lost, is_news } = self.outbox.plain(remember);
        self.open(false);
        if let Some(lost) = lost {
            self.events.emit(Event::Session(SessionEvent::lost(SessionLoss::Unsupported)));
            self.events.emit_all(reports::lost(lost));
        }
        if is_news {
            self.events.emit(Event::Session(SessionEvent::Plain));
        }
    }

    #[cold]
    fn dispatch_answer(&mut self, text: &str) -> Reply {
        let own = RawMessage::open(Layout::DEFAULT, text)
            .is_ok_and(|frame| frame.name().starts_with('$') && !is_numbered(frame.name()));
        if own {
            self.counters.received.increment();
            self.control(text);
            return Reply::Nothing;
        }
        let reply = self.dispatcher.dispatch_unnumbered(text, &mut self.turn);
        if reply.is_none() {
            self.desync("a message before the answer");
        }
        reply.unwrap_or(Reply::Nothing)
    }

    /// A frame of the session has arrived.
    fn control(&mut self, text: &str) {
        self.settle_received();
        // A handler before this one may have taken longer than `disconnect()` waits.
        if self.session.mode == Mode::GivenUp || self.dispatcher.is_over() {
            return;
        }
        let Ok(frame) = RawMessage::parse(Layout::DEFAULT, text) else {
            return self.desync("a session's frame that isn't JSON");
        };
        if frame.name() == HELLO {
            return self.desync("a second `$hello`");
        }
        let control = match Control::decode(frame.name(), frame.data().unwrap_or_default()) {
            Ok(Some(Control::Contract(mut notice))) => {
                if notice.verdict == ContractVerdict::Unknown
                    && let Some(own) = self.dispatcher.identity()
                {
                    notice.compare(own);
                }
                return self.events.emit(Event::Contract(notice));
            }
            Ok(Some(control)) => control,
            // Of a later version, or not the session's.
            Ok(None) => return,
            Err(error) => return self.desync(&error.to_string()),
        };
        match self.outbox.control(control, Instant::now()) {
            Ok(controlled) => self.report(controlled),
            Err(desync) => self.desync(&desync.to_string()),
        }
    }

    fn report(&mut self, controlled: Controlled) {
        match controlled {
            Controlled::Nothing => {}
            Controlled::Resumed => {
                (self.session.mode, self.session.deadline) = (Mode::Live, None);
                self.negotiated(true);
                self.events.emit(Event::Session(SessionEvent::Resumed));
            }
            Controlled::Gone(why, lost) => {
                (self.session.mode, self.session.deadline) = (Mode::Live, None);
                self.events.emit(Event::Session(SessionEvent::lost(why.into())));
                self.events.emit_all(reports::lost(lost));
                if self.is_opening() {
                    self.negotiated(false);
                } else {
                    // The new session has none of the messages that are held.
                    let errors = self.outbox.open();
                    self.events.emit_all(errors.into_iter().map(Event::Error));
                }
                self.events.emit(Event::Session(SessionEvent::Began));
            }
            Controlled::Gap(gap) => {
                self.counters.gaps.add(gap.n);
                match &mut self.session.gap {
                    Some(last) if last.why == gap.why => last.n = last.n.saturating_add(gap.n),
                    last => {
                        let last = last.replace(gap);
                        self.report_gap(last);
                    }
                }
            }
        }
    }

    /// Reports the gaps that came last, if there are any: a server that drops message by message may send as many.
    pub(super) fn report_gap(&self, gap: Option<Gap>) {
        if let Some(gap) = gap {
            self.events.emit(Event::Session(SessionEvent::gap(gap.n, gap.why)));
        }
    }

    /// Counts what has arrived. The application has it.
    pub(super) fn settle_received(&mut self) {
        let (count, bytes) = std::mem::take(&mut self.session.received);
        if count == 0 || !self.is_live() || self.dispatcher.is_over() {
            return;
        }
        if let Err(desync) = self.outbox.received(count, bytes) {
            self.desync(&desync.to_string());
        }
    }

    /// The session can't continue: the connection is given up, and the next one begins another.
    #[cold]
    fn desync(&mut self, why: &str) {
        (self.session.mode, self.session.deadline) = (Mode::GivenUp, None);
        self.session.fault = Some(Fault::Desync(why.to_owned()));
        let lost = self.outbox.give_up_session();
        self.events.emit(Event::Session(SessionEvent::lost(SessionLoss::Mismatch)));
        self.events.emit_all(reports::lost(lost));
    }

    /// Gives up waiting for a frame that has not come.
    pub(super) fn pass_time_of_session(&mut self, now: Instant) {
        if self.session.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        self.session.deadline = None;
        match self.session.mode {
            Mode::Hello => self.go_without(NO_HELLO, true),
            Mode::Resuming => {
                self.session.mode = Mode::GivenUp;
                self.session.fault = Some(Fault::Unanswered);
            }
            Mode::Plain | Mode::Live | Mode::Opening | Mode::GivenUp => {}
        }
    }
}
