//! The identity of a peer: the result of authentication before the upgrade.

use std::fmt;

use http::Extensions;

/// The identity of a peer. Authentication determines it before the upgrade.
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
    /// Makes an identity without a user.
    ///
    /// ```
    /// use wirebond_server::Identity;
    ///
    /// assert_eq!(Identity::anonymous().name(), None);
    /// ```
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Makes the identity of a user, by a name or id that is the same on all of the user's devices.
    ///
    /// ```
    /// use wirebond_server::Identity;
    ///
    /// assert_eq!(Identity::user("u1").name(), Some("u1"));
    /// ```
    #[must_use]
    pub fn user(name: impl Into<String>) -> Self {
        Self { user: Some(name.into()), ..Self::default() }
    }

    /// Adds a value for the peer's handlers: see [`Peer::state`](crate::Peer::state). There is one value
    /// for each type.
    ///
    /// ```
    /// use wirebond_server::Identity;
    ///
    /// let identity = Identity::user("u1").with(vec!["read", "write"]);
    /// assert!(identity.get::<Vec<&str>>().is_some());
    /// ```
    #[must_use]
    pub fn with<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.state.insert(value);
        self
    }

    /// Returns the user's name, if there is a user.
    ///
    /// ```
    /// use wirebond_server::Identity;
    ///
    /// assert_eq!(Identity::user("u1").name(), Some("u1"));
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Whose a session is: a user's, or nobody's in particular.
    pub(crate) fn owner(&self) -> String {
        self.user.as_ref().map_or_else(String::new, |user| format!("user {user}"))
    }

    /// Returns the value of this type.
    ///
    /// ```
    /// use wirebond_server::Identity;
    ///
    /// let identity = Identity::anonymous().with(7_u64);
    /// assert_eq!(identity.get::<u64>(), Some(&7));
    /// ```
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
