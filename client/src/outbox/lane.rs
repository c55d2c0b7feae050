//! What goes out before the queue: what an opening sends, and the messages that are held.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
};

use bytes::Bytes;
use tokio::sync::oneshot;
use wirebond_connection::{
    call::{Lost, Waiting as Call},
    session::Class,
};
use wirebond_core::wire::{Codec, own_number};

use super::message::Message;
use crate::{event::Name, receipt::Reporter};

/// Numbers of messages beyond this one leave too few for calls, and are passed over.
const LARGEST_NUMBER: u64 = 1 << 52;

/// The text of a message, and its number on a backend's own wire.
#[derive(Clone)]
pub(crate) struct Text {
    pub(crate) text: Bytes,
    pub(crate) number: Number,
}

impl Text {
    /// A message that is no call.
    pub(crate) fn new(text: Bytes, codec: &Codec) -> Self {
        let number = codec.calls().and_then(|calls| own_number(calls, &text));
        let number = number.filter(|number| *number < LARGEST_NUMBER);
        Self { text, number: number.map_or(Number::None, Number::Own) }
    }
}

/// What number a message has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    None,
    /// One of its own, where those of calls stand.
    Own(u64),
    /// That of a call, which is put into this place when it is written.
    Place(usize),
}

/// Makes the message that is held, for each time that it is sent.
pub(crate) type Refresh = Arc<dyn Fn() -> Result<Text, serde_json::Error> + Send + Sync>;

/// A message that is a call each time it is sent: its text has a place for the number.
pub(crate) trait Calling: Send + Sync {
    /// It is written now, with its number at this place. Returns the call, which waits for its answer.
    fn begin(self: Arc<Self>, place: usize) -> Arc<dyn Call>;
    /// Its connection has ended, and what was answered there means nothing any more.
    fn connection_lost(&self);
    /// It isn't sent any more.
    fn release(&self);
}

/// How far a held message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// For the next connection.
    Waits,
    /// It is in the lane.
    Due,
    /// It was written on this connection, or in this session.
    Sent,
}

/// A message that is sent on every connection until it is released.
pub(crate) struct Hold {
    pub(crate) name: Name,
    pub(crate) text: Text,
    pub(crate) refresh: Option<Refresh>,
    /// What gets its answers, if it is a call.
    pub(crate) call: Option<Arc<dyn Calling>>,
}

struct Entry {
    hold: Hold,
    stage: Stage,
}

/// Why a message is in the lane.
enum Reason {
    Opening(oneshot::Sender<()>),
    /// A call of an opening.
    Call(Arc<dyn Call>),
    Hold(u64),
    /// It ends what a held message began.
    Release,
}

/// A message in the lane.
struct Waiting {
    reason: Reason,
    name: Name,
    text: Text,
    call: Option<Arc<dyn Calling>>,
}

/// Messages that go out before the queue, and are not counted against it. They are for the present connection
/// alone.
#[derive(Default)]
pub(super) struct Lane {
    waiting: VecDeque<Waiting>,
    /// By the order in which they were made.
    holds: BTreeMap<u64, Entry>,
    next: u64,
    /// Whether a connection is being opened: nothing else goes out.
    pub(super) is_opening: bool,
    /// Whether held messages may be written: a connection is open.
    takes_holds: bool,
    /// The largest number of their own that messages had on this connection.
    number: u64,
    /// Those who wait for a message that was written, or that never will be: see [`Notices`].
    notices: Notices,
}

/// Who is notified when the lock is released.
#[derive(Default)]
pub(super) struct Notices {
    written: Vec<oneshot::Sender<()>>,
    /// Dropped, which is the notice.
    lost: Vec<oneshot::Sender<()>>,
    /// Calls that never will be written.
    unwritten: Vec<Arc<dyn Call>>,
    /// Held calls whose connection has ended.
    unanswered: Vec<Arc<dyn Calling>>,
}

impl Notices {
    fn is_empty(&self) -> bool {
        let Self { written, lost, unwritten, unanswered } = self;
        written.is_empty() && lost.is_empty() && unwritten.is_empty() && unanswered.is_empty()
    }

    pub(super) fn send(self) {
        for written in self.written {
            // The opening may have stopped waiting.
            let _ = written.send(());
        }
        for call in self.unwritten {
            call.lose(Lost::Closed);
        }
        for call in self.unanswered {
            call.connection_lost();
        }
    }
}

impl Lane {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many messages are held.
    pub(super) fn holds(&self) -> usize {
        self.holds.len()
    }

