//! Points in time, as they are shown and as they are typed.

use jiff::Timestamp;
use plenary_protocol::point::{Edge, Point, PointError, time_us};
use plenary_protocol::wire::event::time_text;

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

/// A point of a plan's history as typed: an entry's number, a time, or a version.
pub fn point(typed: &str) -> Result<String, Failure> {
    let read: Result<Point, PointError> = typed.parse();
    read.map(|point| point.to_string()).map_err(|error| Failure::Usage(error.to_string()))
}

/// A time as typed, as RFC 3339 UTC; without an offset UTC is meant, a date is one edge of that day.
pub fn time(typed: &str, edge: Edge) -> Result<String, Failure> {
    time_us(typed, edge).map(time_text).map_err(|error| Failure::Usage(error.to_string()))
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
    fn what_is_no_point_is_a_wrong_command_line() {
        assert_eq!(point("2026-11-24").unwrap(), "2026-11-24T23:59:59.999999Z");
        assert_eq!(point("version:Rev.1").unwrap(), "version:Rev.1");
        assert_eq!(time("2026-11-24", Edge::Start).unwrap(), "2026-11-24T00:00:00Z");
        for bad in ["", "yesterday", "24.11.2026", "-5", "version:"] {
            assert_eq!(point(bad).unwrap_err().exit_code(), 2, "{bad}");
        }
    }
}
