use std::fmt::Write;

use proptest::prelude::*;

use super::*;

fn parsed(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn case_67_takes_a_url_apart() {
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
    assert_eq!(parsed("ws://ü:p@h").user_info.as_deref(), Some("ü:p".as_bytes()));
    // The URL standard: a user and a password that are both empty are none.
    for url in ["ws://@h", "ws://:@h", "ws://h"] {
        assert_eq!(parsed(url).user_info, None, "case 67: {url}");
    }
    assert_eq!(parsed("ws://:p@h").user_info.as_deref(), Some(&b":p"[..]));
    assert_eq!(parsed("ws://a@b@h").user_info.as_deref(), Some(&b"a@b"[..]));
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
fn case_66_prints_scheme_host_and_port_alone() {
    let url = parsed("wss://alice:s3cret@h:1/s3cret?code=s3cret");
    assert_eq!(format!("{url} {url:?}"), "wss://h:1 wss://h:1");
}

#[test]
fn case_11_and_66_a_place_is_scheme_host_and_port() {
    for (location, expected) in [
        ("wss://u:p@h.test/a?token=t#x", "wss://h.test"),
        ("HTTPS://h.test/@alice/feed", "https://h.test"),
        ("https://u:p@h.test:1/@alice//b", "https://h.test:1"),
        ("//u:p@h.test/a", "the host h.test"),
        ("/elsewhere?token=t", "another path of this host"),
        ("elsewhere:8080/", "another place"),
        ("mailto:u@h", "another place"),
        ("s3cret", "another path of this host"),
        ("?next=https://h", "another path of this host"),
        ("", "another path of this host"),
    ] {
        assert_eq!(place(location), expected, "{location}");
    }
}

/// What the crate `url` makes of it, with the rest of what RFC 3986 forbids encoded.
fn by_the_standard(text: &str) -> Option<(String, String)> {
    let url = ::url::Url::parse(text).ok()?;
    let encode = |part: &str, also: &str| {
        let bytes = part.as_bytes();
        let is_escape = |at: usize| {
            bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit))
        };
        let mut out = String::new();
        for (at, &byte) in bytes.iter().enumerate() {
            let c = char::from(byte);
            if c.is_ascii_alphanumeric()
                || "-._~!$&'()*+,;=:@/".contains(c)
                || also.contains(c)
                || (c == '%' && is_escape(at))
            {
                out.push(c);
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    };
    let mut target = encode(url.path(), "");
    if let Some(query) = url.query() {
        target.push('?');
        target.push_str(&encode(query, "?"));
    }
    let host = url.host_str()?.to_owned();
    Some((host, target))
}

proptest! {
    /// Whatever is accepted goes out as a target that RFC 9112 allows, and means what the standard
    /// takes it for.
    #[test]
    fn case_67_what_is_accepted_is_what_the_standard_reads(
        scheme in "(ws|wss|WS|Wss)",
        host in prop_oneof![
            "[a-zA-Z0-9._~-]{1,12}",
            "[0-9a-fx.]{1,10}",
            "\\[[0-9a-f:]{2,12}\\]",
            "[ -~é]{0,6}",
        ],
        rest in "([/\\\\?][ -~é🦀\u{0}\u{7f}]{0,20})?([/\\\\](\\.|\\.\\.|%2e|a|[^#\t\n\r]){0,3}){0,4}",
    ) {
        let text = format!("{scheme}://{host}{rest}");
        if let Ok(url) = Url::parse(&text) {
            let target = url.target();
            prop_assert!(target.starts_with('/'));
            prop_assert!(target.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(&byte)
            }), "{target}");
            let shown = url.host_header();
            prop_assert!(shown.bytes().all(|byte| byte.is_ascii_graphic()), "{shown}");
            // Labels in punycode are checked by the standard, and left to DNS here.
            if !text.to_lowercase().contains("xn--") {
                let expected = by_the_standard(&text);
                prop_assert!(expected.is_some(), "the standard refuses {text:?}");
                let (host, path) = expected.unwrap_or_default();
                prop_assert_eq!(target, path, "{}", &text);
                if !url.host.contains(':') {
                    prop_assert_eq!(&url.host, &host, "{}", &text);
                }
            }
        }
    }
}
