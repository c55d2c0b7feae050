use wirebond::Contract;

#[derive(Contract)]
#[contract(crate = "api::wirebond")]
enum App {
    Chat(String),
}

#[derive(Contract)]
#[contract(crate = api::wirebond)]
enum Shop {
    Chat(String),
}

fn main() {}
