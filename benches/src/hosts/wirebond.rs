//! wirebond's generated server.

use std::sync::Arc;

use ::axum::{Router, body::Body, routing::any, serve::ListenerExt};
use tokio::net::TcpListener;
use wirebond::server::{Identity, Sessions, Upgrade};

use super::{Dialect, Host, QUEUE, ROOM};
use crate::{
    app::{AppPeer, AppServer, CallsServer},
    peers::Job,
    recorder::Recorder,
};

/// Who accepts the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepting {
    /// `Server::serve`.
    Itself,
    /// The same, with a session for each client.
    Sessions,
    /// axum, with `Server::accept`.
    Axum,
}

#[derive(Debug, Clone, Copy)]
pub struct Wirebond(pub Accepting);

/// The server of all rows.
fn server(recorder: &Arc<Recorder>, sessions: Option<Sessions>) -> AppServer {
    let (begin, each, done) = (Arc::clone(recorder), Arc::clone(recorder), Arc::clone(recorder));
    AppServer::builder()
        .settings(|settings| settings.queue_messages(QUEUE).sessions(sessions))
        .on_begin(move |peer: AppPeer| {
            begin.begin();
            peer.try_send_begin()
        })
        .on_joined(|peer, _| {
            peer.join(ROOM);
            peer.try_send_begin()
        })
        .on_whisper(|peer, chat| peer.try_send_whisper(&chat))
        .on_announcement(|peer, chat| peer.room(ROOM).send_announcement(&chat).map(drop))
        .on_chat(move |_, chat| each.chat(&chat))
        .on_done(move |_| done.done())
        .build()
        .expect("sound settings")
}

impl Host for Wirebond {
    fn name(&self) -> &'static str {
        match self.0 {
            Accepting::Itself => "wirebond",
            Accepting::Sessions => "wirebond, in sessions",
            Accepting::Axum => "wirebond, accepted by axum",
        }
    }

    fn dialect(&self) -> Dialect {
        if self.0 == Accepting::Sessions { Dialect::Session } else { Dialect::Plain }
    }

    fn serve(&self, listener: TcpListener, recorder: Arc<Recorder>) -> Job<()> {
        let sessions = (self.0 == Accepting::Sessions).then(Sessions::default);
        let server = server(&recorder, sessions);
        if self.0 != Accepting::Axum {
            return Box::pin(async move {
                server.untyped().serve(listener, |_| async { Ok(Identity::anonymous()) }).await;
            });
        }
        let upgrade = move |upgrade: Upgrade| async move {
            server.untyped().accept::<Body>(upgrade, Identity::anonymous())
        };
        let router: Router = Router::new().route("/ws", any(upgrade));
        Box::pin(async move {
            let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).expect("an open stream"));
            ::axum::serve(listener, router).await.expect("it goes on");
        })
    }
}

/// Answers calls.
#[derive(Debug, Clone, Copy)]
pub struct WirebondCalls;

impl Host for WirebondCalls {
    fn name(&self) -> &'static str {
        "wirebond, a call"
    }

    fn serve(&self, listener: TcpListener, _: Arc<Recorder>) -> Job<()> {
        let server = CallsServer::builder().on_echo(|_, chat| chat).build();
        let server = server.expect("sound settings");
        Box::pin(async move {
            server.untyped().serve(listener, |_| async { Ok(Identity::anonymous()) }).await;
        })
    }
}
