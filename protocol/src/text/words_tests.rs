use proptest::prelude::*;

use super::*;

fn shown(old: &str, new: &str) -> String {
    let show = |segment: Segment| match segment {
        Segment::Equal(text) => text,
        Segment::Deleted(text) => format!("[-{text}-]"),
        Segment::Inserted(text) => format!("{{+{text}+}}"),
    };
    segments(old, new).into_iter().map(show).collect()
}

#[test]
fn words_are_compared_not_letters() {
    assert_eq!(shown("by 2026, 65 % of all", "by 2027, 65 % of all"), "by [-2026-]{+2027+}, 65 % of all");
    assert_eq!(shown("the year 2023", "one date 2023"), "[-the year-]{+one date+} 2023");
    assert_eq!(shown("", "new"), "{+new+}");
    assert_eq!(shown("old", ""), "[-old-]");
    assert_eq!(shown("国际电信联盟", "国际电联"), "国际电[-信-]联[-盟-]");
    assert!(segments("", "").is_empty());
}

#[test]
fn changed_words_side_by_side_become_one_change() {
    assert_eq!(shown("65 % of households", "75 % of all households"), "[-65-]{+75+} % of{+ all+} households");
    assert_eq!(shown("by the year 2023 all", "by one date 2023 all"), "by [-the year-]{+one date+} 2023 all");
}

#[test]
fn a_huge_change_is_told_whole_instead_of_compared() {
    let (old, new) = ("a. ".repeat(10_000), "b. ".repeat(10_000));
    let told = segments(&old, &new);
    let whole = |text: &str| text.trim_end().strip_suffix('.').unwrap_or_default().to_owned();
    let wanted = [Segment::Deleted(whole(&old)), Segment::Inserted(whole(&new)), Segment::Equal(". ".into())];
    assert_eq!(told, wanted);
}

proptest! {
    #[test]
    fn both_texts_can_be_read_back(old in "[ab ,]{0,12}", new in "[ab ,]{0,12}") {
        let (mut before, mut after) = (String::new(), String::new());
        for segment in segments(&old, &new) {
            match segment {
                Segment::Equal(text) => { before.push_str(&text); after.push_str(&text); }
                Segment::Deleted(text) => before.push_str(&text),
                Segment::Inserted(text) => after.push_str(&text),
            }
        }
        prop_assert_eq!((before, after), (old, new));
    }
}
