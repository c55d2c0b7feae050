use wirebond::Contract;

mod types {
    pub type ShopPeer = String;
    pub type ShopServer = String;
}
#[allow(unused_imports)]
use types::*;

#[derive(Contract)]
#[contract(client = "AppServer", handler = "AppService", server)]
enum App {
    Chat(String),
}

#[derive(Contract)]
#[contract(server, handler = "r#RawTarget")]
enum r#Raw {
    Chat(String),
}

#[derive(Contract)]
#[contract(server)]
enum Shop {
    Told(ShopPeer),
    Heard(ShopServer),
}

fn main() {}
