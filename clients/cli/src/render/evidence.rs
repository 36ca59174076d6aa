//! What a check showed and what it did not, in plain words.

use plenary_protocol::evidence::bundle::Stretch;

use super::element::Layout;
use super::time::moment;
use super::wrap::wrap;
use crate::commands::verify::told::{BundleChecked, Earlier, Fails, Since, Trust, Verified, Walked};
use crate::term::Paint;

/// Stretches of entries that are named; of more only how many entries.
const STRETCHES_MAX: usize = 12;

/// Lines of a report, shown and not shown told apart.
struct Lines {
    layout: Layout,
    lines: Vec<String>,
}

impl Lines {
    fn new(layout: Layout, head: String) -> Lines {
        Lines { layout, lines: vec![head] }
    }

    fn put(&mut self, head: &str, hang: usize, text: &str) {
        self.lines.push(wrap(head, &" ".repeat(hang), text, self.layout.width));
    }

    fn fact(&mut self, name: &str, text: &str) {
        self.put(&format!("  {name:<12}"), 14, text);
    }

    fn shown(&mut self, text: &str) {
        self.put(&format!("  {} ", self.layout.paint.green("✓")), 4, text);
    }

    fn not_shown(&mut self, text: &str) {
        self.put("  – ", 4, text);
    }

    fn wrong(&mut self, text: &str) {
        self.put(&format!("  {} ", self.layout.paint.red("✗")), 4, text);
    }

    fn text(self) -> String {
        self.lines.join("\n")
    }
}

fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

fn entries(number: u64) -> String {
    count(number, "entry", "entries")
}

/// Entries by their numbers, those that follow each other as one.
fn named(seqs: &[u64]) -> String {
    let stretches: Vec<&[u64]> = seqs.chunk_by(|one, next| one + 1 == *next).collect();
    if stretches.len() > STRETCHES_MAX {
        return entries(seqs.len() as u64);
    }
    let name = |stretch: &&[u64]| match stretch {
        [first, .., last] => format!("{first} to {last}"),
        stretch => stretch.first().map(ToString::to_string).unwrap_or_default(),
    };
    let names: Vec<String> = stretches.iter().map(name).collect();
    format!("{} {}", if seqs.len() == 1 { "entry" } else { "entries" }, names.join(", "))
}

/// A plan that is verified.
pub fn verified(verified: &Verified, layout: Layout) -> String {
    let paint = layout.paint;
    let Verified { plan, key, trust, checkpoint, since, walked, .. } = verified;
    let size = checkpoint.size;
    let head = format!("{} {plan}, {}", paint.green("VERIFIED"), entries(size));
    let mut out = Lines::new(layout, head);
    out.fact("log", &checkpoint.origin);
    out.fact("root", &checkpoint.root.to_string());
    let why = match trust {
        Trust::Given => "the one you gave",
        Trust::Kept => "the one kept from the first time",
        Trust::LaterEpoch => "the one kept from the first time, for a later epoch of the log",
        Trust::FirstUse => "seen for the first time: compare it with what the operator published",
    };
    out.fact("key", &format!("{key}, {why}"));
    match walked {
        Some(Walked { from, to }) if from == to => {
            out.shown(&format!(
                "Entry {to} is as it was logged: envelope, payload, and that it follows the one before."
            ));
        }
        Some(Walked { from, to }) => out.shown(&format!(
            "Entries {from} to {to} are as they were logged: envelopes, payloads, order; none is missing."
        )),
        None => out.shown("Nothing is new since then."),
    }
    if let Some(Since { size, verified_at }) = since {
        out.shown(&format!(
            "Since {} nothing of the {} before was changed, removed or inserted.",
            moment(verified_at),
            entries(*size)
        ));
    }
    if let Some(earlier) = &verified.earlier {
        beginning(&mut out, earlier, paint);
    }
    let absent = &verified.payload_absent;
    if !absent.is_empty() {
        out.not_shown(&format!(
            "What {} said: the payload was removed. That they were there is shown.",
            named(absent)
        ));
    }
    if verified.payloads_absent_before > 0 {
        let before = entries(verified.payloads_absent_before);
        out.not_shown(&format!("What {before} said that were verified earlier: the payload was removed."));
    }
    if since.is_none() && verified.earlier.is_none() {
        out.not_shown(
            "Whether history was rewritten before today: this is the first time. From now on it would be noticed.",
        );
    }
    limits(&mut out);
    if let Some(path) = &verified.put_aside {
        out.fact("put aside", &format!("what was verified of another log: {}", path.display()));
    }
    out.fact("kept", &verified.state.display().to_string());
    out.text()
}

