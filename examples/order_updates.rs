//! Order updates: an asynchronous handler that may fail, and one trait for the whole contract.

#[path = "support/mod.rs"]
mod support;

use std::error::Error;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use support::{
    backend::Backend,
    demo::{Demo, Log},
};
use wirebond::Contract;

#[derive(Debug, Contract)]
#[contract(version = "1.0.0", server)]
enum Shop {
    /// "Send me updates of this order."
    #[message(from = "client")]
    Watch(Watch),
    #[message(from = "server")]
    OrderUpdate(OrderUpdate),
    /// Nothing more will come for this order.
    #[message(from = "server")]
    OrderDone(Watch),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Watch {
    order_id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct OrderUpdate {
    order_id: String,
    status: Status,
    /// In cents.
    total: u32,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Paid,
    Packed,
    Shipped,
}

/// Stands in for a database.
async fn store(update: &OrderUpdate) -> Result<(), String> {
    tokio::task::yield_now().await;
    if update.total == 0 {
        return Err(format!("order {} costs nothing", update.order_id));
    }
    Ok(())
}

/// One async method for each message of the server: a new message breaks the build until it has one.
struct Desk(Log);

impl ShopHandler for Desk {
    async fn order_update(&mut self, update: OrderUpdate) {
        self.0.add("desk", format!("{} is {:?}", update.order_id, update.status));
    }

    async fn order_done(&mut self, done: Watch) {
        self.0.add("desk", format!("{} is done", done.order_id));
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (mut demo, log) = Demo::begin("Order updates");
    let server = ShopServer::builder()
        .on_watch(|peer, Watch { order_id }| async move {
            for (status, total) in
                [(Status::Paid, 1_999), (Status::Packed, 1_999), (Status::Shipped, 0)]
            {
                let order_id = order_id.clone();
                peer.send_order_update(&OrderUpdate { order_id, status, total }).await?;
            }
            peer.send_order_done(&Watch { order_id }).await
        })
        .build()?;
    let backend = Backend::start("127.0.0.1:0", server.untyped()).await?;

    let shop = ShopClient::builder(backend.url()).build()?;
    let writer = log.clone();
    shop.on_order_update(move |update| {
        // A closure that is called again clones what its future keeps.
        let writer = writer.clone();
        async move {
            store(&update).await?;
            writer.add("store", format!("{} at {} cents", update.order_id, update.total));
            Ok::<_, String>(())
        }
    });
    let writer = log.clone();
    // A handler's `Err` is reported here, and the next update is still handled.
    shop.on_error(move |error| writer.add("error", error.to_string()));
    shop.handle(Desk(log));

    shop.connect().await?;
    shop.send_watch(&Watch { order_id: "A-17".to_owned() }).await?;
    demo.until("desk", "A-17 is done").await?;
    shop.disconnect().await;
    demo.end("Two updates stored, one refused and reported.");
    Ok(())
}
