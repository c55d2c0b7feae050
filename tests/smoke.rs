use futures_util::{SinkExt, StreamExt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_tungstenite::tungstenite::Message;
use wirebond::Contract;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chat {
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub id: u32,
}

/// All.
#[derive(Debug, Contract)]
#[contract(version = "1.2.0")]
pub enum App {
    /// A line.
    Chat(Chat),
    #[message(from = "server")]
    OrderUpdate(Order),
    #[message(from = "client")]
    Leave,
    Move(u8),
}

#[tokio::test]
async fn smoke() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let mut ws = tokio_tungstenite::accept_async(tcp).await.unwrap();
            while let Some(Ok(m)) = ws.next().await {
                if m.is_text() {
                    println!("server got {m}");
                    let cut = m.to_string().contains("cut");
                    ws.send(m).await.unwrap();
                    ws.send(Message::text(r#"{"type":"order-update","data":{"id":7}}"#))
                        .await
                        .unwrap();
                    if cut {
                        break;
                    }
                }
            }
        }
    });
    let app = AppClient::builder(format!("ws://{addr}/ws"))
        .reconnect_interval(std::time::Duration::from_millis(50))
        .build()
        .unwrap();
    let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel();
    let tx2 = tx.clone();
    app.on_chat(move |chat| tx.send(chat.text).unwrap());
    app.on_order_update(move |o| {
        let tx2 = tx2.clone();
        async move {
            tokio::task::yield_now().await;
            tx2.send(o.id.to_string()).unwrap();
        }
    });
    app.on_reconnect(|n| println!("attempt {n}"));
    app.on_close(|n| println!("close {n}"));
    app.on_error(|n| println!("error {n}"));
    app.connect().await.unwrap();
    app.send_chat(&Chat { text: "hi".into() }).await.unwrap();
    app.send(&Chat { text: "cut".into() }).await.unwrap();
    for _ in 0..4 {
        println!("got {:?}", rx.recv().await);
    }
    app.watch_state().wait_for(|s| *s != wirebond::State::Open).await.unwrap();
    app.send_chat(&Chat { text: "offline".into() }).await.unwrap();
    for _ in 0..2 {
        println!("got {:?}", rx.recv().await);
    }
    println!("{:?}", app.flush().await);
    println!("{:#?}", app.stats());
    app.disconnect().await;
    println!("{:#?}", app.state());
}
