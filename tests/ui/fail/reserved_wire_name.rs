use wirebond::Contract;

#[derive(Contract)]
enum App {
    Ping,
    #[message(name = "pong")]
    Answer,
    #[message(name = "$internal")]
    Internal,
}

fn main() {}
