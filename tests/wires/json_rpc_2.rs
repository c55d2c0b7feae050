//! JSON-RPC 2.0, as an Ethereum node speaks it.

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use wirebond::{CallError, ErrorKind, Event};

use crate::support::{Connection, Server, arrives, in_time, json, soon};

#[path = "../../examples/wires/json_rpc_2.rs"]
mod wire;

use wire::{
    Ethereum, EthereumClient, Filter, Pushed, Subscribe, Topic, Transaction, builder, watch,
};

const HEADS: &str = r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x9cef478923ff08bf67fde6c64013158d","result":{"number":"0x1b4","hash":"0xaa","parentHash":"0xbb","timestamp":"0x55ba4224","baseFeePerGas":"0x7","extraData":"0x"}}}"#;

const FRAMES: [(&str, &str); 7] = [
    (HEADS, "Subscription"),
    (
        r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":true}}"#,
        "Subscription",
    ),
    (
        r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x1","result":{"syncing":true,"status":{"startingBlock":"0x0","currentBlock":"0x5","highestBlock":"0x9"}}}}"#,
        "Subscription",
    ),
    (
        r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x2","result":{"address":"0x83","topics":["0xd7"],"data":"0x","blockNumber":"0x1","logIndex":"0x0","removed":true}}}"#,
        "Subscription",
    ),
    (
        r#"{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x3","result":"0xfe"}}"#,
        "Subscription",
    ),
    (
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"empty batch"}}"#,
        "Unreadable",
    ),
    (
        r#"[{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"invalid request"}}]"#,
        "Unreadable",
    ),
];

async fn open(server: &Server) -> (EthereumClient, Connection) {
    let app = soon(builder(&server.url()));
    let (connected, peer) = tokio::join!(app.connect(), server.accept());
    connected.unwrap();
    (app, peer)
}

/// Polls a call, and expects its request; the number is put in.
async fn asked(peer: &mut Connection, id: u64, method: &str, params: Option<Value>) {
    let mut request = json!({ "jsonrpc": "2.0", "id": id, "method": method });
    if let Some(params) = params {
        request["params"] = params;
    }
    assert_eq!(json(&peer.text().await), request);
}

#[tokio::test]
async fn every_frame_of_the_server_is_its_message() {
    let server = Server::start().await;
    let (app, mut peer) = open(&server).await;
    let mut messages = app.messages();
    arrives(&mut peer, &mut messages, &FRAMES).await;
    let stats = app.stats();
    assert_eq!((stats.malformed, stats.unknown), (0, 0));

    // What is pushed is told by its shape.
    let mut pushes = app.stream_subscription();
    for (frame, _) in &FRAMES[..5] {
        peer.send(frame).await;
    }
    let mut pushed = Vec::new();
    for _ in 0..5 {
        pushed.push(in_time(pushes.next()).await.unwrap().data.result);
    }
    assert!(matches!(&pushed[0], Pushed::Head(head) if head.parent_hash == "0xbb"));
    assert_eq!(pushed[1], Pushed::IsSyncing(true));
    assert!(matches!(&pushed[2], Pushed::Syncing { status, .. } if status.current_block == "0x5"));
    assert!(matches!(&pushed[3], Pushed::Log(log) if log.removed));
    assert_eq!(pushed[4], Pushed::Hash("0xfe".to_owned()));
}

