use wirebond::Contract;

#[derive(Contract)]
#[contract(version = "1.0.0")]
#[contract(version = "1.1.0")]
enum App {
    #[message(from = "server", from = "client")]
    Chat(String),
}

fn main() {}
