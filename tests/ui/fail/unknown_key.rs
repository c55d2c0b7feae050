use wirebond::Contract;

#[derive(Contract)]
#[contract(versoin = "1.0.0", flavour = "sweet")]
enum App {
    #[message(form = "server")]
    Chat(String),
}

fn main() {}
