//! Handlers: what is called for a message or an event, whatever it returns.

use std::{
    any::Any,
    collections::{HashMap, HashSet},
    fmt,
    future::Future,
    hash::{BuildHasherDefault, Hasher},
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
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// The result of a call of a handler.
pub(crate) enum Called {
    Done(Result<(), Failure>),
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
    by_name: HashMap<String, usize, BuildHasherDefault<NameHasher>>,
}

impl Routes {
    /// Adds a handler. Returns false if there is one of this name already.
    pub(crate) fn add(&mut self, name: &str, is_call: bool, run: MessageHandler) -> bool {
        let may_be_an_answer = is_call && AnswerKind::of(name).is_some();
        let is_certain = !is_reserved(name) && !may_be_an_answer;
        let number = self.routes.len();
        self.routes.push(Route { run, is_call, is_certain });
        self.by_name.insert(name.to_owned(), number).is_none()
    }

    /// The number of the handler of this name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The handler of this number.
    pub(crate) fn get(&self, number: Option<usize>) -> Option<&Route> {
        self.routes.get(number?)
    }

    /// The name of the message of the handler with this number.
    pub(crate) fn name(&self, number: Option<usize>) -> Option<&str> {
        let mut names = self.by_name.iter();
        names.find(|(_, one)| Some(**one) == number).map(|(name, _)| name.as_str())
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }
}

/// Hashes a name by its ends and its length, for a map that only this process fills: whatever name a peer
/// sends, it is compared with few others.
#[derive(Debug, Default)]
pub(crate) struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, name: &[u8]) {
        let (first, last) = match (name.first_chunk(), name.last_chunk()) {
            (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
            _ => match (name.first_chunk(), name.last_chunk()) {
                (Some(first), Some(last)) => {
                    (u32::from_le_bytes(*first).into(), u32::from_le_bytes(*last).into())
                }
                _ => (name.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), 0),
            },
        };
        let ends = first ^ last.rotate_left(29) ^ (name.len() as u64).rotate_left(59);
        self.0 = (self.0 ^ ends).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u8(&mut self, _: u8) {
        // The end of a name, which its length tells.
    }

    fn finish(&self) -> u64 {
        // The map takes its lowest and its highest bits.
        self.0 ^ self.0 >> 32
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
        Ok(Ok(Started::Done(result))) => Called::Done(result.map_err(Failure::Returned)),
        Ok(Ok(Started::Running(future))) => Called::Running(Box::pin(Caught(Box::pin(future)))),
        Ok(Err(error)) => Called::Done(Err(Failure::Decode(error))),
        Err(failure) => Called::Done(Err(failure)),
    }
}

/// Runs user code: a handler, a payload's `Deserialize`, an error's `Display`.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| Failure::Panicked(panic_text(&*panic)))
}

/// A handler's future, whose panic is an error.
struct Caught<F>(Pin<Box<F>>);

impl<F: Future<Output: Settle>> Future for Caught<F> {
    type Output = Result<(), Failure>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match caught(|| self.0.as_mut().poll(cx).map(Settle::settle)) {
            Ok(poll) => poll.map_err(Failure::Returned),
            Err(failure) => Poll::Ready(Err(failure)),
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
