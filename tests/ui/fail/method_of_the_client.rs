use wirebond::Contract;

#[derive(Contract)]
enum App {
    Open(String),
    Error(String),
    ReconnectFailed,
}

fn main() {}
