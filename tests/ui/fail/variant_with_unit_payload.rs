use wirebond::Contract;

#[derive(Contract)]
enum App {
    Leave(()),
    Stay(),
}

fn main() {}
