//! How a test holds a limit: one below, at it, one above.
//!
//! `crate::tests` reads the tests of the workspace and fails when a limit of the table is named by
//! neither macro here.  Only tests have a use for this.

/// Tries a boundary one below its limit, at it, and one above.
///
/// # Panics
/// When one below or at the limit is not taken, or one above is.
#[track_caller]
pub fn hold(name: &str, max: u64, mut takes: impl FnMut(usize) -> bool) {
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    for (place, taken) in [(max.saturating_sub(1), true), (max, true), (max.saturating_add(1), false)] {
        let does = takes(count(place));
        assert_eq!(does, taken, "{name} is {max}: {place} is{} taken", if does { "" } else { " not" });
    }
}

/// Holds a limit of the table: `takes` says whether so many are taken.
#[macro_export]
macro_rules! holds {
    ($name:ident, $takes:expr) => {
        $crate::hold(stringify!($name), $crate::$name as u64, $takes)
    };
}

/// Says that the test around it tries limits below, at and above by its own means.
#[macro_export]
macro_rules! held_here {
    ($($name:ident),+ $(,)?) => {
        $(_ = $crate::$name;)+
    };
}
