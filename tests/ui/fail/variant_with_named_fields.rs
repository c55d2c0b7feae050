use wirebond::Contract;

#[derive(Contract)]
enum App {
    Chat { user: String, content: String },
}

fn main() {}
