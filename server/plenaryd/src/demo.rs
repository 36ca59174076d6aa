//! The demonstration: two plans of the ITU, tokens for everybody who takes part, what to do next.

use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use plenary_core::hub::Creation;
use plenary_core::policy::{Action, check};
use plenary_limits::LOCAL_LIFETIME_S_MAX;
use plenary_protocol::plan::{PlanView, file};
use plenary_protocol::wire::Refusal;
use plenary_protocol::wire::api::DemoPerson;
use plenary_protocol::{Access, Bureau, Principal, Role};

use crate::clock;
use crate::identity::{IssueError, Issuer, TokenRequest};
use crate::plans::{Origin, Plans};

/// The plans, in the order in which the second can name the first.
const PLANS: [(&str, &str); 2] = [
    ("itu-sp-2020-2023", include_str!("../../core/plans/itu-sp-2020-2023.json")),
    ("itu-sp-2024-2027-draft", include_str!("../../core/plans/itu-sp-2024-2027-draft.json")),
];

/// Who takes part: file name of the token, shown name, Bureau, role.
const IDENTITIES: [(&str, &str, Bureau, Role); 7] = [
    ("br", "BR desk", Bureau::BR, Role::Drafter),
    ("tsb", "TSB desk", Bureau::TSB, Role::Drafter),
    ("bdt", "BDT desk", Bureau::BDT, Role::Drafter),
    ("gs", "GS desk", Bureau::GS, Role::Drafter),
    ("chair", "Planning group", Bureau::BR, Role::Chair),
    ("contributor", "Consulted body", Bureau::GS, Role::Contributor),
    ("auditor", "Audit desk", Bureau::GS, Role::Auditor),
];

/// Why the demonstration cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A plan of the demonstration does not read.
    #[error("the plan {plan} of the demonstration does not read: {problem}")]
    Plan {
        /// The plan.
        plan: &'static str,
        /// The first problem.
        problem: String,
    },
    /// A plan of the demonstration is not taken.
    #[error("the plan {plan} of the demonstration is not taken: {}", refusal.reason)]
    Refused {
        /// The plan.
        plan: &'static str,
        /// Why.
        refusal: Refusal,
    },
    /// A token cannot be made.
    #[error("a token cannot be made")]
    Token(#[from] IssueError),
    /// A token cannot be written.
    #[error("cannot write {path}: {cause}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// A subject of the demonstration is none.
    #[error("{0:?} is no subject")]
    Subject(String),
}

fn importer() -> Result<Principal, DemoError> {
    let subject = "plenary-demo";
    Ok(Principal {
        subject: subject.parse().map_err(|_| DemoError::Subject(subject.into()))?,
        name: "Demonstration data".into(),
        issuer: "plenary-demo".into(),
        bureau: Bureau::GS,
        role: Role::Admin,
        token_id: None,
        issued_s: 0,
        expires_s: i64::MAX,
    })
}

fn read(plan: &'static str, text: &str) -> Result<PlanView, DemoError> {
    file::read(text.as_bytes()).map_err(|problems| {
        let first = problems.first().map(|problem| format!("{}: {}", problem.pointer, problem.says));
        DemoError::Plan { plan, problem: first.unwrap_or_default() }
    })
}

/// Loads the plans that are not there yet; it never overwrites one.
///
/// # Errors
/// `DemoError` when a plan does not read or is not taken.
pub fn load(plans: &Plans) -> Result<(), DemoError> {
    for (plan, text) in PLANS {
        if plans.log().head(plan).is_some() {
            continue;
        }
        let view = read(plan, text)?;
        let because = Some("loaded for the demonstration".to_owned());
        let refused = |refusal| DemoError::Refused { plan, refusal };
        let grant = check(&importer()?, &view.id, &Access::Everybody, Action::Create).map_err(refused)?;
        plans
            .create(grant, Origin::default(), Creation { view, id: None, access: Access::Everybody, because })
            .map_err(refused)?;
        tracing::info!(plan, "demonstration plan loaded");
    }
    Ok(())
}

fn tokens_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("demo")
}

/// Makes tokens for those who take part.
pub struct Demo {
    issuer: Issuer,
}

