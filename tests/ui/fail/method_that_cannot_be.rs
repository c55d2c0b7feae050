use wirebond::Contract;

#[derive(Contract)]
enum App {
    Crate(String),
    #[message(method = "order-update")]
    OrderUpdate(String),
    #[message(method = "")]
    Chat(String),
    #[message(method = "userJoined")]
    Joined(String),
    #[message(method = "area²")]
    Area(String),
    __(String),
}

fn main() {}
