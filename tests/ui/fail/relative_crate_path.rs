use wirebond::Contract;

#[derive(Contract)]
#[contract(crate = "api::wirebond")]
enum App {
    Chat(String),
}

fn main() {}
