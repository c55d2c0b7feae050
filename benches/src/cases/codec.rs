//! Decoding with dispatch, and encoding, without a socket.

use std::{hint::black_box, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};
use wirebond::{
    __private::v0_1::client::{Dispatch, Outgoing},
    Payload,
};
use wirebond_core::wire::{
    Head, NamedHead, RawMessage, encode as encode_at,
    form::{Layout, SideForm},
    now_millis,
};

use super::{Scale, nanos_each};
use crate::{
    app::{App, AppClient, Chat, Stamped, Tagged},
    frames::{First, TIME, chat, envelope, note, order, unicode},
    peers::{Subscribing, subscribe},
    recorder::{Mark, Recorder},
    rounds::{Entry, Results, alternate},
};

pub const ENUM: &str = "serde's tagged enum";
pub const WIREBOND: &str = "wirebond";
const FLATTEN: &str = "the enum, timestamp by flatten";
const VALUE: &str = "`Value`, then `from_value`";
const FLOOR: &str = "the payload alone";
const WITH_TIME: &str = "the enum and the time, by flatten";
const NO_CLOCK: &str = "wirebond, the time known before";
const NOBODY: &str = "wirebond, nobody subscribed";

/// One step, again and again.
pub type Step = Box<dyn FnMut()>;

/// A way to do something, by its name.
pub type Way = (&'static str, Step);

fn quiet() -> (AppClient, Arc<Recorder>) {
    let app = AppClient::builder("ws://127.0.0.1:1").build().expect("sound settings");
    (app, Arc::new(Recorder::expecting(u64::MAX)))
}

/// A client with a handler for each payload type, as its connection's task sees it.
fn dispatcher(how: Subscribing) -> (Dispatch, AppClient) {
    let (app, recorder) = quiet();
    subscribe(&app, how, &recorder);
    if how == Subscribing::Sync {
        app.on_order_update(|order| drop(black_box(order)));
        app.on_note(|note| drop(black_box(note)));
    }
    (Dispatch::new(app.untyped()), app)
}

/// The ways to bring this text to a handler; `T` is its payload.
pub fn decoders<T: DeserializeOwned + 'static>(text: &str) -> Vec<Way> {
    let text: &'static str = text.to_owned().leak();
    let recorder = || Arc::new(Recorder::expecting(u64::MAX));
    let mut ways: Vec<Way> = Vec::new();
    let receiver = recorder();
    ways.push((
        ENUM,
        Box::new(move || {
            receiver.take(serde_json::from_str::<Tagged>(black_box(text)).expect("a message"));
        }),
    ));
    let (mut dispatch, app) = dispatcher(Subscribing::Sync);
    ways.push((
        WIREBOND,
        Box::new(move || {
            let _ = &app;
            dispatch.text(black_box(text));
        }),
    ));
    let receiver = recorder();
    ways.push((
        FLATTEN,
        Box::new(move || {
            let stamped: Stamped = serde_json::from_str(black_box(text)).expect("a message");
            receiver.take(stamped.message);
        }),
    ));
    let receiver = recorder();
    ways.push((
        VALUE,
        Box::new(move || {
            let value: serde_json::Value = serde_json::from_str(black_box(text)).expect("JSON");
            receiver.take(serde_json::from_value(value).expect("a message"));
        }),
    ));
    let raw: std::collections::HashMap<&str, &serde_json::value::RawValue> =
        serde_json::from_str(text).expect("a message");
    let data = raw["data"].get();
    ways.push((
        FLOOR,
        Box::new(move || {
            black_box(serde_json::from_str::<T>(black_box(data)).expect("a payload"));
        }),
    ));
    let (mut dispatch, app) = dispatcher(Subscribing::Nobody);
    ways.push((
        NOBODY,
        Box::new(move || {
            let _ = &app;
            dispatch.text(black_box(text));
        }),
    ));
    ways
}

/// The form of a flattened message.
static FLATTENED: SideForm = SideForm { content: None, timestamp: None, ..SideForm::DEFAULT };

/// The ways to decode this payload where it stands beside the tag.
pub fn flattened_decoders<T: Serialize + DeserializeOwned + 'static>(payload: &T) -> Vec<Way> {
    let alone: &'static str = serde_json::to_string(payload).expect("plain data").leak();
    let text: &'static str = format!("{{\"type\":\"chat\",{}", &alone[1..]).leak();
    // A connection has looked at its form once.
    let layout = Layout::from(&FLATTENED);
    vec![
        (
            WIREBOND,
            Box::new(move || {
                let message = RawMessage::open(layout, black_box(text)).expect("a message");
                black_box(message.payload::<T>().expect("a payload"));
            }),
        ),
        (
            FLOOR,
            Box::new(move || {
                black_box(serde_json::from_str::<T>(black_box(alone)).expect("a payload"));
            }),
        ),
    ]
}

