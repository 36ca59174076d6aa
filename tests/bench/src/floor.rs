//! The floor: what the machine gives when every message is only appended, synced and sent on.
//!
//! No document, no checks, no store: groups of whatever waits, one write and one `fdatasync` for each,
//! then an acknowledgement to the sender and the message itself to everybody, over the same WebSocket
//! library as the server's.  It runs in a process of its own, as the server does.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::mpsc::{Receiver, Sender, channel};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, Session};
use bytestring::ByteString;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::Failure;
use crate::served::{fresh, spawn};

/// Messages of one group at most.
const GROUP_MAX: usize = 256;

type Out = UnboundedSender<ByteString>;

enum Mail {
    Joined(Out),
    Text(ByteString, Out),
}

/// Serves on a free port of 127.0.0.1 until it is ended, with its file in `dir`.
pub fn serve(dir: &Path) -> Result<(), Failure> {
    let file = OpenOptions::new().create(true).append(true).open(dir.join("floor"))?;
    let (sender, receiver) = channel();
    std::thread::spawn(move || drive(file, &receiver));
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let factory =
        move || App::new().app_data(web::Data::new(sender.clone())).route("/live", web::get().to(socket));
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(factory).tcp_nodelay(true).listen(listener)?.run();
        writeln!(std::io::stdout(), "ready http://{address}")?;
        server.await?;
        Ok(())
    })
}

/// Groups what waits: append, sync, tell.
fn drive(mut file: File, mailbox: &Receiver<Mail>) {
    let mut readers: Vec<Out> = Vec::new();
    let mut seq = 0u64;
    while let Ok(first) = mailbox.recv() {
        let mut texts = Vec::new();
        for mail in std::iter::once(first).chain(mailbox.try_iter().take(GROUP_MAX - 1)) {
            match mail {
                Mail::Joined(out) => {
                    _ = out.send(format!(r#"{{"type":"subscribed","head":{seq}}}"#).into());
                    readers.push(out);
                }
                Mail::Text(text, out) => texts.push((text, out)),
            }
        }
        let bytes: Vec<u8> = texts.iter().flat_map(|(text, _)| text.as_bytes()).copied().collect();
        if !bytes.is_empty() && file.write_all(&bytes).and_then(|()| file.sync_data()).is_err() {
            return;
        }
        for (text, out) in texts {
            seq += 1;
            _ = out.send(format!(r#"{{"type":"ack","seq":{seq}}}"#).into());
            let event = ByteString::from(format!(r#"{{"type":"event","seq":{seq},"event":{text}}}"#));
            readers.retain(|reader| reader.send(event.clone()).is_ok());
        }
    }
}

async fn socket(
    request: HttpRequest,
    body: web::Payload,
    mailbox: web::Data<Sender<Mail>>,
) -> Result<HttpResponse, actix_web::Error> {
    let (response, session, stream) = actix_ws::handle(&request, body)?;
    let (out, waiting) = unbounded_channel();
    let stream = stream.aggregate_continuations();
    actix_web::rt::spawn(connection(session, stream, mailbox.get_ref().clone(), out, waiting));
    Ok(response)
}

async fn connection(
    mut session: Session,
    mut stream: AggregatedMessageStream,
    mailbox: Sender<Mail>,
    out: Out,
    mut waiting: UnboundedReceiver<ByteString>,
) {
    loop {
        tokio::select! {
            biased;
            Some(text) = waiting.recv() => {
                if session.text(text).await.is_err() {
                    return;
                }
            }
            message = stream.recv() => {
                let Some(Ok(AggregatedMessage::Text(text))) = message else { return };
                let mail = if text.contains(r#""type":"subscribe""#) {
                    Mail::Joined(out.clone())
                } else {
                    Mail::Text(text, out.clone())
                };
                if mailbox.send(mail).is_err() {
                    return;
                }
            }
        }
    }
}

/// A floor server in a process of its own, ended when dropped.
pub struct Floor {
    child: Child,
    address: SocketAddr,
    _root: TempDir,
}

impl Floor {
    /// Starts one with its file below `dir`.
    pub fn start(dir: Option<&Path>) -> Result<Floor, Failure> {
        let root = fresh(dir)?;
        let mut command = Command::new(std::env::current_exe()?);
        let (child, address) = spawn(command.arg("floor-server").arg("--at").arg(root.path()))?;
        Ok(Floor { child, address, _root: root })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
