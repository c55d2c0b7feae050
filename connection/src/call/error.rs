//! Why a call has no reply.

use std::{error::Error as StdError, fmt};

use wirebond_core::{ErrorCode, wire::Fault};

use crate::log_limiter::shown_text;

/// Whether the other side's handler ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ran {
    /// It did not, and never will.
    No,
    /// It may have, or may still do so.
    Maybe,
    /// It did.
    Yes,
}

/// Why a call has no reply. `E` is the contract's error, `S` the error of a message that wasn't sent.
///
/// [`ran`](Self::ran) says whether the call may have had an effect: after [`Ran::No`] it can be made
/// again without a second thought.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError<E, S> {
    /// The handler returned its error.
    Refused(E),
    /// The other side has no answer: its handler panicked, there is none, it can't read the request, or it can't send
    /// the answer, which is too large or can't be serialized.
    #[non_exhaustive]
    Peer {
        /// What went wrong there.
        code: ErrorCode,
        /// Where in the request's payload, if that is what went wrong: `items[0].qty`. Escape it before you
        /// print it: the peer wrote it.
        path: Option<String>,
        /// The same for a person. Escape it as well.
        message: String,
    },
    /// The request was never written: it was not queued, or made room for a newer message.
    NotSent(S),
    /// There was no answer in time.
    #[non_exhaustive]
    Timeout {
        /// [`Ran::No`] if the request was never written: it was taken back. [`Ran::Maybe`] if it was ever
        /// written, even if it waited to be written again.
        ran: Ran,
    },
    /// The request was written, and its connection ended before the answer. One that waited to be written
    /// again ends so, too, if this side ends or drops it.
    Unknown,
    /// The call ran, and its answer is lost.
    ReplyLost,
    /// This side ended, or cleared its queue, before the request was ever written.
    Closed,
    /// The answer arrived, and its payload isn't of the type that the contract says.
    #[non_exhaustive]
    BadAnswer {
        /// What is wrong. It repeats nothing of the payload.
        message: String,
    },
}

impl<E, S> CallError<E, S> {
    #[doc(hidden)]
    pub fn peer(fault: Fault) -> Self {
        let Fault { code, path, message } = fault;
        Self::Peer { code, path, message }
    }

    #[doc(hidden)]
    pub fn timeout(ran: Ran) -> Self {
        Self::Timeout { ran }
    }

    #[doc(hidden)]
    pub fn bad_answer(message: String) -> Self {
        Self::BadAnswer { message }
    }

    /// Returns whether the other side's handler ran.
    ///
    /// ```
    /// use wirebond_connection::call::{CallError, Ran};
    ///
    /// let error = CallError::<(), ()>::Unknown;
    /// assert_eq!(error.ran(), Ran::Maybe);
    /// ```
    pub fn ran(&self) -> Ran {
        match self {
            Self::Refused(_) | Self::ReplyLost | Self::BadAnswer { .. } => Ran::Yes,
            Self::Peer { code, .. } => match code {
                ErrorCode::Unknown
                | ErrorCode::Payload
                | ErrorCode::Unhandled
                | ErrorCode::Busy => Ran::No,
                ErrorCode::Panicked => Ran::Yes,
                _ => Ran::Maybe,
            },
            Self::NotSent(_) | Self::Closed => Ran::No,
            Self::Timeout { ran } => *ran,
            Self::Unknown => Ran::Maybe,
        }
    }

    /// Returns the contract's error, if the handler returned it.
    ///
    /// ```
    /// use wirebond_connection::call::CallError;
    ///
    /// let error = CallError::<_, ()>::Refused("sold out");
    /// assert_eq!(error.into_refused(), Some("sold out"));
    /// ```
    pub fn into_refused(self) -> Option<E> {
        match self {
            Self::Refused(error) => Some(error),
            _ => None,
        }
    }
}

impl<E, S: fmt::Display> fmt::Display for CallError<E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // What the contract's error says is the application's.
            Self::Refused(_) => f.write_str("the call was refused"),
            Self::Peer { code, path, message } => {
                write!(f, "the other side can't answer the call ({code})")?;
                if !message.is_empty() {
                    write!(f, ": {}", shown_text(message))?;
                }
                match path {
                    Some(path) if path != "." && !message.contains(&**path) => {
                        write!(f, " (at `{}`)", shown_text(path))
                    }
                    _ => Ok(()),
                }
            }
            Self::NotSent(error) => write!(f, "the request was not sent: {error}"),
            Self::Timeout { ran: Ran::No } => f.write_str("the request was not written in time"),
            Self::Timeout { .. } => f.write_str("there was no answer in time"),
            Self::Unknown => {
                f.write_str("the connection ended before the answer: the call may have run")
            }
            Self::ReplyLost => f.write_str("the call ran, and its answer is lost"),
            Self::Closed => f.write_str("this side ended before the request was written"),
            Self::BadAnswer { message } => write!(f, "the answer is not of its type: {message}"),
        }
    }
}

impl<E: fmt::Debug, S: fmt::Debug + fmt::Display> StdError for CallError<E, S> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_it_ran_is_what_the_error_knows() {
        let peer = |code| CallError::Peer { code, path: None, message: String::new() };
        for (error, ran) in [
            (CallError::<(), &str>::Refused(()), Ran::Yes),
            (CallError::NotSent("full"), Ran::No),
            (CallError::Timeout { ran: Ran::No }, Ran::No),
            (CallError::Timeout { ran: Ran::Maybe }, Ran::Maybe),
            (CallError::Unknown, Ran::Maybe),
            (CallError::ReplyLost, Ran::Yes),
            (CallError::Closed, Ran::No),
            (CallError::BadAnswer { message: String::new() }, Ran::Yes),
            (peer(ErrorCode::Unknown), Ran::No),
            (peer(ErrorCode::Payload), Ran::No),
            (peer(ErrorCode::Unhandled), Ran::No),
            (peer(ErrorCode::Busy), Ran::No),
            (peer(ErrorCode::Panicked), Ran::Yes),
            (peer(ErrorCode::Cancelled), Ran::Maybe),
            (peer(ErrorCode::Other("later".into())), Ran::Maybe),
        ] {
            assert_eq!(error.ran(), ran, "{error}");
        }
    }

    #[test]
    fn what_the_peer_wrote_is_escaped() {
        let error = CallError::<(), &str>::Peer {
            code: ErrorCode::Payload,
            path: Some("a\nb".into()),
            message: "\u{1b}[2J can't".into(),
        };
        let text = error.to_string();
        assert!(text.contains(" can't (at"), "{text}");
        assert!(!text.contains(['\n', '\u{1b}']) && text.contains("a\\nb"), "{text}");
    }
}
