//! The way from a frame to its subscribers: [`classify`], then deliver.

use std::{sync::Arc, task::Waker, time::Duration};

use tokio::time::Instant;
use wirebond_connection::{
    call::{AnswerKind, Calls, Foreign},
    link::Reply,
    session::{ContractIdentity, is_numbered},
};
use wirebond_core::{
    ErrorCode,
    wire::{
        Batch, Codec, DecodeError, EnvelopeError, RawMessage,
        form::{self, CallForm, Layout},
    },
};

use crate::{
    delivery::{
        events::{Emitter, Warning},
        registry::{Contents, OUTSIDE, Receiver, Registry, Table, Unread},
        subscription::Subscriber,
        turn::Turn,
    },
    error::{Error, ErrorKind},
    event::{Event, Name},
    request::Requests,
    stats::Counters,
};

/// How often idle tasks of handlers are looked for. One ends after one to two of these.
const IDLE: Duration = Duration::from_secs(1);

/// Where a frame goes.
enum Route<'t> {
    /// To the subscribers of one message of the contract, and to those of the whole contract.
    Contract {
        position: usize,
        of_message: &'t [Arc<dyn Receiver>],
        of_all: &'t [Arc<dyn Receiver>],
    },
    /// To the subscribers of a name that the contract doesn't have.
    Name(&'t [Arc<dyn Receiver>]),
    /// To nobody: it is a heartbeat.
    Heartbeat,
    /// To the call that it answers.
    Answer(AnswerKind),
    /// To the call that it takes back.
    Cancel,
    /// To the subscribers of unknown messages.
    Unknown(&'t [Arc<dyn Receiver>]),
}

/// Where a frame comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Connection,
    /// A connection whose session may have frames of its own.
    Session,
    /// It waited for the opening of its connection: it is older than every request of an open connection.
    Opening,
}

/// What became of a frame of a connection with a session.
pub(crate) enum Dispatched {
    /// It was delivered to those who subscribed to it.
    Message {
        reply: Reply,
        /// Whether it has a number in the session.
        is_numbered: bool,
    },
    /// It is one of wirebond's own, and nobody got it.
    Own,
}

/// Decides where a frame of this name goes.
fn classify<'t>(name: &str, contents: &Contents, table: &'t Table) -> Route<'t> {
    if let Some(position) = contents.find(name) {
        let of_message = &table.by_position[position];
        return Route::Contract { position, of_message, of_all: &table.contract };
    }
    match table.by_name.get(name) {
        Some(receivers) => Route::Name(receivers),
        // Only wirebond's own form has names of its own.
        None if !contents.codec.is_default() => Route::Unknown(&table.unknown),
        None if form::is_heartbeat(name) => Route::Heartbeat,
        None if name == form::CANCEL => Route::Cancel,
        None => match AnswerKind::of(name) {
            Some(kind) => Route::Answer(kind),
            None => Route::Unknown(&table.unknown),
        },
    }
}

impl Route<'_> {
    fn reply(&self, name: &str, codec: &Codec) -> Reply {
        match self {
            Self::Name(_) | Self::Heartbeat if name == form::PING && codec.is_default() => {
                Reply::Pong
            }
            _ => Reply::Nothing,
        }
    }
}

/// The connection's side of the registry.
pub(crate) struct Dispatcher {
    /// The subscriptions at its last look.
    table: Arc<Table>,
    version: u64,
    /// When idle tasks of handlers are looked for, if there may be some.
    idle_check: Option<Instant>,
    deliverer: Deliverer,
}

/// What delivers to subscriptions.
struct Deliverer {
    registry: Arc<Registry>,
    events: Arc<Emitter>,
    counters: Arc<Counters>,
    calls: Arc<Calls>,
    requests: Arc<Requests>,
    /// The driver that it works for.
    driver: u64,
    /// Subscriptions that have no room for another message.
    full: Vec<Arc<dyn Subscriber>>,
    /// Whether the present message could not be read.
    is_unread: bool,
    /// Whether that is reported.
    reports: bool,
}

impl Dispatcher {
    pub(crate) fn new(
        registry: Arc<Registry>,
        events: Arc<Emitter>,
        counters: Arc<Counters>,
        calls: Arc<Calls>,
        requests: Arc<Requests>,
        driver: u64,
    ) -> Self {
        let full = Vec::new();
        let deliverer = Deliverer {
            registry,
            events,
            counters,
            calls,
            requests,
            driver,
            full,
            is_unread: false,
            reports: true,
        };
        let (table, version) = (Table::none(), u64::MAX);
        Self { table, version, idle_check: None, deliverer }
    }

