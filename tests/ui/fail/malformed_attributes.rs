use wirebond::Contract;

#[derive(Contract)]
#[contract(version)]
enum App {
    #[message(from = 1)]
    Chat(String),
    #[message]
    Leave,
    #[message = "server"]
    Stay,
    #[message(from: "server")]
    Go,
}

fn main() {}
