use wirebond::Contract;

#[derive(Contract)]
enum App {
    #[message(from = "sever")]
    Chat(String),
}

fn main() {}
