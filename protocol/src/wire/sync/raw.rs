//! The one map that every frame is on the wire, with all fields that any type has.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::bounded::{List, Map, Whole};
use super::{PeerMetadata, RemoteHeads, SYNC_PROTOCOL_VERSION, SyncBody, SyncFrame, SyncFrameError};
use plenary_limits::{DOCUMENT_ID_BYTES_MAX, EPHEMERAL_BYTES_MAX, SYNC_DATA_BYTES_MAX, SYNC_ID_BYTES_MAX};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Raw {
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_metadata: Option<PeerMetadata>,
    #[serde(skip_serializing_if = "Option::is_none")]
    supported_protocol_versions: Option<List<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    selected_protocol_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    document_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<Whole>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    add: Option<List<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remove: Option<List<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_heads: Option<Map<Heads>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<ByteBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Heads {
    heads: List<String>,
    timestamp: f64,
}

type Checked<T> = Result<T, SyncFrameError>;

fn text(value: Option<String>, name: &'static str, max: usize) -> Checked<String> {
    value.filter(|text| !text.is_empty() && text.len() <= max).ok_or(SyncFrameError::Field(name))
}

fn data(value: Option<ByteBuf>, max: usize) -> Checked<Vec<u8>> {
    let bytes = value.map(ByteBuf::into_vec).unwrap_or_default();
    if bytes.is_empty() || bytes.len() > max { Err(SyncFrameError::Field("data")) } else { Ok(bytes) }
}

fn list(value: Option<List<String>>) -> Vec<String> {
    value.map(|List(items)| items).unwrap_or_default()
}

impl Raw {
    pub(super) fn frame(self) -> Checked<SyncFrame> {
        let sender = text(self.sender_id, "senderId", SYNC_ID_BYTES_MAX)?;
        let target = self.target_id.map(|id| text(Some(id), "targetId", SYNC_ID_BYTES_MAX)).transpose()?;
        let document = |id| text(id, "documentId", DOCUMENT_ID_BYTES_MAX);
        let body = match self.kind.as_str() {
            "join" => SyncBody::Join {
                metadata: self.peer_metadata.unwrap_or_default(),
                versions: self
                    .supported_protocol_versions
                    .map_or_else(|| vec![SYNC_PROTOCOL_VERSION.to_owned()], |List(items)| items),
            },
            "peer" => SyncBody::Peer {
                metadata: self.peer_metadata.unwrap_or_default(),
                version: text(self.selected_protocol_version, "selectedProtocolVersion", SYNC_ID_BYTES_MAX)?,
            },
            "sync" => SyncBody::Sync {
                document: document(self.document_id)?,
                data: data(self.data, SYNC_DATA_BYTES_MAX)?,
            },
            "request" => SyncBody::Request {
                document: document(self.document_id)?,
                data: data(self.data, SYNC_DATA_BYTES_MAX)?,
            },
            "doc-unavailable" => SyncBody::DocUnavailable { document: document(self.document_id)? },
            "ephemeral" => SyncBody::Ephemeral {
                document: document(self.document_id)?,
                count: self.count.map(|Whole(count)| count).ok_or(SyncFrameError::Field("count"))?,
                session: text(self.session_id, "sessionId", SYNC_ID_BYTES_MAX)?,
                data: data(self.data, EPHEMERAL_BYTES_MAX)?,
            },
            "remote-subscription-change" => {
                SyncBody::RemoteSubscriptionChange { add: list(self.add), remove: list(self.remove) }
            }
            "remote-heads-changed" => SyncBody::RemoteHeadsChanged {
                document: document(self.document_id)?,
                heads: self
                    .new_heads
                    .map(|Map(pairs)| pairs)
                    .unwrap_or_default()
                    .into_iter()
                    .map(remote)
                    .collect(),
            },
            "error" => SyncBody::Error { message: self.message.unwrap_or_default() },
            _ => return Err(SyncFrameError::Type(self.kind.chars().take(64).collect())),
        };
        Ok(SyncFrame { sender, target, body })
    }

    pub(super) fn of(frame: &SyncFrame) -> Raw {
        let mut raw =
            Raw { sender_id: Some(frame.sender.clone()), target_id: frame.target.clone(), ..Raw::default() };
        let kind = match &frame.body {
            SyncBody::Join { metadata, versions } => {
                raw.peer_metadata = Some(metadata.clone());
                raw.supported_protocol_versions = Some(List(versions.clone()));
                "join"
            }
            SyncBody::Peer { metadata, version } => {
                raw.peer_metadata = Some(metadata.clone());
                raw.selected_protocol_version = Some(version.clone());
                "peer"
            }
            SyncBody::Sync { document, data } | SyncBody::Request { document, data } => {
                raw.document_id = Some(document.clone());
                raw.data = Some(ByteBuf::from(data.clone()));
                if matches!(frame.body, SyncBody::Sync { .. }) { "sync" } else { "request" }
            }
            SyncBody::DocUnavailable { document } => {
                raw.document_id = Some(document.clone());
                "doc-unavailable"
            }
            SyncBody::Ephemeral { document, count, session, data } => {
                raw.document_id = Some(document.clone());
                raw.count = Some(Whole(*count));
                raw.session_id = Some(session.clone());
                raw.data = Some(ByteBuf::from(data.clone()));
                "ephemeral"
            }
            SyncBody::RemoteSubscriptionChange { add, remove } => {
                raw.add = Some(List(add.clone()));
                raw.remove = Some(List(remove.clone()));
                "remote-subscription-change"
            }
            SyncBody::RemoteHeadsChanged { document, heads } => {
                raw.document_id = Some(document.clone());
                let pair = |known: &RemoteHeads| {
                    let heads = List(known.heads.clone());
                    (known.storage_id.clone(), Heads { heads, timestamp: known.timestamp_ms })
                };
                raw.new_heads = Some(Map(heads.iter().map(pair).collect()));
                "remote-heads-changed"
            }
            SyncBody::Error { message } => {
                raw.message = Some(message.clone());
                "error"
            }
        };
        raw.kind = kind.to_owned();
        raw
    }
}

fn remote((storage_id, heads): (String, Heads)) -> RemoteHeads {
    RemoteHeads { storage_id, heads: heads.heads.0, timestamp_ms: heads.timestamp }
}
