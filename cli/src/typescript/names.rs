//! The names of definitions in TypeScript.

use std::collections::{BTreeMap, BTreeSet};

/// Names that no definition gets: keywords of the language, types that every program has, and what the
/// generated file itself declares or uses.
const RESERVED: &str = "
    ACK_DELAY AbortController AbortSignal Array ArrayBuffer Awaited BigInt Boolean CALL_TIMEOUT
    CLOSE_TIMEOUT CONTRACT_NAME CONTRACT_VERSION ClientCalls ClientMessages CloseInfo
    DEFAULT_MESSAGES DESYNC DataView Date EVENTS Error Exclude Extract Function HELLO_TIMEOUT
    IS_OPEN Infinity Iterable JSON LONGEST_TIMER LONG_INTEGERS LOST MARK MAX_SAFE_INTEGER
    MOST_BYTES MOST_MESSAGES MOST_REQUESTS MOST_WAITING Map Math NO_LOSS NUMBER NaN NonNullable
    Number Object Omit Parameters Partial Pick Promise PromiseLike Proxy RangeError Readonly
    ReadonlyArray ReadonlyMap ReadonlySet Record Reflect RegExp Required ReturnType SUBPROTOCOL
    ServerCalls ServerMessages Set String Symbol SystemEvents TOKENS TextEncoder TypeError
    Uint8Array WeakMap WeakSet WebSocket WebSocketCallError WebSocketCallErrorKind
    WebSocketCallFailure WebSocketCallInfo WebSocketCallOptions WebSocketClient
    WebSocketClientError WebSocketClientMessage WebSocketCloseCodes WebSocketCloseRules
    WebSocketConfig WebSocketConstructor WebSocketContractNotice WebSocketDropReason
    WebSocketErrorKind WebSocketEvent WebSocketHeartbeat WebSocketHold WebSocketLike
    WebSocketLoss WebSocketMessage WebSocketMessageInfo WebSocketOpening WebSocketOpeningError
    WebSocketRefusal WebSocketServerMessage WebSocketSessionEvent WebSocketState
    WebSocketStateInfo WireAnswer WireAnswers WireAttempts WireCall WireCallArgs WireCallShape
    WireCaller WireCalls WireClient WireData WireDesync WireEmit WireEnd WireEntry WireEvent
    WireFates WireFault WireFlush WireForm WireFrame WireFrames WireGap WireHandler
    WireHandlerMap WireHandlers WireHeartbeat WireHeartbeatHost WireHeld WireHoldData
    WireHoldHost WireHolds WireLink WireLinkHost WireMaybe WireObject WireOpening
    WireOpeningHost WireOutgoing WirePage WirePageEvent WirePart WirePath WirePlace WirePlaces
    WireRead WireReader WireReceiver WireReceiverHost WireRecognised WireReply WireRule
    WireRuling WireSender WireServerName WireSession WireSettings WireSide WireSort WireState
    WireTimer WireTold WireUnconfirmed WireWaiting abstract add allOf answerOf any areTexts
    arguments as assembled asserts async await between bigint boolean break callId case catch
    checkEvent checkHeartbeat checkUrl class console const continue createWebSocketClient
    debugger declare decoded default delete do else encoded enum eval exact export extends
    false finally finite fit for frame fromInteger function globalThis heartbeatText if
    implements import in inRange infer instanceof interface intrinsic inward is isCallError
    isFinal isLimited isNumbered isPlaces isRefusal keyof kindOf let malformed messagesOf
    mismatch misread never new noSuchMessage notSent noticeOf null number numberOf numbered
    object outward package pageEvents parsed payloadOf performance plain pointer presets
    private protected public queueFull queueMicrotask read readonly recognised remove replyLost return rulesOf
    rulingOf serverMessages setTimeout settings sizeOf static stoppedEnd string stringified super switch
    symbol textOf this throw toInteger true try type typeof undefined unique unknown unknownEnd
    valueAt valuesIn var void wakes while with withAt yield
";