    /// Whether its driver was given up: a handler took longer than `disconnect()` waits.
    pub(crate) fn is_over(&self) -> bool {
        self.deliverer.is_over()
    }

    /// What identifies the client's contract to servers.
    pub(crate) fn identity(&self) -> Option<&'static ContractIdentity> {
        (self.deliverer.registry.contents.identity)()
    }

    /// Looks at the subscriptions if they changed.
    fn refresh(&mut self) {
        let registry = &self.deliverer.registry;
        let version = registry.version();
        if version != self.version {
            let table = if self.is_over() { registry.empty_table() } else { registry.table() };
            // The new table is bound first. Dropping the old one may drop a handler that owns a
            // subscription, which takes the registry's lock.
            (self.table, self.version) = (table, version);
        }
    }

    /// Delivers one text frame to its subscribers.
    pub(crate) fn dispatch(&mut self, text: &str, turn: &mut Turn) -> Reply {
        self.dispatch_from(Origin::Connection, text, turn)
    }

    /// The same for one that waited for the opening: whatever its number is, it answers no call.
    pub(crate) fn dispatch_waiting(&mut self, text: &str, turn: &mut Turn) -> Reply {
        self.dispatch_from(Origin::Opening, text, turn)
    }

    fn dispatch_from(&mut self, origin: Origin, text: &str, turn: &mut Turn) -> Reply {
        match self.dispatch_frame(text, origin, turn) {
            Dispatched::Message { reply, .. } => reply,
            Dispatched::Own => Reply::Nothing,
        }
    }

    /// Passes a frame that arrived before the connection is open to the call of the opening that it answers. Returns
    /// whether there is one.
    pub(crate) fn answer_opening(&self, text: &str) -> bool {
        let Deliverer { registry, calls, counters, .. } = &self.deliverer;
        let Contents { codec, .. } = &registry.contents;
        if calls.is_empty() {
            return false;
        }
        let is_answer = match codec.calls() {
            Some(form) => self.deliverer.answer_foreign(form, text),
            None if !codec.is_default() => false,
            None => codec.open(text).is_ok_and(|frame| {
                let kind = AnswerKind::of(frame.name()).filter(|_| frame.check().is_ok());
                kind.is_some_and(|kind| calls.answer(kind, &frame).is_ok())
            }),
        };
        if is_answer {
            counters.received.increment();
        }
        is_answer
    }

    /// Whether a frame may be an array of messages, which are delivered one by one.
    pub(crate) fn has_batches(&self) -> bool {
        self.deliverer.registry.contents.codec.has_batches()
    }

    /// The next message of such a frame is delivered now.
    pub(crate) fn begin_message(&mut self, batch: &Batch) {
        self.deliverer.reports = batch.reports();
    }

    /// The message that was begun is delivered.
    pub(crate) fn end_message(&mut self, batch: &mut Batch) {
        self.deliverer.reports = true;
        if std::mem::take(&mut self.deliverer.is_unread) {
            batch.count_unread();
        }
    }

    /// Such a frame has ended, with text that is no JSON if there is an error.
    pub(crate) fn end_batch(&mut self, batch: &Batch, error: Option<EnvelopeError>) {
        if let Some(error) = error {
            self.deliverer.malformed(None, error.into());
            self.deliverer.is_unread = false;
        }
        self.deliverer.report_rest(batch.unreported());
    }

    /// The same where a session may have frames of its own.
    pub(crate) fn dispatch_in_session(&mut self, text: &str, turn: &mut Turn) -> Dispatched {
        self.dispatch_frame(text, Origin::Session, turn)
    }

    /// Delivers a frame only if it has no number in a session.
    pub(crate) fn dispatch_unnumbered(&mut self, text: &str, turn: &mut Turn) -> Option<Reply> {
        let frame = RawMessage::open(Layout::DEFAULT, text);
        let is_numbered = frame.map_or(true, |frame| is_numbered(frame.name()));
        (!is_numbered).then(|| self.dispatch(text, turn))
    }

    /// Whether the opening of a connection gets this frame: a message of the contract or, without one, any
    /// that isn't wirebond's own.
    pub(crate) fn is_for_opening(&self, text: &str) -> bool {
        let contents = &self.deliverer.registry.contents;
        contents.codec.open(text).is_ok_and(|frame| match contents.contract {
            Some(_) => contents.find(frame.name()).is_some(),
            None => !form::is_reserved(frame.name()),
        })
    }

    // One body for both, so that what it calls is inlined.
    fn dispatch_frame(&mut self, text: &str, origin: Origin, turn: &mut Turn) -> Dispatched {
        self.deliverer.counters.received.increment();
        self.refresh();
        let Self { table, deliverer, .. } = self;
        if let Some(calls) = deliverer.registry.contents.codec.calls()
            && origin != Origin::Opening
            && deliverer.answer_foreign(calls, text)
        {
            return Dispatched::Message { reply: Reply::Nothing, is_numbered: true };
        }
        let opened = deliverer.registry.contents.codec.open(text);
        // Looked at where it is: to move it costs nearly as much as to find its name.
        let frame = match opened {
            Ok(ref frame) => frame,
            Err(error) => {
                deliverer.malformed(None, error.into());
                return Dispatched::Message { reply: Reply::Nothing, is_numbered: true };
            }
        };
        let route = classify(frame.name(), &deliverer.registry.contents, table);
        let reply = route.reply(frame.name(), &deliverer.registry.contents.codec);
        let mut has_number = true;
        // No message of a contract has a name without a number.
        if origin == Origin::Session && !matches!(route, Route::Contract { .. }) {
            has_number = is_numbered(frame.name());
            if !has_number && !form::is_heartbeat(frame.name()) {
                return Dispatched::Own;
            }
        }
        deliverer.deliver(frame, &route, turn);
        Dispatched::Message { reply, is_numbered: has_number }
    }

    /// A binary frame came; the contract is JSON text.
    pub(crate) fn refuse_binary(&self) {
        self.deliverer.counters.malformed.add(1);
        self.deliverer.events.emit(Event::Error(Error::new(ErrorKind::Binary)));
    }

    /// Whether no subscription was without room when it was last asked.
    pub(crate) fn has_room(&self) -> bool {
        self.deliverer.full.is_empty()
    }

    /// The first subscription that still has no room. The waker is called when it has room.
    pub(crate) fn held_back_by(&mut self, waker: &Waker) -> Option<&Arc<dyn Subscriber>> {
        let full = &mut self.deliverer.full;
        full.retain(|subscriber| subscriber.is_full(waker));
        full.first()
    }

    /// Ends a turn: reports which subscriptions lost messages.
    pub(crate) fn end_turn(&mut self, turn: &mut Turn, now: Instant) {
        if turn.take_task() && self.idle_check.is_none() {
            self.idle_check = Some(now + IDLE);
        }
        if !turn.take_loss() {
            return;
        }
        for subscriber in self.table.subscribers() {
            let count = subscriber.take_lost();
            if count > 0 {
                self.deliverer.counters.lagged.add(count);
                let name = subscriber.name().clone();
                self.deliverer.events.emit(Event::Lagged { name, count });
            }
        }
    }

    /// When [`pass_time`](Self::pass_time) is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.idle_check
    }

    /// Ends tasks of handlers that have been idle for a while.
    pub(crate) fn pass_time(&mut self, now: Instant) {
        if self.idle_check.is_some_and(|due| now >= due) {
            let tasks = self.table.subscribers().filter(|one| one.end_idle_task(false)).count();
            self.idle_check = (tasks > 0).then_some(now + IDLE);
        }
    }

    /// Whose calls in a turn were not timed, in order.
    pub(crate) fn called_in(&self, turn: &Turn) -> Vec<Name> {
        let called = self.table.subscribers().filter(|one| one.was_called_in(turn));
        let mut names: Vec<_> = called.map(|subscriber| subscriber.name().clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Drop for Dispatcher {
    /// No task of a handler outlives the connection for long.
    fn drop(&mut self) {
        for subscriber in self.deliverer.registry.subscribers() {
            subscriber.end_idle_task(true);
        }
    }
}

impl Deliverer {
    fn is_over(&self) -> bool {
        self.registry.driver() != self.driver
    }

    fn deliver(&mut self, frame: &RawMessage<'_>, route: &Route<'_>, turn: &mut Turn) {
        match *route {
            Route::Contract { position, of_message, of_all } => {
                let receivers = of_message.iter().chain(of_all);
                if self.registry.contents.messages[position].call().is_some() {
                    self.deliver_call(receivers, frame, position, turn);
                } else if (of_message.is_empty() && of_all.is_empty())
                    || !self.deliver_to(receivers, frame, position, turn)
                {
                    self.counters.unhandled.increment();
                }
            }
            Route::Heartbeat => {}
            Route::Answer(kind) => self.answer(kind, frame),
            Route::Cancel => {
                if let Some(id) = frame.re() {
                    self.requests.cancel(id);
                }
            }
            Route::Name(receivers) | Route::Unknown(receivers) => {
                // No decoder of the contract looks at the rest of it.
                if let Err(error) = frame.check() {
                    self.malformed(None, error.into());
                    return;
                }
                if matches!(route, Route::Unknown(_)) {
                    self.counters.unknown.add(1);
                    if receivers.is_empty() {
                        self.events.warn(Warning::unknown(frame.name()));
                    }
                    if let Some(id) = frame.id() {
                        let what = "the contract has no such call";
                        self.requests.refuse(id, ErrorCode::Unknown, what);
                    }
                }
                self.deliver_to(receivers.iter(), frame, OUTSIDE, turn);
            }
        }
    }

    /// Delivers a call of the server's, which is answered whatever becomes of it.
    fn deliver_call<'t>(
        &mut self,
        receivers: impl Iterator<Item = &'t Arc<dyn Receiver>>,
        frame: &RawMessage<'_>,
        position: usize,
        turn: &mut Turn,
    ) {
        let name = self.registry.contents.messages[position].name();
        let requests = Arc::clone(&self.requests);
        let deliver = || self.deliver_to(receivers, frame, position, turn);
        let was_received = match frame.id() {
            // Nobody waits for an answer.
            None => Some(deliver()),
            Some(id) => requests.deliver(id, name, deliver),
        };
        if was_received == Some(false) {
            self.counters.unhandled.increment();
        }
    }

    /// Passes an answer to its call.
    fn answer(&mut self, kind: AnswerKind, frame: &RawMessage<'_>) {
        if self.is_over() {
            return;
        }
        if let Err(error) = frame.check() {
            self.malformed(None, error.into());
        } else if self.calls.answer(kind, frame).is_err() {
            self.counters.late_answers.add(1);
            self.events.emit(Event::Error(Error::new(ErrorKind::LateAnswer).about(frame.name())));
        }
    }

    /// Passes a message to the call whose number it repeats, on a backend's own wire. Returns whether it did.
    fn answer_foreign(&self, form: &CallForm, text: &str) -> bool {
        let layout = self.registry.contents.codec.received();
        match self.calls.answer_foreign(form, layout, text) {
            Foreign::Other => return false,
            Foreign::Answer => {}
            Foreign::Late if self.is_over() => {}
            Foreign::Late => {
                self.counters.late_answers.add(1);
                self.events.emit(Event::Error(Error::new(ErrorKind::LateAnswer)));
            }
        }
        true
    }

    /// Returns whether there was a receiver.
    fn deliver_to<'t>(
        &mut self,
        receivers: impl Iterator<Item = &'t Arc<dyn Receiver>>,
        frame: &RawMessage<'_>,
        position: usize,
        turn: &mut Turn,
    ) -> bool {
        let (mut any, mut unread) = (false, None);
        for receiver in receivers {
            // A handler before this one may have taken longer than `disconnect()` waits.
            if any && self.is_over() {
                break;
            }
            any = true;
            match receiver.receive(frame, position, turn) {
                Ok(false) => {}
                Ok(true) => self.full.push(receiver.subscriber()),
                // Receivers of one type fail alike: one report is enough.
                Err(error) => {
                    unread.get_or_insert(error);
                }
            }
        }
        if let Some(error) = unread {
            self.report_unread(frame, error);
        }
        any
    }

    #[cold]
    fn report_unread(&mut self, frame: &RawMessage<'_>, error: Unread) {
        match error {
            Unread::Failed(error) => self.malformed(Some(frame.name()), error),
            Unread::Panicked => {
                self.counters.malformed.add(1);
                self.is_unread = true;
                if !self.reports {
                    return;
                }
                // Without the panic's message: it may quote the payload.
                let error = Error::new(ErrorKind::Payload).about(frame.name());
                let error = error.context("its type panicked while it was read");
                self.events.emit(Event::Error(error));
            }
        }
    }

    /// Reports how many messages of a frame could not be read, apart from those that were reported.
    fn report_rest(&self, count: u64) {
        if count > 0 && !self.is_over() {
            let message = format!("{count} more messages of the same frame");
            self.events.emit(Event::Error(Error::new(ErrorKind::Envelope).context(message)));
        }
    }

    #[cold]
    fn malformed(&mut self, name: Option<&str>, error: DecodeError) {
        if self.is_over() {
            return;
        }
        self.counters.malformed.add(1);
        self.is_unread = true;
        if !self.reports {
            return;
        }
        let error = match error {
            DecodeError::Envelope(error) => Error::new(ErrorKind::Envelope).caused_by(error),
            DecodeError::Payload(error) => Error::new(ErrorKind::Payload).caused_by(error),
        };
        let error = if let Some(name) = name { error.about(name) } else { error };
        self.events.emit(Event::Error(error));
    }
}

impl std::fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatcher").field("version", &self.version).finish_non_exhaustive()
    }
}
