use wirebond::Contract;

#[derive(Contract)]
union App {
    a: u8,
    b: i8,
}

fn main() {}
