#[contract(version = "one", flavour = "sweet")]
enum App {
    Chat(Chat),
    Ping,
    Two(u8, u8),
}
