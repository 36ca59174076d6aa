//! Frames as the reference client sends them, ours as it reads them, and what is none.

mod recorded;

use super::{PeerMetadata, RemoteHeads, SyncBody, SyncFrame, SyncFrameError, SyncPrefix};
use plenary_limits::{SYNC_LIST_ITEMS_MAX, SYNC_SMALL_FRAME_BYTES_MAX, holds};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn text(value: &str) -> Vec<u8> {
    let mut out = vec![0x78, value.len() as u8];
    out.extend(value.as_bytes());
    out
}

/// A map as the reference encoder writes it: a 16-bit length whatever the size.
fn map(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = vec![0xb9, 0, pairs.len() as u8];
    for (key, value) in pairs {
        out.extend(text(key));
        out.extend(value);
    }
    out
}

fn frame(body: SyncBody) -> SyncFrame {
    SyncFrame { sender: "peer-a".into(), target: Some("peer-b".into()), body }
}

const DOCUMENT: &str = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";

#[test]
fn a_join_of_the_reference_client_is_read() {
    // {type: "join", senderId: "peer-a", peerMetadata: {storageId: undefined, isEphemeral: true},
    //  supportedProtocolVersions: ["1"]}
    let join = bytes(
        "b90004 6474797065 646a6f696e 6873656e6465724964 66706565722d61 6c706565724d65746164617461 b90002 \
         6973746f726167654964 f7 6b6973457068656d6572616c f5 \
         7819737570706f7274656450726f746f636f6c56657273696f6e73 81 6131",
    );
    let wanted = SyncBody::Join {
        metadata: PeerMetadata { storage_id: None, is_ephemeral: true },
        versions: vec!["1".into()],
    };
    assert_eq!(
        SyncFrame::decode(&join),
        Ok(SyncFrame { sender: "peer-a".into(), target: None, body: wanted })
    );
}

#[test]
fn a_join_without_versions_speaks_version_one() {
    let join = map(&[("senderId", text("p")), ("type", text("join"))]);
    let frame = SyncFrame::decode(&join).unwrap();
    assert_eq!(frame.body, SyncBody::Join { metadata: PeerMetadata::default(), versions: vec!["1".into()] });
}

#[test]
fn unknown_keys_undefined_and_floats_are_taken() {
    let heads = map(&[("heads", vec![0x81, 0x61, b'h']), ("timestamp", bytes("fb4279be1f2b3c4000"))]);
    let pairs = [
        ("later", map(&[("deep", vec![0x83, 1, 2, 0xf7])])),
        ("newHeads", map(&[("store", heads)])),
        ("documentId", text(DOCUMENT)),
        ("add", vec![0xf7]),
        ("targetId", text("peer-b")),
        ("senderId", text("peer-a")),
        ("type", text("remote-heads-changed")),
    ];
    let SyncBody::RemoteHeadsChanged { heads, .. } = SyncFrame::decode(&map(&pairs)).unwrap().body else {
        panic!("another type")
    };
    assert_eq!(heads.len(), 1);
    assert!(heads[0].timestamp_ms > 1.7e12, "{heads:?}");
    let ephemeral = map(&[
        ("type", text("ephemeral")),
        ("senderId", text("peer-a")),
        ("targetId", text("peer-b")),
        ("count", bytes("fb4010000000000000")),
        ("sessionId", text("s")),
        ("documentId", text(DOCUMENT)),
        ("data", vec![0x41, 0xa0]),
    ]);
    let body = SyncFrame::decode(&ephemeral).unwrap().body;
    let wanted =
        SyncBody::Ephemeral { document: DOCUMENT.into(), count: 4, session: "s".into(), data: vec![0xa0] };
    assert_eq!(body, wanted);
    let change = map(&[
        ("type", text("remote-subscription-change")),
        ("senderId", text("peer-a")),
        ("add", vec![0x9f, 0x61, b'x', 0xff]),
        ("remove", vec![0xf7]),
    ]);
    let body = SyncFrame::decode(&change).unwrap().body;
    assert_eq!(body, SyncBody::RemoteSubscriptionChange { add: vec!["x".into()], remove: vec![] });
}

