use wirebond::Contract;

#[derive(Contract)]
enum App {
    Crate(String),
    #[message(method = "order-update")]
    OrderUpdate(String),
    #[message(method = "")]
    Chat(String),
}

fn main() {}
