//! Sizes of names, values and edits: one below the limit and at it is taken, one above is not.

use std::collections::BTreeSet;

use plenary_limits::holds;

use crate::ids::{ClientId, ElementId, PlanId, Subject, VersionName};
use crate::plan::kinds::FieldType;
use crate::plan::order::is_order;
use crate::plan::value::Value;
use crate::plan::{Command, Edit};
use crate::text::words::segments;
use crate::wire::live::Whereabouts;
use crate::wire::past::Segment;

#[test]
fn names_hold_to_the_byte() {
    let text = |bytes: usize| "a".repeat(bytes);
    holds!(ID_BYTES_MAX, |bytes| text(bytes).parse::<PlanId>().is_ok());
    holds!(ID_BYTES_MAX, |bytes| text(bytes).parse::<ElementId>().is_ok());
    holds!(CLIENT_ID_BYTES_MAX, |bytes| text(bytes).parse::<ClientId>().is_ok());
    holds!(SUBJECT_BYTES_MAX, |bytes| text(bytes).parse::<Subject>().is_ok());
    holds!(VERSION_NAME_BYTES_MAX, |bytes| text(bytes).parse::<VersionName>().is_ok());
    holds!(ORDER_BYTES_MAX, |bytes| is_order(&text(bytes)));
    holds!(WHEREABOUTS_CHARS_MAX, |chars| {
        serde_json::from_value::<Whereabouts>(serde_json::json!({ "field": text(chars) })).is_ok()
    });
}

#[test]
fn values_hold_to_the_byte() {
    let set = |members: BTreeSet<String>| FieldType::Set(&[]).check(&Value::Set(members)).is_ok();
    holds!(SCALAR_BYTES_MAX, |bytes| FieldType::Str
        .check(&Value::Text("é".repeat(bytes / 2) + &"e".repeat(bytes % 2)))
        .is_ok());
    holds!(SET_MEMBER_BYTES_MAX, |bytes| set(["m".repeat(bytes)].into()));
    holds!(SET_MEMBERS_MAX, |count| set((0..count).map(|n| n.to_string()).collect()));
}

#[test]
fn an_edit_holds_to_the_one() {
    let edit = |commands: usize, because: usize, answers: usize| {
        let command: Command =
            serde_json::from_value(serde_json::json!({ "do": "remove", "element": "tgt-a" })).unwrap();
        let edit = Edit {
            id: "e".parse().unwrap(),
            plan: "p".parse().unwrap(),
            commands: vec![command; commands],
            because: Some("b".repeat(because)),
            answers: (0..answers).map(|n| format!("grq-{n}").parse().unwrap()).collect(),
        };
        edit.check().is_ok()
    };
    holds!(COMMANDS_MAX, |count| edit(count, 1, 1));
    holds!(BECAUSE_BYTES_MAX, |bytes| edit(1, bytes, 1));
    holds!(ANSWERS_MAX, |count| edit(1, 1, count));
}

#[test]
fn beyond_so_many_words_the_middle_counts_as_replaced() {
    let halves = |tokens: usize| {
        let (mut old, mut new) = (String::new(), String::new());
        for at in 0..tokens {
            // Single signs are tokens of their own; the one both have stands neither first nor last.
            let sign = match at {
                2 => ['=', '='],
                _ => ['-', '+'],
            };
            if at < 5 {
                new.push(sign[1]);
            }
            if at < tokens - 5 {
                old.push(sign[0]);
            }
        }
        segments(&old, &new).iter().any(|part| matches!(part, Segment::Equal { .. }))
    };
    holds!(WORDS_COMPARED_MAX, halves);
}
