use wirebond::Contract;

#[derive(Contract)]
#[contract(version = "1.2")]
enum App {
    Chat(String),
}

fn main() {}
