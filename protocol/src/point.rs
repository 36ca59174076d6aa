//! Points of a plan's past as people and programs name them: an entry, a time, a date, a version.
//!
//! One parser for everything that takes one.  Which entry a time or a version means only the plan's log
//! can say.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::ids::{IdError, Seq, VersionName};
use crate::wire::event::time_text;

/// What stands before the name of a version.
const VERSION_PREFIX: &str = "version:";
/// Longest text that is shown of what is no point, characters.
const SHOWN_CHARS_MAX: usize = 64;

/// A point of a plan's past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Point {
    /// After an entry.
    Seq(Seq),
    /// At a time, microseconds since 1970 UTC: after the last entry that was taken in by then.
    TimeUs(i64),
    /// What a named version names.
    Version(VersionName),
}

/// Which end of a day a date stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Its first moment.
    Start,
    /// Its last moment.
    End,
}

/// Why a text is no point of a plan's past.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointError {
    /// It is none of the forms.
    #[error(
        "{given:?} is no point in a plan's history; it looks like 120 (an entry), 2026-11-24 (the end of that \
         day), 2026-11-24T10:30:00Z or version:NAME"
    )]
    Form {
        /// What was given, shortened.
        given: String,
    },
    /// It is no time.
    #[error("{given:?} is no time; it looks like 2026-11-24 or 2026-11-24T10:30:00Z")]
    Time {
        /// What was given, shortened.
        given: String,
    },
    /// What stands after `version:` is no name of a version.
    #[error("{given:?} is no name of a version: {reason}")]
    Version {
        /// What was given, shortened.
        given: String,
        /// Why not.
        reason: IdError,
    },
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

impl FromStr for Point {
    type Err = PointError;
    fn from_str(text: &str) -> Result<Self, PointError> {
        let text = text.trim();
        if let Some(name) = text.strip_prefix(VERSION_PREFIX) {
            let named = name.parse().map(Point::Version);
            return named.map_err(|reason| PointError::Version { given: shown(name), reason });
        }
        // Entry 2023 and the year 2023 look alike; a year is no point, so the entry is meant.
        if text.bytes().all(|byte| byte.is_ascii_digit())
            && let Ok(seq) = text.parse()
        {
            return Ok(Point::Seq(Seq(seq)));
        }
        time_us(text, Edge::End).map(Point::TimeUs).map_err(|_| PointError::Form { given: shown(text) })
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Point::Seq(seq) => seq.fmt(f),
            Point::TimeUs(us) => f.write_str(&time_text(*us)),
            Point::Version(name) => write!(f, "{VERSION_PREFIX}{name}"),
        }
    }
}

/// Reads a time, microseconds since 1970 UTC; without an offset UTC is meant, a date is one edge of that
/// day.
///
/// # Errors
/// `PointError::Time` when it is none.
pub fn time_us(text: &str, edge: Edge) -> Result<i64, PointError> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_microsecond());
    }
    let utc = |time: DateTime| TimeZone::UTC.to_timestamp(time);
    // A bare date reads as a datetime too: dates first.
    let read = match (text.len(), text.parse::<Date>()) {
        (10, Ok(day)) => utc(match edge {
            Edge::Start => day.at(0, 0, 0, 0),
            Edge::End => day.at(23, 59, 59, 999_999_000),
        }),
        _ => text.parse::<DateTime>().and_then(utc),
    };
    read.map(Timestamp::as_microsecond).map_err(|_| PointError::Time { given: shown(text) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(text: &str) -> String {
        text.parse::<Point>().map_or_else(|error| format!("{error}"), |point| point.to_string())
    }

    #[test]
    fn points_are_entries_times_and_versions() {
        assert_eq!(point("120"), "120");
        assert_eq!(point("2023"), "2023");
        assert_eq!(point("2026-11-24T10:30:00+01:00"), "2026-11-24T09:30:00Z");
        assert_eq!(point("2026-11-24 10:30"), "2026-11-24T10:30:00Z");
        assert_eq!(point("2026-11-24"), "2026-11-24T23:59:59.999999Z");
        assert_eq!(point(" version:CWG-SFP-3.Rev1 "), "version:CWG-SFP-3.Rev1");
        assert_eq!(time_us("2026-11-24", Edge::Start).map(time_text).unwrap(), "2026-11-24T00:00:00Z");
    }

    #[test]
    fn what_is_no_point_is_told_what_one_looks_like() {
        for bad in ["", "yesterday", "24.11.2026", "-5", "99999999999999999999", "Version:x", "2026-13-01"] {
            assert!(point(bad).contains("version:NAME"), "{bad}: {}", point(bad));
        }
        assert!(point("version:").contains("1 to 64 bytes"), "{}", point("version:"));
        assert!(point("version:a/b").contains("'/'"), "{}", point("version:a/b"));
        assert!(point(&"x".repeat(10_000)).len() < 300);
        assert!(time_us("soon", Edge::End).unwrap_err().to_string().contains("no time"));
    }

    proptest! {
        #[test]
        fn a_point_reads_back_as_it_is_written(text in ".{0,40}") {
            if let Ok(point) = text.parse::<Point>() {
                prop_assert_eq!(point.to_string().parse::<Point>(), Ok(point));
            }
        }
    }
}
