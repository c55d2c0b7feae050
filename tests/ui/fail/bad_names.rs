use wirebond::Contract;

#[derive(Contract)]
#[contract(name = "", client = "app client", rename_all = "Kebab")]
enum App {
    #[message(name = "")]
    Chat(String),
    #[message(name = "order\nupdate")]
    OrderUpdate(String),
}

fn main() {}
