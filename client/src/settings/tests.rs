use std::{ops::RangeInclusive, time::Duration};

use super::*;

fn read(json: &str) -> Result<Tuning, String> {
    let settings: Settings = serde_json::from_str(json).map_err(|error| error.to_string())?;
    Ok(settings.0)
}

#[test]
fn a_url_alone_gives_the_defaults() {
    let expected = Tuning { url: "ws://h".into(), ..Tuning::default() };
    assert_eq!(read(r#"{"url":"ws://h"}"#), Ok(expected.clone()));
    assert!(expected.check().is_ok());
}

#[test]
fn every_name_is_camel_case_in_milliseconds() {
    let tuning = read(
        r#"{"url":"ws://h","heartbeatInterval":60000,"heartbeatTimeout":5000,"heartbeat":"ping",
            "reconnectInterval":3000,"backoff":{"exponential":{"max":60000}},
            "maxReconnectAttempts":null,"minUptime":1,"restartDelay":[1,2],
            "closeRules":[{"codes":4009,"then":"refresh"},{"codes":[4100,4199],"then":{"retryAfter":12}}],"connectTimeout":3,
            "closeTimeout":4,"callTimeout":11,"stallTimeout":5,"retryFirstConnect":true,
            "queue":{"messages":7},"overflow":"dropOldest","confirmInterval":6,
            "unconfirmed":"redeliver","sessions":"prefer","maxDeliveries":null,"messageTtl":8,
            "inbox":{"messages":9,"dropOldest":true},"maxMessageSize":10,"maxOutgoingMessageSize":13,"fragmentSize":14,
            "rateLimit":{"messages":15,"per":16},"ignoreText":["pong","0"],"binaryAsText":true}"#,
    );
    let ms = Duration::from_millis;
    let expected = Tuning {
        url: "ws://h".into(),
        heartbeat_interval: ms(60_000),
        heartbeat_timeout: Some(ms(5_000)),
        heartbeat: Some(HeartbeatKind::Ping),
        reconnect_interval: ms(3_000),
        backoff: Backoff::Exponential { max: ms(60_000) },
        max_reconnect_attempts: None,
        min_uptime: ms(1),
        restart_delay: (ms(1), ms(2)),
        close_rules: CloseRules::default().refresh(4009).retry_after(4100..=4199, ms(12)),
        connect_timeout: ms(3),
        close_timeout: ms(4),
        call_timeout: ms(11),
        stall_timeout: ms(5),
        retry_first_connect: true,
        queue: QueueLimits { messages: 7, bytes: 1 << 20 },
        overflow: Overflow::DropOldest,
        confirm_interval: Some(ms(6)),
        unconfirmed: Unconfirmed::Redeliver,
        sessions: Sessions::Prefer,
        contract: None,
        max_deliveries: None,
        message_ttl: Some(ms(8)),
        inbox: Inbox::drop_oldest(9),
        max_message_size: 10,
        max_outgoing_message_size: Some(13),
        fragment_size: Some(14),
        rate_limit: Some(RateLimit { messages: 15, per: ms(16) }),
        ignore_text: vec!["pong".into(), "0".into()],
        binary_as_text: true,
    };
    assert_eq!(tuning, Ok(expected));
}

#[test]
fn a_file_with_a_mistake_is_refused() {
    for (json, expected) in [
        ("{}", "missing field `url`"),
        (r#"{"url":"ws://h","heartbeatIntervall":1}"#, "unknown field"),
        (r#"{"url":"ws://h","heartbeatInterval":-1}"#, "invalid value"),
        (r#"{"url":"ws://h","overflow":"explode"}"#, "unknown variant"),
    ] {
        let error = read(json).expect_err(json);
        assert!(error.contains(expected), "{json}: {error}");
    }
}

#[test]
fn what_cannot_work_is_refused_with_its_name() {
    let second = Duration::from_secs(1);
    let wrong = |change: fn(&mut Tuning), message: &str| {
        let mut tuning = Tuning::default();
        change(&mut tuning);
        let error = tuning.check().expect_err(message).to_string();
        assert!(error.contains(message), "{error}");
    };
    wrong(|t| t.heartbeat_interval = Duration::ZERO, "heartbeat_interval");
    wrong(
        |t| t.heartbeat_timeout = Some(Duration::from_secs(31)),
        "longer than heartbeat_interval",
    );
    wrong(|t| t.reconnect_interval = Duration::ZERO, "reconnect_interval");
    wrong(|t| t.close_timeout = Duration::from_secs(u64::MAX), "century");
    wrong(|t| t.queue.messages = 0, "queue.messages");
    wrong(|t| t.queue.bytes = 0, "queue.bytes");
    wrong(|t| t.inbox.messages = 0, "inbox.messages");
    wrong(|t| t.max_message_size = 0, "max_message_size");
    wrong(|t| t.max_outgoing_message_size = Some(0), "max_outgoing_message_size");
    wrong(|t| t.fragment_size = Some(0), "fragment_size");
    wrong(|t| t.max_deliveries = Some(0), "max_deliveries");
    wrong(|t| t.message_ttl = Some(Duration::ZERO), "message_ttl");
    wrong(|t| t.backoff = Backoff::Exponential { max: Duration::from_secs(1) }, "max");
    wrong(|t| t.restart_delay = (Duration::from_secs(2), Duration::from_secs(1)), "restart_delay");
    wrong(
        |t| {
            t.sessions = Sessions::Prefer;
            t.ignore_text = vec!["pong".into()];
        },
        "ignore_text",
    );
    wrong(
        |t| t.close_rules = CloseRules::default().retry_after(4000, Duration::MAX),
        "longer than a century",
    );
    wrong(
        |t| {
            t.unconfirmed = Unconfirmed::Redeliver;
            t.confirm_interval = None;
        },
        "confirm_interval",
    );
    let mut quick = Tuning { heartbeat_interval: second, ..Tuning::default() };
    assert_eq!(quick.heartbeat_timeout(), second);
    assert!(quick.check().is_ok());
    quick.heartbeat_timeout = Some(2 * second);
    quick.heartbeat = Some(HeartbeatKind::Off);
    assert!(quick.check().is_ok(), "no heartbeat, no contradiction");
}

#[test]
fn a_rate_limit_leaves_room_beside_the_heartbeats() {
    let limit = |messages, per| Some(RateLimit { messages, per: Duration::from_secs(per) });
    let limited = |heartbeat, messages, per| {
        let (heartbeat, rate_limit) = (Some(heartbeat), limit(messages, per));
        Tuning { heartbeat, rate_limit, ..Tuning::default() }.check().map_err(|e| e.to_string())
    };
    for (messages, per) in [(0, 1), (1, 0), (2, 30), (4, 60), (120, 1_800)] {
        let error = limited(HeartbeatKind::Both, messages, per).expect_err("no room");
        assert!(error.contains("rate_limit"), "{error}");
    }
    assert_eq!(limited(HeartbeatKind::Both, 1, 29), Ok(()), "a pause between heartbeats");
    assert_eq!(limited(HeartbeatKind::Ping, 2, 30), Ok(()));
    assert_eq!(limited(HeartbeatKind::Listen, 1, 3_600), Ok(()));
}

#[test]
fn close_rules_name_close_codes() {
    let empty = RangeInclusive::new(4010, 4009);
    for (codes, message) in [(empty, "empty"), (999..=1000, "999"), (4000..=5000, "5000")] {
        let close_rules = CloseRules::default().stop(codes);
        let error = Tuning { close_rules, ..Tuning::default() }.check().expect_err(message);
        assert!(error.to_string().contains(message), "{error}");
    }
}

#[test]
fn debug_keeps_the_url_to_itself() {
    let settings = read(r#"{"url":"ws://u:s3cret@h/?t=s3cret"}"#).map(Settings);
    assert!(!format!("{settings:?}").contains("s3cret"));
}