/// The ways to write this payload beside the tag.
pub fn flattened_encoders<T: Serialize + 'static>(payload: T) -> Vec<Way> {
    let named = NamedHead::new(Layout::from(&FLATTENED), "chat", None).expect("a name");
    let payload: &'static T = Box::leak(Box::new(payload));
    vec![
        (
            WIREBOND,
            Box::new(move || {
                let payload = black_box(Some(payload));
                black_box(encode_at(&named.head(), payload, TIME).expect("plain data"));
            }),
        ),
        (
            FLOOR,
            Box::new(move || {
                black_box(serde_json::to_vec(black_box(payload)).expect("plain data"));
            }),
        ),
    ]
}

fn encode<T: Outgoing<App, M>, M>(payload: &T) -> Vec<u8> {
    T::ENCODE(payload, &Head::of_client::<App>(T::INDEX)).expect("plain data")
}

/// The ways to write a message; `wrap` makes it a value of serde's enum.
fn encoders<T>(payload: T, wrap: fn(T) -> Tagged, write: fn(&T) -> Vec<u8>) -> Vec<Way>
where
    T: Clone + Serialize + 'static,
{
    let message = wrap(payload.clone());
    let mut stamped = Stamped { message: wrap(payload.clone()), timestamp: None };
    let (plain, timed) = (payload.clone(), payload.clone());
    vec![
        (
            ENUM,
            Box::new(move || {
                black_box(serde_json::to_string(black_box(&message)).expect("plain data"));
            }),
        ),
        (
            WIREBOND,
            Box::new(move || {
                black_box(write(black_box(&payload)));
            }),
        ),
        (
            WITH_TIME,
            Box::new(move || {
                stamped.timestamp = Some(now_millis());
                black_box(serde_json::to_string(black_box(&stamped)).expect("plain data"));
            }),
        ),
        (
            NO_CLOCK,
            Box::new(move || {
                let timed = black_box(Some(&timed));
                black_box(
                    encode_at(&Head::plain(r#"{"type":"chat""#), timed, TIME).expect("plain data"),
                );
            }),
        ),
        (
            FLOOR,
            Box::new(move || {
                black_box(serde_json::to_vec(black_box(&plain)).expect("plain data"));
            }),
        ),
    ]
}

fn write_chat(chat: &Chat) -> Vec<u8> {
    // The payload type of several messages: written as its method does it.
    Payload::encode(chat, &Head::plain(r#"{"type":"chat""#)).expect("plain data")
}

/// The ways to write the 150-byte chat message.
pub fn chat_encoders() -> Vec<Way> {
    encoders(chat(), Tagged::Chat, write_chat)
}

fn measure(results: &mut Results, rounds: usize, id: &str, length: usize, ways: Vec<Way>) {
    // About 5 ms a turn, whatever the size.
    let times = (2_000_000 / length as u64).clamp(50, 10_000);
    let entries = ways.into_iter().map(|(who, mut step)| {
        let id = id.to_owned();
        let run = Box::new(move || {
            // Processor time, so that another process's turn doesn't count.
            let began = Mark::now();
            (0..times).for_each(|_| step());
            vec![(id.clone(), nanos_each(began.span().cpu, times))]
        });
        Entry { who: who.to_owned(), run }
    });
    alternate(results, rounds, entries.collect());
}

fn decode<T>(results: &mut Results, rounds: usize, size: &str, name: &str, payload: &T)
where
    T: Serialize + DeserializeOwned + 'static,
{
    for (first, key) in [(First::Type, "type"), (First::Data, "data")] {
        let text = envelope(name, payload, first);
        let id = format!("decode/{size}/{key}");
        let title = format!("Decode and dispatch, {size}, `{key}` first");
        results.table(&id, &title, "ns", ENUM);
        measure(results, rounds, &id, text.len(), decoders::<T>(&text));
    }
}

fn write(results: &mut Results, rounds: usize, size: &str, length: usize, ways: Vec<Way>) {
    let id = format!("encode/{size}");
    results.table(&id, &format!("Encode, {size}"), "ns", ENUM);
    measure(results, rounds, &id, length, ways);
}

pub fn run(results: &mut Results, scale: Scale) {
    let rounds = scale.rounds * 2;
    decode(results, rounds, "150 B", "chat", &chat());
    decode(results, rounds, "150 B of unicode and escapes", "chat", &unicode());
    decode(results, rounds, "250 B", "order-update", &order());
    decode(results, rounds, "4 KiB", "note", &note(4 << 10));
    decode(results, rounds, "64 KiB", "note", &note(64 << 10));
    write(results, rounds, "150 B", 150, chat_encoders());
    let escaped = encoders(unicode(), Tagged::Chat, write_chat);
    write(results, rounds, "150 B of unicode and escapes", 150, escaped);
    let orders = encoders(order(), Tagged::OrderUpdate, encode);
    write(results, rounds, "250 B", 250, orders);
    for (size, length) in [("4 KiB", 4 << 10), ("64 KiB", 64 << 10)] {
        let notes = encoders(note(length), Tagged::Note, encode);
        write(results, rounds, size, length, notes);
    }
}
