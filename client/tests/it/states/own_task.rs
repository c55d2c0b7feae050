//! Case 61: the result for a synchronous handler that blocks on a receipt or a stream of its own client.

use std::sync::mpsc;

use tokio::{runtime::Handle, task::block_in_place};
use wirebond_client::{Client, Delivery, State};

use crate::{
    states::blocking::{PATIENCE, run},
    support::{open, peer},
};

/// What a handler blocks on, beside the calls of the client that are errors.
#[derive(Debug, Clone, Copy)]
enum On {
    Receipt,
    ReceiptByReference,
    Messages,
    Events,
}

async fn wait(client: &Client, on: On) -> Option<Delivery> {
    match on {
        On::Receipt => Some(client.send("first", &1).tracked().await.unwrap().await),
        On::ReceiptByReference => {
            let mut receipt = client.send("first", &1).tracked().await.unwrap();
            let outcome = (&mut receipt).await;
            assert_eq!(receipt.outcome(), None, "what becomes of the message isn't known by that");
            Some(outcome)
        }
        On::Messages => {
            assert!(client.stream::<u8>("never").next().await.is_none());
            None
        }
        On::Events => {
            assert!(client.events().next().await.is_none());
            None
        }
    }
}

#[test]
fn case_61_receipts_and_streams_of_its_own_client_end_at_once_in_a_synchronous_handler() {
    for on in [On::Receipt, On::ReceiptByReference, On::Messages, On::Events] {
        for event in [false, true] {
            run(async move {
                let (mut peer, builder) = peer();
                let (client, mut wire, _events) = open(builder, &mut peer).await;
                let (sender, ended) = mpsc::channel();
                let weak = client.downgrade();
                let block = move || {
                    let client = weak.upgrade().unwrap();
                    let ended = block_in_place(|| Handle::current().block_on(wait(&client, on)));
                    let _ = sender.send(ended);
                };
                if event {
                    client.on_error(move |_| block());
                    wire.text("no message").await;
                } else {
                    client.on("chat", move |_: u8| block());
                    wire.message("chat", "1").await;
                }
                let ended = block_in_place(|| ended.recv_timeout(PATIENCE)).expect("no deadlock");
                let expected = match on {
                    On::Receipt | On::ReceiptByReference => Some(Delivery::WouldDeadlock),
                    On::Messages | On::Events => None,
                };
                assert_eq!(ended, expected, "{on:?}");
                assert_eq!(client.state(), State::Open, "the connection goes on");
            });
        }
    }
}

#[test]
fn case_61_a_stream_that_ended_for_a_synchronous_handler_goes_on_elsewhere() {
    run(async {
        let (mut peer, builder) = peer();
        let (client, mut wire, _events) = open(builder, &mut peer).await;
        let (sender, ended) = mpsc::channel();
        let stream = std::sync::Mutex::new(Some(client.stream::<u8>("line")));
        client.on("chat", move |_: u8| {
            let mut stream = stream.lock().unwrap().take().unwrap();
            assert!(block_in_place(|| Handle::current().block_on(stream.next())).is_none());
            sender.send(stream).unwrap();
        });
        wire.message("chat", "1").await;
        let mut stream = block_in_place(|| ended.recv_timeout(PATIENCE)).expect("no deadlock");
        wire.message("line", "7").await;
        assert_eq!(stream.next().await.unwrap().data, 7);
    });
}
