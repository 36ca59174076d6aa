//! Every operation of the API: one table that routes, document and page are made from.
//!
//! An address that is not described here does not exist: `mount` makes the routes from the table, and
//! what an address answers to other methods.  Schemas are those of the types that are read and written.

mod access;
mod change;
mod evidence;
mod findings;
mod look;
mod past;
mod serve;
mod tables;
mod versions;

#[cfg(test)]
mod tests;

use std::future::ready;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, Route, guard, web};
use plenary_core::policy::{Action, allows};
use plenary_protocol::Role;
use plenary_protocol::wire::RefusalCode;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::{meanings, problem};

/// Makes the schema of a type.
pub type Shape = fn(&mut SchemaGenerator) -> Schema;

/// The plan of the examples: one of the demonstration.
const PLAN: &str = "itu-sp-2024-2027-draft";
/// The version that the examples name and sign.
const VERSION: &str = "first-reading";

/// A part of an address that stands for something.
#[derive(Debug)]
pub struct PathParameter {
    /// Its name, as in `{plan}`.
    pub name: &'static str,
    /// What it stands for.
    pub about: &'static str,
    /// An example, of the demonstration.
    pub example: &'static str,
    /// Its schema.
    pub shape: Shape,
}

/// All parts of addresses that stand for something.
pub static PATH_PARAMETERS: [PathParameter; 4] = [
    PathParameter {
        name: "plan",
        about: "The id of the plan.",
        example: PLAN,
        shape: SchemaGenerator::subschema_for::<plenary_protocol::PlanId>,
    },
    PathParameter {
        name: "element",
        about: "An element by its id or its display code, a code read as of the point asked about.",
        example: "2.7",
        shape: SchemaGenerator::subschema_for::<String>,
    },
    PathParameter {
        name: "table",
        about: "A table that comes back: `indicators` or `feedback`.",
        example: "feedback",
        shape: SchemaGenerator::subschema_for::<plenary_protocol::record::Content>,
    },
    PathParameter {
        name: "version",
        about: "The name of a version.",
        example: VERSION,
        shape: SchemaGenerator::subschema_for::<plenary_protocol::VersionName>,
    },
];

/// What an operation is about, as the page orders them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The server itself.
    Server,
    /// Plans as they are or were.
    Plans,
    /// What happened to plans.
    Past,
    /// What proves it.
    Evidence,
    /// What changes plans.
    Changes,
    /// Who may.
    Access,
    /// Sockets.
    Sockets,
}

impl Group {
    /// All of them, in order.
    pub const ALL: [Group; 7] = [
        Group::Plans,
        Group::Changes,
        Group::Past,
        Group::Evidence,
        Group::Access,
        Group::Sockets,
        Group::Server,
    ];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Group::Server => "The server",
            Group::Plans => "Plans",
            Group::Past => "The past",
            Group::Evidence => "Evidence",
            Group::Changes => "Changes",
            Group::Access => "Who may",
            Group::Sockets => "Sockets",
        }
    }

    /// What it is about.
    pub fn about(self) -> &'static str {
        match self {
            Group::Server => "Whether it is there, what it speaks, what it says of itself.",
            Group::Plans => "Plans as they are now or were at any point of their past.",
            Group::Past => "What happened, when, by whom and why; compared, attributed, searched.",
            Group::Evidence => "Proofs that the past was not altered, for whoever does not trust the server.",
            Group::Changes => "Edits, stages, imports. What is acknowledged is on disk.",
            Group::Access => "Who may read a plan, and tokens that no longer count.",
            Group::Sockets => "Plans as they change, with every entry as it happens.",
        }
    }
}

/// Who may ask for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody.
    Anybody,
    /// Anybody with a valid token.
    Known,
    /// Anybody with a valid token, or with a ticket in its place.
    Ticket,
    /// Those whose role allows an action.
    May(Action),
}

impl Who {
    /// The roles whose tokens are good for it; none are needed where it is for anybody.
    pub fn roles(self) -> Vec<Role> {
        let may = |role: &Role| match self {
            Who::Anybody => false,
            Who::Known => true,
            Who::Ticket => allows(*role, Action::Read),
            Who::May(action) => allows(*role, action),
        };
        Role::ALL.into_iter().filter(may).collect()
    }

    /// In words.
    pub fn says(self) -> String {
        let roles = self.roles();
        let names: Vec<String> = roles.iter().map(ToString::to_string).collect();
        match self {
            Who::Anybody => "Anybody; no token is needed.".to_owned(),
            Who::Ticket => "Anybody with a valid token, or with a ticket.".to_owned(),
            _ if roles.len() == Role::ALL.len() => "Anybody with a valid token.".to_owned(),
            _ => format!("Tokens with the role {}.", names.join(", ")),
        }
    }
}

