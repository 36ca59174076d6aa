//! What it costs to keep the findings of a plan up: edits of every kind of the adopted plan, each followed
//! by its findings entry by entry, and now and then held against a full run.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plenary_core::hub::{ConnId, Creation, ReplyTo};
use plenary_core::policy::{self, Action};
use plenary_core::rules::{Checker, Facts, Former, Voices};
use plenary_core::{Ask, Context, Hub, Input, Proposal, Reader};
use plenary_protocol::plan::command::Place;
use plenary_protocol::plan::{Command, Edit, Kind, PlanView, Stage, Value, file};
use plenary_protocol::record::{Event, Sealed};
use plenary_protocol::{Access, Bureau, PlanId, Principal, Role, Seq};

use crate::Failure;
use crate::past::forge::{Counted, Nothing};

/// The plan, and one that stands for the plan before.
const SOURCE: &str = include_str!("../../../server/core/plans/itu-sp-2020-2023.json");
/// Of how many edits one is followed by a full run.
const WHOLE_EVERY: usize = 100;
const WORDS: [&str; 6] = [
    "increase by 25%",
    "universal access",
    "regional presence",
    "will be done",
    "of all countries",
    "by 2030",
];

/// Measures what it costs to keep the findings of the adopted plan up.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Edits
    #[arg(long, default_value_t = 2_000)]
    edits: usize,
}

fn percent(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    let index = times.len().saturating_sub(1) * percent / 100;
    times.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}

/// A plan in memory: its hub, its reader copy, and a clock that only counts.
struct World {
    who: Principal,
    hub: Hub,
    reader: Reader,
    entropy: Counted,
    now_us: i64,
}

fn input(who: &Principal, plan: &PlanId, ask: Ask, action: Action) -> Result<Input, Failure> {
    let grant = policy::check(who, plan, &Access::Everybody, action).map_err(|refusal| refusal.reason)?;
    Ok(Input { reply: ReplyTo(0), grant, session: None, build: None, ask })
}

fn events(proposal: &Proposal) -> Result<Vec<Event>, Failure> {
    let open = |(_, sealed): &(Seq, Sealed)| Event::open(&sealed.envelope, &sealed.salt, &sealed.payload);
    Ok(proposal.entries().iter().map(open).collect::<Result<_, _>>()?)
}

impl World {
    fn of(view: PlanView) -> Result<World, Failure> {
        let who = Principal {
            subject: "chair".parse()?,
            name: "Chair".into(),
            issuer: "bench".into(),
            bureau: Bureau::GS,
            role: Role::Chair,
            token_id: None,
            issued_s: 0,
            expires_s: i64::MAX,
        };
        let (plan, now_us) = (view.id.clone(), 1_700_000_000_000_000);
        let mut entropy = Counted::new(7);
        let mut ctx = Context { now_us, boot: [1; 16], entropy: &mut entropy, past: &Nothing };
        let creation = Creation { view, id: None, access: Access::Everybody, because: None };
        let asked = input(&who, &plan, Ask::Unsubscribe { conn: ConnId(0) }, Action::Create)?;
        let (mut hub, proposal, _) =
            Hub::create(&asked, creation, &mut ctx).map_err(|refusal| refusal.reason)?;
        let mut reader = Reader::new(plan);
        reader.take(events(&proposal)?)?;
        hub.committed(proposal);
        Ok(World { who, hub, reader, entropy, now_us })
    }

    /// Does one edit; gives its entries, none where it is refused.
    fn edit(&mut self, number: usize, command: Command) -> Result<Vec<Event>, Failure> {
        let plan = self.hub.state().plan.clone();
        let edit = Edit {
            id: format!("e-{number}").parse()?,
            plan: plan.clone(),
            commands: vec![command],
            because: None,
            answers: Vec::new(),
        };
        self.now_us += 1_000_000;
        let asked = input(&self.who, &plan, Ask::Edit { edit, formers: Vec::new() }, Action::Edit)?;
        let mut ctx =
            Context { now_us: self.now_us, boot: [1; 16], entropy: &mut self.entropy, past: &Nothing };
        let proposal = self.hub.propose(vec![asked], &mut ctx);
        let fresh = events(&proposal)?;
        self.reader.take(fresh.clone())?;
        self.hub.committed(proposal);
        Ok(fresh)
    }
}

