//! Types and branches: which of the writer's match which of the reader's, and are all accepted?

use super::{array, object::Object, path, phrase::some_of, walk::Walk, witness};
use crate::compat::{
    change::Level,
    rules::Rule,
    shape::{
        accepts::accepts,
        alternative::{Alt, Kind, Shape},
        limits::{Limits, limits, range},
        node::Node,
        value,
    },
};

/// How many levels of two schemas are searched for a field that distinguishes them.
const LOOK: usize = 4;

impl<'a> Walk<'a, '_> {
    pub(crate) fn shapes(&mut self, ws: &Shape<'a>, rs: &Shape<'a>, path: &str) {
        if path == "$.timestamp"
            && !(ws.of_kind(Kind::Null).is_empty() && rs.of_kind(Kind::Null).is_empty())
        {
            // Each reader takes `null` for none, whatever an older document says.
            return self.shapes(&ws.without_null(), &rs.without_null(), path);
        }
        self.kinds(ws, rs, path);
        for kind in Kind::ALL {
            let (w, r) = (ws.of_kind(kind), rs.of_kind(kind));
            if w.is_empty() || r.is_empty() {
                continue;
            }
            self.values_of_reader(&w, &r, path);
            match (&*w, &*r) {
                ([w], [r]) => self.alt(w, r, path),
                _ => self.branches(&w, &r, path),
            }
        }
    }

    /// Types that only one side has.
    fn kinds(&mut self, ws: &Shape<'a>, rs: &Shape<'a>, path: &str) {
        let only = |one: &Shape<'a>, other: &Shape<'a>| -> Vec<Kind> {
            let is_only =
                |kind: &Kind| !one.of_kind(*kind).is_empty() && other.of_kind(*kind).is_empty();
            Kind::ALL.into_iter().filter(is_only).collect()
        };
        let (mut lost, mut won) = (only(ws, rs), only(rs, ws));
        if (ws.is_union || rs.is_union) && !ws.alts.is_empty() && !rs.alts.is_empty() {
            let is_branch = |kind: &Kind| *kind != Kind::Null;
            for kind in lost.extract_if(.., |kind| is_branch(kind)) {
                ws.of_kind(kind)
                    .into_iter()
                    .for_each(|alt| self.branch_of_writer(alt, (&[], &[]), path));
            }
            for kind in won.extract_if(.., |kind| is_branch(kind)) {
                rs.of_kind(kind).into_iter().for_each(|alt| self.branch_of_reader(alt, path));
            }
        }
        let rule = match (lost.is_empty(), won.is_empty()) {
            (true, true) => return,
            (true, false) => self.rule(true, Rule::TypeWidened, Rule::TypeNarrowed),
            (false, true) => self.rule(true, Rule::TypeNarrowed, Rule::TypeWidened),
            (false, false) => Rule::TypeChanged,
        };
        let level = if lost.is_empty() { Level::Ok } else { Level::Breaking };
        let (old, new) = if self.old_writes { (ws, rs) } else { (rs, ws) };
        let why = format!("{} → {}", types(old), types(new));
        self.report(rule, level, path, |p| match level {
            Level::Ok => why,
            _ => format!("{why}: not all that is sent by {} is accepted by {}", p.writer, p.reader),
        });
    }

    /// Two alternatives of one type.
    pub(crate) fn alt(&mut self, w: &Alt<'a>, r: &Alt<'a>, path: &str) {
        match (&w.values, &r.values) {
            (Some(_), _) => self.values(w, &[r], path),
            (None, Some(values)) => {
                let rule = self.rule(true, Rule::ConstraintTightened, Rule::ConstraintLoosened);
                let listed: Vec<_> = values.iter().map(|value| value::text(value)).collect();
                self.report(rule, Level::Breaking, path, |p| {
                    format!(
                        "any value may be sent by {}, {} accepts only {}",
                        p.writer,
                        p.reader,
                        some_of(&listed)
                    )
                });
            }
            (None, None) => match w.kind {
                Kind::Object => self.objects(w, r, path),
                Kind::Array => self.arrays(w, r, path),
                _ => self.scalars(w, r, path),
            },
        }
        self.notes(w, r, path);
    }

    /// Several alternatives of one type.
    fn branches(&mut self, ws: &[&Alt<'a>], rs: &[&Alt<'a>], path: &str) {
        let [w_tags, r_tags] =
            [ws, rs].map(|all| -> Vec<Vec<_>> { all.iter().map(|alt| tags(alt)).collect() });
        let pairs = pair_up((ws, &w_tags), (rs, &r_tags));
        for (index, w) in ws.iter().enumerate() {
            if !self.spend(path) {
                return;
            }
            let partner = pairs.iter().find(|(w, _)| *w == index).map(|(_, r)| *r);
            if w.values.is_some() {
                self.values(w, rs, path);
            } else {
                // Branches with other tags have nothing to do with it.
                let is_near = |at: &usize| {
                    Some(*at) != partner && !have_other_values(&w_tags[index], &r_tags[*at])
                };
                let others: Vec<_> = (0..rs.len()).filter(is_near).map(|at| rs[at]).collect();
                self.branch((w, ws), partner.map(|at| rs[at]), &others, path);
            }
        }
        let is_in_order = pairs.is_sorted_by_key(|(_, r)| *r);
        if !is_in_order {
            self.report(Rule::OrderChanged, Level::Ok, path, |_| {
                "branches in another order".to_owned()
            });
        }
        for (index, r) in rs.iter().enumerate() {
            let is_paired = pairs.iter().any(|(_, paired)| *paired == index);
            if !is_paired && (r.values.is_none() || ws.iter().all(|w| w.values.is_none())) {
                self.branch_of_reader(r, path);
            }
        }
    }

    /// One of the writer's branches, the reader's that goes with it, and others that may take it.
    fn branch(
        &mut self,
        (w, ws): (&Alt<'a>, &[&Alt<'a>]),
        r: Option<&Alt<'a>>,
        others: &[&Alt<'a>],
        path: &str,
    ) {
        let Some(r) = r else { return self.branch_of_writer(w, (ws, others), path) };
        let at = match label(w).or_else(|| label(r)) {
            Some(label) => path::branch(path, &label),
            None => path.to_owned(),
        };
        let level = self.trial(|walk| walk.alt(w, r, &at));
        let fits = level <= Level::Warning;
        if !fits && others.iter().any(|r| self.would_fit(w, r, &at)) {
            let all: Vec<_> = others.iter().copied().chain([r]).collect();
            return self.branch_of_writer(w, (ws, &all), &at);
        }
        let overlapping: Vec<bool> = others
            .iter()
            .filter(|one| !self.is_apart(w, one, LOOK))
            .map(|one| one.excludes(r))
            .collect();
        let all: Vec<_> = others.iter().copied().chain([r]).collect();
        let is_certain =
            || !w.is_exclusive() && !r.is_exclusive() && witness::find(w, ws, &all).is_some();
        if !fits && !overlapping.is_empty() && !is_certain() {
            return self
                .downgraded("several branches could accept it", |walk| walk.paired(w, r, &at));
        }
        if fits && overlapping.contains(&true) {
            self.undecided(&at, |_| "several branches of a `oneOf` may fit one value".to_owned());
        }
        self.paired(w, r, &at);
    }

    fn would_fit(&mut self, w: &Alt<'a>, r: &Alt<'a>, at: &str) -> bool {
        self.spend(at) && self.trial(|walk| walk.alt(w, r, at)) <= Level::Warning
    }

    fn paired(&mut self, w: &Alt<'a>, r: &Alt<'a>, at: &str) {
        if let (Some(w), Some(r)) = (w.def, r.def)
            && w != r
        {
            let (old, new) = if self.old_writes { (w, r) } else { (r, w) };
            self.report(Rule::DefRenamed, Level::Ok, at, |_| format!("`{old}` → `{new}`"));
        }
        self.alt(w, r, at);
    }

    /// A branch that only the writer has.
    /// `ws` are all of the writer's of this type.
    fn branch_of_writer(&mut self, w: &Alt<'a>, (ws, rs): (&[&Alt<'a>], &[&Alt<'a>]), path: &str) {
        let rule = self.rule(true, Rule::UnionBranchRemoved, Rule::UnionBranchAdded);
        let why = label(w).unwrap_or_else(|| w.type_name().to_owned());
        let takers: Vec<&Alt<'a>> =
            rs.iter().copied().filter(|r| self.would_fit(w, r, path)).collect();
        let excluded = |r: &Alt<'a>| takers.first().is_some_and(|taker| taker.excludes(r));
        let overlapping: Vec<&Alt<'a>> = rs
            .iter()
            .copied()
            .filter(|r| (takers.is_empty() || excluded(r)) && !self.is_apart(w, r, LOOK))
            .collect();
        let level = match (takers.is_empty(), &*overlapping) {
            (true, []) => Level::Breaking,
            (false, []) => Level::Ok,
            // A value is rejected if the only branch that could accept it rejects it.
            (true, [r]) if !w.is_exclusive() || w.kind >= Kind::Array => {
                self.trial(|walk| walk.alt(w, r, path))
            }
            (true, _) if witness::find(w, ws, rs).is_some() => Level::Breaking,
            _ => Level::Undecided,
        };
        self.report(rule, level, path, |p| match level {
            Level::Ok => format!("`{why}` is accepted as another branch by {}", p.reader),
            Level::Breaking => {
                format!("`{why}` may be sent by {}, rejected by {}", p.writer, p.reader)
            }
            _ => format!("whether `{why}` is accepted by {} can't be decided", p.reader),
        });
    }

    /// A branch that only the reader has.
    fn branch_of_reader(&mut self, r: &Alt<'a>, path: &str) {
        let rule = self.rule(true, Rule::UnionBranchAdded, Rule::UnionBranchRemoved);
        let why = label(r).unwrap_or_else(|| r.type_name().to_owned());
        self.report(rule, Level::Ok, path, |p| format!("`{why}` is never sent by {}", p.writer));
    }

    /// Whether no value that the writer sends by the one fits the other.
    fn is_apart(&mut self, w: &Alt<'a>, r: &Alt<'a>, look: usize) -> bool {
        if w.kind != r.kind {
            return true;
        }
        if !self.spend("$") {
            return false;
        }
        if let Some(values) = &w.values {
            return values.iter().all(|value| accepts(r, value) == Some(false));
        }
        if let Some(values) = &r.values {
            // A few values can't replace many, but may overlap with them.
            return values.iter().all(|value| accepts(w, value) == Some(false));
        }
        match w.kind {
            Kind::Number => range(w).is_disjoint(&range(r)),
            Kind::String => {
                let of = |alt| limits(alt, "minLength", "maxLength");
                are_apart(of(w), of(r))
            }
            Kind::Array => are_apart(array::lengths(w), array::lengths(r)),
            Kind::Object => self.are_objects_apart(w, r, look),
            Kind::Null | Kind::Boolean => false,
        }
    }

    fn are_objects_apart(&mut self, w: &Alt<'a>, r: &Alt<'a>, look: usize) -> bool {
        let (w, r) = (Object::of(w), Object::of(r));
        let is_sent = |name: &str| w.declares(name) || w.sent().is_some();
        if r.required().any(|name| !is_sent(name)) {
            return true;
        }
        let is_taken = |name: &str| r.declares(name) || !r.taken().is_never();
        if w.required().any(|name| !is_taken(name)) {
            return true;
        }
        let shared =
            w.required().chain(r.required()).filter(|name| w.declares(name) && r.declares(name));
        shared.into_iter().any(|name| self.are_nodes_apart(&w.field(name), &r.field(name), look))
    }

    fn are_nodes_apart(&mut self, w: &Node<'a>, r: &Node<'a>, look: usize) -> bool {
        if look == 0 {
            return false;
        }
        let (Ok(ws), Ok(rs)) = (self.writer.shape(w), self.reader.shape(r)) else { return false };
        ws.alts.iter().all(|w| rs.alts.iter().all(|r| self.is_apart(w, r, look - 1)))
    }
}