#[test]
fn every_frame_comes_back_as_it_was_written() {
    let metadata = PeerMetadata { storage_id: Some("store".into()), is_ephemeral: false };
    let (document, data) = (DOCUMENT.to_owned(), vec![0x42, 0, 0, 1, 0, 0, 0]);
    let heads = vec![RemoteHeads { storage_id: "s".into(), heads: vec!["h".into()], timestamp_ms: 1.5e12 }];
    for body in [
        SyncBody::Join { metadata: metadata.clone(), versions: vec!["1".into()] },
        SyncBody::Peer { metadata, version: "1".into() },
        SyncBody::Sync { document: document.clone(), data: data.clone() },
        SyncBody::Request { document: document.clone(), data: data.clone() },
        SyncBody::DocUnavailable { document: document.clone() },
        SyncBody::Ephemeral { document: document.clone(), count: 1 << 40, session: "s".into(), data },
        SyncBody::RemoteSubscriptionChange { add: vec!["a".into()], remove: vec!["b".into()] },
        SyncBody::RemoteHeadsChanged { document, heads },
        SyncBody::Error { message: "no".into() },
    ] {
        let frame = frame(body);
        assert_eq!(SyncFrame::decode(&frame.encode()), Ok(frame));
    }
}

#[test]
fn our_peer_frame_has_these_bytes() {
    let metadata = PeerMetadata { storage_id: Some("s".into()), is_ephemeral: false };
    let golden = bytes(
        "a5 6474797065 6470656572 6873656e6465724964 66706565722d61 687461726765744964 66706565722d62 \
         6c706565724d65746164617461 a2 6973746f726167654964 6173 6b6973457068656d6572616c f4 \
         7773656c656374656450726f746f636f6c56657273696f6e 6131",
    );
    assert_eq!(frame(SyncBody::Peer { metadata, version: "1".into() }).encode(), golden);
}

#[test]
fn a_prefix_and_data_are_the_frame() {
    let prefix = SyncPrefix::new("peer-a", "peer-b", DOCUMENT);
    for size in [1, 23, 24, 255, 256, 65_535, 65_536] {
        let data = vec![7; size];
        let whole = frame(SyncBody::Sync { document: DOCUMENT.into(), data: data.clone() });
        assert_eq!(prefix.frame(&data), whole.encode(), "{size}");
        assert_eq!(SyncFrame::decode(&prefix.frame(&data)), Ok(whole));
    }
}

#[test]
fn what_is_no_frame_is_refused() {
    let sync = |data: Vec<u8>| {
        map(&[
            ("type", text("sync")),
            ("senderId", text("p")),
            ("documentId", text(DOCUMENT)),
            ("data", data),
        ])
    };
    assert!(SyncFrame::decode(&sync(vec![0x41, 1])).is_ok());
    assert_eq!(SyncFrame::decode(&sync(vec![0x40])), Err(SyncFrameError::Field("data")), "empty data");
    assert_eq!(SyncFrame::decode(&sync(vec![0xf7])), Err(SyncFrameError::Field("data")));
    let trailing = [sync(vec![0x41, 1]), vec![0]].concat();
    assert!(matches!(SyncFrame::decode(&trailing), Err(SyncFrameError::Cbor(_))));
    assert!(matches!(SyncFrame::decode(&[]), Err(SyncFrameError::Cbor(_))));
    assert!(matches!(SyncFrame::decode(&[0x81; 100_000]), Err(SyncFrameError::Cbor(_))), "nesting");
    let leave = map(&[("type", text("leave")), ("senderId", text("p"))]);
    assert_eq!(SyncFrame::decode(&leave), Err(SyncFrameError::Type("leave".into())));
    let nobody = map(&[("type", text("join")), ("senderId", text(""))]);
    assert_eq!(SyncFrame::decode(&nobody), Err(SyncFrameError::Field("senderId")));
    let mut many = vec![0x99, 0x01, 0x01];
    many.extend([0x60; SYNC_LIST_ITEMS_MAX + 1]);
    let many = map(&[("type", text("remote-subscription-change")), ("senderId", text("p")), ("add", many)]);
    assert!(matches!(SyncFrame::decode(&many), Err(SyncFrameError::Cbor(_))), "a long list");
    // A byte string that says it has 2⁶² bytes costs what is there.
    assert!(matches!(SyncFrame::decode(&sync(bytes("5b4000000000000000"))), Err(SyncFrameError::Cbor(_))));
    let long = frame(SyncBody::Error { message: "x".repeat(SYNC_SMALL_FRAME_BYTES_MAX) });
    assert!(matches!(SyncFrame::decode(&long.encode()), Err(SyncFrameError::TooLarge { .. })));
}

