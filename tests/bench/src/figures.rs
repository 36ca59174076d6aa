//! Figures as a table and as JSON.

use std::time::Duration;

use crate::Failure;

/// What one scenario gave.
pub struct Row {
    /// Writers, each with a watcher.
    pub clients: usize,
    /// Edits a second asked for, all writers together.
    pub asked_per_s: u64,
    /// Edits a second acknowledged.
    pub done_per_s: f64,
    /// From sending an edit to its acknowledgement.
    pub acknowledged: Vec<Duration>,
    /// From sending an edit to each watcher's receipt of its entry.
    pub seen: Vec<Duration>,
}

fn percentile_ms(sorted: &[Duration], percent: usize) -> f64 {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}

fn sorted(times: &[Duration]) -> Vec<Duration> {
    let mut times = times.to_vec();
    times.sort_unstable();
    times
}

/// The figures, milliseconds.
pub fn table(rows: &[Row]) -> String {
    let mut out = String::from(
        "clients  edits/s asked  edits/s done  acknowledged p50  p99 ms  seen p50  p99 ms  max ms\n",
    );
    for row in rows {
        let (acknowledged, seen) = (sorted(&row.acknowledged), sorted(&row.seen));
        out.push_str(&format!(
            "{:>7}  {:>13}  {:>12.1}  {:>16.2}  {:>6.2}  {:>8.2}  {:>6.2}  {:>6.2}\n",
            row.clients,
            row.asked_per_s,
            row.done_per_s,
            percentile_ms(&acknowledged, 50),
            percentile_ms(&acknowledged, 99),
            percentile_ms(&seen, 50),
            percentile_ms(&seen, 99),
            percentile_ms(&seen, 100),
        ));
    }
    out
}

/// The same as JSON.
pub fn json(rows: &[Row]) -> Result<String, Failure> {
    let rows: Vec<serde_json::Value> = rows
        .iter()
        .map(|row| {
            let (acknowledged, seen) = (sorted(&row.acknowledged), sorted(&row.seen));
            serde_json::json!({
                "clients": row.clients,
                "asked_per_s": row.asked_per_s,
                "done_per_s": row.done_per_s,
                "edits": acknowledged.len(),
                "acknowledged_ms": { "p50": percentile_ms(&acknowledged, 50), "p99": percentile_ms(&acknowledged, 99) },
                "seen_ms": { "p50": percentile_ms(&seen, 50), "p99": percentile_ms(&seen, 99), "max": percentile_ms(&seen, 100) },
            })
        })
        .collect();
    Ok(serde_json::to_string_pretty(&rows)?)
}
