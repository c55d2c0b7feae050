//! The auto traits that users rely on, checked by the compiler: handles and values can be sent to
//! other threads, and futures can be spawned.

use std::{cell::Cell, future::Future};

use wirebond_core::Received;

use crate::{
    Attempt, Backoff, BuildError, Builder, Client, CloseInfo, ConnectError, Delivery, Disconnect,
    Endpoint, Error, Event, Events, Expecting, FlushError, Hold, Inbox, MessageStream, NextAttempt,
    Opening, OpeningError, OpeningSend, Receipt, ReconnectDecision, SendError, Sending, Settings,
    State, Stats, Subscription, SubscriptionGuard, Tracked, Unauthorized, UpgradeResponse,
    WeakClient,
};

const fn anywhere<T: Send + Sync + Unpin + 'static>() {}
const fn sendable<T: Send + Unpin + 'static>() {}
const fn spawnable<F: Future + Send>(_: &F) {}

const _: () = {
    anywhere::<Client>();
    anywhere::<WeakClient>();
    anywhere::<Subscription>();
    anywhere::<SubscriptionGuard>();
    anywhere::<Settings>();
    anywhere::<Backoff>();
    anywhere::<Inbox>();
    anywhere::<State>();
    anywhere::<Stats>();
    anywhere::<NextAttempt>();
    anywhere::<Event>();
    anywhere::<CloseInfo>();
    anywhere::<Disconnect>();
    anywhere::<ReconnectDecision>();
    anywhere::<UpgradeResponse>();
    anywhere::<Attempt>();
    anywhere::<Hold>();
    anywhere::<Opening>();
    anywhere::<OpeningError>();
    sendable::<Expecting<()>>();
    sendable::<OpeningSend>();
    anywhere::<Endpoint>();
    anywhere::<Error>();
    anywhere::<BuildError>();
    anywhere::<ConnectError>();
    anywhere::<SendError>();
    anywhere::<FlushError>();
    anywhere::<Unauthorized>();
    anywhere::<Receipt>();
    anywhere::<Delivery>();
    anywhere::<Received<u8>>();
    sendable::<Builder>();
    sendable::<Events>();
    // A payload need only be `Send`.
    sendable::<MessageStream<Cell<u8>>>();
    sendable::<Sending>();
    sendable::<Tracked>();
};

#[cfg(feature = "bind-code")]
const _: () = {
    anywhere::<crate::bind_code::BindCode>();
    anywhere::<crate::bind_code::BindCodeEndpoint>();
    anywhere::<crate::bind_code::BindCodeError>();
};

#[cfg(feature = "tls")]
const _: () = anywhere::<crate::Roots>();

#[expect(dead_code, reason = "it only has to compile")]
fn futures(client: &Client, stream: &mut MessageStream<Cell<u8>>, events: &mut Events) {
    spawnable(&client.connect());
    spawnable(&client.disconnect());
    spawnable(&client.flush());
    // The payload is encoded before the future is made: it need not be `Send`.
    spawnable(&client.send("", &std::rc::Rc::<str>::from("").len()));
    spawnable(&client.send("", &Cell::new(1)));
    spawnable(&stream.next());
    spawnable(&events.next());
    #[cfg(feature = "bind-code")]
    spawnable(&crate::bind_code::get_socket_bind_code(""));
}
