//! Messages made at random: both encodings give them back, and the description takes them.

use proptest::prelude::*;

use super::*;
use crate::plan::Value;

fn element() -> impl Strategy<Value = ElementId> {
    "[a-z]{3}-[2-9b-z]{8}".prop_map(|id| id.parse().unwrap())
}

fn plan() -> impl Strategy<Value = PlanId> {
    "[a-z0-9-]{1,64}".prop_map(|id| id.parse().unwrap())
}

fn name() -> impl Strategy<Value = ClientId> {
    "[!-~]{1,64}".prop_map(|id| id.parse().unwrap())
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        // Whole numbers come back as such.
        (-1e12..1e12_f64).prop_filter("a fraction", |n| n.fract() != 0.0).prop_map(Value::Number),
        any::<String>().prop_map(Value::Text),
        prop::collection::btree_set(any::<String>(), 0..5).prop_map(Value::Set),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let field = "[a-z_]{1,20}";
    prop_oneof![
        (element(), field, any::<String>(), any::<u64>()).prop_map(|(element, field, text, base)| {
            Command::SetText { element, field, lang: None, text, base: Seq(base) }
        }),
        (element(), field, 0..1_000_usize, 0..1_000_usize, any::<String>()).prop_map(
            |(element, field, at, delete, insert)| {
                Command::Splice { element, field, lang: Some("fr".into()), at, delete, insert, base: Seq(1) }
            }
        ),
        (element(), field, value()).prop_map(|(element, field, value)| {
            Command::SetField { element, field, value, base: Seq(1) }
        }),
        (element(), any::<String>()).prop_map(|(element, text)| Command::Comment { element, text }),
    ]
}

fn bytes() -> impl Strategy<Value = Bytes> {
    // A byte string of 32 would be read as a digest by these tests.
    prop::collection::vec(any::<u8>(), 0..100)
        .prop_filter("no digest", |b| b.len() != DIGEST_BYTES)
        .prop_map(Bytes)
}

fn state() -> impl Strategy<Value = Whereabouts> {
    let name = || prop::option::of("[A-Za-z0-9_-]{1,64}");
    let position = || 0..=plenary_limits::TEXT_CHARS_MAX as u32;
    let selection = (any::<u64>(), position(), position()).prop_map(|(base, anchor, head)| Selection {
        base: Seq(base),
        anchor,
        head,
    });
    (prop::option::of(element()), name(), name(), prop::option::of(selection))
        .prop_map(|(element, field, lang, selection)| Whereabouts { element, field, lang, selection })
}

fn client() -> impl Strategy<Value = ClientMessage> {
    let because = prop::option::of(".{0,100}");
    let answers = prop::collection::vec(element(), 0..4);
    prop_oneof![
        (plan(), prop::option::of(any::<u64>()), prop::option::of(any::<[u8; 32]>()), any::<bool>())
            .prop_map(|(plan, after, leaf, raw)| ClientMessage::Subscribe {
                plan,
                after: after.map(Seq),
                leaf: leaf.map(Digest),
                raw
            }),
        (
            name(),
            plan(),
            prop::collection::vec(command(), 0..6),
            prop::option::of(any::<(u64, [u8; 32])>()),
            because,
            answers
        )
            .prop_map(|(id, plan, commands, known, because, answers)| ClientMessage::Edit {
                id,
                plan,
                commands,
                known: known.map(|(seq, leaf)| Known { seq: Seq(seq), leaf: Digest(leaf) }),
                because,
                answers
            }),
        (name(), plan(), prop::collection::vec(bytes(), 0..6)).prop_map(|(id, plan, changes)| {
            ClientMessage::Changes { id, plan, changes, because: None, answers: Vec::new() }
        }),
        (plan(), prop::option::of(state())).prop_map(|(plan, state)| ClientMessage::Presence { plan, state }),
        any::<u64>().prop_map(|nonce| ClientMessage::Ping { nonce }),
    ]
}

fn person() -> impl Strategy<Value = Person> {
    let bureau = prop::sample::select(Bureau::ALL.to_vec());
    let role = prop::sample::select(Role::ALL.to_vec());
    ("[^\\pC]{1,40}", any::<String>(), bureau, role, prop::option::of(state())).prop_map(
        |(subject, name, bureau, role, state)| {
            let subject = subject.parse().unwrap();
            Person { session: "1-0".into(), subject, name, bureau, role, state }
        },
    )
}

fn server() -> impl Strategy<Value = ServerMessage> {
    let entry = (any::<u64>(), any::<[u8; 32]>(), prop::option::of(any::<[u8; 32]>())).prop_map(
        |(seq, leaf, change)| AckEntry { seq: Seq(seq), leaf: Digest(leaf), change: change.map(Digest) },
    );
    prop_oneof![
        (
            name(),
            plan(),
            prop::collection::vec(entry, 0..4),
            prop::collection::vec(element(), 0..4),
            any::<bool>()
        )
            .prop_map(|(id, plan, entries, made, duplicate)| {
                let (seq, leaf) = (Seq(7), Digest([7; 32]));
                ServerMessage::Ack { id, plan, seq, leaf, entries, made, duplicate }
            }),
        (plan(), any::<u64>(), bytes()).prop_map(|(plan, seq, bytes)| ServerMessage::Snapshot {
            plan,
            seq: Seq(seq),
            view: None,
            document: Some(bytes)
        }),
        (plan(), any::<bool>(), prop::collection::vec(person(), 0..4))
            .prop_map(|(plan, whole, people)| ServerMessage::Presence { plan, whole, people }),
        any::<String>().prop_map(|reason| ServerMessage::Resync { reason }),
    ]
}

proptest! {
    #[test]
    fn a_clients_message_is_the_same_in_both_encodings(message in client()) {
        check_client(&message);
    }

    #[test]
    fn a_servers_message_is_the_same_in_both_encodings(message in server()) {
        check_server(&message);
    }
}
