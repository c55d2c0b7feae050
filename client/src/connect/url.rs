//! A WebSocket URL (RFC 6455, section 3), parsed, and never printed with what may be secret.
//!
//! It is read as the URL standard (<https://url.spec.whatwg.org>) reads URLs with a special scheme, and
//! what RFC 3986 doesn't allow in a request target is percent-encoded, which is more than the standard
//! asks for: `[`, `]`, `|`, `^` and a `%` that starts no escape are refused by some servers. The crate
//! `url` would do nearly all of this, but brings Unicode's tables for host names with it: two dozen
//! crates more in a tree of about seventy, for hosts that have a plain form in punycode. A test compares
//! this module with it.

use std::fmt;

mod encode;
mod host;

#[cfg(feature = "bind-code")]
use encode::unreserved;

/// Where to connect to. `Debug` and `Display` show scheme, host and port.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) secure: bool,
    /// In lower case, without the brackets of an IPv6 address.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The path, without the query.
    path: String,
    query: Option<String>,
    /// `user:password`, percent-decoded.
    pub(crate) user_info: Option<Vec<u8>>,
}

impl Url {
    /// Parses a URL. The error says what is wrong without repeating the URL.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        // As the standard does: a URL that was read from a file may end in a line break.
        let text = text.trim_matches(|c: char| c <= ' ');
        if text.contains(['\t', '\n', '\r']) {
            return Err("it has a tab or a line break inside");
        }
        if text.contains('#') {
            return Err("a WebSocket URL has no fragment (#…): RFC 6455, section 3");
        }
        let (secure, rest) = split_scheme(text)?;
        let end = rest.find(|c| is_slash(c) || c == '?').unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        let (user_info, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        // As the standard does: where both are empty there are none.
        let user_info = user_info.filter(|user| !matches!(*user, "" | ":"));
        if user_info.is_some_and(|user| user.contains(|c: char| c <= ' ' || c == '\u{7f}')) {
            return Err(
                "its user or password has a space or a control character: percent-encode it",
            );
        }
        let (host, port) = host::parse(place)?;
        let port = match port {
            // `parse` alone would take a sign.
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().unwrap_or(0)
            }
            Some(_) => 0,
            None if secure => 443,
            None => 80,
        };
        if port == 0 {
            return Err("its port is not a number from 1 to 65535");
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        Ok(Self {
            secure,
            host,
            port,
            path: encode::path(path),
            query: query.map(encode::query),
            user_info: user_info.map(encode::decode),
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
        unreserved(name, query);
        query.push('=');
        unreserved(value, query);
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

/// Takes the scheme and `//` off. Returns whether the scheme asks for TLS, and the rest.
fn split_scheme(text: &str) -> Result<(bool, &str), &'static str> {
    const NO_START: &str = "it does not start with ws:// or wss://";
    let (scheme, rest) = text.split_once(':').ok_or(NO_START)?;
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "ws" | "http" => Some(false),
        "wss" | "https" => Some(true),
        _ => None,
    };
    let rest = match (rest.strip_prefix(is_slash).and_then(|r| r.strip_prefix(is_slash)), secure) {
        (Some(rest), _) => rest,
        (None, Some(_)) => return Err("its scheme is not followed by `//`"),
        (None, None) => return Err(NO_START),
    };
    let secure = match secure {
        Some(secure) => secure,
        None if is_scheme(scheme) => return Err("its scheme is neither ws:// nor wss://"),
        None => return Err(NO_START),
    };
    Ok((secure, rest))
}

/// Whether it separates the parts of a URL, as the standard defines.
fn is_slash(c: char) -> bool {
    matches!(c, '/' | '\\')
}

/// RFC 3986, section 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

/// Describes where a `Location` header leads to: by scheme, host and port, since the rest may be a secret.
pub(crate) fn place(location: &str) -> String {
    let whole = location.split('#').next().unwrap_or_default().trim();
    let slashes = whole.strip_prefix("//").map(|rest| format!("ws://{rest}"));
    let Ok(url) = Url::parse(slashes.as_deref().unwrap_or(whole)) else {
        // A relative reference has no scheme (RFC 3986, section 4.2).
        let stays = !whole.split(['/', '?', '\\']).next().unwrap_or_default().contains(':');
        return if stays { "another path of this host" } else { "another place" }.to_owned();
    };
    match whole.split_once(':') {
        Some((scheme, _)) if slashes.is_none() => {
            format!("{}://{}", scheme.to_ascii_lowercase(), url.host_header())
        }
        _ => format!("the host {}", url.host_header()),
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}", self.host_header())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests;
