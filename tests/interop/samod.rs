//! The crate samod, an implementation of its own of the automerge-repo protocol, against the server.

use std::sync::Arc;

use automerge::transaction::Transactable;
use automerge::{Automerge, ObjId, ROOT, ReadDoc};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, SinkExt, StreamExt};
use plenary_protocol::plan::Command;
use plenary_protocol::{Bureau, Role};
use plenary_tests::{DRAFT, Http, PATIENCE, Person, TestServer, element_id};
use samod::{BackoffConfig, DialError, Dialer, DocHandle, Repo, Transport, Url};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};

const BR: Person =
    Person { subject: "br-drafter", name: "BR drafter", bureau: Bureau::BR, role: Role::Drafter };
const TSB: Person =
    Person { subject: "tsb-drafter", name: "TSB drafter", bureau: Bureau::TSB, role: Role::Drafter };

/// Dials `/sync` with a ticket.
struct Line(Url);

impl Dialer for Line {
    type Error = std::convert::Infallible;

    fn url(&self) -> Url {
        self.0.clone()
    }

    fn connect(&self) -> BoxFuture<'static, Result<Transport, DialError<Self::Error>>> {
        let url = self.0.to_string();
        async move {
            let (socket, _) = tokio_tungstenite::connect_async(url).await.map_err(DialError::transient)?;
            let (sink, stream) = socket.split();
            let stream = stream.filter_map(|message| {
                std::future::ready(match message {
                    Ok(Message::Binary(bytes)) => Some(Ok(bytes.to_vec())),
                    Ok(_) => None,
                    Err(error) => Some(Err(error)),
                })
            });
            let sink =
                sink.with(|bytes: Vec<u8>| std::future::ready(Ok::<_, Error>(Message::Binary(bytes.into()))));
            Ok(Transport::new(stream, sink))
        }
        .boxed()
    }
}

async fn open(http: &Http) -> (Repo, DocHandle) {
    let ticket = http.post("/api/v1/tickets", &serde_json::json!({})).ok();
    let ticket = ticket["ticket"].as_str().expect("a ticket");
    let url = format!("{}/sync?ticket={ticket}", http.base().replace("http://", "ws://"));
    let repo = Repo::build_tokio().load().await;
    let dialer = repo
        .dial(BackoffConfig::default(), Arc::new(Line(url.parse().expect("an address"))))
        .expect("the repo runs");
    timeout(PATIENCE, dialer.established()).await.expect("in time").expect("a line");
    let document = http.plan(DRAFT).document;
    let id = document.trim_start_matches("automerge:").parse().expect("a document id");
    let handle = timeout(PATIENCE, repo.find(id))
        .await
        .expect("in time")
        .expect("the repo runs")
        .expect("the plan is there");
    (repo, handle)
}

fn title_of(doc: &Automerge, element: &str) -> ObjId {
    ["elements", element, "text", "en", "title"]
        .iter()
        .fold(ROOT, |at, key| doc.get(&at, *key).expect("a map").expect("the layout").1)
}

fn write(handle: &DocHandle, element: &str, words: &str) {
    handle.with_document(|doc| {
        let title = title_of(doc, element);
        let mut tx = doc.transaction();
        tx.splice_text(&title, 0, 0, words).expect("a text");
        tx.commit();
    });
}

/// Waits until a document shows what is asked for.
async fn until(handle: &DocHandle, element: &str, wanted: impl Fn(&str) -> bool) {
    let mut changes = handle.changes();
    let title = || handle.with_document(|doc| doc.text(title_of(doc, element)).expect("a text"));
    let wait = async {
        while !wanted(&title()) {
            changes.next().await.expect("the document lives");
        }
    };
    let waited = timeout(PATIENCE, wait).await;
    assert!(waited.is_ok(), "it is still {:?}", title());
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(test);
}

#[test]
fn two_of_them_write_the_same_title_and_the_log_knows_who() {
    let server = TestServer::demo();
    let (br, tsb) = (server.client(&BR), server.client(&TSB));
    let element = br.id_of(DRAFT, "2.7");
    run(async {
        let ((one_repo, one), (two_repo, two)) = (open(&br).await, open(&tsb).await);
        write(&one, &element, "ONE ");
        write(&two, &element, "TWO ");
        for handle in [&one, &two] {
            until(handle, &element, |title| title.contains("ONE ") && title.contains("TWO ")).await;
        }
        let heads = |handle: &DocHandle| handle.with_document(|doc| doc.get_heads());
        assert_eq!(heads(&one), heads(&two));
        one_repo.stop().await;
        two_repo.stop().await;
    });
    let events = br.all_events(DRAFT);
    for subject in [BR.subject, TSB.subject] {
        assert!(events.iter().any(|event| event.subject.as_str() == subject), "{subject}");
    }
}

#[test]
fn it_hears_what_thin_clients_write() {
    let server = TestServer::demo();
    let br = server.client(&BR);
    let element = br.id_of(DRAFT, "2.7");
    run(async {
        let (repo, handle) = open(&br).await;
        let splice = Command::Splice {
            element: element_id(&element),
            field: "title".into(),
            lang: None,
            at: 0,
            delete: 0,
            insert: "thin ".into(),
            base: br.head(DRAFT),
        };
        br.edited(DRAFT, &[splice]);
        until(&handle, &element, |title| title.starts_with("thin ")).await;
        repo.stop().await;
    });
}
