use wirebond::Contract;

#[derive(Contract)]
#[contract(untagged, from = "server")]
enum App {
    #[message(content = "data", id = "id")]
    Chat(String),
}

#[derive(Contract)]
#[contract(client(tag = "op", id = "id"), server(tag = "$.meta.type"))]
enum Sides {
    Chat(String),
}

fn main() {}
