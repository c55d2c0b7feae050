/// Everything the app and its backend say to each other.
#[contract(version = "1.0.0")]
pub enum App {
    /// A line that somebody typed.
    Chat(Chat),
    #[message(from = "server")]
    OrderUpdate(OrderUpdate),
    #[message(from = "client")]
    Leave,
}
