use wirebond::Contract;

#[derive(Contract)]
enum App {
    Chat(String),
    #[message(name = "chat")]
    Line(String),
}

fn main() {}
