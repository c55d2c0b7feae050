//! Host and port (URL standard, "host parsing").

use std::net::{Ipv4Addr, Ipv6Addr};

/// The host in its canonical form, and what stands behind the colon.
pub(super) fn parse(text: &str) -> Result<(String, Option<&str>), &'static str> {
    if let Some(text) = text.strip_prefix('[') {
        let (address, rest) = text.split_once(']').ok_or("its IPv6 address has no `]`")?;
        let port = match rest.strip_prefix(':') {
            None if rest.is_empty() => None,
            None => return Err("behind its IPv6 address stands something that is no port"),
            port => port,
        };
        if address.contains('%') {
            return Err("its IPv6 address has a zone (%…), which a URL can't have; a `connector` \
                        can connect to one");
        }
        let address: Ipv6Addr =
            address.parse().map_err(|_| "what stands in [ ] is no IPv6 address")?;
        return Ok((address.to_string(), port));
    }
    let (host, port) = match text.split_once(':') {
        Some((_, port)) if port.contains(':') => {
            return Err("its host has several colons; an IPv6 address stands in [ ]");
        }
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    Ok((name(host)?, port))
}

fn name(host: &str) -> Result<String, &'static str> {
    if host.is_empty() {
        return Err("it has no host");
    }
    if !host.is_ascii() {
        return Err("its host is not ASCII: write it in punycode (xn--…)");
    }
    if host.contains('%') {
        return Err("its host has a percent sign: write it without percent-encoding");
    }
    // RFC 3986, section 3.2.2, `reg-name`.
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=".contains(&byte);
    if !host.bytes().all(fits) {
        return Err("its host has a character that no host's name may have");
    }
    let host = host.to_ascii_lowercase();
    if !ends_in_number(&host) {
        return Ok(host);
    }
    match ipv4(&host) {
        Some(address) => Ok(address.to_string()),
        None => Err("its host ends in a number and is no IPv4 address"),
    }
}

/// URL standard, "ends in a number checker".
fn ends_in_number(host: &str) -> bool {
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next().unwrap_or_default();
    let digits = !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit());
    digits || (last.starts_with("0x") && number(last).is_some())
}

/// URL standard, "IPv4 parser": one to four numbers, of which the last fills the rest.
fn ipv4(host: &str) -> Option<Ipv4Addr> {
    let parts: Vec<_> = host.strip_suffix('.').unwrap_or(host).split('.').collect();
    let (last, first) = parts.split_last()?;
    if first.len() > 3 {
        return None;
    }
    let mut address: u64 = 0;
    for part in first {
        address = address << 8 | number(part).filter(|number| *number < 256)?;
    }
    let bits = 8 * (4 - u32::try_from(first.len()).ok()?);
    let last = number(last).filter(|number| *number < 1 << bits)?;
    u32::try_from(address << bits | last).ok().map(Ipv4Addr::from)
}

/// Decimal, octal with a leading 0, or hexadecimal with 0x.
fn number(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    if digits.is_empty() {
        return (radix == 16).then_some(0);
    }
    // `from_str_radix` alone would take a sign.
    let are_digits = digits.bytes().all(|byte| char::from(byte).is_digit(radix));
    u64::from_str_radix(digits, radix).ok().filter(|_| are_digits)
}
