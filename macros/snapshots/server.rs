/// What is said in a room.
#[contract(version = "1.0.0", server)]
pub enum App {
    /// A line.
    Chat(Chat),
    #[message(from = "server", name = "user-status")]
    #[deprecated]
    Presence(UserStatus),
    #[message(from = "server")]
    Closing,
    #[message(from = "client")]
    Leave,
}
