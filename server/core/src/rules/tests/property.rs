//! After any history what was kept up entry by entry is what a full run finds.

use plenary_protocol::ids::Seq;
use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::{Command, FieldType, Kind, LinkKind, Value};
use proptest::prelude::*;

use super::*;
use crate::tests::world::{World, chair};

const WORDS: [&str; 8] = [
    "Universal access",
    "increase by 25%",
    "regional presence",
    "",
    "Growth",
    "It will be done",
    "R.1-1",
    "percent",
];

/// Numbers that steps are made of.
type Dice = (u32, u32, u32, u32);

fn value_of(ty: FieldType, world: &World, dice: u32) -> Value {
    let pick = |words: &[&str]| Value::Text(words[dice as usize % words.len()].to_owned());
    let view = world.view();
    match ty {
        _ if dice.is_multiple_of(5) => Value::Null,
        FieldType::Str | FieldType::Reference | FieldType::Quotation => pick(&WORDS[4..]),
        FieldType::Int | FieldType::Year => Value::Int(1990 + i64::from(dice % 60)),
        FieldType::Number => Value::Number(f64::from(dice % 200)),
        FieldType::Bool => Value::Bool(dice.is_multiple_of(2)),
        FieldType::Date => Value::Text(format!("20{:02}-01-01", 10 + dice % 30)),
        FieldType::OneOf(words) => pick(words),
        FieldType::Set([]) => Value::Set([WORDS[4 + dice as usize % 4].to_owned()].into()),
        FieldType::Set(words) => {
            Value::Set(words.iter().take(1 + dice as usize % 3).map(|w| (*w).to_owned()).collect())
        }
        FieldType::Element(_) => {
            Value::Text(view.elements[dice as usize % view.elements.len()].id.to_string())
        }
    }
}

/// A command, whether or not it will be taken.
fn command(world: &World, (what, which, how, more): Dice) -> Command {
    let view = world.view();
    let element = &view.elements[which as usize % view.elements.len()];
    let other = &view.elements[more as usize % view.elements.len()];
    let link = &view.links[which as usize % view.links.len()];
    let base = Seq(view.seq.0);
    match what % 10 {
        0 | 1 => {
            let texts = element.kind.spec().texts;
            let Some(text) = texts.get(how as usize % texts.len().max(1)) else {
                return Command::Remove { element: element.id.clone() };
            };
            let text_now = WORDS[more as usize % WORDS.len()].to_owned();
            Command::SetText {
                element: element.id.clone(),
                field: text.name.into(),
                lang: None,
                text: text_now,
                base,
            }
        }
        2..=4 => {
            let fields: Vec<_> = element.kind.fields().collect();
            let field = fields[how as usize % fields.len()];
            Command::SetField {
                element: element.id.clone(),
                field: field.name.into(),
                value: value_of(field.ty, world, more),
                base,
            }
        }
        5 => {
            let fields: Vec<_> = Kind::plan().fields().collect();
            let field = fields[how as usize % fields.len()];
            Command::SetField {
                element: plenary_protocol::ElementId::plan(),
                field: field.name.into(),
                value: value_of(field.ty, world, more),
                base,
            }
        }
        6 if how.is_multiple_of(2) => Command::Remove { element: element.id.clone() },
        6 => Command::Restore { element: element.id.clone() },
        7 => Command::Move {
            element: element.id.clone(),
            place: Place { parent: None, after: None, before: Some(other.id.clone()) },
        },
        8 if how.is_multiple_of(3) => Command::Unlink { link: link.id.clone() },
        8 => {
            let kinds: Vec<LinkKind> = LinkKind::all().collect();
            let kind = kinds[how as usize % kinds.len()];
            Command::Link {
                kind,
                id: None,
                from: element.id.clone(),
                to: other.id.clone(),
                fields: Default::default(),
            }
        }
        _ => {
            let kinds: Vec<Kind> = Kind::all().filter(|kind| *kind != Kind::plan()).collect();
            let kind = kinds[how as usize % kinds.len()];
            let title =
                kind.text("title").map(|text| (text.name.to_owned(), WORDS[more as usize % 8].to_owned()));
            let parent = kind.may_stand_under(Some(element.kind)).then(|| element.id.clone());
            Command::Add {
                kind,
                id: None,
                place: Place { parent, ..Place::default() },
                owner: None,
                fields: Default::default(),
                lang: None,
                text: title.into_iter().collect(),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn kept_up_entry_by_entry_the_findings_are_those_of_a_full_run(
        steps in prop::collection::vec(any::<Dice>(), 40)
    ) {
        let mut world = World::of(draft());
        let before = adopted();
        let mut checker = Checker::of(&world.view(), world.reader.voices(world.seq()), Some(former(&before)));
        for dice in steps {
            let command = command(&world, dice);
            let from = world.log.events.len();
            world.edit(&chair(), [command]);
            for event in &world.log.events[from..] {
                checker.take(event, &world.reader);
            }
            let whole = Checker::of(&world.view(), world.reader.voices(world.seq()), Some(former(&before)));
            prop_assert_eq!(checker.findings(), whole.findings());
            prop_assert_eq!(checker.units(), whole.units());
        }
    }
}
