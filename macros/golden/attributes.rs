#[contract(
    version = "2.1.0-beta.1",
    name = "Shop API",
    rename_all = "camelCase",
    client = "Shop",
    crate = "::my_api::wirebond"
)]
pub(crate) enum Api {
    #[message(from = "server", name = "user-status", method = "presence")]
    UserStatus(UserStatus),
    #[cfg(feature = "beta")]
    #[deprecated(note = "use UserStatus")]
    #[message(from = "client")]
    Move(Vec<u8>),
}
