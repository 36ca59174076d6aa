//! CBOR that nobody honest sends: each refused for what it is, at its place.

use proptest::prelude::*;

use super::super::cbor::{Sender, walk};
use super::*;
use plenary_limits::{CBOR_DEPTH_MAX, holds};

fn refused(bytes: &[u8]) -> CborError {
    match walk(bytes, Sender::Client) {
        Err((error, _)) => error,
        Ok(()) => panic!("it was taken: {bytes:02x?}"),
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
    let pair = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

#[test]
fn each_defect_is_named_with_its_place() {
    use CborError::{Deep, Foreign, Indefinite, Key, Length, Trailing, Truncated, Twice, Utf8};
    let cases = [
        ("nothing", "", Truncated { at: 0 }),
        ("a map that ends", "a1", Length { at: 0, says: 1, left: 0 }),
        ("a head that ends", "1b 0000", Truncated { at: 3 }),
        ("a text that ends", "a1 6161 63 6162", Length { at: 3, says: 3, left: 2 }),
        ("a list of 2^40", "9b 0000010000000000", Length { at: 0, says: 1 << 40, left: 0 }),
        ("a map of 2^40", "bb 0000010000000000 6161 00", Length { at: 0, says: 1 << 40, left: 3 }),
        ("a text of 2^40", "a1 6161 7b 0000010000000000", Length { at: 3, says: 1 << 40, left: 0 }),
        ("the longest list", "9b ffffffffffffffff", Length { at: 0, says: u64::MAX, left: 0 }),
        ("something behind", "a0 00", Trailing { at: 1 }),
        ("a map without a length", "bf 6161 00 ff", Indefinite { at: 0 }),
        ("a text in pieces", "a1 6161 7f 6161 ff", Indefinite { at: 3 }),
        ("a list without a length", "a1 6161 9f ff", Indefinite { at: 3 }),
        ("a break alone", "ff", Indefinite { at: 0 }),
        ("a key twice", "a2 6161 00 6161 01", Twice { at: 4, key: "a".into() }),
        ("a key twice further in", "a1 6162 a2 6161 00 6161 01", Twice { at: 7, key: "a".into() }),
        ("a number as key", "a1 00 00", Key { at: 1 }),
        ("bytes as key", "a1 4161 00", Key { at: 1 }),
        ("a tag", "c0 6161", Foreign { at: 0, what: "a tag" }),
        ("a large number by tag", "c2 41 01", Foreign { at: 0, what: "a tag" }),
        ("undefined", "f7", Foreign { at: 0, what: "`undefined` or another simple value" }),
        ("a simple value", "f8 ff", Foreign { at: 0, what: "`undefined` or another simple value" }),
        ("a head of the future", "1c", Foreign { at: 0, what: "a reserved head" }),
        ("half a NaN", "f9 7e00", Foreign { at: 0, what: "a number that is not finite" }),
        ("infinity", "fa 7f800000", Foreign { at: 0, what: "a number that is not finite" }),
        ("minus infinity", "fb fff0000000000000", Foreign { at: 0, what: "a number that is not finite" }),
        ("a number below all", "3b ffffffffffffffff", Foreign { at: 0, what: "a number below -2⁶³" }),
        ("bytes for a text", "a1 64706c616e 4161", Foreign { at: 6, what: "a byte string" }),
        ("no UTF-8", "62 c328", Utf8 { at: 0 }),
        ("a deep list", &("81".repeat(40) + "00"), Deep { at: CBOR_DEPTH_MAX }),
        ("deeper than any stack", &"81".repeat(1_000_000), Deep { at: CBOR_DEPTH_MAX }),
    ];
    for (what, hex, error) in cases {
        assert_eq!(refused(&bytes(hex)), error, "{what}");
    }
    let mut many = bytes("9a 00100000");
    many.extend(vec![0; 0x10_0000]);
    assert_eq!(refused(&many), CborError::Items);
}

#[test]
fn byte_strings_stand_among_changes_and_where_leaves_are_and_nothing_else_does() {
    let changes = "a1 67 6368616e676573";
    assert_eq!(walk(&bytes(&format!("{changes} 81 41 00")), Sender::Client), Ok(()));
    let text = refused(&bytes(&format!("{changes} 81 61 41")));
    assert_eq!(text, CborError::Foreign { at: 10, what: "a text where bytes belong" });
    let further_in = refused(&bytes(&format!("{changes} 81 81 41 00")));
    assert_eq!(further_in, CborError::Foreign { at: 11, what: "a byte string" });
    let below = refused(&bytes(&format!("a1 6161 {changes} 81 41 00")));
    assert_eq!(below, CborError::Foreign { at: 13, what: "a byte string" });
    let (leaf, known) = ("a1 64 6c656166", "a1 65 6b6e6f776e");
    for place in [leaf.to_owned(), format!("{known} {leaf}")] {
        assert_eq!(walk(&bytes(&format!("{place} 41 00")), Sender::Client), Ok(()));
        assert_eq!(walk(&bytes(&format!("{place} f6")), Sender::Client), Ok(()));
        let CborError::Foreign { what, .. } = refused(&bytes(&format!("{place} 61 41"))) else { panic!() };
        assert_eq!(what, "a text where bytes belong");
    }
    let deeper = refused(&bytes(&format!("{known} {known} {leaf} 41 00")));
    assert_eq!(deeper, CborError::Foreign { at: 20, what: "a byte string" });
}

#[test]
fn what_is_asked_is_named_where_it_can_be_read() {
    let named = |bytes: &[u8]| ClientMessage::from_cbor(bytes).unwrap_err().id.map(|id| id.to_string());
    let message = json!({ "id": "edit-7", "type": "edit", "plan": "p", "commands": 7 });
    let mut good = Vec::new();
    ciborium::into_writer(&message, &mut good).unwrap();
    assert_eq!(named(&good).as_deref(), Some("edit-7"), "not of the protocol");
    assert_eq!(named(&[&good[..], &[0]].concat()).as_deref(), Some("edit-7"), "something behind it");
    assert_eq!(named(&good[..good.len() - 1]).as_deref(), Some("edit-7"), "it ends too soon");
    assert_eq!(named(&good[..3]), None);
    assert_eq!(named(&bytes("a1 626964 63612062")), None, "no name that could be");
}

#[test]
fn every_message_cut_short_or_with_something_behind_is_refused() {
    for message in examples::client() {
        let whole = message.to_cbor();
        for end in 0..whole.len() {
            assert!(ClientMessage::from_cbor(&whole[..end]).is_err(), "{message:?} at {end}");
        }
        assert!(ClientMessage::from_cbor(&[&whole[..], &[0xf6]].concat()).is_err());
    }
}

#[test]
fn numbers_may_be_written_longer_than_need_be() {
    // {"type": "ping", "nonce": 5}, its numbers and lengths in eight bytes.
    let long = "bb0000000000000002 7b000000000000000474797065 6470696e67 656e6f6e6365 1b0000000000000005";
    assert_eq!(ClientMessage::from_cbor(&bytes(long)), Ok(ClientMessage::Ping { nonce: 5 }));
}

proptest! {
    #[test]
    fn what_is_walked_decodes_or_is_refused_and_nothing_panics(
        noise in prop::collection::vec(any::<u8>(), 0..200)
    ) {
        _ = ClientMessage::from_cbor(&noise);
        _ = ServerMessage::from_cbor(&noise);
    }

    #[test]
    fn a_message_with_one_wrong_byte_panics_nobody(
        which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()
    ) {
        let messages = examples::client();
        let mut bytes = messages[which.index(messages.len())].to_cbor();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        // What is still taken is a message: as one it fits the description, limits of sizes apart.
        if let Ok(message) = ClientMessage::from_cbor(&bytes) {
            check_client(&message);
        }
    }
}

#[test]
fn depth_and_items_hold_to_the_one() {
    let taken = |bytes: &[u8]| walk(bytes, Sender::Client).is_ok();
    holds!(CBOR_DEPTH_MAX, |levels| taken(&[vec![0x81; levels - 1], vec![0]].concat()));
    holds!(CBOR_ITEMS_MAX, |items| {
        let inside = u32::try_from(items - 1).unwrap();
        taken(&[&[0x9a], &inside.to_be_bytes()[..], &vec![0; items - 1]].concat())
    });
    holds!(CBOR_KEY_CHARS_TOLD_MAX, |chars| {
        let key = "k".repeat(chars);
        let pair = [&[0x78, u8::try_from(chars).unwrap()], key.as_bytes(), &[0]].concat();
        refused(&[&[0xa2], &pair[..], &pair].concat()) == CborError::Twice { at: pair.len() + 1, key }
    });
}
