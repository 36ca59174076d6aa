//! The walk: every limit of the table is tried by a test below, at and above it, or stands in the one
//! list here with the reason why not.  A limit that is in neither, or in both, fails.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::{LIMITS, SETTABLES, hold};

/// Limits that no test tries to the one, and why.
const NOT_HELD: &[(&str, &[&str])] = &[
    (
        "it is a wait or a pace in real time, and tests do not measure time",
        &[
            "PLAN_IDLE",
            "SELF_CHECK_HOURS",
            "SELF_CHECK_MIB_PER_S",
            "CHECKPOINT_EVERY_MS",
            "SYNC_BUSY_WAIT_MS",
            "GOSSIP_TICK_MS",
            "SYNC_JOIN_S_MAX",
            "SYNC_PING_S",
            "LIVE_PING_S",
            "SEND_S_MAX",
            "FAREWELL_S_MAX",
            "RETRY_AFTER_S",
            "AT_ONCE_RETRY_S",
            "SWEEP_S",
            "SHUTDOWN_S_MAX",
            "ISSUER_CONNECT_S_MAX",
            "ISSUER_FETCH_S_MAX",
            "KEYS_WAIT_S_MAX",
            "LOCK_WAIT_MS_MAX",
            "LOCK_WAIT_STEP_MS",
            "STORE_CLOSE_WAIT_S_MAX",
            "SUSPECT_US_MAX",
        ],
    ),
    (
        "nothing is answered beyond it: the rest is done in the next step, and the outcome is the same",
        &[
            "GROUP_INPUTS_MAX",
            "TURN_COST_MAX",
            "TURN_COST_ALONE",
            "RUN_CHANGES_MAX",
            "RUN_OPERATIONS_MAX",
            "RUN_TEXTS_MAX",
            "MIRRORED_CHARS_MAX",
            "GROUPS_ALOFT_MAX",
            "ENTRIES_PER_READ_MAX",
            "EXACT_ENTRIES_PER_READ_MAX",
            "CATCH_UP_ENTRIES_MAX",
            "SEGMENT_BYTES_DEFAULT",
            "JOURNAL_SEGMENT_MIB",
            "CACHE_BYTES_DEFAULT",
            "RESERVE_CHECK_BYTES",
            "SYNC_DATA_AT_ONCE_BYTES_MAX",
            "STRETCH_ENTRIES_MAX",
            "STRETCH_BYTES_MAX",
            "SEQUENCE_BYTES_MAX",
            "TAIL_ENTRIES_MAX",
            "START_ENTRIES_MAX",
            "ACCESS_GROUP_LINES_MAX",
            "ACCESS_FILE_BYTES_MAX",
            "EPHEMERALS_PER_TICK_MAX",
        ],
    ),
    (
        "a sender beyond it only waits, and so does its connection",
        &["LIVE_ASKS_MAX", "SOCKET_PIECES_MAX", "STUDIES_AT_ONCE_MAX"],
    ),
    (
        "to reach it takes minutes or gibibytes",
        &[
            "SERVER_CHANGE_BYTES_MAX",
            "SERVER_CHANGE_OPERATIONS_MAX",
            "ENTRY_PAYLOAD_BYTES_MAX",
            "EDIT_ROWS_MAX",
            "TIMELINE_STEPS_MAX",
            "LOG_PLANS_MAX",
            "SNAPSHOT_BYTES_MAX",
            "BUNDLE_CONTENT_BYTES_MAX",
            "ANCESTRY_STEPS_MAX",
            "FILES_BESIDES_SOCKETS",
        ],
    ),
    (
        "only a bug of the program is beyond it, and an assertion stops that",
        &["INDEX_KEY_BYTES_MAX", "BALLAST_BYTES_DEFAULT"],
    ),
];

#[test]
fn every_limit_has_a_test_below_at_and_above_or_a_reason() {
    let held = held(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap());
    let excused: BTreeSet<&str> = NOT_HELD.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let all: BTreeSet<&str> =
        LIMITS.iter().map(|limit| limit.name).chain(SETTABLES.iter().map(|limit| limit.name)).collect();
    let missing: Vec<_> =
        all.iter().filter(|name| !held.contains(**name) && !excused.contains(**name)).collect();
    assert!(missing.is_empty(), "no test tries {missing:?}: use `holds!` or `held_here!` in one");
    let both: Vec<_> = excused.iter().filter(|name| held.contains(**name)).collect();
    assert!(both.is_empty(), "{both:?} are tried by tests: take them off the list of those that are not");
    let gone: Vec<_> = excused.iter().filter(|name| !all.contains(**name)).collect();
    assert!(gone.is_empty(), "{gone:?} are no limits any more");
    let known = LIMITS.len() + SETTABLES.len();
    assert_eq!(all.len(), known, "every limit has a name of its own");
}

#[test]
fn every_limit_says_its_unit_why_and_what_is_beyond() {
    let texts = LIMITS.iter().map(|limit| (limit.name, limit.about(), limit.beyond));
    for (name, about, beyond) in texts.chain(SETTABLES.iter().map(|it| (it.name, it.about(), it.beyond))) {
        assert!(about.ends_with('.') && about.len() > 10, "{name}: {about}");
        assert!(!beyond.is_empty() && !beyond.ends_with('.'), "{name}: {beyond}");
    }
}

#[test]
#[should_panic(expected = "a limit is 3: 4 is taken")]
fn a_boundary_that_is_too_wide_is_seen() {
    hold("a limit", 3, |count| count <= 4);
}

#[test]
#[should_panic(expected = "a limit is 3: 3 is not taken")]
fn a_boundary_that_is_too_narrow_is_seen() {
    hold("a limit", 3, |count| count < 3);
}

/// The names that tests hold, all sources under a folder.
fn held(root: &Path) -> BTreeSet<String> {
    let (mut folders, mut names) = (vec![root.to_owned()], BTreeSet::new());
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && !["target", "node_modules"].contains(&&*name) {
                folders.push(path);
            } else if name.ends_with(".rs") && path.parent() != Some(&root.join("limits/src")) {
                names.extend(held_in(&path));
            }
        }
    }
    names
}

fn held_in(path: &PathBuf) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let is_test = path.components().any(|part| part.as_os_str() == "tests")
        || path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("tests"));
    let from = if is_test { 0 } else { text.find("#[cfg(test)]").unwrap_or(text.len()) };
    let names = |text: &str| -> Vec<String> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    };
    let mut found = Vec::new();
    for (at, call) in text[from..].match_indices("holds!(").chain(text[from..].match_indices("held_here!(")) {
        let inside = &text[from + at + call.len()..];
        let end = if call == "holds!(" { inside.find(',') } else { inside.find(')') };
        found.extend(names(&inside[..end.unwrap_or(0)]));
    }
    found
}
