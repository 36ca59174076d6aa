//! What comes over sockets: messages of `/live`, frames and messages of `/sync`, tokens.

use automerge::sync::{ChunkList, Message, MessageVersion, State, SyncDoc as _};
use plenary_core::document;
use plenary_core::sync::{Incoming, Peer};
use plenary_craft::bench::Bench;
use plenary_craft::messages::MESSAGES;
use plenary_protocol::Seq;
use plenary_protocol::plan::{Command, Value};
use plenary_protocol::wire::RefusalCode;
use plenary_protocol::wire::live::{Bytes, ClientMessage, ServerMessage};
use plenary_protocol::wire::sync::{PeerMetadata, SyncBody, SyncFrame};
use plenary_sim::honest;
use plenary_sim::journal::Fault;
use plenary_sim::random::Random;
use plenary_sim::scene;
use plenary_sim::server::Server;
use plenaryd::clock;
use plenaryd::identity::{Identity, TokenRequest};

use crate::target::Target;

/// Messages of `/live`, of clients and of the server, as JSON and CBOR.
pub fn live() -> Result<Target, String> {
    let plan = scene::plan_id();
    let id: plenary_protocol::ids::ClientId = "edit-1".parse().map_err(|_| "a name")?;
    let (element, field) = (scene::id("tgt-1"), "note".to_owned());
    let words = Command::SetText {
        element: element.clone(),
        field: "statement".into(),
        lang: None,
        text: "Access — «for» all 😀".into(),
        base: Seq(7),
    };
    let value = Command::SetField { element, field, value: Value::Number(1.5), base: Seq(7) };
    let changes = honest::samples(3)?.into_iter().map(Bytes).collect();
    let messages = [
        ClientMessage::Subscribe { plan: plan.clone(), after: Some(Seq(3)), leaf: None, raw: true },
        ClientMessage::Unsubscribe { plan: plan.clone() },
        ClientMessage::Edit {
            id: id.clone(),
            plan: plan.clone(),
            commands: vec![words, value],
            known: None,
            because: Some("as agreed".into()),
            answers: vec![scene::id("tgt-2")],
        },
        ClientMessage::Changes { id, plan, changes, because: None, answers: Vec::new() },
    ];
    let texts = messages.iter().map(|message| message.to_json().into_bytes());
    let corpus = texts.chain(messages.iter().map(ClientMessage::to_cbor)).collect();
    Ok(Target::new("live", corpus, |bytes| {
        let mut taken = false;
        if let Ok(message) = ClientMessage::from_cbor(bytes) {
            taken = true;
            if ClientMessage::from_cbor(&message.to_cbor()).as_ref() != Ok(&message) {
                return Err(format!("it does not read back as it was: {message:?}"));
            }
        }
        if let Ok(text) = std::str::from_utf8(bytes) {
            taken |= ClientMessage::from_json(text).is_ok() | ServerMessage::from_json(text).is_ok();
        }
        Ok(taken | ServerMessage::from_cbor(bytes).is_ok())
    }))
}

/// Frames of `/sync`.
pub fn frames() -> Result<Target, String> {
    let document = "4NMNnkMhL8jXrdJ9jamS58PAVdXu".to_owned();
    let data = honest::samples(1)?.remove(0);
    let bodies = [
        SyncBody::Join { metadata: PeerMetadata::default(), versions: vec!["1".into()] },
        SyncBody::Sync { document: document.clone(), data: data.clone() },
        SyncBody::Request { document: document.clone(), data: data.clone() },
        SyncBody::DocUnavailable { document: document.clone() },
        SyncBody::Ephemeral { document, count: 3, session: "s".into(), data },
    ];
    let frame = |body| SyncFrame { sender: "peer-a".into(), target: Some("peer-b".into()), body }.encode();
    Ok(Target::new("sync-frames", bodies.into_iter().map(frame).collect(), |bytes| {
        let Ok(frame) = SyncFrame::decode(bytes) else { return Ok(false) };
        _ = frame.encode();
        Ok(true)
    }))
}

/// Sync messages, which a peer takes in and answers.
pub fn messages() -> Result<Target, String> {
    let mut server = Server::new(&mut Random::new(0), Fault::None)?;
    let saved = document::load(&server.reader.save())?;
    let mut corpus = Vec::new();
    let hello = document::empty().generate_sync_message(&mut State::new());
    corpus.extend(hello.map(Message::encode));
    corpus.extend(saved.generate_sync_message(&mut State::new()).map(Message::encode));
    for change in honest::samples(4)? {
        let of = |version| Message {
            heads: saved.get_heads(),
            need: saved.get_heads(),
            have: Vec::new(),
            changes: ChunkList::from(vec![change.clone()]),
            flags: None,
            version,
        };
        corpus.extend([of(MessageVersion::V1).encode(), of(MessageVersion::V2).encode()]);
    }
    corpus.extend(hostile(&saved));
    Ok(Target::new("sync-messages", corpus, move |bytes| {
        let Ok(incoming) = Incoming::decode(bytes) else { return Ok(false) };
        let mut peer = Peer::new(false);
        _ = peer.acknowledges(&incoming);
        let received = peer.receive(&mut server.reader, incoming).map(|_| ());
        match received.and_then(|()| peer.answer(&server.reader).map(|_| ())) {
            Err(refusal) if refusal.code == RefusalCode::Unavailable => {
                Err(format!("the library failed on what was let through: {}", refusal.reason))
            }
            _ => Ok(true),
        }
    }))
}

/// Those of the table that are small.
fn hostile(doc: &automerge::Automerge) -> Vec<Vec<u8>> {
    let bench = Bench::of(doc.clone(), Vec::new());
    let made = MESSAGES.iter().map(|(_, _, craft)| craft(&bench));
    made.filter(|bytes| bytes.len() < 4_096).collect()
}

/// Bearer tokens.
pub fn tokens() -> Result<Target, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let now = clock::now();
    let identity = Identity::open(folder.path(), Some("plenary"), &[], [7; 32], now)
        .map_err(|error| error.to_string())?;
    let issuer = identity.issuer.as_ref().ok_or("no issuer")?;
    let mut corpus = Vec::new();
    for person in [scene::chair(), scene::admin()] {
        let request = TokenRequest {
            subject: person.subject,
            name: person.name,
            bureau: person.bureau,
            role: person.role,
            lifetime_s: 3_600,
        };
        let token = issuer.issue(&request, now, [9; 16]).map_err(|error| error.to_string())?;
        corpus.push(token.into_bytes());
    }
    let honest = corpus.clone();
    Ok(Target::new("tokens", corpus, move |bytes| {
        let Ok(text) = std::str::from_utf8(bytes) else { return Ok(false) };
        let taken = identity.verifier.verify(text, now).is_ok();
        if taken && !honest.iter().any(|token| token == bytes) {
            return Err("a token that nobody issued is taken".to_owned());
        }
        Ok(taken)
    }))
}
