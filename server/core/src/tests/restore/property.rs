//! After any history, restoring any point makes the plan, or the element, what it was there; what replicas
//! wrote meanwhile merges into a valid plan.

use proptest::prelude::*;

use super::*;
use crate::tests::replica::{make_element, make_link, put, word};

const ELEMENTS: [&str; 6] = ["gol-1", "tgt-1", "tgt-2", "ind-1", "obj-br", "pri-1"];
const WORDS: [&str; 6] = ["all", "households", "connected by 2030", "65 %", "", "for everybody, everywhere"];

/// One step of a history.
#[derive(Debug, Clone)]
enum Step {
    Text { element: usize, lang: bool, words: (usize, usize) },
    Year(usize, Option<i64>),
    Sectors(u8),
    Title(usize),
    Add,
    Move(usize, bool),
    Remove(usize, bool),
    Link(usize, usize),
    Note(usize),
    Offline(usize, Box<Step>),
    Send(usize),
    Restart,
    Restore { at: f64, element: Option<usize> },
}

fn step() -> impl Strategy<Value = Step> {
    let element = || 0..ELEMENTS.len();
    let words = || (0..WORDS.len(), 0..WORDS.len());
    let simple = prop_oneof![
        4 => (element(), any::<bool>(), words()).prop_map(|(element, lang, words)| Step::Text { element, lang, words }),
        2 => (1..3usize, prop::option::of(2024..2030i64)).prop_map(|(element, year)| Step::Year(element, year)),
        1 => any::<u8>().prop_map(Step::Sectors),
        1 => (0..WORDS.len()).prop_map(Step::Title),
        1 => Just(Step::Add),
        2 => (1..3usize, any::<bool>()).prop_map(|(element, up)| Step::Move(element, up)),
        2 => (element(), any::<bool>()).prop_map(|(element, removed)| Step::Remove(element, removed)),
        1 => (element(), element()).prop_map(|(from, to)| Step::Link(from, to)),
        1 => (0..WORDS.len()).prop_map(Step::Note),
    ];
    let simple = simple.boxed();
    prop_oneof![
        8 => simple.clone(),
        3 => (0..2usize, simple).prop_map(|(who, step)| Step::Offline(who, Box::new(step))),
        2 => (0..2usize).prop_map(Step::Send),
        1 => Just(Step::Restart),
        2 => (0.0..1.0, prop::option::of(element())).prop_map(|(at, element)| Step::Restore { at, element }),
    ]
}

fn said((one, two): (usize, usize)) -> String {
    [WORDS[one], WORDS[two]].join(" ")
}

fn text_of(element: &str) -> &'static str {
    if element.starts_with("tgt") { "statement" } else { "title" }
}

/// Does a step on the server, if it can be done.
fn online(world: &mut World, step: &Step) {
    let base = world.seq();
    let command = match step {
        Step::Text { element, lang, words } => plenary_protocol::plan::Command::SetText {
            element: id(ELEMENTS[*element]),
            field: text_of(ELEMENTS[*element]).into(),
            lang: lang.then(|| "fr".into()),
            text: said(*words),
            base,
        },
        Step::Year(element, year) => {
            set_field(ELEMENTS[*element], "due_year", year.map_or(Value::Null, Value::Int), base)
        }
        Step::Sectors(bits) => {
            let all = ["ITU-R", "ITU-T", "ITU-D"];
            let chosen: Vec<&str> =
                all.into_iter().enumerate().filter(|(n, _)| bits >> n & 1 == 1).map(|(_, one)| one).collect();
            set_field("pri-1", "sectors", set(&chosen), base)
        }
        Step::Title(words) => set_field("plan", "title", text(&format!("Plan {}", WORDS[*words])), base),
        Step::Add => add("target", "gol-1", &[("statement", "made later")]),
        Step::Move(element, up) => {
            let (after, before) = (ELEMENTS[3 - *element], ELEMENTS[3 - *element]);
            let mut place = under("gol-1");
            if *up {
                place.before = Some(id(before))
            } else {
                place.after = Some(id(after))
            }
            plenary_protocol::plan::Command::Move { element: id(ELEMENTS[*element]), place }
        }
        Step::Remove(element, true) => remove(ELEMENTS[*element]),
        Step::Remove(element, false) => restore(ELEMENTS[*element]),
        Step::Link(from, to) => link("refers_to", ELEMENTS[*from], ELEMENTS[*to]),
        Step::Note(words) => set_text("lnk-1", "note", WORDS[*words], base),
        _ => return,
    };
    // What cannot be done is none of the history.
    _ = world.edit(&chair(), [command]);
}

