/// A backend with a form of its own on each side.
#[contract(
    version = "1.0.0",
    client(tag = "method", content = "params", constant(jsonrpc = "2.0", v = 2, "strict mode" = true)),
    server(tag = "op"),
    batch,
    id = "/params/ref",
    re = "/meta/ref",
    ids = "string",
    result = "/meta/response",
    error = "/meta/response",
    success = "/meta/status"
)]
pub enum Desk {
    #[message(from = "client", name = "order/place", reply = OrderPlaced, error = Failure)]
    Place(Order),
    #[message(from = "client")]
    Ping,
    #[message(from = "client", untagged)]
    Raw(Vec<u8>),
    #[message(from = "client", untagged)]
    Ack(Ack),
    #[message(from = "server", name = -10)]
    Hello(Hello),
    /// Not called like the integer that tells it.
    #[message(from = "server", tag = 7)]
    Placed(OrderPlaced),
    #[message(from = "server", key = "error")]
    Failed(Failure),
    #[message(from = "server", untagged)]
    Banner(Banner),
}
