//! Who a peer is: what authentication found out before the upgrade.

use std::fmt;

use http::Extensions;

/// Who a peer is. Authentication decides that before the upgrade, as for any other request.
///
/// # Examples
///
/// ```
/// use wirebond_server::Identity;
///
/// #[derive(Clone)]
/// struct Account {
///     plan: &'static str,
/// }
///
/// let identity = Identity::user("u1").with(Account { plan: "free" });
/// assert_eq!(identity.name(), Some("u1"));
/// assert_eq!(identity.get::<Account>().map(|account| account.plan), Some("free"));
/// ```
#[derive(Clone, Default)]
pub struct Identity {
    user: Option<String>,
    state: Extensions,
}

impl Identity {
    /// Nobody in particular.
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// A user, by a name or number that is the same on all their devices.
    #[must_use]
    pub fn user(name: impl Into<String>) -> Self {
        Self { user: Some(name.into()), ..Self::default() }
    }

    /// With a value that the peer's handlers can get, one of each type.
    #[must_use]
    pub fn with<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.state.insert(value);
        self
    }

    /// The user's name, unless it is nobody in particular.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// The value of this type.
    #[must_use]
    pub fn get<T: Clone + Send + Sync + 'static>(&self) -> Option<&T> {
        self.state.get()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("user", &self.user).finish_non_exhaustive()
    }
}
