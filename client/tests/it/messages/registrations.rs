//! Handlers that are registered again at each connection.

use std::sync::Arc;

use tokio::time::sleep;
use tracing::Level;
use wirebond_client::{Client, Subscription, SubscriptionGuard};

use crate::support::{Peer, lines::Lines, peer, secs};

/// What is done to a client before it connects, and what that is called.
type Shape = (&'static str, fn(&Client));

/// The warnings after each of three connections, when this is done to a client before it
/// connects.
async fn warned(prepare: impl FnOnce(&Client)) -> Vec<usize> {
    let (log, _guard) = Lines::begin();
    let (mut peer, builder) = peer();
    let client = builder.build().unwrap();
    client.on_error(|_| {});
    client.on_close(|_| {});
    prepare(&client);
    let connecting = client.clone();
    let connecting = tokio::spawn(async move { connecting.connect().await });
    let mut counts = Vec::new();
    for _ in 0..3 {
        let wire = peer.open().await;
        sleep(secs(6)).await;
        counts.push(
            log.take(Level::WARN).iter().filter(|line| line.contains("registered again")).count(),
        );
        drop(wire);
    }
    connecting.await.unwrap().unwrap();
    drop::<Peer>(peer);
    counts
}

#[tokio::test(start_paused = true)]
async fn field_d9_what_is_registered_again_at_each_connection_is_warned_of_once() {
    let shapes: [Shape; 5] = [
        ("synchronous", |client| {
            let weak = client.downgrade();
            client.on_open(move || {
                weak.upgrade().unwrap().on("chat", |_: u32| {});
            });
        }),
        ("asynchronous", |client| {
            let weak = client.downgrade();
            client.on_open(move || {
                let weak = weak.clone();
                async move {
                    weak.upgrade().unwrap().on("chat", |_: u32| {});
                }
            });
        }),
        ("asynchronous, later", |client| {
            let weak = client.downgrade();
            client.on_open(move || {
                let weak = weak.clone();
                async move {
                    sleep(secs(1)).await;
                    weak.upgrade().unwrap().on_unknown(|_, _| async {});
                }
            });
        }),
        ("of an event", |client| {
            let weak = client.downgrade();
            client.on_open(move || {
                weak.upgrade().unwrap().on_kept(|_| {});
            });
        }),
        ("in on_close", |client| {
            let weak = client.downgrade();
            client.on_open({
                let weak = weak.clone();
                move || drop(weak.upgrade().unwrap().on("first", |_: u32| {}).guard())
            });
            client.on_close(move |_| {
                weak.upgrade().unwrap().on("chat", |_: u32| {});
            });
        }),
    ];
    for (label, prepare) in shapes {
        let counts = warned(prepare).await;
        assert_eq!(counts.iter().sum::<usize>(), 1, "{label}: {counts:?}");
        assert_eq!(counts[0], 0, "{label}: the first connection is as it should be");
    }
}

#[tokio::test(start_paused = true)]
async fn field_d9_what_ends_with_its_connection_is_not_warned_of() {
    let shapes: [Shape; 6] = [
        ("registered before", |client| {
            client.on("chat", |_: u32| {});
            client.on_open(|| {});
        }),
        ("twice at one connection", |client| {
            let (weak, mut first) = (client.downgrade(), true);
            client.on_open(move || {
                if std::mem::take(&mut first) {
                    let client = weak.upgrade().unwrap();
                    client.on("chat", |_: u32| {});
                    client.on("chat", |_: u32| {});
                }
            });
        }),
        ("cancelled", |client| {
            let (weak, mut last) = (client.downgrade(), None::<Subscription>);
            client.on_open(move || {
                let next = weak.upgrade().unwrap().on("chat", |_: u32| {});
                if let Some(last) = last.replace(next) {
                    last.cancel();
                }
            });
        }),
        ("guarded", |client| {
            let (weak, mut last) = (client.downgrade(), None::<SubscriptionGuard>);
            client.on_open(move || {
                drop(last.replace(weak.upgrade().unwrap().on("chat", |_: u32| {}).guard()));
            });
        }),
        ("taken off", |client| {
            let weak = client.downgrade();
            client.on_open(move || {
                let client = weak.upgrade().unwrap();
                client.off("chat");
                client.on("chat", |_: u32| {});
            });
        }),
        ("of another client", |client| {
            let other = Arc::new(Client::builder("ws://peer.test").build().unwrap());
            client.on_open(move || {
                other.on("chat", |_: u32| {});
            });
        }),
    ];
    for (label, prepare) in shapes {
        assert_eq!(warned(prepare).await, [0, 0, 0], "{label}");
    }
}