#[test]
fn sizes_of_frames_hold_to_the_byte() {
    let taken = |pairs: &[(&str, Vec<u8>)]| {
        let usual = [("documentId", text(DOCUMENT)), ("senderId", text("p"))];
        let rest = usual.into_iter().filter(|(key, _)| pairs.iter().all(|(other, _)| other != key));
        SyncFrame::decode(&map(&rest.chain(pairs.iter().cloned()).collect::<Vec<_>>())).is_ok()
    };
    // Heads of four bytes of length, whatever the length.
    let long = |head: u8, length: usize| {
        [&[head], &u32::try_from(length).unwrap().to_be_bytes()[..], &vec![b'x'; length]].concat()
    };
    let (text_of, bytes_of) = (|length| long(0x7a, length), |length| long(0x5a, length));
    let (sync, error) = (("type", text("sync")), ("type", text("error")));
    let ephemeral = [("type", text("ephemeral")), ("count", vec![1])];
    holds!(SYNC_DATA_BYTES_MAX, |length| taken(&[sync.clone(), ("data", bytes_of(length))]));
    let around = |kind: &(&'static str, Vec<u8>)| {
        map(&[
            ("documentId", text(DOCUMENT)),
            ("senderId", text("p")),
            kind.clone(),
            ("data", vec![0x41, 1]),
            ("pad", bytes_of(0)),
        ])
        .len()
    };
    let padded = |kind: &(&'static str, Vec<u8>), length: usize| {
        taken(&[kind.clone(), ("data", vec![0x41, 1]), ("pad", bytes_of(length - around(kind)))])
    };
    holds!(SYNC_FRAME_BYTES_MAX, |length| padded(&sync, length));
    holds!(SYNC_SMALL_FRAME_BYTES_MAX, |length| padded(&error, length));
    holds!(EPHEMERAL_BYTES_MAX, |length| {
        taken(&[&ephemeral[..], &[("sessionId", text("s")), ("data", bytes_of(length))]].concat())
    });
    holds!(SYNC_ID_BYTES_MAX, |length| taken(&[error.clone(), ("senderId", text_of(length))]));
    holds!(SYNC_ID_BYTES_MAX, |length| {
        taken(&[&ephemeral[..], &[("sessionId", text_of(length)), ("data", vec![0x41, 1])]].concat())
    });
    holds!(DOCUMENT_ID_BYTES_MAX, |length| {
        taken(&[("type", text("doc-unavailable")), ("documentId", text_of(length))])
    });
    holds!(SYNC_LIST_ITEMS_MAX, |count| {
        let list =
            [&[0x99], &u16::try_from(count).unwrap().to_be_bytes()[..], &[0x60].repeat(count)].concat();
        taken(&[("type", text("remote-subscription-change")), ("add", list)])
    });
    holds!(SYNC_DEPTH_MAX, |levels| {
        taken(&[error.clone(), ("later", [vec![0x81; levels - 1], vec![0]].concat())])
    });
}
