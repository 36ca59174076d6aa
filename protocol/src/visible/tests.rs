//! The table that the page is held against, too, and what holds for every text.

use proptest::prelude::*;

use super::*;

#[test]
fn the_table_holds() {
    let table: Vec<(String, String, String)> = serde_json::from_str(include_str!("table.json")).unwrap();
    assert!(table.len() > 30);
    for (what, text, shown) in table {
        assert_eq!(visible(&text), shown, "{what}");
    }
}

proptest! {
    #[test]
    fn what_is_shown_hides_nothing_and_is_shown_as_it_is(text in "[ -~\u{0}-\u{20}\u{2000}-\u{2070}\u{300}\u{fe00}-\u{fe0f}\u{600}-\u{620}⟨⟩\u{e0001}]{0,12}") {
        let shown = visible(&text);
        let unseen = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || is_never_seen(c);
        prop_assert!(!shown.contains(unseen), "{shown:?}");
    }
}
