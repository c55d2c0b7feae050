//! TLS over a stream: rustls, or native-tls where that is chosen or all there is.
//!
//! Features only add: with both, rustls is the default, and the builder's `native_tls` chooses the
//! other.

#[cfg(not(any(feature = "tls", feature = "tls-native")))]
use crate::error::{ConnectErrorKind, Error};
use crate::{error::ConnectError, transport::Io};

#[cfg(feature = "tls-native")]
pub(crate) mod by_native;
#[cfg(feature = "tls")]
pub(crate) mod by_rustls;

/// The error of a build without TLS for `wss://`.
pub(crate) const WITHOUT: &str = "wss:// needs the feature `tls` or `tls-native`";

/// The TLS side of a client.
#[derive(Debug, Default)]
pub(crate) struct Tls {
    #[cfg(feature = "tls")]
    pub(crate) rustls: by_rustls::Rustls,
    /// Absent: rustls, if this build has it.
    #[cfg(feature = "tls-native")]
    pub(crate) native: Option<by_native::Native>,
}

impl Tls {
    /// Whether `wss://` can work in this build.
    pub(crate) const IS_THERE: bool = cfg!(any(feature = "tls", feature = "tls-native"));

    /// Wraps a stream in TLS for `host`.
    #[cfg_attr(
        not(any(feature = "tls", feature = "tls-native")),
        expect(unused_variables, clippy::unused_async, reason = "there is nothing to wrap it in")
    )]
    pub(crate) async fn wrap(
        &self,
        stream: Box<dyn Io>,
        host: &str,
    ) -> Result<Box<dyn Io>, ConnectError> {
        #[cfg(feature = "tls-native")]
        if let Some(native) = &self.native {
            return native.wrap(stream, host).await;
        }
        #[cfg(feature = "tls")]
        return self.rustls.wrap(stream, host).await;
        #[cfg(all(feature = "tls-native", not(feature = "tls")))]
        return by_native::Native::default().wrap(stream, host).await;
        #[cfg(not(any(feature = "tls", feature = "tls-native")))]
        Err(Error::new(ConnectErrorKind::Tls).context(WITHOUT))
    }
}
