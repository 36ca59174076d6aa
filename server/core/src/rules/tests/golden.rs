//! Every finding of the two plans was read against their sources; the verdicts stand beside the rules.

use std::path::PathBuf;

use plenary_protocol::wire::findings::Severity;
use serde::{Deserialize, Serialize};

use super::{adopted, draft, findings};

/// A finding and what its reader made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    code: String,
    severity: Severity,
    says: String,
    /// `true`: so it stands in the source.  `data's own`: it is true of our data, which reads more out of the
    /// source than it prints, or less.
    verdict: String,
    /// Where the source shows it.
    reason: String,
}

fn check(name: &str, found: Vec<plenary_protocol::wire::findings::Finding>) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/rules/golden").join(name);
    let kept = std::fs::read(&path).unwrap_or_else(|_| b"[]".to_vec());
    let kept: Vec<Read> = serde_json::from_slice(&kept).unwrap();
    let read = |found: plenary_protocol::wire::findings::Finding| {
        let before = kept.iter().find(|read| read.code == found.code && read.says == found.says);
        Read {
            verdict: before.map(|read| read.verdict.clone()).unwrap_or_default(),
            reason: before.map(|read| read.reason.clone()).unwrap_or_default(),
            code: found.code,
            severity: found.severity,
            says: found.says,
        }
    };
    let now: Vec<Read> = found.into_iter().map(read).collect();
    if std::env::var_os("PLENARY_REGENERATE").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&now).unwrap() + "\n").unwrap();
    }
    assert_eq!(now, kept, "findings differ; read the new ones against the source and keep the verdict");
    for read in &now {
        let known = ["true", "data's own"].contains(&read.verdict.as_str());
        assert!(known && !read.reason.is_empty(), "nobody has read: {} {}", read.code, read.says);
    }
}

#[test]
fn the_findings_of_the_adopted_plan_are_those_that_were_read() {
    check("itu-sp-2020-2023.json", findings(&adopted(), None));
}

#[test]
fn the_findings_of_the_draft_are_those_that_were_read() {
    check("itu-sp-2024-2027-draft.json", findings(&draft(), Some(&adopted())));
}
