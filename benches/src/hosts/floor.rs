//! The floor: bare TCP, frame headers walked, the same payload decoded, and one write of the ready frame
//! for each member of the room.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tokio::{
    io::AsyncReadExt,
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use wirebond::Payload;
use wirebond_core::wire::{Head, RawMessage, form::Layout};

use super::Host;
use crate::{
    app::Chat,
    frames::{Header, push, unit, unmask},
    peers::Job,
    recorder::Recorder,
    stream::upgrade_server,
};

#[derive(Debug)]
pub struct Floor;

/// How much is read at once.
const BLOCK: usize = 64 * 1024;

struct Shared {
    recorder: Arc<Recorder>,
    room: Mutex<Vec<Arc<OwnedWriteHalf>>>,
}

fn frame(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len() + 4);
    push(&mut out, 1, text);
    out
}

fn encoded(name: &str, chat: &Chat) -> Vec<u8> {
    frame(
        &Payload::encode(chat, &Head::plain(&format!(r#"{{"type":"{name}""#))).expect("plain data"),
    )
}

/// Writes a frame at once: it is small, and who has no room for it misses it.
fn write(to: &OwnedWriteHalf, frame: &[u8]) {
    let _ = to.try_write(frame);
}

impl Shared {
    fn handle(&self, text: &str, writer: &Arc<OwnedWriteHalf>) {
        let Ok(message) = RawMessage::open(Layout::DEFAULT, text) else { return };
        let payload = || message.payload::<Chat>().ok().map(|received| received.data);
        match message.name() {
            "begin" => {
                self.recorder.begin();
                write(writer, &frame(unit("begin").as_bytes()));
            }
            "joined" => {
                self.room.lock().expect("unpoisoned").push(Arc::clone(writer));
                write(writer, &frame(unit("begin").as_bytes()));
            }
            "whisper" => {
                if let Some(chat) = payload() {
                    write(writer, &encoded("whisper", &chat));
                }
            }
            "announcement" => {
                let Some(chat) = payload() else { return };
                let frame = encoded("announcement", &chat);
                let room = self.room.lock().expect("unpoisoned");
                room.iter().for_each(|member| write(member, &frame));
            }
            "chat" => {
                if let Some(chat) = payload() {
                    self.recorder.chat(&chat);
                }
            }
            "done" => self.recorder.done(),
            _ => {}
        }
    }

    async fn talk(&self, mut stream: TcpStream) -> io::Result<()> {
        upgrade_server(&mut stream).await?;
        let (mut reader, writer): (OwnedReadHalf, _) = stream.into_split();
        let writer = Arc::new(writer);
        let mut buffer = vec![0; BLOCK];
        let mut unread = 0..0;
        loop {
            let rest = &mut buffer[unread.clone()];
            if let Some(header) = Header::read(rest)
                && header.end() <= rest.len()
            {
                let payload = &mut rest[header.start..header.end()];
                unmask(payload, header.mask.unwrap_or_default());
                self.handle(std::str::from_utf8(payload).unwrap_or_default(), &writer);
                unread.start += header.end();
                continue;
            }
            buffer.copy_within(unread.clone(), 0);
            unread = 0..unread.len();
            let count = reader.read(&mut buffer[unread.end..]).await?;
            if count == 0 {
                return Ok(());
            }
            unread.end += count;
        }
    }
}

impl Host for Floor {
    fn name(&self) -> &'static str {
        "bare TCP"
    }

    fn serve(&self, listener: TcpListener, recorder: Arc<Recorder>) -> Job<()> {
        let shared = Arc::new(Shared { recorder, room: Mutex::default() });
        Box::pin(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { shared.talk(stream).await });
            }
        })
    }
}
