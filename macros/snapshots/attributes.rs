/// Everything that the shop says.
#[contract(
    version = "2.1.0-beta.1",
    name = "Shop API",
    rename_all = "camelCase",
    client = "Shop",
    handler = "Desk",
    crate = "::my_api::wirebond"
)]
pub(crate) enum Api {
    #[message(from = "server", name = "user-status", method = "presence")]
    UserStatus(UserStatus),
    /** Moves a piece.
     *
     * Not like [`Self::Jump`] of [`Self`].
     */
    #[deprecated(note = "use UserStatus")]
    #[message(from = "client", lenient)]
    Move(Vec<Self>),
    #[doc = include_str!("jump.md")]
    Jump(Piece),
    Land(Piece),
}
