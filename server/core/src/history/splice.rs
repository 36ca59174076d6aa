//! Several replaced stretches of one text, told as one.

use plenary_protocol::record::EditRow;

/// One replaced stretch of a text, in code points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    at: usize,
    deleted: Vec<char>,
    inserted: Vec<char>,
}

impl Splice {
    /// The stretch that a row replaced, where it says so.
    pub fn of(row: &EditRow) -> Option<Splice> {
        let chars = |text: &Option<String>| text.iter().flat_map(|text| text.chars()).collect();
        Some(Splice {
            at: usize::try_from(row.at?).ok()?,
            deleted: chars(&row.deleted),
            inserted: chars(&row.inserted),
        })
    }

    /// This stretch and then another one of the text it left, as one; `None` when they do not touch,
    /// since nobody knows what stands between them.
    pub fn then(mut self, next: Splice) -> Option<Splice> {
        let end = self.at + self.inserted.len();
        let next_end = next.at + next.deleted.len();
        if next.at > end || next_end < self.at {
            return None;
        }
        // What the next one deletes beyond the stretch was there before both.
        let ahead = self.at.saturating_sub(next.at);
        let behind = next_end.saturating_sub(end);
        let tail = next.deleted.len() - behind;
        self.deleted.splice(0..0, next.deleted[..ahead].iter().copied());
        self.deleted.extend(&next.deleted[tail..]);
        let from = next.at.saturating_sub(self.at);
        let to = self.inserted.len() - end.saturating_sub(next_end);
        self.inserted.splice(from..to, next.inserted);
        self.at = self.at.min(next.at);
        Some(self)
    }

    /// What was deleted and what was inserted.
    pub fn into_texts(self) -> (String, String) {
        (self.deleted.into_iter().collect(), self.inserted.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn splice(at: usize, deleted: &str, inserted: &str) -> Splice {
        Splice { at, deleted: deleted.chars().collect(), inserted: inserted.chars().collect() }
    }

    #[test]
    fn typing_and_correcting_is_one_stretch() {
        let typed = splice(5, "", "wa").then(splice(7, "", "ter")).unwrap();
        assert_eq!(typed, splice(5, "", "water"));
        assert_eq!(typed.clone().then(splice(4, " wat", "")), Some(splice(4, " ", "er")));
        assert_eq!(typed.clone().then(splice(8, "er!", "")), Some(splice(5, "!", "wat")));
        assert_eq!(typed.then(splice(11, "", "x")), None);
    }

    proptest! {
        #[test]
        fn two_stretches_as_one_make_the_same_text(
            base in "[ab]{0,8}",
            cuts in proptest::collection::vec((0_usize..9, 0_usize..5, "[cd]{0,3}"), 1..6),
        ) {
            let base: Vec<char> = base.chars().collect();
            let mut text = base.clone();
            let mut told: Option<Splice> = None;
            for (at, len, inserted) in cuts {
                let at = at.min(text.len());
                let end = (at + len).min(text.len());
                let inserted: Vec<char> = inserted.chars().collect();
                let deleted: Vec<char> = text.splice(at..end, inserted.iter().copied()).collect();
                let next = Splice { at, deleted, inserted };
                told = match told {
                    None => Some(next),
                    Some(told) => match told.then(next) {
                        Some(told) => Some(told),
                        None => return Ok(()),
                    },
                };
            }
            if let Some(told) = told {
                let mut again = base;
                let deleted: Vec<char> =
                    again.splice(told.at..told.at + told.deleted.len(), told.inserted).collect();
                prop_assert_eq!(deleted, told.deleted);
                prop_assert_eq!(again, text);
            }
        }
    }
}