/// Runs the measurement and prints it.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut view = file::read(SOURCE.as_bytes()).map_err(|problems| format!("{problems:?}"))?;
    view.stage = Stage::SecretariatDraft;
    let former = Former { plan: view.id.clone(), facts: Facts::of(&view, Voices::default()) };
    let mut world = World::of(view)?;
    let look = |reader: &Reader, former: Option<Arc<Former>>| {
        let view = reader.view(None);
        let begin = Instant::now();
        let checker = Checker::of(&view, reader.voices(reader.seq()), former);
        (begin.elapsed(), checker)
    };
    let (_, mut checker) = look(&world.reader, Some(Arc::new(former)));
    let (mut kept_up, mut whole) = (Vec::new(), Vec::new());
    let mut dice = Counted::new(11);
    let mut standing = world.reader.view(None);
    for number in 0..args.edits {
        let command = command(&standing, world.reader.seq(), &mut dice)?;
        for event in world.edit(number, command)? {
            let begin = Instant::now();
            checker.take(&event, &world.reader);
            kept_up.push(begin.elapsed());
        }
        if number % WHOLE_EVERY == 0 {
            standing = world.reader.view(None);
            let (took, full) = look(&world.reader, checker.former().cloned());
            whole.push(took);
            if full.findings() != checker.findings() {
                return Err(format!("after edit {number} the findings are not those of a full run").into());
            }
        }
    }
    let mut out = std::io::stdout();
    for (what, times) in [("kept up, an entry", &mut kept_up), ("a full run", &mut whole)] {
        let [half, most, all] = [50, 95, 100].map(|of| percent(times, of));
        writeln!(
            out,
            "{what:<20} n {:>5}  p50 {half:.3} ms  p95 {most:.3} ms  max {all:.3} ms",
            times.len()
        )?;
    }
    writeln!(out, "{} units, {} findings", checker.units(), checker.findings().len())?;
    Ok(())
}

/// One edit of some kind.
fn command(view: &PlanView, base: Seq, dice: &mut Counted) -> Result<Command, Failure> {
    let element = &view.elements[dice.below(view.elements.len())];
    let id = element.id.clone();
    let word = WORDS[dice.below(WORDS.len())].to_owned();
    let texts = element.kind.spec().texts;
    Ok(match dice.below(20) {
        0..=10 if !texts.is_empty() => {
            let field = texts[dice.below(texts.len())].name.to_owned();
            Command::SetText { element: id, field, lang: None, text: word, base }
        }
        11..=12 => {
            Command::SetField { element: id, field: "owner".into(), value: Value::Text("BR".into()), base }
        }
        13 => Command::Remove { element: id },
        14 => Command::Restore { element: id },
        15 => {
            let before = Some(view.elements[dice.below(view.elements.len())].id.clone());
            Command::Move { element: id, place: Place { parent: None, after: None, before } }
        }
        16..=17 => Command::Add {
            kind: Kind::named("target").ok_or("no kind of targets")?,
            id: None,
            place: Place {
                parent: view.elements.iter().find(|one| one.kind.name() == "goal").map(|one| one.id.clone()),
                ..Place::default()
            },
            owner: None,
            fields: Default::default(),
            lang: None,
            text: [("title".to_owned(), word)].into(),
        },
        _ => {
            let field = if element.kind.name() == "allocation" { "amount" } else { "note" };
            let value =
                if field == "amount" { Value::Int(dice.below(50_000) as i64) } else { Value::Text(word) };
            Command::SetField { element: id, field: field.into(), value, base }
        }
    })
}
