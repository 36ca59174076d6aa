//! Frames of a stock client (automerge-repo 2.5.6 under Node) and the server's answers, as they went over
//! the wire; `tests/interop/record.js` records them anew.

use super::super::{PeerMetadata, SyncBody, SyncFrame};
use super::bytes;

const RECORDED: &str = include_str!("recorded.txt");
const PEER: &str = "peer-recorded";
/// The first bytes of a change.
const CHUNK: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

fn recorded(name: &str) -> Vec<u8> {
    let mut parts = RECORDED.split("\n\n");
    let found = parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('\n'));
    bytes(found.unwrap_or_else(|| panic!("{name} is not recorded")))
}

fn frame(name: &str) -> SyncFrame {
    SyncFrame::decode(&recorded(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn has_change(data: &[u8]) -> bool {
    data.windows(CHUNK.len()).any(|bytes| bytes == CHUNK)
}

#[test]
fn what_a_stock_client_sent_is_read() {
    let join = frame("client join");
    let metadata = PeerMetadata { storage_id: None, is_ephemeral: true };
    assert_eq!(join.body, SyncBody::Join { metadata, versions: vec!["1".into()] });
    assert_eq!((join.sender.as_str(), join.target), (PEER, None));
    let server = frame("server peer").sender;
    for name in ["client request", "client sync", "client sync with a change", "client ephemeral"] {
        let frame = frame(name);
        assert_eq!((frame.sender.as_str(), frame.target.as_ref()), (PEER, Some(&server)), "{name}");
    }
    let SyncBody::Request { document, data } = frame("client request").body else { panic!("a request") };
    // Version 1; no heads, nothing needed, one empty summary, no changes, flags.
    assert_eq!(data, bytes("42 00 00 01 00 00 00 020284"));
    let SyncBody::Sync { document: same, data } = frame("client sync").body else { panic!("a sync") };
    assert_eq!((same, data[0], has_change(&data)), (document.clone(), 0x42, false));
    let SyncBody::Sync { data, .. } = frame("client sync with a change").body else { panic!("a sync") };
    assert!(data[0] == 0x42 && has_change(&data), "a single change, not a document");
    let SyncBody::Ephemeral { document: same, count, session, data } = frame("client ephemeral").body else {
        panic!("an ephemeral message")
    };
    assert_eq!((same, count, session.is_empty()), (document, 1, false));
    assert_eq!(data, bytes("b90001 66637572736f72 07"), "{{cursor: 7}}");
}

#[test]
fn what_the_server_answered_is_written_as_it_was() {
    for name in ["server peer", "server sync with a change", "server doc-unavailable"] {
        let (was, frame) = (recorded(name), frame(name));
        assert_eq!(frame.target.as_deref(), Some(PEER), "{name}");
        assert_eq!(frame.encode(), was, "{name}");
    }
    let SyncBody::Peer { metadata, version } = frame("server peer").body else { panic!("a peer") };
    assert_eq!((metadata.storage_id.map(|id| id.len()), version.as_str()), (Some(36), "1"));
    let SyncBody::Sync { data, .. } = frame("server sync with a change").body else { panic!("a sync") };
    assert!(has_change(&data) && !data.ends_with(&bytes("020284")), "without flags");
}
