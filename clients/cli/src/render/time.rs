//! Points in time, as they are shown and as they are typed.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::failure::Failure;

/// A time of the server for people: `2026-11-24 06:53:08 UTC`.
pub fn moment(at: &str) -> String {
    match at.parse::<Timestamp>() {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => at.to_owned(),
    }
}

/// The time of day: `06:53:08`.
pub fn clock(at: &str) -> String {
    match at.parse::<Timestamp>() {
        Ok(time) => time.strftime("%H:%M:%S").to_string(),
        Err(_) => at.to_owned(),
    }
}

/// A point of a plan's history as typed: an entry's number, or a time.
pub fn point(typed: &str) -> Result<String, Failure> {
    let typed = typed.trim();
    // Entry 2023 and the year 2023 look alike; a year is no point, so the entry is meant.
    if !typed.is_empty() && typed.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(typed.to_owned());
    }
    time(typed, Edge::End).map_err(|_| {
        Failure::Usage(format!(
            "{typed:?} is not a point in a plan's history; it looks like 120 (an entry), 2026-11-24 (the end of \
             that day) or 2026-11-24T10:30:00Z"
        ))
    })
}

/// Which end of a day a date stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Its first moment.
    Start,
    /// Its last moment.
    End,
}

/// A time as typed, as RFC 3339 UTC; without an offset UTC is meant, a date is one edge of that day.
pub fn time(typed: &str, edge: Edge) -> Result<String, Failure> {
    let typed = typed.trim();
    if let Ok(time) = typed.parse::<Timestamp>() {
        return Ok(time.to_string());
    }
    let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time);
    // A bare date reads as a datetime too: dates first.
    let read = match (typed.len(), typed.parse::<Date>()) {
        (10, Ok(day)) => utc(match edge {
            Edge::Start => day.at(0, 0, 0, 0),
            Edge::End => day.at(23, 59, 59, 999_999_000),
        }),
        _ => typed.parse::<DateTime>().and_then(utc),
    };
    read.map(|time| time.to_string()).map_err(|_| {
        Failure::Usage(format!("{typed:?} is not a time; it looks like 2026-11-24 or 2026-11-24T10:30:00Z"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc() {
        assert_eq!(moment("2026-11-24T06:53:08.123456Z"), "2026-11-24 06:53:08 UTC");
        assert_eq!(clock("2026-11-24T06:53:08.123456Z"), "06:53:08");
        assert_eq!(moment("odd"), "odd");
    }

    #[test]
    fn points_are_entries_or_times() {
        assert_eq!(point("120").unwrap(), "120");
        assert_eq!(point("2023").unwrap(), "2023");
        assert_eq!(point("2026-11-24T10:30:00+01:00").unwrap(), "2026-11-24T09:30:00Z");
        assert_eq!(point("2026-11-24 10:30").unwrap(), "2026-11-24T10:30:00Z");
        assert_eq!(point("2026-11-24").unwrap(), "2026-11-24T23:59:59.999999Z");
        assert_eq!(time("2026-11-24", Edge::Start).unwrap(), "2026-11-24T00:00:00Z");
        for bad in ["", "yesterday", "24.11.2026", "-5"] {
            assert_eq!(point(bad).unwrap_err().exit_code(), 2, "{bad}");
        }
    }
}
