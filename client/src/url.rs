//! A WebSocket URL (RFC 6455, section 3), taken apart, and never printed with what may be secret.

use std::fmt;

/// Where to connect to. `Debug` and `Display` leave the user info and the query out.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) secure: bool,
    /// Without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The path, without the query.
    path: String,
    query: Option<String>,
    /// `user:password`, percent-decoded.
    pub(crate) user_info: Option<Vec<u8>>,
}

impl Url {
    /// Says in words what is wrong, without repeating the URL.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.contains('#') {
            return Err("a WebSocket URL has no fragment (#…): RFC 6455, section 3");
        }
        let uri: http::Uri = text.parse().map_err(|_| {
            "it is not a URL like wss://host/path (spaces and other special characters are \
             percent-encoded)"
        })?;
        let secure = match uri.scheme_str() {
            Some("ws" | "http") => false,
            Some("wss" | "https") => true,
            Some(_) => return Err("its scheme is neither ws:// nor wss://"),
            None => return Err("it does not start with ws:// or wss://"),
        };
        let authority = uri.authority().ok_or("it has no host")?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() {
            return Err("it has no host");
        }
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            // `http` keeps whatever stands there.
            None if !authority.as_str().ends_with(authority.host()) => {
                return Err("its port is not a number from 1 to 65535");
            }
            None if secure => 443,
            None => 80,
        };
        if port == 0 {
            return Err("its port is 0");
        }
        let user_info = authority.as_str().rsplit_once('@').map(|(user, _)| decode(user));
        Ok(Self {
            secure,
            host: host.to_owned(),
            port,
            path: if uri.path().is_empty() { "/".to_owned() } else { uri.path().to_owned() },
            query: uri.query().map(str::to_owned),
            user_info,
        })
    }

    /// The request target: path and query.
    pub(crate) fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// Adds a parameter to the query, behind what is there.
    #[cfg(feature = "bind-code")]
    pub(crate) fn with_query(mut self, name: &str, value: &str) -> Self {
        let query = self.query.get_or_insert_default();
        if !query.is_empty() && !query.ends_with('&') {
            query.push('&');
        }
        encode(name, query);
        query.push('=');
        encode(value, query);
        self
    }

    /// The value of the `Host` header.
    pub(crate) fn host_header(&self) -> String {
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let default = if self.secure { 443 } else { 80 };
        if self.port == default { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.host_header(), self.path)?;
        if self.query.is_some() { f.write_str("?…") } else { Ok(()) }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Percent-encodes all that isn't unreserved (RFC 3986, section 2.3).
#[cfg(feature = "bind-code")]
fn encode(text: &str, out: &mut String) {
    use fmt::Write;

    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// Percent-decodes; a `%` that starts no escape stands for itself.
fn decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(escape.unwrap_or(bytes[at]));
        at += if escape.is_some() { 3 } else { 1 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Url {
        Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn takes_a_url_apart() {
        let url = parsed("wss://us%40er:p%3Aw@api.example.com/ws?room=1&x=%20");
        assert!(url.secure);
        assert_eq!((url.host.as_str(), url.port), ("api.example.com", 443));
        assert_eq!(url.target(), "/ws?room=1&x=%20");
        assert_eq!(url.host_header(), "api.example.com");
        assert_eq!(url.user_info.as_deref(), Some(&b"us@er:p:w"[..]));

        let url = parsed("ws://[::1]:9000");
        assert_eq!((url.host.as_str(), url.port, url.secure), ("::1", 9000, false));
        assert_eq!((url.target(), url.host_header()), ("/".into(), "[::1]:9000".into()));
        assert_eq!(parsed("https://h").port, 443);
        assert_eq!(parsed("ws://h?a=b").target(), "/?a=b");
    }

    #[test]
    fn refuses_what_is_no_websocket_url() {
        for text in [
            "",
            "api.example.com",
            "/ws",
            "ftp://h/",
            "ws://",
            "ws:///path",
            "ws://h/#top",
            "ws://h:port/",
            "ws://h:0/",
            "ws://h:99999/",
            "ws://h:/",
            "ws://h/a b",
        ] {
            assert!(Url::parse(text).is_err(), "{text:?}");
        }
    }

    #[cfg(feature = "bind-code")]
    #[test]
    fn a_parameter_is_added_behind_the_query() {
        let with = |url, value| parsed(url).with_query("code", value).target();
        assert_eq!(with("ws://h/ws", "a"), "/ws?code=a");
        assert_eq!(with("ws://h/ws?", "a"), "/ws?code=a");
        assert_eq!(with("ws://h/ws?room=1", "a"), "/ws?room=1&code=a");
        assert_eq!(
            with("ws://h/ws?room=1&", "a+b/c=&%é \n"),
            "/ws?room=1&code=a%2Bb%2Fc%3D%26%25%C3%A9%20%0A"
        );
    }

    #[test]
    fn prints_neither_query_nor_user() {
        let url = parsed("wss://alice:s3cret@h:1/ws?code=s3cret");
        assert_eq!(format!("{url} {url:?}"), "wss://h:1/ws?… wss://h:1/ws?…");
    }
}
