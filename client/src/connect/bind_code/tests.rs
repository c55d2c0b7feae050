use std::time::SystemTime;

use super::*;

fn found(body: &str, pointer: &str) -> Result<(String, Option<u64>), String> {
    let code = read(body.as_bytes(), pointer).map_err(|error| error.to_string())?;
    let seconds = code
        .expire_time
        .map(|time| time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs());
    Ok((code.code, seconds))
}

#[test]
fn every_form_of_the_time_is_understood() {
    for time in [
        "1700000000000",
        "1700000000",
        "1700000000.5",
        "1.7e12",
        "\"1700000000000\"",
        "\"1700000000\"",
        "\"2023-11-14T22:13:20Z\"",
        "\"2023-11-15T06:13:20.25+08:00\"",
    ] {
        let body = format!(r#"{{"code":"c","expireTime":{time}}}"#);
        assert_eq!(found(&body, ""), Ok(("c".into(), Some(1_700_000_000))), "{time}");
    }
    for body in [r#"{"code":"c"}"#, r#"{"code":"c","expireTime":null}"#] {
        assert_eq!(found(body, ""), Ok(("c".into(), None)), "{body}");
    }
    for time in ["\"soon\"", "true", "-1", "1e300", "[]", "\"NaN\""] {
        let body = format!(r#"{{"code":"s3cret","expireTime":{time}}}"#);
        let error = found(&body, "").expect_err(time);
        assert!(error.contains("expireTime") && !error.contains("s3cret"), "{error}");
    }
}

#[test]
fn a_pointer_says_where_the_code_is() {
    let wrapped = r#"{"code":0,"data":{"code":"c","expireTime":1700000000}}"#;
    assert_eq!(found(wrapped, "/data"), Ok(("c".into(), Some(1_700_000_000))));
    assert_eq!(found(wrapped, "/data/code"), Ok(("c".into(), None)));
    assert!(found(wrapped, "").expect_err("a number").contains("pointer"));
    assert!(found(wrapped, "/result").expect_err("nowhere").contains("/result"));
}

#[test]
fn an_answer_without_a_code_is_an_error_that_does_not_repeat_it() {
    for body in ["", "s3cret", "[\"s3cret\"]", r#"{"token":"s3cret"}"#, r#"{"code":""}"#, "null"] {
        let error = found(body, "").expect_err(body);
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn an_endpoint_that_cannot_be_is_refused_before_it_is_asked() {
    let refused = |endpoint: BindCodeEndpoint| {
        let error = BindCodes::new(endpoint).expect_err("refused");
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
        *error.kind()
    };
    for url in ["", "s3cret", "/s3cret", "ftp://s3cret/", "ws://s3cret/", "http://s3cret:x/"] {
        assert_eq!(refused(url.into()), BuildErrorKind::Url, "{url}");
    }
    let endpoint = BindCodeEndpoint::new("http://h/");
    assert_eq!(refused(endpoint.clone().pointer("data")), BuildErrorKind::Setting);
    assert_eq!(refused(endpoint.clone().header("a b", "s3cret")), BuildErrorKind::Header);
    assert!(BindCodes::new(endpoint.pointer("/data")).is_ok());
}

#[test]
fn nothing_shows_a_code() {
    let code = BindCode { code: "s3cret".into(), expire_time: None };
    let endpoint = BindCodeEndpoint::new("https://h/?key=s3cret").header("X-Key", "s3cret");
    let shown = format!("{code:?} {endpoint:?} {:?}", BindCodes::new(endpoint.clone()));
    assert!(!shown.contains("s3cret"), "{shown}");
}