/// What a log that begins anew has of the one before it.
fn beginning(out: &mut Lines, earlier: &Earlier, paint: Paint) {
    if earlier.is_all_there {
        out.shown(&format!(
            "The log has a new name, and all {} that were verified on {} as {} stand in it unchanged{}.",
            entries(earlier.checkpoint.size),
            moment(&earlier.verified_at),
            earlier.checkpoint.origin,
            earlier.epoch_words()
        ));
    } else {
        let text = format!("ACCEPTED BY YOU: the log has begun anew, and {}", earlier.words());
        out.wrong(&paint.red(&text));
    }
}

/// What no check of a log can show.
fn limits(out: &mut Lines) {
    out.not_shown("Whether others are shown the same log: compare root and number of entries with theirs.");
    out.not_shown("Whether what somebody entered is true, and whether the server's clock was right.");
}

/// Evidence that fails.
pub fn fails(fails: &Fails, layout: Layout) -> String {
    let paint = layout.paint;
    let mut out = Lines::new(layout, format!("{} {}", paint.red("THE EVIDENCE FAILS for"), fails.plan));
    out.wrong(&paint.red(&fails.says));
    for (name, note, at) in [
        ("verified", &fails.checkpoint_kept, fails.kept_at.as_deref()),
        ("now", &fails.checkpoint_now, Some(fails.found_at.as_str())),
    ] {
        let Some(note) = note else { continue };
        let mut lines = note.lines();
        let [origin, size, root] = [(); 3].map(|()| lines.next().unwrap_or_default());
        let at = at.map(|at| format!(", {}", moment(at))).unwrap_or_default();
        out.fact(name, &format!("{origin}, {size} entries, root {root}{at}"));
    }
    out.put("", 0, &fails.way_out);
    match &fails.record {
        Some(path) => out.fact("record", &path.display().to_string()),
        None => out.wrong("no record could be written: keep what is printed here"),
    }
    if fails.checkpoint_kept.is_some() {
        out.put("", 0, "What was verified before is kept as it was.");
    }
    out.text()
}

/// A bundle.
pub fn bundle(checked: &BundleChecked, layout: Layout) -> String {
    let paint = layout.paint;
    let path = checked.bundle.display();
    let head = match checked.holds() {
        true => format!("{} {path}", paint.green("VERIFIED")),
        false => format!("{} {path}", paint.red("NOT VERIFIED: this is not evidence:")),
    };
    let mut out = Lines::new(layout, head);
    if let Some(says) = &checked.says {
        out.wrong(&paint.red(says));
    }
    let Some(whole) = &checked.whole else { return out.text() };
    out.fact("log", &format!("{}, {}", whole.origin, entries(whole.size)));
    out.fact("key", &whole.key);
    for entry in whole.entries.iter().filter(|entry| entry.verdict == "invalid") {
        let reason = entry.reason.as_deref().unwrap_or_default();
        out.wrong(&paint.red(&format!("entry {}: INVALID: {reason}", entry.seq)));
    }
    if !checked.holds() {
        return out.text();
    }
    let of = |verdict: &str| -> Vec<u64> {
        whole.entries.iter().filter(|entry| entry.verdict == verdict).map(|entry| entry.seq).collect()
    };
    let (valid, absent) = (of("valid"), of("payload_absent"));
    if !valid.is_empty() {
        out.shown(&format!("Of {} envelope and payload are those that were logged.", named(&valid)));
    }
    if !absent.is_empty() {
        out.shown(&format!("Of {} the envelope is the one that was logged; PAYLOAD ABSENT.", named(&absent)));
    }
    match whole.range {
        Some(Stretch { from, to }) => out.shown(&format!("No entry from {from} to {to} is missing.")),
        None => out.not_shown("Whether there are other entries of this kind: this is a selection."),
    }
    if let Some(since) = whole.since {
        out.shown(&format!("The log has only grown since it had {}.", entries(since)));
    }
    if whole.key_is_given {
        out.shown("The key is one that you gave.");
    } else {
        out.not_shown(
            "Whose key it is: it comes from the bundle itself. Compare it with what the operator published, or give \
             --key.",
        );
    }
    limits(&mut out);
    out.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_that_follow_each_other_are_named_as_one() {
        assert_eq!(named(&[7]), "entry 7");
        assert_eq!(named(&[1, 2, 3, 5, 8, 9]), "entries 1 to 3, 5, 8 to 9");
        let many: Vec<u64> = (0..40).map(|number| 2 * number).collect();
        assert_eq!(named(&many), "40 entries");
    }
}