/// What stands behind `?`.
#[derive(Debug)]
pub struct Query {
    /// The schema of the type it is read into: an object whose properties are the parameters.
    pub shape: Shape,
    /// Example values that go together.
    pub example: &'static [(&'static str, &'static str)],
}

/// What is sent.
#[derive(Debug)]
pub struct Body {
    /// Its schema.
    pub shape: Shape,
    /// Whether there must be one.
    pub required: bool,
    /// Examples with their names, each good against the demonstration, in this order.
    pub examples: Vec<(&'static str, Value)>,
    /// Other media types that it may come as, and what they hold.
    pub others: Vec<(&'static str, &'static str)>,
}

/// An answer that is not an error.
#[derive(Debug)]
pub struct Success {
    /// The status.
    pub status: StatusCode,
    /// What it says.
    pub about: &'static str,
    /// The media type and schema of the body; none where there is none.
    pub body: Option<(&'static str, Shape)>,
    /// Other media types that it may come as, with their schemas.
    pub or_body: Vec<(&'static str, Shape)>,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// The method.
    pub method: Method,
    /// The address.
    pub path: &'static str,
    /// Its stable name.
    pub id: &'static str,
    /// What it is about.
    pub group: Group,
    /// Who may ask.
    pub who: Who,
    /// What it does, short.
    pub summary: &'static str,
    /// What else there is to know; empty where that is all.
    pub about: &'static str,
    /// What stands behind `?`, where something may.
    pub query: Option<Query>,
    /// What is sent, where something is.
    pub body: Option<Body>,
    /// The answer that is not an error.
    pub success: Success,
    /// Whether the answer has a tag by which a client can ask whether it still holds.
    pub has_tag: bool,
    /// Whether the answer may be a page of several.
    pub has_pages: bool,
    codes: &'static [RefusalCode],
    mount: fn(Route) -> Route,
}

impl Operation {
    fn new(method: Method, path: &'static str, id: &'static str, group: Group, who: Who) -> Operation {
        Operation {
            method,
            path,
            id,
            group,
            who,
            summary: "",
            about: "",
            query: None,
            body: None,
            success: Success { status: StatusCode::OK, about: "", body: None, or_body: Vec::new() },
            has_tag: false,
            has_pages: false,
            codes: &[],
            mount: |route| route,
        }
    }

    /// An address to read, and who may.
    pub fn get(path: &'static str, id: &'static str, group: Group, who: Who) -> Operation {
        Operation::new(Method::GET, path, id, group, who)
    }

    /// An address to ask something of, and who may.
    pub fn post(path: &'static str, id: &'static str, group: Group, who: Who) -> Operation {
        Operation::new(Method::POST, path, id, group, who)
    }

    /// An address to put something in the place of what is there, and who may.
    pub fn put(path: &'static str, id: &'static str, group: Group, who: Who) -> Operation {
        Operation::new(Method::PUT, path, id, group, who)
    }

    /// The same, with what does it: `|route| route.to(handler)`.
    #[must_use]
    pub fn done_by(self, mount: fn(Route) -> Route) -> Operation {
        Operation { mount, ..self }
    }

    /// The same, with what it does, short, and what else there is to know.
    #[must_use]
    pub fn says(self, summary: &'static str, about: &'static str) -> Operation {
        Operation { summary, about, ..self }
    }

    /// The same, with the type its query is read into, and example values that go together.
    #[must_use]
    pub fn query<T: JsonSchema>(self, example: &'static [(&'static str, &'static str)]) -> Operation {
        Operation { query: Some(Query { shape: T::json_schema, example }), ..self }
    }

    /// The same, with the type of its body and an example.
    #[must_use]
    pub fn body<T: JsonSchema>(self, name: &'static str, example: Value) -> Operation {
        let body = Body {
            shape: SchemaGenerator::subschema_for::<T>,
            required: true,
            examples: vec![(name, example)],
            others: Vec::new(),
        };
        Operation { body: Some(body), ..self }
    }

    /// The same, with one more example of its body.
    #[must_use]
    pub fn or_body(mut self, name: &'static str, example: Value) -> Operation {
        if let Some(body) = &mut self.body {
            body.examples.push((name, example));
        }
        self
    }

    /// The same, with one more media type that its body may come as, and what that holds.
    #[must_use]
    pub fn or_body_as(mut self, media_type: &'static str, about: &'static str) -> Operation {
        if let Some(body) = &mut self.body {
            body.others.push((media_type, about));
        }
        self
    }

    /// The same, with a body that may be left out.
    #[must_use]
    pub fn or_no_body(mut self) -> Operation {
        if let Some(body) = &mut self.body {
            body.required = false;
        }
        self
    }

    /// The same, with the type of its answer in JSON.
    #[must_use]
    pub fn gives<T: JsonSchema>(self, about: &'static str) -> Operation {
        self.answers(StatusCode::OK, about, Some(("application/json", SchemaGenerator::subschema_for::<T>)))
    }

    /// The same, with an answer of any kind.
    #[must_use]
    pub fn answers(
        self,
        status: StatusCode,
        about: &'static str,
        body: Option<(&'static str, Shape)>,
    ) -> Operation {
        Operation { success: Success { status, about, body, or_body: Vec::new() }, ..self }
    }

    /// The same, with one more media type that the answer may come as.
    #[must_use]
    pub fn or_as(mut self, media_type: &'static str, shape: Shape) -> Operation {
        self.success.or_body.push((media_type, shape));
        self
    }

    /// The same, with a tag by which a client can ask whether it still holds.
    #[must_use]
    pub fn tagged(self) -> Operation {
        Operation { has_tag: true, ..self }
    }

    /// The same, in pages.
    #[must_use]
    pub fn paged(self) -> Operation {
        Operation { has_pages: true, ..self }
    }

    /// The same, with codes of refusals that do not follow from address, query, body and who may.
    #[must_use]
    pub fn refuses(self, codes: &'static [RefusalCode]) -> Operation {
        Operation { codes, ..self }
    }

    /// All codes of refusals that it may give, in the order of the protocol.
    pub fn codes(&self) -> Vec<RefusalCode> {
        use RefusalCode::{
            Malformed, NoSuchElement, NoSuchPlan, RateLimited, RoleForbids, TooLarge, Unauthenticated,
            Unavailable,
        };
        let mut own: Vec<RefusalCode> = self.codes.to_vec();
        if self.who != Who::Anybody {
            own.extend([Unauthenticated, RateLimited]);
        }
        if matches!(self.who, Who::May(_)) && self.who.roles().len() < Role::ALL.len() {
            own.push(RoleForbids);
        }
        if self.query.is_some() || self.body.is_some() {
            own.push(Malformed);
        }
        if self.body.is_some() {
            own.push(TooLarge);
        }
        if self.path.contains("{plan}") {
            own.extend([NoSuchPlan, Unavailable]);
        }
        if self.path.contains("{element}") {
            own.push(NoSuchElement);
        }
        let all = meanings::all().iter().map(|meaning| meaning.code);
        all.filter(|code| own.contains(code)).collect()
    }

    /// Whether its headers alone can be asked for; a socket has none to give.
    pub fn has_head(&self) -> bool {
        self.method == Method::GET && self.success.status != StatusCode::SWITCHING_PROTOCOLS
    }

    /// The parts of its address that stand for something.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static PathParameter> {
        let parts = self.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        parts.filter_map(|name| PATH_PARAMETERS.iter().find(|parameter| parameter.name == name))
    }
}

/// Every operation, in the order of the page within its group.
pub fn all() -> Vec<Operation> {
    let all = [
        look::operations(),
        change::operations(),
        tables::operations(),
        past::operations(),
        evidence::operations(),
        access::operations(),
        serve::operations(),
        versions::operations(),
        findings::operations(),
    ];
    all.into_iter().flatten().collect()
}

/// The methods that an address takes: where it can be read, `HEAD` gives all but the body.
pub fn methods(operations: &[Operation], path: &str) -> Vec<Method> {
    let here = operations.iter().filter(|one| one.path == path);
    here.flat_map(|one| [one.method.clone()].into_iter().chain(one.has_head().then_some(Method::HEAD)))
        .collect()
}

/// The addresses of operations, each once, in order.
pub fn paths(operations: &[Operation]) -> Vec<&'static str> {
    let mut paths: Vec<&'static str> = Vec::new();
    for operation in operations {
        if !paths.contains(&operation.path) {
            paths.push(operation.path);
        }
    }
    paths
}

/// Makes the routes.
pub fn mount(config: &mut web::ServiceConfig) {
    let operations = all();
    for path in paths(&operations) {
        let allow: Vec<String> = methods(&operations, path).iter().map(ToString::to_string).collect();
        let allow = allow.join(", ");
        let wrong = move |request: HttpRequest| ready(problem::wrong_method(&request, &allow));
        let mut resource = web::resource(path).default_service(web::to(wrong));
        for operation in operations.iter().filter(|one| one.path == path) {
            let methods = match operation.has_head() {
                true => guard::Any(guard::Get()).or(guard::Head()),
                false => guard::Any(guard::Method(operation.method.clone())),
            };
            resource = resource.route((operation.mount)(web::route().guard(methods)));
        }
        config.service(resource);
    }
}
