//! Plans without sockets, for tests of this crate: the demonstration, and who writes it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use plenary_core::policy::{Action, check};
use plenary_core::{Answer, Ask, Grant};
use plenary_log::{Log, Options};
use plenary_protocol::ids::PlanId;
use plenary_protocol::plan::{Command, Edit, Value};
use plenary_protocol::{Access, Bureau, ElementId, Principal, Role, Seq};

use crate::evidence::Notary;
use crate::indexer::EntryIndexer;
use crate::metrics::Metrics;
use crate::plans::{Origin, Plans, Settings};

/// A plan of the demonstration.
pub fn draft() -> PlanId {
    "itu-sp-2024-2027-draft".parse().unwrap()
}

/// The plans of a data directory, with the demonstration where they are new, in segments of so many bytes.
pub fn open(dir: &Path, segment_bytes_max: u64) -> Plans {
    let mut options = Options::new(dir);
    options.segment_bytes_max = segment_bytes_max;
    let (log, report) = Log::open(options, Arc::new(EntryIndexer)).unwrap();
    assert!(report.store_rebuilt.is_none(), "{report:?}");
    let notary = Notary::open(dir, "localhost", &log, [5; 32]).unwrap();
    let settings = Settings { mailbox: 64, idle: Duration::from_secs(60) };
    let is_new = log.plans().is_empty();
    let plans = Plans::new(log, notary, [1; 16], settings, Metrics::default());
    if is_new {
        crate::demo::load(&plans).unwrap();
    }
    plans
}

pub fn admin() -> Principal {
    Principal {
        subject: "gs".parse().unwrap(),
        name: "GS desk".into(),
        issuer: "test".into(),
        bureau: Bureau::GS,
        role: Role::Admin,
        token_id: None,
        issued_s: 0,
        expires_s: i64::MAX,
    }
}

/// Asks something of the draft; gives the last entry of what was done.
pub fn asked(plans: &Plans, grant: Grant, ask: Ask) -> Seq {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    match runtime.block_on(plans.ask(&draft(), grant, Origin::default(), ask)) {
        Ok(Answer::Done { entries, .. }) => entries.last().unwrap().seq,
        other => panic!("{other:?}"),
    }
}

/// Names the instrument of the draft.
pub fn edited(plans: &Plans, text: &str) -> Seq {
    let who = Principal { role: Role::Chair, ..admin() };
    let grant = check(&who, &draft(), &Access::Everybody, Action::Edit).unwrap();
    let value = Value::Text(text.into());
    let base = plans.past(&draft()).head();
    let command = Command::SetField { element: ElementId::plan(), field: "instrument".into(), value, base };
    let id = format!("edit-{base}").parse().unwrap();
    let edit = Edit { id, plan: draft(), commands: vec![command], because: None, answers: Vec::new() };
    asked(plans, grant, Ask::Edit { edit, formers: Default::default() })
}