impl Demo {
    /// The demonstration of a server that listens there; none where others than this machine reach it.
    pub fn at(address: SocketAddr, issuer: Issuer) -> Option<Demo> {
        address.ip().is_loopback().then_some(Demo { issuer })
    }

    /// Everybody who takes part, each with a fresh token.
    ///
    /// # Errors
    /// `DemoError` when a token cannot be made.
    pub fn people(
        &self,
        now: Timestamp,
        entropy: impl Fn() -> [u8; 16],
    ) -> Result<Vec<DemoPerson>, DemoError> {
        let person = |(name, shown, bureau, role): (&str, &str, Bureau, Role)| {
            let request = token_request(name, shown, bureau, role)?;
            let token = self.issuer.issue(&request, now, entropy())?;
            let TokenRequest { subject, name, .. } = request;
            Ok(DemoPerson { name, subject, bureau, role, token })
        };
        IDENTITIES.into_iter().map(person).collect()
    }
}

fn token_request(name: &str, shown: &str, bureau: Bureau, role: Role) -> Result<TokenRequest, DemoError> {
    let subject = format!("demo-{name}");
    Ok(TokenRequest {
        subject: subject.parse().map_err(|_| DemoError::Subject(subject.clone()))?,
        name: shown.to_owned(),
        bureau,
        role,
        lifetime_s: LOCAL_LIFETIME_S_MAX,
    })
}

/// Writes a fresh token for everybody who takes part, readable by the owner alone.
///
/// # Errors
/// `DemoError` when a token cannot be made or written.
pub fn write_tokens(data_dir: &Path, issuer: &Issuer) -> Result<(), DemoError> {
    let dir = tokens_dir(data_dir);
    std::fs::create_dir_all(&dir).map_err(|cause| DemoError::Write { path: dir.clone(), cause })?;
    for (name, shown, bureau, role) in IDENTITIES {
        let request = token_request(name, shown, bureau, role)?;
        let token = issuer.issue(&request, clock::now(), clock::entropy())?;
        let path = dir.join(format!("{name}.token"));
        let failed = |cause| DemoError::Write { path: path.clone(), cause };
        // A file left behind with wider rights must not keep them.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        file.write_all(token.as_bytes()).map_err(failed)?;
    }
    Ok(())
}

/// What a newcomer does next: lines that work when pasted.
///
/// `bin_dir` is where this program lies, and the client beside it once it is built.
pub fn guide(address: SocketAddr, data_dir: &Path, bin_dir: &Path) -> String {
    let tokens = tokens_dir(data_dir);
    let (tokens, bin) = (tokens.display(), bin_dir.display());
    let build = if bin_dir.join("plenary").exists() {
        String::new()
    } else {
        "  cargo build --release -p plenary        # the command line client, once\n".to_owned()
    };
    let names: Vec<&str> = IDENTITIES.iter().map(|(name, ..)| *name).collect();
    format!(
        "\n\
Two plans are loaded: itu-sp-2020-2023 (adopted) and itu-sp-2024-2027-draft.\n\
Open http://{address} and choose who you are. Or in another terminal here, write as BR:\n\
\n\
{build}  export PATH=\"{bin}:$PATH\" PLENARY_URL=http://{address} PLENARY_TOKEN=$(cat {tokens}/br.token)\n\
\x20 plenary show itu-sp-2024-2027-draft\n\
\x20 plenary set itu-sp-2024-2027-draft 2.7 title 'Improve the contribution of ICTs to climate action' --because 'plain words'\n\
\x20 plenary who itu-sp-2024-2027-draft 2.7 title\n\
\n\
And a third, where the auditor sees every edit as it happens, and who made it:\n\
\n\
\x20 export PATH=\"{bin}:$PATH\" PLENARY_URL=http://{address} PLENARY_TOKEN=$(cat {tokens}/auditor.token)\n\
\x20 plenary watch itu-sp-2024-2027-draft\n\
\n\
Tokens for {} lie in {tokens}/ and last 12 hours; every start makes new ones.\n\
Stop with Ctrl-C; nothing that was acknowledged is lost.\n",
        names.join(", ")
    )
}
