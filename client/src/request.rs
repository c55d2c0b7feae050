//! Calls of the server's, from their arrival to their answer.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, Weak},
};

use wirebond_connection::call::{
    Answer, AnswerTo, EncodeAnswer, EncodedAnswer, Responder, answer_nobody,
};
use wirebond_core::{
    ErrorCode,
    wire::{DecodeError, Fault, head, now_millis},
};

use crate::{event::Name, sync::lock};

/// How many calls of the server's may be unanswered: further ones are answered `busy`.
const MAX_CALLS: usize = 64;

/// Where answers go. The number is that of the connection that the call came by.
pub(crate) trait AnswerSink: Send + Sync {
    /// A reply or an error of the contract. False if it is too large.
    fn answer(&self, name: Name, text: Vec<u8>, epoch: u64) -> bool;
    /// An `$error`.
    fn fault(&self, text: Vec<u8>, epoch: u64);
    /// The connection by which messages arrive now.
    fn epoch(&self) -> u64;
}

/// A call of the server's. Whatever happens to it, it is answered once: by the first handler that does, or
/// when the last one drops it.
pub(crate) struct Request {
    id: u64,
    name: &'static str,
    epoch: u64,
    requests: Arc<Requests>,
    state: Mutex<State>,
}

struct State {
    is_answered: bool,
    /// What is answered if no handler answers.
    fault: Fault,
}

impl Request {
    /// A handler begins to work on it.
    fn begin(&self) {
        self.fail(Fault::new(ErrorCode::Cancelled, "the handler was stopped"));
    }

    /// What is answered if no handler answers.
    fn fail(&self, fault: Fault) {
        let old = std::mem::replace(&mut lock(&self.state).fault, fault);
        drop(old);
    }

    /// Its handler ran, and its answer can't be sent.
    fn has_no_answer(&self, why: &str) {
        let fault = Fault::new(ErrorCode::Panicked, format!("the handler ran, and {why}"));
        self.requests.sink.fault(fault.encode(self.id, now_millis()), self.epoch);
    }

    /// Answers it, unless another handler has done so.
    fn answer(&self, encode: impl FnOnce(AnswerTo<'_>) -> EncodedAnswer) -> Result<(), String> {
        if std::mem::replace(&mut lock(&self.state).is_answered, true) {
            return Ok(());
        }
        let head = head(self.name);
        let sink = &self.requests.sink;
        match encode(AnswerTo { head: &head, re: Some(self.id) }) {
            Ok(Answer { text, ending }) => {
                if !sink.answer(format!("{}{ending}", self.name).into(), text, self.epoch) {
                    self.has_no_answer("its answer is too large to be sent");
                }
            }
            Err(error) => {
                self.has_no_answer("its answer can't be serialized");
                return Err(format!("the answer can't be serialized: {error}"));
            }
        }
        Ok(())
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        lock(&self.requests.open).remove(&self.id);
        let State { is_answered, fault } = &*lock(&self.state);
        if !is_answered {
            self.requests.sink.fault(fault.encode(self.id, now_millis()), self.epoch);
        }
    }
}

/// The calls of the server's that aren't answered.
pub(crate) struct Requests {
    sink: Arc<dyn AnswerSink>,
    /// The one that is being delivered.
    current: Mutex<Option<Arc<Request>>>,
    open: Mutex<BTreeMap<u64, Weak<Request>>>,
}

impl Requests {
    pub(crate) fn new(sink: Arc<dyn AnswerSink>) -> Self {
        Self { sink, current: Mutex::default(), open: Mutex::default() }
    }

    /// Delivers a call: handlers that are called meanwhile take it. Returns `None` without a delivery where
    /// there are too many.
    pub(crate) fn deliver<T>(
        self: &Arc<Self>,
        id: u64,
        name: &'static str,
        deliver: impl FnOnce() -> T,
    ) -> Option<T> {
        let epoch = self.sink.epoch();
        let mut open = lock(&self.open);
        if open.len() >= MAX_CALLS {
            drop(open);
            self.refuse(id, ErrorCode::Busy, "too many calls are unanswered");
            return None;
        }
        let fault = Fault::new(ErrorCode::Unhandled, "no handler is registered");
        let state = Mutex::new(State { is_answered: false, fault });
        let request = Arc::new(Request { id, name, epoch, requests: Arc::clone(self), state });
        let doubled = open.insert(id, Arc::downgrade(&request));
        drop(open);
        drop(doubled);
        *lock(&self.current) = Some(Arc::clone(&request));
        let delivered = deliver();
        let current = lock(&self.current).take();
        drop((current, request));
        Some(delivered)
    }

    /// Answers a call that nobody gets.
    pub(crate) fn refuse(&self, id: u64, code: ErrorCode, message: &str) {
        self.sink.fault(Fault::new(code, message).encode(id, now_millis()), self.sink.epoch());
    }

    /// Nobody waits for the answer to this call any more.
    pub(crate) fn cancel(&self, id: u64) {
        let request = lock(&self.open).get(&id).and_then(Weak::upgrade);
        if let Some(request) = request {
            lock(&request.state).is_answered = true;
        }
    }

    /// The call that is being delivered.
    pub(crate) fn current(&self) -> Replier {
        Replier(lock(&self.current).clone())
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").field("open", &lock(&self.open).len()).finish_non_exhaustive()
    }
}

/// A handler's hold on a call. Without one, the message had no number: nobody waits for an answer.
#[derive(Clone)]
pub struct Replier(Option<Arc<Request>>);

impl Replier {
    pub(crate) const fn of_nothing() -> Self {
        Self(None)
    }

    pub(crate) fn begin(&self) {
        if let Some(request) = &self.0 {
            request.begin();
        }
    }

    pub(crate) fn fail_to_read(&self, error: &DecodeError) {
        if let Some(request) = &self.0 {
            request.fail(Fault::of_decode(error));
        }
    }

    /// Answers the call with what its handler returned.
    ///
    /// # Errors
    ///
    /// If that can't be serialized; the caller gets an `$error`. If it is an error, and nobody waits for it.
    pub fn send<V>(&self, value: &V, encode: EncodeAnswer<V>) -> Result<(), String> {
        match &self.0 {
            Some(request) => request.answer(|to| encode(value, to)),
            None => answer_nobody(|to| encode(value, to)),
        }
    }
}

impl Responder for Replier {
    fn answer(&mut self, encode: impl FnOnce(AnswerTo<'_>) -> EncodedAnswer) -> Result<(), String> {
        match &self.0 {
            Some(request) => request.answer(encode),
            None => answer_nobody(encode),
        }
    }

    fn panicked(&mut self) {
        if let Some(request) = &self.0 {
            request.fail(Fault::new(ErrorCode::Panicked, "the handler panicked"));
        }
    }
}

impl Drop for Replier {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.panicked();
        }
    }
}

impl fmt::Debug for Replier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Replier").field(&self.0.as_ref().map(|request| request.id)).finish()
    }
}
