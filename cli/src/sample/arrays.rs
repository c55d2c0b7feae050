//! Arrays: what must be there, and a little more where there is plenty.

use serde_json::Value;

use super::{
    generate::{Generator, ValueError},
    view::View,
};

/// The most items that are made.
const MOST_ITEMS: u64 = 1_000;
/// How often an item that differs from the others is tried.
const TRIES: usize = 40;

impl<'a> Generator<'a> {
    pub(super) fn array(&mut self, view: &View<'a>) -> Result<Value, ValueError> {
        let (least, most) = (view.at_least("minItems"), view.at_most("maxItems"));
        let contained = if view.has(&["contains"]) {
            if view.has(&["minContains"]) { view.at_least("minContains") } else { 1 }
        } else {
            0
        };
        let least = least.max(contained);
        if least > MOST_ITEMS || least > most {
            let reason =
                format!("it asks for {least} items at least: at most {MOST_ITEMS} are made");
            return Err(self.error(if least > most {
                "it asks for more items than it allows".to_owned()
            } else {
                reason
            }));
        }
        let prefix = view.lists("prefixItems").map(Vec::len).max().unwrap_or(0) as u64;
        let ends = view.all("items").iter().all(|schema| self.ends(schema));
        let target = if !self.has_plenty() {
            least
        } else if ends {
            let some = if self.is_first { 1 } else { self.rng.u64(0..=3) };
            least.max(prefix).max(some).min(most)
        } else {
            least.max(prefix).min(most)
        };
        let is_unique = view.all("uniqueItems").contains(&&Value::Bool(true));
        let mut items: Vec<Value> = Vec::new();
        for index in 0..usize::try_from(target).unwrap_or_default() {
            let mut schemas = item_schemas(view, index);
            if (index as u64) < contained {
                schemas.extend(view.all("contains"));
            }
            match self.another(index, &schemas, is_unique, &items)? {
                Some(item) => items.push(item),
                None if items.len() as u64 >= least => break,
                None => return Err(self.error("it asks for more different items than there are")),
            }
        }
        Ok(Value::Array(items))
    }

    /// The next item; `None` if none was found that differs from those before.
    fn another(
        &mut self,
        index: usize,
        schemas: &[&'a Value],
        is_unique: bool,
        items: &[Value],
    ) -> Result<Option<Value>, ValueError> {
        let is_first = self.is_first;
        let mut found = None;
        for _ in 0..TRIES {
            let item = self.item(index, schemas)?;
            if !is_unique || !items.contains(&item) {
                found = Some(item);
                break;
            }
            // The first example would show the same again.
            self.is_first = false;
        }
        self.is_first = is_first;
        Ok(found)
    }
}

/// What applies to the item at an index.
fn item_schemas<'a>(view: &View<'a>, index: usize) -> Vec<&'a Value> {
    let prefix = view.lists("prefixItems").filter_map(|items| items.get(index));
    let prefix: Vec<_> = prefix.collect();
    if prefix.is_empty() { view.all("items").to_vec() } else { prefix }
}
