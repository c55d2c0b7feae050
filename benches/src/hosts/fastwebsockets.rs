//! fastwebsockets in the server's role, with serde's adjacently tagged enum, a `match`, and a channel
//! for each member of the room. The handshake is ours: its own needs hyper.

use std::{io, sync::Arc};

use ::fastwebsockets::{
    Frame, OpCode, Payload, Role, WebSocketError, WebSocketRead, WebSocketWrite,
    after_handshake_split,
};
use bytes::Bytes;
use tokio::{
    net::{
        TcpListener,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
};

use super::{Host, Shared};
use crate::{app::Tagged, peers::Job, recorder::Recorder, stream::upgrade_server};

#[derive(Debug)]
pub struct Fastwebsockets;

type Room = Shared<Bytes>;

async fn read(socket: &mut WebSocketRead<OwnedReadHalf>) -> Result<Option<Tagged>, WebSocketError> {
    // The clients send no control frames that would have to be answered.
    let frame = socket.read_frame(&mut |_| async { Ok::<_, io::Error>(()) }).await?;
    let text = (frame.opcode == OpCode::Text).then(|| std::str::from_utf8(&frame.payload));
    Ok(text.and_then(Result::ok).and_then(|text| serde_json::from_str(text).ok()))
}

async fn write(socket: &mut WebSocketWrite<OwnedWriteHalf>, text: &Bytes) -> Option<()> {
    socket.write_frame(Frame::text(Payload::Borrowed(text))).await.ok()
}

async fn talk(
    mut reader: WebSocketRead<OwnedReadHalf>,
    mut writer: WebSocketWrite<OwnedWriteHalf>,
    room: Arc<Room>,
) -> Option<()> {
    loop {
        let Some(message) = read(&mut reader).await.ok()? else { continue };
        let joins = matches!(message, Tagged::Joined(_));
        if let Some(answer) = room.handle(message) {
            write(&mut writer, &answer).await?;
        }
        if joins {
            return talk_in_room(reader, writer, room).await;
        }
    }
}

/// A member's connection: a task writes what the others say.
async fn talk_in_room(
    mut reader: WebSocketRead<OwnedReadHalf>,
    mut writer: WebSocketWrite<OwnedWriteHalf>,
    room: Arc<Room>,
) -> Option<()> {
    let mut inbox = room.join();
    let (answers, mut answered) = mpsc::channel::<Bytes>(16);
    tokio::spawn(async move {
        loop {
            let text = tokio::select! {
                Some(text) = inbox.recv() => text,
                Some(text) = answered.recv() => text,
                else => return Some(()),
            };
            write(&mut writer, &text).await?;
        }
    });
    loop {
        let Some(message) = read(&mut reader).await.ok()? else { continue };
        if let Some(answer) = room.handle(message) {
            answers.send(answer).await.ok()?;
        }
    }
}

impl Host for Fastwebsockets {
    fn name(&self) -> &'static str {
        "fastwebsockets, by hand"
    }

    fn serve(&self, listener: TcpListener, recorder: Arc<Recorder>) -> Job<()> {
        let room = Room::new(recorder);
        Box::pin(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let room = Arc::clone(&room);
                tokio::spawn(async move {
                    upgrade_server(&mut stream).await.ok()?;
                    let (reader, writer) = stream.into_split();
                    let (reader, writer) = after_handshake_split(reader, writer, Role::Server);
                    talk(reader, writer, room).await
                });
            }
        })
    }
}
