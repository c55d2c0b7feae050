//! How the messages stand on the wire, as the attributes of the enum say it.

use proc_macro2::{Ident, Span};
use syn::{LitStr, ext::IdentExt};

use crate::attr::{Errors, Member, Setting, Value};

/// The keys of wirebond's own form.
pub(crate) const OWN: [&str; 3] = ["type", "data", "timestamp"];

/// A key or a JSON Pointer.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) text: String,
    pub(crate) span: Span,
    /// Whether it was said of both sides, whose errors are then the same.
    pub(crate) is_shared: bool,
}

impl Place {
    fn of(text: &LitStr, is_shared: bool) -> Self {
        Self { text: text.value(), span: text.span(), is_shared }
    }

    fn own(text: &str) -> Self {
        Self { text: text.to_owned(), span: Span::call_site(), is_shared: true }
    }

    pub(crate) fn is_pointer(&self) -> bool {
        self.text.starts_with('/')
    }

    /// The keys that lead to it, without the escapes of a pointer.
    pub(crate) fn path(&self) -> Vec<String> {
        match self.text.strip_prefix('/') {
            Some(pointer) => {
                pointer.split('/').map(|key| key.replace("~1", "/").replace("~0", "~")).collect()
            }
            None => vec![self.text.clone()],
        }
    }

    /// The key of the object that it is, or that leads to it.
    pub(crate) fn first(&self) -> String {
        self.path().swap_remove(0)
    }
}

/// How messages of one side stand on the wire.
pub(crate) struct Side {
    pub(crate) tag: Option<Place>,
    pub(crate) content: Option<Place>,
    pub(crate) timestamp: Option<Place>,
    /// The keys of the constants, and their values as JSON.
    pub(crate) constants: Vec<(Place, String)>,
}

/// How calls are told.
pub(crate) struct Calls {
    pub(crate) id: Place,
    pub(crate) re: Place,
    pub(crate) strings: bool,
    pub(crate) result: Option<Place>,
    pub(crate) error: Option<Place>,
    pub(crate) success: Option<Place>,
}

/// How the messages stand on the wire, without what the messages themselves add.
pub(crate) struct Form {
    pub(crate) client: Side,
    pub(crate) server: Side,
    pub(crate) batch: bool,
    pub(crate) calls: Option<Calls>,
}

impl Form {
    /// Whether it is wirebond's own, in which every message is recognised by a string.
    pub(crate) fn is_own(&self) -> bool {
        let is_own = |side: &Side| {
            let places = [&side.tag, &side.content, &side.timestamp];
            side.constants.is_empty()
                && places
                    .iter()
                    .zip(OWN)
                    .all(|(place, own)| place.as_ref().is_some_and(|place| place.text == own))
        };
        is_own(&self.client) && is_own(&self.server) && !self.batch && self.calls.is_none()
    }
}

/// A place that may be said to be none.
enum Said {
    At(LitStr),
    /// `tag = false`.
    Nowhere,
}

impl Said {
    fn text(&self) -> Option<&LitStr> {
        match self {
            Self::At(text) => Some(text),
            Self::Nowhere => None,
        }
    }
}

/// What was written of one side.
#[derive(Default)]
struct SideSettings {
    tag: Option<Said>,
    content: Option<LitStr>,
    timestamp: Option<Said>,
    constants: Vec<Member>,
}

/// What was written of the form.
#[derive(Default)]
pub(crate) struct FormSettings {
    both: SideSettings,
    client: SideSettings,
    server: SideSettings,
    batch: bool,
    /// `id`, `re`, `ids`, `result`, `error`, `success`, in this order.
    calls: [Option<(Ident, LitStr)>; 6],
}

/// The keys about calls, `id` first, without which the others mean nothing.
const CALL_KEYS: [&str; 6] = ["id", "re", "ids", "result", "error", "success"];

impl FormSettings {
    /// Takes a setting of the enum, or gives it back where it isn't about the form.
    pub(crate) fn take(&mut self, setting: Setting) -> Option<Setting> {
        let Setting { key, value } = setting;
        let name = key.unraw().to_string();
        match value {
            Value::List(settings) => {
                let side = if name == "client" { &mut self.client } else { &mut self.server };
                for setting in settings {
                    side.take(setting);
                }
            }
            Value::Flag if name == "batch" => self.batch = true,
            Value::Text(text) if CALL_KEYS.contains(&&*name) => {
                let place = CALL_KEYS.iter().position(|key| *key == name)?;
                self.calls[place] = Some((key, text));
            }
            value => return self.both.take(Setting { key, value }),
        }
        None
    }

    /// The form, and errors for what stands in its way.
    pub(crate) fn finish(self, errors: &mut Errors) -> Form {
        let Self { both, client, server, batch, calls } = self;
        for side in [&both, &client, &server] {
            side.check(errors);
        }
        let is_foreign = [&both, &client, &server].iter().any(|side| side.says_where());
        Form {
            client: client.over(&both, is_foreign),
            server: server.over(&both, is_foreign),
            batch,
            calls: calls_of(calls, errors),
        }
    }
}

