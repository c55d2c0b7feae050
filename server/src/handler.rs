//! Handlers: what is called for a message or an event, whatever it returns.

use std::{
    any::Any,
    collections::HashSet,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use wirebond_connection::{
    call::AnswerKind,
    outcome::{Outcome, Settle, Started},
};
use wirebond_core::{
    MessageInfo,
    wire::{DecodeError, RawMessage, form::is_reserved},
};

use crate::{
    error::{Error, ErrorKind},
    identity::Identity,
    peer::{Disconnect, Missed, Peer},
};

/// Why a call of a handler failed.
#[derive(Debug)]
pub(crate) enum Failure {
    Decode(DecodeError),
    Returned(String),
    Panicked(String),
}

impl Called {
    /// The handler has failed.
    pub(crate) fn failed(failure: Failure) -> Self {
        Self::Done(Err(Box::new(failure)))
    }
}

impl Failure {
    pub(crate) fn into_error(self, name: Option<&str>) -> Error {
        match self {
            Self::Decode(DecodeError::Envelope(error)) => {
                Error::new(ErrorKind::Envelope, name, error.to_string())
            }
            Self::Decode(DecodeError::Payload(error)) => {
                Error::new(ErrorKind::Payload, name, error.to_string())
            }
            Self::Returned(what) => Error::new(ErrorKind::Handler, name, what),
            Self::Panicked(what) => Error::new(ErrorKind::HandlerPanic, name, what),
        }
    }
}

/// A handler whose future is still running.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<(), Box<Failure>>> + Send>>;

/// The result of a call of a handler. It fits into two registers.
pub(crate) enum Called {
    Done(Result<(), Box<Failure>>),
    Running(Running),
}

type MessageHandler = Box<dyn Fn(&Peer, &RawMessage<'_>) -> Called + Send + Sync>;
type EventHandler<E> = Box<dyn Fn(&Peer, E) -> Called + Send + Sync>;

/// The handler of a message or of a call.
pub(crate) struct Route {
    pub(crate) run: MessageHandler,
    pub(crate) is_call: bool,
    /// Whether a message of this name is for this handler and can be nothing else: no heartbeat, no answer,
    /// no frame of a session.
    pub(crate) is_certain: bool,
}

/// The handlers of messages and of calls, by name.
#[derive(Default)]
pub(crate) struct Routes {
    routes: Vec<Route>,
    /// The names and their numbers, by the names' lengths.
    by_length: Vec<Vec<Named>>,
}

/// A name, and the number of its handler.
struct Named {
    /// The name's first bytes, which tell most names of one length apart.
    first: u64,
    name: String,
    number: usize,
}

impl Routes {
    /// Adds a handler. Returns false if there is one of this name already.
    pub(crate) fn add(&mut self, name: &str, is_call: bool, run: MessageHandler) -> bool {
        if self.find(name).is_some() {
            return false;
        }
        let may_be_an_answer = is_call && AnswerKind::of(name).is_some();
        let is_certain = !is_reserved(name) && !may_be_an_answer;
        if self.by_length.len() <= name.len() {
            self.by_length.resize_with(name.len() + 1, Vec::new);
        }
        let (first, number) = (first_bytes(name), self.routes.len());
        self.by_length[name.len()].push(Named { first, name: name.to_owned(), number });
        self.routes.push(Route { run, is_call, is_certain });
        true
    }

    /// The number of the handler of this name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let first = first_bytes(name);
        let mut same_length = self.by_length.get(name.len())?.iter();
        same_length.find(|one| one.first == first && one.name == name).map(|one| one.number)
    }

    /// The handler of this number.
    pub(crate) fn get(&self, number: Option<usize>) -> Option<&Route> {
        self.routes.get(number?)
    }

    /// The name of the message of the handler with this number.
    pub(crate) fn name(&self, number: Option<usize>) -> Option<&str> {
        self.named().find(|one| Some(one.number) == number).map(|one| one.name.as_str())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.named().map(|one| one.name.as_str())
    }

    fn named(&self) -> impl Iterator<Item = &Named> {
        self.by_length.iter().flatten()
    }
}

/// The first bytes of a name, as a number: eight, or four.
fn first_bytes(name: &str) -> u64 {
    let name = name.as_bytes();
    match (name.first_chunk(), name.first_chunk()) {
        (Some(eight), _) => u64::from_le_bytes(*eight),
        (None, Some(four)) => u32::from_le_bytes(*four).into(),
        (None, None) => 0,
    }
}

#[derive(Default)]
pub(crate) struct Handlers {
    pub(crate) routes: Routes,
    /// The messages and calls whose handlers may overlap.
    pub(crate) concurrent: HashSet<String>,
    /// The messages of the contract that the client may send, if there is one.
    pub(crate) contract: Vec<MessageInfo>,
    pub(crate) connect: Option<EventHandler<()>>,
    pub(crate) disconnect: Option<EventHandler<Disconnect>>,
    pub(crate) resumed: Option<EventHandler<Identity>>,
    pub(crate) missed: Option<EventHandler<Missed>>,
    pub(crate) error: Option<EventHandler<Error>>,
    pub(crate) unknown: Option<EventHandler<(String, String)>>,
}

impl Handlers {
    /// Whether a message of this name is the contract's, or has a handler: no peer has invented it.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.routes.find(name).is_some() || self.is_in_contract(name)
    }

    /// Whether the contract says that clients may send a message of this name.
    pub(crate) fn is_in_contract(&self, name: &str) -> bool {
        self.contract.iter().any(|message| message.name() == name)
    }
}

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.routes.names().collect();
        f.debug_struct("Handlers").field("messages", &names).finish_non_exhaustive()
    }
}