/// Identifiers by definition.
#[derive(Debug)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Gives each definition a name of its own. Those that can keep theirs do, whatever the others are
    /// called.
    pub(super) fn of<'a>(defs: impl Iterator<Item = &'a str>) -> Self {
        let (kept, changed): (BTreeSet<_>, BTreeSet<_>) = defs.partition(|def| is_free(def));
        let mut taken: BTreeSet<String> = kept.iter().map(|&def| def.to_owned()).collect();
        let mut names: BTreeMap<String, String> =
            kept.iter().map(|&def| (def.to_owned(), def.to_owned())).collect();
        // The next number of each base: hostile names may all have the same.
        let mut numbers: BTreeMap<String, u64> = BTreeMap::new();
        for def in changed {
            let base = identifier(def);
            let number = numbers.entry(base.clone()).or_insert(1);
            let name = loop {
                let name = if *number == 1 { base.clone() } else { format!("{base}{number}") };
                *number += 1;
                if is_free(&name) && !taken.contains(&name) {
                    break name;
                }
            };
            taken.insert(name.clone());
            names.insert(def.to_owned(), name);
        }
        Self(names)
    }

    /// The identifier of a definition, if there is one.
    pub(super) fn get(&self, def: &str) -> Option<&str> {
        self.0.get(def).map(String::as_str)
    }
}

fn is_free(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c == '$' || unicode_ident::is_xid_start(c))
        && chars.all(|c| c == '$' || unicode_ident::is_xid_continue(c))
        && !RESERVED.split_whitespace().any(|word| word == name)
}

/// The nearest identifier.
fn identifier(def: &str) -> String {
    let mut name = String::with_capacity(def.len() + 1);
    for c in def.chars() {
        let is_legal = c == '$' || unicode_ident::is_xid_continue(c);
        if is_legal {
            name.push(c);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let is_start = |c: char| c == '_' || c == '$' || unicode_ident::is_xid_start(c);
    if !name.starts_with(is_start) {
        name.insert(0, '_');
    }
    if is_free(&name) { name } else { name + "_" }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Int64, sources},
        *,
    };

    fn names(defs: &[&str]) -> Vec<String> {
        let names = Names::of(defs.iter().copied());
        defs.iter().map(|def| names.get(def).expect("each has one").to_owned()).collect()
    }

    #[test]
    fn legal_names_stay() {
        assert_eq!(
            names(&["Chat", "_x", "$y", "消息", "Élan"]),
            ["Chat", "_x", "$y", "消息", "Élan"]
        );
    }

    #[test]
    fn others_come_near() {
        assert_eq!(
            names(&["", "1st", "a-b", "Page<Item>", "Error", "void", "while", "👍"]),
            ["_", "_1st", "a_b", "Page_Item_", "Error_", "void_", "while_", "_2"]
        );
    }

    #[test]
    fn no_two_are_alike() {
        assert_eq!(names(&["a-b", "a_b", "a b", "a_b2"]), ["a_b4", "a_b", "a_b3", "a_b2"]);
        assert_eq!(names(&["Error", "Error_"]), ["Error_2", "Error_"]);
    }

    /// Whatever the client's text names with a capital letter, or declares, could be hidden by a
    /// definition, or hide it.
    #[test]
    fn the_client_hides_behind_no_definition() {
        let all = [true, false].map(|is_default| {
            let json = [Int64::Number, Int64::BigInt, Int64::String];
            let json = json.map(|int64| sources::json(int64, is_default));
            sources::client(is_default) + &json.concat()
        });
        let all = all.concat();
        let code: String = all
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default())
            .filter(|line| !line.trim_start().starts_with('*') && !line.contains("/**"))
            .map(|line| line.split(['"', '`']).step_by(2).collect::<String>() + "\n")
            .collect();
        let words = code.split(|c: char| !c.is_alphanumeric() && c != '_');
        let capital = words.filter(|word| word.len() > 1 && word.starts_with(char::is_uppercase));
        let kinds = ["const", "function", "class", "type", "interface"];
        let declared = code.lines().filter_map(|line| {
            let (kind, rest) = line.strip_prefix("export ").unwrap_or(line).split_once(' ')?;
            let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
            kinds.contains(&kind).then_some(name)
        });
        let used: BTreeSet<&str> = capital.chain(declared).collect();
        assert!(used.len() > 40, "{used:?}");
        let free: Vec<_> = used.into_iter().filter(|word| is_free(word)).collect();
        assert_eq!(free, [""; 0], "not reserved, though the client has them");
    }
}