fn are_apart(one: Limits, other: Limits) -> bool {
    one.1.is_some_and(|most| most < other.0) || other.1.is_some_and(|most| most < one.0)
}

/// The types of a schema as a list.
fn types(shape: &Shape<'_>) -> String {
    let mut names: Vec<&str> = shape.alts.iter().map(Alt::type_name).collect();
    names.dedup();
    match names.len() {
        0 => "nothing".to_owned(),
        6.. => "anything".to_owned(),
        _ => names.join(" or "),
    }
}

/// Branches, and the tags of each.
type Tagged<'t, 'a> = (&'t [&'t Alt<'a>], &'t [Tags<'a>]);
type Tags<'a> = Vec<(&'a str, &'a str)>;

/// Whether two branches have different values of one tag.
fn have_other_values(one: &[(&str, &str)], other: &[(&str, &str)]) -> bool {
    one.iter().any(|(name, value)| other.iter().any(|(n, v)| name == n && value != v))
}

/// The fields that distinguish a branch from others: those with one value.
fn tags<'a>(alt: &Alt<'a>) -> Tags<'a> {
    if alt.kind != Kind::Object {
        return Vec::new();
    }
    let object = Object::of(alt);
    let tag = |name: &'a str| {
        let value = object.field(name).0.iter().find_map(|schema| schema.get("const")?.as_str())?;
        Some((name, value))
    };
    object.required().filter_map(tag).collect()
}

