use wirebond::Contract;

#[derive(Contract)]
#[contract(client = "App")]
enum App {
    Chat(String),
}

#[derive(Contract)]
#[contract(client = "ShopHandler")]
enum Shop {
    Order(String),
}

fn main() {}
