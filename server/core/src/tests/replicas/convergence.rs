//! Any interleaving of edits of three replicas and thin clients converges.

use super::*;

/// One step of the property below.
#[derive(Debug, Clone)]
enum Step {
    Text(usize, usize, usize, u8),
    Field(usize, i64),
    Member(usize, u8, bool),
    Element(usize),
    Place(usize, bool),
    Send(usize),
    Take(usize),
    Thin(usize, u8),
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = 0..3usize;
    let step = prop_oneof![
        4 => (who.clone(), 0..30usize, 0..4usize, any::<u8>()).prop_map(|(w, at, del, c)| Step::Text(w, at, del, c)),
        2 => (who.clone(), 2000..2005i64).prop_map(|(w, year)| Step::Field(w, year)),
        2 => (who.clone(), 0..4u8, any::<bool>()).prop_map(|(w, m, add)| Step::Member(w, m, add)),
        1 => who.clone().prop_map(Step::Element),
        1 => (who.clone(), any::<bool>()).prop_map(|(w, up)| Step::Place(w, up)),
        3 => who.clone().prop_map(Step::Send),
        3 => who.prop_map(Step::Take),
        2 => (0..20usize, any::<u8>()).prop_map(|(at, c)| Step::Thin(at, c)),
        1 => Just(Step::Restart),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_converges_to_the_fold_of_the_log(steps in steps()) {
        let mut world = World::new();
        let first = world.seq();
        let people = [br(), tsb(), chair()];
        let mut replicas: Vec<Replica> =
            people.into_iter().zip(1u8..).map(|(who, actor)| Replica::join(&world, who, actor)).collect();
        for (n, step) in steps.into_iter().enumerate() {
            match step {
                Step::Text(w, at, delete, c) => replicas[w].write(|tx| {
                    let text = text_object(tx, "tgt-1", "statement");
                    let at = at.min(tx.length(&text));
                    let delete = delete.min(tx.length(&text) - at);
                    tx.splice_text(&text, at, delete as isize, &char::from(c).to_string()).unwrap();
                }),
                Step::Field(w, year) => replicas[w].write(|tx| put(tx, "tgt-1", "due_year", year)),
                Step::Member(w, member, add) => replicas[w].write(|tx| {
                    let element = element_object(tx, "tgt-2");
                    let set = match tx.get(&element, "inferred").unwrap() {
                        Some((_, set)) => set,
                        None => tx.put_object(&element, "inferred", ObjType::Map).unwrap(),
                    };
                    let member = format!("m{member}");
                    if add {
                        tx.put(&set, member.as_str(), true).unwrap();
                    } else if tx.get(&set, member.as_str()).unwrap().is_some() {
                        tx.delete(&set, member.as_str()).unwrap();
                    }
                }),
                Step::Element(w) => replicas[w].write(|tx| {
                    make_element(tx, &format!("tgt-{w}{n}"), "target", "gol-1", &[("statement", "new")]);
                }),
                Step::Place(w, up) => replicas[w].write(|tx| put(tx, "tgt-2", "order", if up { "A" } else { "z" })),
                Step::Send(w) => _ = done(replicas[w].send(&mut world)).unwrap(),
                Step::Take(w) => replicas[w].take(&world),
                Step::Thin(at, c) => {
                    let insert = char::from(c).to_string();
                    done(world.edit(&drafter(Bureau::BDT), [splice("tgt-1", at, 1, &insert, first)])).ok();
                }
                Step::Restart => world.restart(),
            }
        }
        let [one, two, three] = replicas.as_mut_slice() else { unreachable!() };
        converge(&mut world, &mut [one, two, three]);
        world.check();
    }
}
