//! Handlers: what is called for a message or an event, whatever it returns.

use std::{
    any::Any,
    collections::{HashMap, HashSet},
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use wirebond_connection::outcome::{Outcome, Settle, Started};
use wirebond_core::{
    MessageInfo,
    wire::{DecodeError, RawMessage},
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

#[derive(Default)]
pub(crate) struct Handlers {
    pub(crate) messages: HashMap<String, MessageHandler>,
    /// Of messages that are answered.
    pub(crate) calls: HashMap<String, MessageHandler>,
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

impl fmt::Debug for Handlers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handlers").field("messages", &self.messages.keys()).finish_non_exhaustive()
    }
}

/// Calls user code, and catches its panic.
pub(crate) fn call<R, M>(handler: impl FnOnce() -> R) -> Called
where
    R: Outcome<M, Settled: Send + 'static>,
{
    match caught(|| handler().start()) {
        Ok(Started::Done(result)) => Called::Done(result.map_err(Failure::Returned)),
        Ok(Started::Running(future)) => Called::Running(Box::pin(Caught(Box::pin(future)))),
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