    /// Takes the next message, which is written now.
    pub(super) fn pop(&mut self) -> Option<Message> {
        let Waiting { reason, name, text: Text { text, number }, call } =
            self.waiting.pop_front()?;
        let mut call = match (call, number) {
            (Some(call), Number::Place(place)) => Some(call.begin(place)),
            _ => None,
        };
        if let Number::Own(number) = number {
            self.number = self.number.max(number);
        }
        match reason {
            Reason::Opening(written) => self.notices.written.push(written),
            Reason::Call(own) => call = Some(own),
            Reason::Hold(id) => {
                if let Some(entry) = self.holds.get_mut(&id) {
                    entry.stage = Stage::Sent;
                }
            }
            Reason::Release => {}
        }
        let class = if call.is_some() { Class::Call } else { Class::Once };
        Some(Message { name, text, receipt: call.map(Reporter::Call), class })
    }

    /// The largest number that its messages had where those of calls stand: on this connection, calls have larger ones.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Whether nobody is to be notified.
    pub(super) fn is_quiet(&self) -> bool {
        self.notices.is_empty()
    }

    /// Who is to be notified since the last call.
    pub(super) fn take_notices(&mut self) -> Notices {
        std::mem::take(&mut self.notices)
    }

    /// Adds a message of an opening. Returns what resolves when it is written.
    pub(super) fn push_opening(&mut self, name: Name, text: Text) -> oneshot::Receiver<()> {
        let (written, is_written) = oneshot::channel();
        self.push(Reason::Opening(written), name, text, None);
        is_written
    }

    /// Adds the request of a call that an opening makes.
    pub(super) fn push_call(&mut self, name: Name, text: Bytes, call: Arc<dyn Call>) {
        // The call itself knows the place of its number.
        let text = Text { text, number: Number::None };
        self.push(Reason::Call(call), name, text, None);
    }

    fn push(&mut self, reason: Reason, name: Name, text: Text, call: Option<Arc<dyn Calling>>) {
        self.waiting.push_back(Waiting { reason, name, text, call });
    }

    /// Removes the request of a call that an opening has made. Returns whether it was there.
    pub(super) fn withdraw(&mut self, call: u64) -> bool {
        let count = self.waiting.len();
        let is_it =
            |waiting: &Waiting| matches!(&waiting.reason, Reason::Call(one) if one.id() == call);
        self.waiting.retain(|waiting| !is_it(waiting));
        self.waiting.len() < count
    }

    /// Adds a held message. Returns its number.
    pub(super) fn hold(&mut self, hold: Hold) -> u64 {
        let id = self.next;
        self.next += 1;
        self.holds.insert(id, Entry { hold, stage: Stage::Waits });
        if self.takes_holds {
            self.make_due(|other| other == id);
        }
        id
    }

    /// Ends a held message. Returns whether it was written on this connection, or in this session; and the
    /// message, which is to be dropped when the lock is released.
    pub(super) fn release(&mut self, id: u64) -> (bool, Option<Hold>) {
        let is_it = |reason: &Reason| matches!(reason, Reason::Hold(other) if *other == id);
        self.waiting.retain(|waiting| !is_it(&waiting.reason));
        let Some(Entry { hold, stage }) = self.holds.remove(&id) else { return (false, None) };
        (stage == Stage::Sent, Some(hold))
    }

    /// Whether a held message was written on this connection, or in this session.
    pub(super) fn is_sent(&self, id: u64) -> bool {
        self.holds.get(&id).is_some_and(|entry| entry.stage == Stage::Sent)
    }

    /// Adds what ends a held message; with `call`, it is a call itself.
    pub(super) fn push_release(&mut self, name: Name, text: Text, call: Option<Arc<dyn Calling>>) {
        self.push(Reason::Release, name, text, call);
    }

    /// The held messages that are made anew for this connection.
    pub(super) fn to_refresh(&self) -> Vec<(u64, Name, Refresh)> {
        let waits = self.holds.iter().filter(|(_, entry)| entry.stage == Stage::Waits);
        let refresh = waits.filter_map(|(id, Entry { hold, .. })| {
            Some((*id, hold.name.clone(), Arc::clone(hold.refresh.as_ref()?)))
        });
        refresh.collect()
    }

