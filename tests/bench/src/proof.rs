//! From the acknowledgement of an entry to its proof against a signed checkpoint, in the client's hands.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use plenary_protocol::Seq;
use plenary_protocol::plan::Command;
use plenary_protocol::wire::live::{ClientMessage, ServerMessage};

use crate::Failure;
use crate::client::{Client, head};
use crate::edits::{goal, plan_file};
use crate::figures::Row;
use crate::served::Served;

/// The plan that is written.
const PLAN: &str = "proof";
/// Its texts, two an element.
const TEXTS: usize = 300;

/// The newest entry that was acknowledged, and when.
type Newest = Arc<Mutex<Option<(u64, Instant)>>>;

/// Measures while one edits at different paces.
pub fn run(dir: Option<&Path>, lasts: Duration) -> Result<Vec<Row>, Failure> {
    let served = Served::start(dir)?;
    let token = served.token("writer")?;
    crate::load::create(served.address(), &token, &plan_file(PLAN, TEXTS))?;
    [2, 20, 400].into_iter().map(|edits_per_s| at_pace(&served, &token, edits_per_s, lasts)).collect()
}

fn at_pace(served: &Served, token: &str, edits_per_s: u32, lasts: Duration) -> Result<Row, Failure> {
    let (newest, over) = (Newest::default(), Arc::new(AtomicBool::new(false)));
    let client = Client::connect(served.address(), token)?;
    let base = Seq(head(served.address(), token, PLAN)?);
    let writer = {
        let (newest, over) = (newest.clone(), over.clone());
        std::thread::spawn(move || write(client, base, edits_per_s, &newest, &over))
    };
    let (mut times, mut bytes) = (Vec::new(), 0);
    let begun = Instant::now();
    while begun.elapsed() < lasts {
        let taken = newest.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((seq, acknowledged)) = taken else {
            std::thread::sleep(Duration::from_millis(1));
            continue;
        };
        let url = format!("http://{}/api/v1/plans/{PLAN}/evidence/proof?seq={seq}", served.address());
        let mut answer = ureq::get(url).header("Authorization", format!("Bearer {token}")).call()?;
        let proof = answer.body_mut().read_to_string()?;
        times.push(acknowledged.elapsed());
        bytes = bytes.max(proof.len());
    }
    over.store(true, Ordering::Release);
    writer.join().map_err(|_| "the writer failed")??;
    let row = Row::default().with("edits/s", edits_per_s).with("proofs", times.len());
    Ok(row.with_times("acknowledged to proof", &times).with("proof bytes", bytes))
}

/// Sends edits one after the other, each at its time and when the one before is acknowledged.
fn write(
    mut client: Client,
    mut base: Seq,
    edits_per_s: u32,
    newest: &Newest,
    over: &AtomicBool,
) -> Result<(), Failure> {
    let begun = Instant::now();
    for number in 0_u32.. {
        if over.load(Ordering::Acquire) {
            break;
        }
        let due = Duration::from_secs(1) * number / edits_per_s;
        std::thread::sleep(due.saturating_sub(begun.elapsed()));
        let splice = Command::Splice {
            element: goal(number as usize % TEXTS.div_ceil(2)).parse()?,
            field: "title".to_owned(),
            lang: None,
            at: 0,
            delete: 0,
            insert: "x".to_owned(),
            base,
        };
        client.send(&ClientMessage::Edit {
            id: format!("{edits_per_s}-{number}").parse()?,
            plan: PLAN.parse()?,
            commands: vec![splice],
            known: None,
            because: None,
            answers: Vec::new(),
        })?;
        loop {
            match client.receive()? {
                ServerMessage::Ack { seq, .. } => {
                    base = seq;
                    *newest.lock().unwrap_or_else(PoisonError::into_inner) = Some((seq.0, Instant::now()));
                    break;
                }
                ServerMessage::Refused { refusal, .. } => return Err(refusal.reason.into()),
                _ => {}
            }
        }
    }
    Ok(())
}
