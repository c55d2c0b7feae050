use wirebond::Contract;

#[derive(Contract)]
enum App {
    #[message(lenient)]
    Leave,
    #[message(lenient = "yes")]
    Chat(String),
    #[message(lenient, lenient)]
    Line(String),
    #[message(from)]
    Move(String),
    #[message(lenien)]
    Order(String),
}

fn main() {}