#[tokio::test]
async fn requests_are_as_documented() {
    let server = Server::start().await;
    let (app, mut peer) = open(&server).await;
    let topics = vec![None, Some(vec!["0xd7".to_owned(), "0xd8".to_owned()])];
    let address = Some("0x8320fe7702b96808f7bbc0d4a888ed1468216cfd".to_owned());
    let heads = Subscribe::To([Topic::NewHeads]);
    let logs = Subscribe::Logs(Topic::Logs, Filter { address, topics });
    let hashes = Subscribe::Transactions(Topic::NewPendingTransactions, true);
    let id = "0x9cef478923ff08bf67fde6c64013158d";
    let unsubscribe = [id.to_owned()];
    let calls = async {
        assert_eq!(app.call_chain_id(&[]).await.unwrap(), "0x1");
        assert_eq!(app.call_subscribe(&heads).await.unwrap(), id);
        assert_eq!(app.call_subscribe(&logs).await.unwrap(), "0x2");
        assert_eq!(app.call_subscribe(&hashes).await.unwrap(), "0x3");
        assert!(app.call_unsubscribe(&unsubscribe).await.unwrap());
        let refused = app.call_unsubscribe(&unsubscribe).await.unwrap_err();
        assert_eq!(refused.into_refused().unwrap().code, -32000);
    };
    let served = async {
        for (request, answer) in [
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}"#,
                r#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":2,"method":"eth_subscribe","params":["newHeads"]}"#,
                r#"{"jsonrpc":"2.0","id":2,"result":"0x9cef478923ff08bf67fde6c64013158d"}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":3,"method":"eth_subscribe","params":["logs",{"address":"0x8320fe7702b96808f7bbc0d4a888ed1468216cfd","topics":[null,["0xd7","0xd8"]]}]}"#,
                // Some servers leave out what never changes, or have both.
                r#"{"id":3,"result":"0x2","error":null}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":4,"method":"eth_subscribe","params":["newPendingTransactions",true]}"#,
                r#"{"jsonrpc":"2.0","id":4,"result":"0x3"}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":5,"method":"eth_unsubscribe","params":["0x9cef478923ff08bf67fde6c64013158d"]}"#,
                r#"{"jsonrpc":"2.0","id":5,"result":true}"#,
            ),
            (
                r#"{"jsonrpc":"2.0","id":6,"method":"eth_unsubscribe","params":["0x9cef478923ff08bf67fde6c64013158d"]}"#,
                r#"{"jsonrpc":"2.0","id":6,"error":{"code":-32000,"message":"subscription not found"}}"#,
            ),
        ] {
            peer.expect(request).await;
            peer.send(answer).await;
        }
    };
    in_time(async { tokio::join!(calls, served) }).await;
}

