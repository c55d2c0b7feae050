use wirebond::Contract;

#[derive(Contract)]
enum App<'a, T> {
    Chat(&'a T),
}

fn main() {}
