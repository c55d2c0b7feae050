//! The handlers of a server: of messages, calls and events.

use serde::{Serialize, de::DeserializeOwned};
use wirebond_connection::{
    call::{AnswerTo, Answering, Answers, EncodeAnswer, Responder as _, answer_result},
    outcome::Outcome,
};
use wirebond_core::{
    Received,
    wire::{DecodeError, RawMessage, encode, now_millis},
};

use super::Builder;
use crate::{
    answer::Request,
    error::Error,
    handler::{Called, Failure, call, call_decoded, caught},
    identity::Identity,
    peer::{Disconnect, FromPeer, Missed, Peer},
    server::FromServer,
};

impl<S: FromServer> Builder<S> {
    /// Calls `handler` with the payload of each message of this name. A message without `data` is read as
    /// `null`.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .on("chat", |peer: Peer, line: String| async move { peer.send("chat", &line).await })
    ///     .on("leave", |peer: Peer, (): ()| peer.close(1000, "as requested"))
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn on<P, T, R, M>(
        self,
        name: &str,
        handler: impl Fn(P, T) -> R + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        T: DeserializeOwned + 'static,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let decode = |frame: &RawMessage<'_>| frame.payload_or_null();
        self.on_decoded(name, decode, move |peer, payload| handler(P::from_peer(peer), payload))
    }