/// Calls user code, and catches its panic.
pub(crate) fn call<R, M>(handler: impl FnOnce() -> R) -> Called
where
    R: Outcome<M, Settled: Send + 'static>,
{
    call_decoded(|| Ok(()), |()| handler())
}

/// Calls user code with a payload that user code decodes, and catches the panic of either.
pub(crate) fn call_decoded<T, R, M>(
    decode: impl FnOnce() -> Result<T, DecodeError>,
    handler: impl FnOnce(T) -> R,
) -> Called
where
    R: Outcome<M, Settled: Send + 'static>,
{
    match caught(|| decode().map(|payload| handler(payload).start())) {
        Ok(Ok(Started::Done(Ok(())))) => Called::Done(Ok(())),
        Ok(Ok(Started::Done(Err(what)))) => Called::failed(Failure::Returned(what)),
        Ok(Ok(Started::Running(future))) => Called::Running(Box::pin(Caught(Box::pin(future)))),
        Ok(Err(error)) => Called::failed(Failure::Decode(error)),
        Err(failure) => Called::failed(failure),
    }
}

/// Runs user code: a handler, a payload's `Deserialize`, an error's `Display`.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| Failure::Panicked(panic_text(&*panic)))
}

/// A handler's future, whose panic is an error.
struct Caught<F>(Pin<Box<F>>);

impl<F: Future<Output: Settle>> Future for Caught<F> {
    type Output = Result<(), Box<Failure>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match caught(|| self.0.as_mut().poll(cx).map(Settle::settle)) {
            Ok(poll) => poll.map_err(|what| Box::new(Failure::Returned(what))),
            Err(failure) => Poll::Ready(Err(Box::new(failure))),
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handler() -> MessageHandler {
        Box::new(|_, _| Called::Done(Ok(())))
    }

    #[test]
    fn each_name_finds_its_own_handler() {
        let names: Vec<_> = (0..40).map(|length| "a".repeat(length)).collect();
        let more = ["chat", "tach", "done", "order-update-1", "order-update-2", "größe"];
        let names: Vec<_> = names.iter().map(String::as_str).chain(more).collect();
        let mut routes = Routes::default();
        for name in &names {
            assert!(routes.add(name, false, handler()), "{name}");
        }
        for (number, name) in names.iter().enumerate() {
            assert_eq!(routes.find(name), Some(number), "{name}");
        }
        assert_eq!((routes.find("cha"), routes.find("order-update-3")), (None, None));
        assert!(!routes.add("chat", true, handler()));
    }

    #[test]
    fn the_result_of_a_call_fits_into_two_registers() {
        assert_eq!(size_of::<Called>(), 2 * size_of::<usize>());
    }

    #[test]
    fn what_may_be_something_else_is_not_certain() {
        let mut routes = Routes::default();
        for (name, is_call, is_certain) in [
            ("chat", false, true),
            ("order", true, true),
            ("a.reply", false, true),
            ("b.reply", true, false),
            ("c.error", true, false),
            ("$ack", false, false),
            ("ping", false, false),
        ] {
            routes.add(name, is_call, handler());
            let route = routes.get(routes.find(name)).expect("it was added");
            assert_eq!(route.is_certain, is_certain, "{name}");
        }
    }
}
