//! Origins of web pages, as browsers write them (RFC 6454, section 6.1).

use std::net::Ipv6Addr;

/// An origin as browsers write it: scheme and host in lower case, and no port that is the scheme's own.
pub(crate) fn normalized(text: &str) -> Result<String, &'static str> {
    if text == "null" {
        return Ok(text.to_owned());
    }
    let (scheme, rest) = text.split_once("://").ok_or("it has no scheme")?;
    let scheme = scheme.to_ascii_lowercase();
    let is_of_schemes = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    if !scheme.starts_with(|one: char| one.is_ascii_lowercase())
        || !scheme.bytes().all(is_of_schemes)
    {
        return Err("its scheme is not valid");
    }
    if rest.is_empty() {
        // Some embedded browsers send this for local files.
        return if scheme == "file" { Ok("file://".to_owned()) } else { Err("it has no host") };
    }
    if rest.contains(['/', '?', '#']) {
        return Err("it has a path, a query or a fragment, of which a slash at its end is one");
    }
    if rest.contains('@') {
        return Err("it has a user");
    }
    let (host, port) = match rest.rsplit_once(':') {
        // The last colon of an IPv6 address is inside of its brackets.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (rest, None),
    };
    let host = host_of(host)?;
    let port = port.map(|port| {
        let digits = Some(port).filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
        digits.and_then(|digits| digits.parse::<u16>().ok()).ok_or("its port is not valid")
    });
    let default = match &*scheme {
        "http" | "ws" => Some(80),
        "https" | "wss" => Some(443),
        _ => None,
    };
    Ok(match port.transpose()?.filter(|port| Some(*port) != default) {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

fn host_of(host: &str) -> Result<String, &'static str> {
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        let address = address.parse::<Ipv6Addr>().map_err(|_| "its host is not valid")?;
        return Ok(format!("[{address}]"));
    }
    if host.contains('*') {
        return Err("there are no wildcards: list each origin, or call `any_origin`");
    }
    if !host.is_ascii() {
        return Err("browsers write such a host in Punycode, as xn--…");
    }
    let is_of_hosts = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if host.is_empty() || !host.bytes().all(is_of_hosts) {
        return Err("its host is not valid");
    }
    Ok(host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn an_origin_is_compared_as_browsers_write_it() {
        for (text, written) in [
            ("https://app.example", "https://app.example"),
            ("HTTPS://App.Example", "https://app.example"),
            ("https://app.example:443", "https://app.example"),
            ("https://app.example:0443", "https://app.example"),
            ("http://app.example:80", "http://app.example"),
            ("http://app.example:443", "http://app.example:443"),
            ("https://app.example:80", "https://app.example:80"),
            ("http://localhost:5173", "http://localhost:5173"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("https://[2001:DB8:0::1]", "https://[2001:db8::1]"),
            ("https://[::1]:443", "https://[::1]"),
            ("chrome-extension://abcdef", "chrome-extension://abcdef"),
            ("tauri://localhost:80", "tauri://localhost:80"),
            ("file://", "file://"),
            ("null", "null"),
        ] {
            assert_eq!(normalized(text).as_deref(), Ok(written), "{text}");
        }
    }

    #[test]
    fn what_matches_nothing_is_no_origin() {
        for (text, says) in [
            ("", "no scheme"),
            ("auction.example", "no scheme"),
            ("app.example:443", "no scheme"),
            ("//app.example", "no scheme"),
            ("Null", "no scheme"),
            ("*", "no scheme"),
            ("://app.example", "scheme is not valid"),
            ("1http://app.example", "scheme is not valid"),
            ("ht tp://app.example", "scheme is not valid"),
            ("https://", "no host"),
            ("https://x/", "a path"),
            ("https://x/app", "a path"),
            ("https://x?a", "a path"),
            ("https://x#a", "a path"),
            ("https://user@x", "a user"),
            ("https://:443", "host is not valid"),
            ("https://a b", "host is not valid"),
            ("https://::1", "host is not valid"),
            ("https://[::1", "host is not valid"),
            ("https://[x]", "host is not valid"),
            (" https://x", "scheme is not valid"),
            ("https://x ", "host is not valid"),
            ("https://x:", "port is not valid"),
            ("https://x:65536", "port is not valid"),
            ("https://x:+1", "port is not valid"),
            ("https://*.app.example", "wildcards"),
            ("https://größe.example", "xn--"),
        ] {
            let why = normalized(text).expect_err(text);
            assert!(why.contains(says), "{text}: {why}");
        }
    }
}
