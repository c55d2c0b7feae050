//! socketioxide behind axum: its clients speak Socket.IO.

use std::sync::Arc;

use ::axum::{Router, serve::ListenerExt};
use ::socketioxide::{
    SocketIo,
    extract::{Data, SocketRef},
};
use tokio::net::TcpListener;

use super::{Dialect, Host, QUEUE, ROOM};
use crate::{app::Chat, peers::Job, recorder::Recorder};

#[derive(Debug)]
pub struct Socketioxide;

impl Host for Socketioxide {
    fn name(&self) -> &'static str {
        "socketioxide"
    }

    fn dialect(&self) -> Dialect {
        Dialect::SocketIo
    }

    fn serve(&self, listener: TcpListener, recorder: Arc<Recorder>) -> Job<()> {
        let (layer, io) = SocketIo::builder().max_buffer_size(QUEUE).build_layer();
        io.ns("/", move |socket: SocketRef| {
            let (begin, each, done) =
                (Arc::clone(&recorder), Arc::clone(&recorder), Arc::clone(&recorder));
            socket.on("begin", move |socket: SocketRef| {
                begin.begin();
                let _ = socket.emit("begin", &());
                async {}
            });
            socket.on("joined", |socket: SocketRef| {
                socket.join(ROOM);
                let _ = socket.emit("begin", &());
                async {}
            });
            socket.on("whisper", |socket: SocketRef, Data(chat): Data<Chat>| {
                let _ = socket.emit("whisper", &chat);
                async {}
            });
            socket.on("announcement", |socket: SocketRef, Data(chat): Data<Chat>| async move {
                // A member whose queue is full misses it.
                let _ = socket.within(ROOM).emit("announcement", &chat).await;
            });
            socket.on("chat", move |Data(chat): Data<Chat>| {
                each.chat(&chat);
                async {}
            });
            socket.on("done", move || {
                done.done();
                async {}
            });
            async {}
        });
        let router: Router = Router::new().layer(layer);
        Box::pin(async move {
            let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).expect("an open stream"));
            ::axum::serve(listener, router).await.expect("it goes on");
        })
    }
}