/// Does a step on a replica.
fn offline(replica: &mut Replica, step: &Step, number: usize, who: usize) {
    replica.write(|tx| match step {
        Step::Text { element, lang, words } => {
            let element = ELEMENTS[*element];
            word(tx, element, if *lang { "fr" } else { "en" }, text_of(element), &said(*words));
        }
        Step::Year(element, Some(year)) => put(tx, ELEMENTS[*element], "due_year", *year),
        Step::Add => {
            let name = format!("tgt-{who}x{number}");
            make_element(tx, &name, "target", "gol-1", &[("statement", "made elsewhere")]);
        }
        Step::Move(element, up) => put(tx, ELEMENTS[*element], "order", if *up { "A" } else { "z" }),
        Step::Remove(element, removed) => put(tx, ELEMENTS[*element], "removed", *removed),
        Step::Link(from, to) => {
            make_link(tx, &format!("lnk-{who}x{number}"), "refers_to", ELEMENTS[*from], ELEMENTS[*to]);
        }
        _ => {}
    });
}

/// Restores, and holds the plan against what it was.
fn restored(world: &mut World, at: f64, element: Option<usize>) {
    let first = world.hub.state().first_change().unwrap();
    let seq = Seq(first.0 + ((world.seq().0 - first.0) as f64 * at) as u64);
    let (then, before) = (world.reader.view(Some(seq)), world.view());
    let scope = element.map_or_else(whole, |element| of(ELEMENTS[element]));
    let (base, seen) = world.preview(&chair(), seq, scope.clone()).unwrap();
    match done(world.restore_from(&chair(), seq, scope, Some(base))) {
        Ok(_) => assert_eq!(world.rows(), seen),
        Err(refusal) => assert_eq!((refusal.code, seen.len()), (RefusalCode::NothingToDo, 0), "{refusal:?}"),
    }
    let Some(element) = element.map(|element| id(ELEMENTS[element])) else {
        return assert_restored(world, &then);
    };
    let now = world.view();
    let (now_then, now_before) = (comparable(&now, &then), comparable(&now, &before));
    let (then, before) = (comparable(&then, &then), comparable(&before, &before));
    assert_eq!(uncoded(&now_then, element.as_str()), uncoded(&then, element.as_str()));
    let links =
        |view: &PlanView| view.links.iter().filter(|link| link.from == element).cloned().collect::<Vec<_>>();
    assert_eq!(links(&now_then), links(&then));
    // Codes and reading order of others follow from it; nothing else of them changes.
    let others = |view: &PlanView| {
        let mut others: Vec<_> = view.elements.iter().filter(|one| one.id != element).cloned().collect();
        others.iter_mut().for_each(|one| one.code = None);
        others.sort_by(|a, b| a.id.cmp(&b.id));
        let links: Vec<_> = view.links.iter().filter(|link| link.from != element).cloned().collect();
        (others, links, view.plan.clone())
    };
    assert_eq!(others(&now_before), others(&before));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn restoring_any_point_of_any_history_gives_what_stood_there(
        steps in prop::collection::vec(step(), 1..40),
        last in 0.0..1.0,
    ) {
        let mut world = World::new();
        let mut replicas = [(drafter(Bureau::GS), 7), (person("second chair", Bureau::BR, Role::Chair), 8)]
            .map(|(who, actor)| Replica::join(&world, person(who.subject.as_str(), who.bureau, Role::Chair), actor));
        for (number, step) in steps.iter().chain([&Step::Restore { at: last, element: None }]).enumerate() {
            match step {
                Step::Offline(who, step) => offline(&mut replicas[*who], step, number, *who),
                Step::Send(who) => {
                    done(replicas[*who].send(&mut world)).unwrap();
                    replicas[*who].take(&world);
                }
                Step::Restart => world.restart(),
                Step::Restore { at, element } => restored(&mut world, *at, *element),
                step => online(&mut world, step),
            }
        }
        for replica in &mut replicas {
            done(replica.send(&mut world)).unwrap();
        }
        for replica in &mut replicas {
            replica.take(&world);
            prop_assert_eq!(super::super::world::content(&replica.doc), super::super::world::content(world.hub.scout()));
        }
        restored(&mut world, last, None);
        world.check();
    }
}