    /// A connection is open: its held messages are due, with these made anew. `None`: it can't be sent.
    pub(super) fn open(&mut self, refreshed: Vec<(u64, Option<Text>)>) {
        (self.is_opening, self.takes_holds) = (false, true);
        let mut failed = Vec::new();
        for (id, text) in refreshed {
            let Some(entry) = self.holds.get_mut(&id) else { continue };
            match text {
                Some(text) => entry.hold.text = text,
                None => failed.push(id),
            }
        }
        // For the next connection they are made again.
        self.make_due(|id| !failed.contains(&id));
    }

    fn make_due(&mut self, applies: impl Fn(u64) -> bool) {
        for (id, entry) in &mut self.holds {
            if entry.stage == Stage::Waits && applies(*id) {
                entry.stage = Stage::Due;
                let Hold { name, text, call, .. } = &entry.hold;
                let (name, text, call) = (name.clone(), text.clone(), call.clone());
                self.waiting.push_back(Waiting { reason: Reason::Hold(*id), name, text, call });
            }
        }
    }

    /// The connection has ended. With `in_session`, what was written in the session stays so.
    pub(super) fn connection_lost(&mut self, in_session: bool) {
        (self.is_opening, self.takes_holds, self.number) = (false, false, 0);
        for Waiting { reason, .. } in self.waiting.drain(..) {
            match reason {
                Reason::Opening(written) => self.notices.lost.push(written),
                Reason::Call(call) => self.notices.unwritten.push(call),
                Reason::Hold(_) | Reason::Release => {}
            }
        }
        for entry in self.holds.values_mut() {
            if !in_session || entry.stage == Stage::Due {
                entry.stage = Stage::Waits;
                self.notices.unanswered.extend(entry.hold.call.clone());
            }
        }
    }

    /// The session has ended: what was written in it is written again.
    pub(super) fn session_lost(&mut self) {
        for entry in self.holds.values_mut().filter(|entry| entry.stage == Stage::Sent) {
            entry.stage = Stage::Waits;
        }
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the messages.
        f.debug_struct("Lane")
            .field("waiting", &self.waiting.len())
            .field("holds", &self.holds.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(text: &'static str) -> Hold {
        Hold { name: text.into(), text: self::text(text), refresh: None, call: None }
    }

    fn text(text: &'static str) -> Text {
        Text { text: Bytes::from_static(text.as_bytes()), number: Number::None }
    }

    fn written(lane: &mut Lane) -> Vec<String> {
        let texts = std::iter::from_fn(|| lane.pop());
        texts.map(|message| String::from_utf8_lossy(&message.text).into_owned()).collect()
    }

    #[test]
    fn held_messages_are_due_on_each_connection_in_their_order() {
        let mut lane = Lane::default();
        let (a, b) = (lane.hold(hold("a")), lane.hold(hold("b")));
        assert_eq!((lane.len(), lane.holds()), (0, 2), "no connection");
        lane.open(Vec::new());
        assert_eq!(written(&mut lane), ["a", "b"]);
        let c = lane.hold(hold("c"));
        assert_eq!((lane.is_sent(a), lane.is_sent(c)), (true, false));
        assert_eq!(written(&mut lane), ["c"]);
        assert!(lane.release(b).0, "it was sent");
        lane.connection_lost(false);
        assert!(!lane.is_sent(a));
        lane.open(Vec::new());
        assert!(!lane.release(c).0, "it was not sent on this connection");
        assert_eq!(written(&mut lane), ["a"]);
    }

    #[test]
    fn a_session_has_what_was_written_in_it() {
        let mut lane = Lane::default();
        let a = lane.hold(hold("a"));
        lane.open(Vec::new());
        assert_eq!(written(&mut lane), ["a"]);
        lane.hold(hold("b"));
        lane.connection_lost(true);
        assert!(lane.is_sent(a) && lane.is_empty());
        lane.open(Vec::new());
        assert_eq!(written(&mut lane), ["b"], "it was never written");
        lane.session_lost();
        lane.open(Vec::new());
        assert_eq!(written(&mut lane), ["a", "b"]);
    }

    #[test]
    fn a_message_that_cant_be_made_is_tried_on_the_next_connection() {
        let mut lane = Lane::default();
        let refresh: Refresh = Arc::new(|| Ok(text("")));
        let a = lane.hold(Hold { refresh: Some(refresh), ..hold("old") });
        lane.hold(hold("b"));
        assert_eq!(lane.to_refresh().len(), 1);
        lane.open(vec![(a, None)]);
        assert_eq!(written(&mut lane), ["b"]);
        lane.connection_lost(false);
        lane.open(vec![(a, Some(text("new")))]);
        assert_eq!(written(&mut lane), ["new", "b"]);
    }
}
