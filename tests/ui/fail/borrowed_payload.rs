use wirebond::Contract;

#[derive(Contract)]
enum App {
    Chat(&'static str),
    Lines(&'static [u8]),
    Text(&'static String),
}

fn main() {}
