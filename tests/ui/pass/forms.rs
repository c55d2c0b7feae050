//! Forms of other backends, and names that only wirebond's own form reserves.

use wirebond::Contract;

#[derive(Contract)]
#[contract(tag = "type", id = "id", result = "result", success = "success", error = "error")]
enum Flattened {
    Ping,
    Pong,
    #[message(name = "$internal")]
    Internal,
    #[message(from = "client", reply = u8, error = String, idempotent)]
    Order(std::collections::BTreeMap<String, u8>),
    #[message(name = "order.reply")]
    Reply,
}

#[derive(Contract)]
#[contract(server, client(tag = "method", content = "params"), server(tag = "/meta/type"), batch)]
enum Sides {
    #[message(name = "a\"b\\c")]
    Both(std::collections::BTreeMap<String, u8>),
    #[message(from = "client", untagged)]
    Bare(Vec<u8>),
    #[message(from = "server", key = "a")]
    A(std::collections::BTreeMap<String, u8>),
    #[message(from = "server", key = "b")]
    B(std::collections::BTreeMap<String, u8>),
}

#[derive(Contract)]
#[contract(client = "SlackSocket", client(tag = false), server(tag = "op"))]
enum Slack {
    #[message(from = "client", untagged)]
    Ack(std::collections::BTreeMap<String, u8>),
    #[message(from = "client", untagged)]
    Answer(std::collections::BTreeMap<String, String>),
    #[message(from = "server", name = 0x0a)]
    Hello,
    #[message(from = "server", name = -1)]
    Bye,
}

macro_rules! contract {
    ($tag:literal, $name:literal) => {
        #[derive(Contract)]
        #[contract(tag = $tag, content = "d", constant(v = $name))]
        enum Made {
            #[message(name = $name)]
            Only(u8),
        }
    };
}
contract!("op", 7);

fn main() {
    let _ = (Flattened::Ping, Sides::Bare(Vec::new()), Slack::Hello, Made::Only(1));
}
