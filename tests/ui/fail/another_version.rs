//! A facade of another version than the derive's.

mod other {
    pub mod __private {
        pub mod v0_0 {}
    }
}

#[derive(wirebond::Contract)]
#[contract(crate = "crate::other")]
enum App {
    Chat(String),
}

fn main() {}
