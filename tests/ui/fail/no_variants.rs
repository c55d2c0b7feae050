use wirebond::Contract;

#[derive(Contract)]
enum App {}

fn main() {}
