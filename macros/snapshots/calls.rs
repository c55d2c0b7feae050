/// What an order desk is asked, and what it asks.
#[contract(version = "1.0.0", server)]
pub enum Desk {
    /// Places an order.
    #[message(from = "client", reply = OrderPlaced, error = OrderError, timeout = "5s")]
    PlaceOrder(Order),
    #[message(from = "client", reply = (), idempotent)]
    Touch,
    #[message(from = "server", reply = bool, error = ())]
    Confirm(String),
}