/// A branch by its tag, its only required field or its definition.
fn label(alt: &Alt<'_>) -> Option<String> {
    let tag = tags(alt).first().map(|(name, value)| format!("{name}={value}"));
    tag.or_else(|| alt.def.map(str::to_owned)).or_else(|| sole_field(alt).map(str::to_owned))
}

/// The name of an externally tagged branch.
fn sole_field<'a>(alt: &Alt<'a>) -> Option<&'a str> {
    if alt.kind != Kind::Object {
        return None;
    }
    let object = Object::of(alt);
    let mut required = object.required();
    let first = required.next()?;
    (required.next().is_none() && object.taken().is_never()).then_some(first)
}

/// Which of the writer's alternatives (first) go with which of the reader's (second).
fn pair_up((ws, w_tags): Tagged<'_, '_>, (rs, r_tags): Tagged<'_, '_>) -> Vec<(usize, usize)> {
    let [w_sole, r_sole] =
        [ws, rs].map(|all| -> Vec<_> { all.iter().map(|alt| sole_field(alt)).collect() });
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    let (mut free_w, mut free_r) = (vec![true; ws.len()], vec![true; rs.len()]);
    let mut pass = |fits: &dyn Fn(usize, usize) -> bool| {
        for (w, free) in free_w.iter_mut().enumerate().filter(|(_, free)| **free) {
            if let Some(r) = (0..rs.len()).find(|r| free_r[*r] && fits(w, *r)) {
                (*free, free_r[r]) = (false, false);
                pairs.push((w, r));
            }
        }
    };
    let is_listed = |w: usize, r: usize| ws[w].values.is_some() == rs[r].values.is_some();
    pass(&|w, r| !w_tags[w].is_empty() && w_tags[w].iter().any(|tag| r_tags[r].contains(tag)));
    let untagged = |w: usize, r: usize| w_tags[w].is_empty() || r_tags[r].is_empty();
    pass(&|w, r| untagged(w, r) && ws[w].def.is_some() && ws[w].def == rs[r].def);
    pass(&|w, r| untagged(w, r) && w_sole[w].is_some() && w_sole[w] == r_sole[r]);
    pass(&|w, r| untagged(w, r) && is_listed(w, r) && are_equal(ws[w], rs[r]));
    pass(&|w, r| {
        untagged(w, r)
            && is_listed(w, r)
            && ws[w].integer == rs[r].integer
            && are_alike(ws[w], rs[r])
    });
    pairs.sort_unstable();
    pairs
}

fn are_equal(w: &Alt<'_>, r: &Alt<'_>) -> bool {
    w.parts.len() == r.parts.len() && w.parts.iter().zip(&r.parts).all(|(w, r)| w == r)
}

/// Whether two branches without names look like one branch that was changed.
fn are_alike(w: &Alt<'_>, r: &Alt<'_>) -> bool {
    if w.kind != Kind::Object {
        return true;
    }
    if w.def.is_some() && r.def.is_some() {
        return false;
    }
    let (w_object, r_object) = (Object::of(w), Object::of(r));
    let mut required = w_object.required();
    sole_field(w).is_none()
        && sole_field(r).is_none()
        && required.any(|name| r_object.declares(name))
}
