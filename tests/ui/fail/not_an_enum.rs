use wirebond::Contract;

#[derive(Contract)]
struct App {
    chat: String,
}

fn main() {}