#[tokio::test]
async fn answers_come_in_any_order_and_in_batches() {
    let server = Server::start().await;
    let (app, mut peer) = open(&server).await;
    let latest = ("latest".to_owned(), false);
    let reverts = (Transaction { to: "0x83".to_owned(), data: None }, "latest".to_owned());
    let calls = async {
        tokio::join!(
            app.call_block_number(),
            app.call_get_block_by_number(&latest),
            app.call_call(&reverts)
        )
    };
    let served = async {
        asked(&mut peer, 1, "eth_blockNumber", None).await;
        asked(&mut peer, 2, "eth_getBlockByNumber", Some(json!(["latest", false]))).await;
        asked(&mut peer, 3, "eth_call", Some(json!([{ "to": "0x83" }, "latest"]))).await;
        // Another id than 1 answers nothing.
        peer.send(r#"{"jsonrpc":"2.0","id":"1","result":"0x0"}"#).await;
        peer.send(r#"[{"jsonrpc":"2.0","id":3,"error":{"code":3,"message":"execution reverted: no","data":"0x08c379a0"}},{"jsonrpc":"2.0","id":1,"result":"0x1b4"}]"#).await;
        peer.send(r#"{"jsonrpc":"2.0","id":2,"result":null}"#).await;
    };
    let ((number, block, reverted), ()) = in_time(async { tokio::join!(calls, served) }).await;
    assert_eq!(number.unwrap(), "0x1b4");
    assert!(block.unwrap().is_none());
    let reverted = reverted.unwrap_err().into_refused().unwrap();
    assert_eq!((reverted.code, reverted.data), (3, Some(json!("0x08c379a0"))));
    assert_eq!((app.stats().malformed, app.stats().calls_in_flight), (1, 0));
}

#[tokio::test]
async fn a_cut_repeats_what_may_be_repeated_and_subscribes_again() {
    let server = Server::start().await;
    let (app, mut peer) = open(&server).await;
    let (pushed, mut heads) = mpsc::unbounded_channel();
    let heads_only = Subscribe::To([Topic::NewHeads]);
    let mut events = app.events();
    let watched = watch(&app, heads_only, move |push| pushed.send(push).unwrap());
    let test = async {
        asked(&mut peer, 1, "eth_subscribe", Some(json!(["newHeads"]))).await;
        // The server may push before it answers.
        peer.send(HEADS).await;
        peer.send(r#"{"jsonrpc":"2.0","id":1,"result":"0x9cef478923ff08bf67fde6c64013158d"}"#)
            .await;
        assert!(matches!(in_time(heads.recv()).await, Some(Pushed::Head(_))));

        let raw = ["0xf8".to_owned()];
        let sent = app.call_send_raw_transaction(&raw);
        let cut = async {
            asked(&mut peer, 2, "eth_sendRawTransaction", Some(json!(["0xf8"]))).await;
            drop(peer);
        };
        let (sent, ()) = tokio::join!(sent, cut);
        assert!(matches!(sent, Err(CallError::Unknown)), "{sent:?}");

        let mut peer = server.accept().await;
        asked(&mut peer, 1, "eth_subscribe", Some(json!(["newHeads"]))).await;
        peer.send(r#"{"jsonrpc":"2.0","id":1,"result":"0x2"}"#).await;
        // The old id is nothing here.
        peer.send(HEADS).await;
        peer.send(&HEADS.replace("0x9cef478923ff08bf67fde6c64013158d", "0x2")).await;
        assert!(matches!(in_time(heads.recv()).await, Some(Pushed::Head(_))));
        assert!(heads.try_recv().is_err());

        let number = app.call_block_number();
        let cut = async {
            asked(&mut peer, 2, "eth_blockNumber", None).await;
            // The node stops.
            peer.close(1000).await;
            let mut peer = server.accept().await;
            let mut ids = std::collections::BTreeMap::new();
            for _ in 0..2 {
                let request = json(&peer.text().await);
                ids.insert(request["method"].to_string(), request["id"].clone());
            }
            let (id, other) = (&ids["\"eth_blockNumber\""], &ids["\"eth_subscribe\""]);
            peer.send(&json!({ "jsonrpc": "2.0", "id": id, "result": "0x1b5" }).to_string()).await;
            peer.send(
                &json!({ "jsonrpc": "2.0", "id": other, "error": { "code": -32601, "message": "no" } })
                    .to_string(),
            )
            .await;
            peer
        };
        let (number, peer) = tokio::join!(number, cut);
        assert_eq!(number.unwrap(), "0x1b5");
        // What is refused is told, and tried again on the next connection.
        loop {
            let event = in_time(events.next()).await.unwrap();
            if let Event::Error(error) = event
                && *error.kind() == ErrorKind::HoldRefused
            {
                assert_eq!(error.message_name(), Some("eth_subscribe"));
                break;
            }
        }
        drop(peer);
        let mut peer = server.accept().await;
        asked(&mut peer, 1, "eth_subscribe", Some(json!(["newHeads"]))).await;
        peer.send(r#"{"jsonrpc":"2.0","id":1,"result":"0x9cef478923ff08bf67fde6c64013158d"}"#)
            .await;
        peer.send(HEADS).await;
        assert!(matches!(in_time(heads.recv()).await, Some(Pushed::Head(_))));
    };
    tokio::select! {
        watched = watched => panic!("it ended: {watched:?}"),
        () = in_time(test) => {}
    }
}

#[tokio::test]
async fn a_rejected_key_stops() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app = soon(builder(&format!("ws://{}/KEY", listener.local_addr().unwrap())));
    let served = async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(tcp.read_u8().await.unwrap());
        }
        tcp.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    };
    let (connected, ()) = in_time(async { tokio::join!(app.connect(), served) }).await;
    let error = connected.unwrap_err().to_string();
    assert!(error.contains("403") && !error.contains("KEY"), "{error}");
}

#[test]
fn the_contract_is_a_document() {
    crate::support::document_takes::<Ethereum>(&FRAMES);
}