    #[doc(hidden)]
    pub fn on_decoded<T, R, M>(
        mut self,
        name: &str,
        decode: impl Fn(&RawMessage<'_>) -> Result<Received<T>, DecodeError> + Send + Sync + 'static,
        handler: impl Fn(Peer, T) -> R + Send + Sync + 'static,
    ) -> Self
    where
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run = move |peer: &Peer, frame: &RawMessage<'_>| {
            call_decoded(
                || decode(frame),
                |received| handler(peer.of_message(frame), received.data),
            )
        };
        if !self.handlers.routes.add(name, false, Box::new(run)) {
            self.twice.get_or_insert_with(|| name.to_owned());
        }
        self
    }

    /// Calls `handler` with each message of this name, and answers it with what the handler returns: a
    /// `Result`, or a future of one. A message without a number is handled, and nobody is answered: an error goes to
    /// [`errors`](Self::errors).
    ///
    /// A request that can't be read, and a handler that panics, are answered with `$error`. If the caller gives
    /// up before the handler is called, it isn't called; if later, it runs to its end, and its answer is
    /// dropped.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .on_call("place-order", |_: Peer, item: String| async move {
    ///         if item == "tea" { Ok(7) } else { Err("sold out") }
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn on_call<P, T, R, E, H, M>(
        self,
        name: &str,
        handler: impl Fn(P, T) -> H + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        T: DeserializeOwned + 'static,
        R: Serialize + 'static,
        E: Serialize + 'static,
        H: Answers<Result<R, E>, M, Running: Send + 'static>,
    {
        let decode = |frame: &RawMessage<'_>| frame.payload_or_null();
        let encode = |result: &Result<R, E>, to: AnswerTo<'_>| {
            answer_result(
                result,
                to,
                |reply, head| encode(head, Some(reply), now_millis()),
                |error, head| encode(head, Some(error), now_millis()),
            )
        };
        let handler = move |peer, payload| handler(P::from_peer(peer), payload);
        self.on_call_decoded(name, decode, encode, handler)
    }

    #[doc(hidden)]
    pub fn on_call_decoded<T, V, H, M>(
        mut self,
        name: &str,
        decode: impl Fn(&RawMessage<'_>) -> Result<Received<T>, DecodeError> + Send + Sync + 'static,
        encode: EncodeAnswer<V>,
        handler: impl Fn(Peer, T) -> H + Send + Sync + 'static,
    ) -> Self
    where
        V: 'static,
        H: Answers<V, M, Running: Send + 'static>,
    {
        let run = move |peer: &Peer, frame: &RawMessage<'_>| {
            let mut request = Request::new(peer, frame.name(), frame.id());
            if request.is_cancelled() {
                request.forget();
                return Called::Done(Ok(()));
            }
            match caught(|| decode(frame)) {
                Ok(Ok(received)) => call(|| Answering {
                    outcome: handler(peer.of_message(frame), received.data),
                    responder: request,
                    encode,
                }),
                Ok(Err(error)) => {
                    request.fail_to_read(&error);
                    Called::failed(Failure::Decode(error))
                }
                Err(failure) => {
                    request.panicked();
                    Called::failed(failure)
                }
            }
        };
        if !self.handlers.routes.add(name, true, Box::new(run)) {
            self.twice.get_or_insert_with(|| name.to_owned());
        }
        self
    }

    /// Lets handlers of this message overlap: the next message of the same peer is handled while they run,
    /// up to 64 at a time. Beyond that, messages wait as behind any other handler. The messages of one peer
    /// are still begun in the order in which they arrived.
    ///
    /// In a session, such a message counts as handled when its handler is called. If this process ends while
    /// it runs, a caller learns `ReplyLost`, although the handler didn't run to its end.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .on_call("search", |_: Peer, words: String| async move { Ok::<_, String>(words.len()) })
    ///     .concurrent("search")
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn concurrent(mut self, name: &str) -> Self {
        self.handlers.concurrent.insert(name.to_owned());
        self
    }

    /// Calls `handler` with each new peer, before its first message. It is called once for a session,
    /// however many connections that has.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .connected(|peer: Peer| async move { peer.send("welcome", "Hello!").await })
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn connected<P, R, M>(mut self, handler: impl Fn(P) -> R + Send + Sync + 'static) -> Self
    where
        P: FromPeer,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run = move |peer: &Peer, ()| call(|| handler(P::from_peer(peer.clone())));
        self.handlers.connect = Some(Box::new(run));
        self
    }

    /// Calls `handler` when a connection has ended, after the last message of the peer was handled. The
    /// closing handshake may still be under way. For a session it is called once, when that ends.
    ///
    /// It is not called for a connection that [`Server::shutdown`](crate::Server::shutdown) drops at its
    /// deadline, or if [`Server::serve_stream`](crate::Server::serve_stream) is cancelled.
    ///
    /// ```
    /// use wirebond_server::{Disconnect, Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .disconnected(|peer: Peer, end: Disconnect| println!("{}: {}", peer.id(), end.code))
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn disconnected<P, R, M>(
        mut self,
        handler: impl Fn(P, Disconnect) -> R + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run = move |peer: &Peer, end| call(|| handler(P::from_peer(peer.clone()), end));
        self.handlers.disconnect = Some(Box::new(run));
        self
    }

    /// Calls `handler` when the client of a session continues it on a new connection, with the identity that
    /// was determined for that one. It has the same user as [`Peer::user`], or else the session would not
    /// have been continued. The peer keeps its first identity.
    ///
    /// The handler waits for its turn as messages do. It is the place to call [`Peer::expires`] again: the time
    /// that was set concerned the last connection.
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use wirebond_server::{Identity, Peer, Server};
    ///
    /// #[derive(Clone)]
    /// struct Expiry(SystemTime);
    ///
    /// let server = Server::builder()
    ///     .resumed(|peer: Peer, identity: Identity| {
    ///         if let Some(expiry) = identity.get::<Expiry>() {
    ///             peer.expires(expiry.0);
    ///         }
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn resumed<P, R, M>(
        mut self,
        handler: impl Fn(P, Identity) -> R + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run =
            move |peer: &Peer, identity| call(|| handler(P::from_peer(peer.clone()), identity));
        self.handlers.resumed = Some(Box::new(run));
        self
    }

    /// Calls `handler` when the client of a session reports that it dropped messages, in their place between
    /// those that arrived. Without this handler, it is logged at WARN.
    ///
    /// ```
    /// use wirebond_server::{Missed, Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .missed(|peer: Peer, missed: Missed| {
    ///         eprintln!("{}: {} messages will not come", peer.id(), missed.count);
    ///     })
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn missed<P, R, M>(
        mut self,
        handler: impl Fn(P, Missed) -> R + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run = move |peer: &Peer, missed| call(|| handler(P::from_peer(peer.clone()), missed));
        self.handlers.missed = Some(Box::new(run));
        self
    }

    /// Calls `handler` with each error: of a frame that isn't a message, of a payload that doesn't match
    /// its type, or of a handler. The connection goes on. Without this handler, errors are logged at WARN: at most
    /// one line a second for each kind and message name, without the text that a handler returned.
    ///
    /// ```
    /// use wirebond_server::{Error, Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .errors(|peer: Peer, error: Error| eprintln!("peer {}: {error}", peer.id()))
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn errors<P: FromPeer>(
        mut self,
        handler: impl Fn(P, Error) + Send + Sync + 'static,
    ) -> Self {
        let run = move |peer: &Peer, error| call(|| handler(P::from_peer(peer.clone()), error));
        self.handlers.error = Some(Box::new(run));
        self
    }

    /// Calls `handler` with the name and the text of each message that has no handler. Escape both before
    /// you print them: they may contain any character. Without this handler, the name is logged at WARN, at most
    /// once a second.
    ///
    /// ```
    /// use wirebond_server::{Peer, Server};
    ///
    /// let server = Server::builder()
    ///     .unknown(|peer: Peer, name, _text| eprintln!("peer {}: unknown {name:?}", peer.id()))
    ///     .build()?;
    /// # Ok::<(), wirebond_server::BuildError>(())
    /// ```
    pub fn unknown<P, R, M>(
        mut self,
        handler: impl Fn(P, String, String) -> R + Send + Sync + 'static,
    ) -> Self
    where
        P: FromPeer,
        R: Outcome<M, Settled: Send + 'static>,
    {
        let run = move |peer: &Peer, (name, text)| {
            call(|| handler(P::from_peer(peer.clone()), name, text))
        };
        self.handlers.unknown = Some(Box::new(run));
        self
    }
}
