//! Which letters of a paragraph hide: judged in the text that the paragraph reads as, not run by run.
//!
//! Marks cut a text anywhere, also between a letter and its accent.  What came is judged in the later
//! text, what went in the earlier one, so either reads as the document without marks prints it.

use plenary_protocol::visible::letters;

use super::{Mark, Run};

/// The letters of each run, and whether each is to be shown by its number.
pub(super) fn seen(runs: &[Run]) -> Vec<Vec<(char, bool)>> {
    let text = |stands: fn(&Mark) -> bool| -> String {
        runs.iter().filter(|run| stands(&run.mark)).map(|run| run.text.as_str()).collect()
    };
    let earlier = text(|mark| !matches!(mark, Mark::Inserted(_)));
    let later = text(|mark| !matches!(mark, Mark::Deleted(_)));
    let (mut earlier, mut later) = (letters(&earlier), letters(&later));
    let judged = runs.iter().map(|run| {
        let count = run.text.chars().count();
        match run.mark {
            Mark::Kept => {
                earlier.by_ref().take(count).for_each(drop);
                later.by_ref().take(count).collect()
            }
            Mark::Inserted(_) => later.by_ref().take(count).collect(),
            Mark::Deleted(_) => earlier.by_ref().take(count).collect(),
        }
    });
    judged.collect()
}
