use wirebond::Contract;

#[derive(Debug, schemars::JsonSchema)]
struct Chat {
    content: String,
}

#[derive(Debug, Contract)]
enum App {
    Chat(Chat),
}

fn main() {}
