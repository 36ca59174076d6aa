//! Figures as a table and as JSON.

use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use crate::Failure;

/// One line of figures: names and values, in order.
#[derive(Default)]
pub struct Row(Vec<(String, Json)>);

impl Row {
    /// Adds a word or a whole number.
    pub fn with(mut self, name: &str, value: impl Into<Json>) -> Row {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// Adds a number with two decimals.
    pub fn with_number(self, name: &str, value: f64) -> Row {
        self.with(name, json!((value * 100.0).round() / 100.0))
    }

    /// Adds median, 99th percentile and maximum of some times, milliseconds.
    pub fn with_times(self, name: &str, times: &[Duration]) -> Row {
        let mut sorted = times.to_vec();
        sorted.sort_unstable();
        let at = |percent| percentile_ms(&sorted, percent);
        self.with_number(&format!("{name} p50 ms"), at(50))
            .with_number(&format!("{name} p99 ms"), at(99))
            .with_number(&format!("{name} max ms"), at(100))
    }
}

/// The time that this share of sorted times does not exceed, milliseconds.
pub fn percentile_ms(sorted: &[Duration], percent: usize) -> f64 {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}

fn cell(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => "-".to_owned(),
        value => value.to_string(),
    }
}

/// The figures as a table; rows with other columns than the one before get a head of their own.
pub fn table(rows: &[Row]) -> String {
    let mut out = String::new();
    let mut rest = rows;
    while let Some(first) = rest.first() {
        let names: Vec<&String> = first.0.iter().map(|(name, _)| name).collect();
        let same = |row: &&Row| row.0.iter().map(|(name, _)| name).eq(names.iter().copied());
        let count = rest.iter().take_while(same).count();
        let (block, after) = rest.split_at(count);
        let width = |column: usize| {
            let cells = block.iter().map(|row| cell(&row.0[column].1).chars().count());
            cells.chain([names[column].chars().count()]).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..names.len()).map(width).collect();
        let mut line = |cells: Vec<String>| {
            let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}"));
            out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            out.push('\n');
        };
        line(names.iter().map(|name| (*name).clone()).collect());
        block.iter().for_each(|row| line(row.0.iter().map(|(_, value)| cell(value)).collect()));
        out.push('\n');
        rest = after;
    }
    out
}

/// The same as JSON.
pub fn json(rows: &[Row]) -> Result<String, Failure> {
    let object = |row: &Row| row.0.iter().cloned().collect::<Map<String, Json>>();
    Ok(serde_json::to_string_pretty(&rows.iter().map(object).collect::<Vec<_>>())?)
}
