use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirebond::Contract;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Bid {
    cents: u64,
}

#[derive(Debug, Contract)]
#[contract(server)]
enum Auction {
    #[message(from = "client")]
    PlaceBid(Bid),
    #[message(from = "client", reply = Bid)]
    Highest,
    #[message(from = "server")]
    Price(Bid),
    #[message(from = "server")]
    Sold,
}

async fn use_it(peer: &AuctionPeer, bid: &Bid) {
    peer.send_place_bid(bid).await.unwrap();
    peer.try_send_place_bid(bid).unwrap();
    peer.room("lot").send_place_bid(bid).unwrap();
    peer.call_highest().await.unwrap();
}

fn build_it() {
    let _ = AuctionServer::builder().on_price(|_peer, bid| drop(bid));
    let _ = AuctionServer::builder().on_sold(|_peer| async {});
}

fn main() {}
