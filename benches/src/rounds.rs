//! Rounds in which all who are compared take turns, and what is made of their figures.

use std::collections::BTreeMap;

/// One quantity, measured of everybody: lower is better.
#[derive(Debug)]
pub struct Table {
    pub title: String,
    pub unit: &'static str,
    /// Whom the others are compared with.
    pub base: &'static str,
    /// In the order in which they came; a figure for each round.
    pub rows: Vec<(String, Vec<f64>)>,
}

/// A figure with its spread: quartiles.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

impl Spread {
    pub fn of(mut figures: Vec<f64>) -> Option<Self> {
        if figures.is_empty() {
            return None;
        }
        figures.sort_by(f64::total_cmp);
        Some(Self {
            low: quantile(&figures, 0.25),
            median: quantile(&figures, 0.5),
            high: quantile(&figures, 0.75),
        })
    }
}

/// Of sorted figures, between the two nearest.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let place = part * (sorted.len() - 1) as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

impl Table {
    pub fn figures(&self, who: &str) -> Option<&[f64]> {
        self.rows.iter().find(|(name, _)| name == who).map(|(_, figures)| &**figures)
    }

    fn row(&mut self, who: &str) -> &mut Vec<f64> {
        let place = self.rows.iter().position(|(name, _)| name == who);
        let place = place.unwrap_or_else(|| {
            self.rows.push((who.to_owned(), Vec::new()));
            self.rows.len() - 1
        });
        &mut self.rows[place].1
    }

    /// How many times what `over` takes is what `under` takes, round by round.
    pub fn ratio(&self, over: &str, under: &str) -> Option<Spread> {
        let (over, under) = (self.figures(over)?, self.figures(under)?);
        Spread::of(over.iter().zip(under).map(|(over, under)| over / under).collect())
    }
}

/// All tables by their short names.
#[derive(Debug, Default)]
pub struct Results {
    pub tables: BTreeMap<String, Table>,
    /// Their short names, in the order in which they came.
    pub order: Vec<String>,
}

impl Results {
    /// Begins a table; one that has begun goes on.
    pub fn table(&mut self, id: &str, title: &str, unit: &'static str, base: &'static str) {
        if self.tables.contains_key(id) {
            return;
        }
        self.order.push(id.to_owned());
        let table = Table { title: title.to_owned(), unit, base, rows: Vec::new() };
        self.tables.insert(id.to_owned(), table);
    }

    fn row(&mut self, id: &str, who: &str) -> Option<&mut Vec<f64>> {
        Some(self.tables.get_mut(id)?.row(who))
    }

    pub fn add(&mut self, id: &str, who: &str, figure: f64) {
        if let Some(row) = self.row(id, who) {
            row.push(figure);
        }
    }

    /// As [`Table::ratio`], of a table by its short name.
    pub fn ratio(&self, id: &str, over: &str, under: &str) -> Option<Spread> {
        self.tables.get(id)?.ratio(over, under)
    }
}

/// One who is compared: called once a round, gives a figure for each of some tables.
pub struct Entry<'a> {
    pub who: String,
    pub run: Box<dyn FnMut() -> Vec<(String, f64)> + 'a>,
}

/// Lets everybody have their turn in every round; who begins changes from round to round. The first
/// round warms up and doesn't count, unless it is the only one.
pub fn alternate(results: &mut Results, rounds: usize, mut entries: Vec<Entry<'_>>) {
    let (count, warm_up) = (entries.len(), usize::from(rounds > 1));
    for round in 0..rounds + warm_up {
        for turn in 0..count {
            let entry = &mut entries[(round + turn) % count];
            for (table, figure) in (entry.run)() {
                // The rows stand in the order of the entries, whoever began.
                results.row(&table, &entry.who);
                if round >= warm_up {
                    results.add(&table, &entry.who, figure);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quartiles_are_between_the_nearest_figures() {
        let spread = Spread::of(vec![4.0, 1.0, 3.0, 2.0]).expect("figures");
        assert_eq!((spread.low, spread.median, spread.high), (1.75, 2.5, 3.25));
        assert!(Spread::of(Vec::new()).is_none());
    }

    #[test]
    fn everybody_has_a_turn_in_each_round_and_the_warm_up_does_not_count() {
        let mut results = Results::default();
        results.table("t", "T", "ns", "a");
        let entry = |who: &str| {
            let mut turn = 0.0;
            Entry {
                who: who.into(),
                run: Box::new(move || {
                    turn += 1.0;
                    vec![("t".to_owned(), turn)]
                }),
            }
        };
        alternate(&mut results, 2, vec![entry("a"), entry("b")]);
        assert_eq!(results.tables["t"].figures("a"), Some(&[2.0, 3.0][..]));
        assert_eq!(results.ratio("t", "b", "a").map(|ratio| ratio.median), Some(1.0));
    }
}
