//! The results of a client's request, and of a session's end.

use crate::session::control::{Gone, Resumed};

/// The result of a client's `$hello`.
#[derive(Debug, PartialEq, Eq)]
pub enum Greeting<C, T> {
    /// The offered session begins: the connect handler is to run.
    Began {
        /// Its name.
        id: String,
    },
    /// An older session continues. Send `resumed` first.
    Resumed {
        /// Its name.
        id: String,
        /// The answer.
        resumed: Resumed,
        /// What the client has received: confirmed.
        confirmed: Vec<T>,
        /// The session's old connection: close it with 4409; it is read no more.
        replaces: Option<C>,
        /// Whether nothing was ever received in the session: the connect handler is to run now.
        is_first: bool,
    },
    /// The older session is gone and the offered one begins. Send `gone` first; the connect handler is
    /// to run.
    Gone {
        /// The offered session's name.
        id: String,
        /// The answer.
        gone: Gone,
    },
    /// The numbers contradict each other. Close the session's connection with 4409, handle what
    /// [`Sessions::take`](super::Sessions::take) still gives, [`Sessions::end`](super::Sessions::end) the session, and call
    /// [`Sessions::hello`](super::Sessions::hello) again with the same frame.
    Contradiction {
        /// The older session's name.
        id: String,
        /// Its connection, which is released.
        connection: Option<C>,
    },
    /// The frame comes too late: its client has given this connection up. Close it with 4409.
    Refused,
}

/// What is left of an ended session.
#[derive(Debug)]
pub struct Ended<T, M> {
    /// Messages that the client may not have got, each with whether it was written.
    pub undelivered: Vec<(T, bool)>,
    /// Messages from the client that were received and not handled.
    pub unhandled: Vec<M>,
}
