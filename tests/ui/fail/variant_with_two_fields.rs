use wirebond::Contract;

#[derive(Contract)]
enum App {
    Chat(String, String),
}

fn main() {}
