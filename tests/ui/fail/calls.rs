//! What a call's attributes need, all mistakes at once.

use wirebond::Contract;

#[derive(Contract)]
enum App {
    #[message(reply = u8)]
    BothSides(u8),
    #[message(from = "both", reply = ())]
    BothSidesInWords,
    #[message(from = "client", idempotent, timeout = "5s", error = String)]
    WithoutReply,
    #[message(from = "client", reply = "u8", error)]
    Quoted,
    #[message(from = "client", reply = &'static str)]
    Borrowed,
    #[message(from = "client", replay = Vec<u8>, idempotant)]
    Misspelt,
    #[message(from = "server", reply = u8, timeout = "5 s")]
    Spaced,
    #[message(from = "server", reply = u8, timeout = "0ms")]
    Zero,
    #[message(from = "client", reply = u8)]
    Order,
    #[message(name = "order.reply")]
    Reply,
    #[message(name = "order.error")]
    Failure,
    #[message(name = "other.reply")]
    NoAnswer,
}

fn main() {}