impl SideSettings {
    fn take(&mut self, setting: Setting) -> Option<Setting> {
        match (&*setting.key.unraw().to_string(), setting.value) {
            ("tag", Value::Text(text)) => self.tag = Some(Said::At(text)),
            ("tag", Value::False) => self.tag = Some(Said::Nowhere),
            ("content", Value::Text(text)) => self.content = Some(text),
            ("timestamp", Value::Text(text)) => self.timestamp = Some(Said::At(text)),
            ("timestamp", Value::False) => self.timestamp = Some(Said::Nowhere),
            (_, Value::Members(members)) => self.constants = members,
            (_, value) => return Some(Setting { key: setting.key, value }),
        }
        None
    }

    /// Whether it names the place of the tag or the content.
    fn says_where(&self) -> bool {
        self.tag.is_some() || self.content.is_some()
    }

    /// Refuses what is no place.
    fn check(&self, errors: &mut Errors) {
        let constants = self.constants.iter().map(|member| &member.key);
        let timestamp = self.timestamp.iter().filter_map(Said::text);
        for key in constants.chain(timestamp).chain(&self.content) {
            check_key(key, errors);
        }
        if let Some(Said::At(tag)) = &self.tag {
            check_place(tag, errors);
        }
    }

    /// The side, where what it doesn't say is said of `both`. `is_foreign` is whether a place of a tag or
    /// a content is given at all.
    fn over(self, both: &Self, is_foreign: bool) -> Side {
        let says_where = self.says_where() || both.says_where();
        let own = |key: usize| Some(Place::own(OWN[key]));
        let place = |text: &LitStr| Place::of(text, false);
        let shared = |text: &LitStr| Place::of(text, true);
        let of =
            |mine: &Option<Said>, theirs: &Option<Said>, own: Option<Place>| match (mine, theirs) {
                (Some(mine), _) => mine.text().map(place),
                (None, Some(theirs)) => theirs.text().map(shared),
                (None, None) => own,
            };
        let content = self.content.as_ref().map(place);
        let constants = self.constants.iter().map(|member| (place(&member.key), &member.json));
        let common = both.constants.iter().map(|member| (shared(&member.key), &member.json));
        Side {
            tag: of(&self.tag, &both.tag, own(0)),
            content: content
                .or_else(|| both.content.as_ref().map(shared))
                .or_else(|| own(1).filter(|_| !says_where)),
            timestamp: of(&self.timestamp, &both.timestamp, own(2).filter(|_| !is_foreign)),
            constants: common.chain(constants).map(|(key, json)| (key, json.clone())).collect(),
        }
    }
}

/// What was written of calls, checked.
fn calls_of(
    [id, re, ids, result, error, success]: [Option<(Ident, LitStr)>; 6],
    errors: &mut Errors,
) -> Option<Calls> {
    for (_, text) in [&id, &re, &result, &error, &success].into_iter().flatten() {
        check_place(text, errors);
    }
    let strings = ids.as_ref().is_some_and(|(_, text)| match &*text.value() {
        "string" => true,
        "integer" => false,
        other => {
            let why =
                format!("`{other}` is no type of ids: \"integer\" (the default) or \"string\"");
            errors.push(text.span(), why);
            false
        }
    });
    let place = |text: &(Ident, LitStr)| Place::of(&text.1, false);
    let Some(id) = id.as_ref() else {
        for (key, _) in [re, ids, result, error, success].iter().flatten() {
            let text = format!(
                "`{}` is about calls, and nothing says where a request has its number: add \
                 `id = \"…\"`, or remove it",
                key.unraw()
            );
            errors.push(key.span(), text);
        }
        return None;
    };
    let echo = || Place { is_shared: true, ..place(id) };
    Some(Calls {
        id: place(id),
        re: re.as_ref().map_or_else(echo, place),
        strings,
        result: result.as_ref().map(place),
        error: error.as_ref().map(place),
        success: success.as_ref().map(place),
    })
}

/// Refuses what is no key of an object.
pub(crate) fn check_key(key: &LitStr, errors: &mut Errors) {
    if key.value().starts_with('/') {
        let text = "this is the key of an object, and no JSON Pointer: remove the `/`";
        errors.push(key.span(), text);
    } else {
        check_place(key, errors);
    }
}

/// Refuses what is neither a key nor a JSON Pointer.
fn check_place(place: &LitStr, errors: &mut Errors) {
    let text = place.value();
    let escapes = || text.split('~').skip(1);
    if text.is_empty() {
        errors.push(place.span(), "a key can't be empty: write one, such as \"type\"");
    } else if text.chars().any(char::is_control) {
        errors.push(place.span(), "a key can't have control characters");
    } else if text.starts_with("$.") || text.starts_with("$[") {
        let why = "this is JSONPath: write a JSON Pointer (RFC 6901), such as \"/meta/type\"";
        errors.push(place.span(), why);
    } else if text.starts_with('/') && !escapes().all(|rest| rest.starts_with(['0', '1'])) {
        let why = "this is no JSON Pointer (RFC 6901): write `~0` for `~`, and `~1` for `/`";
        errors.push(place.span(), why);
    }
}
