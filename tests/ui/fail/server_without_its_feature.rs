use wirebond::Contract;

#[derive(Contract)]
#[contract(server)]
enum App {
    Chat(String),
    #[message(from = "server")]
    Welcome,
}

fn main() {
    // The client is there all the same.
    let _ = AppClient::builder("ws://localhost");
}
