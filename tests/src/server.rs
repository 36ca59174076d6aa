//! A server of a test's own, or shared by the tests of a module.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use crate::{Exit, Http, Launch, Person, Process};

/// A server over a data directory that goes away with it.
#[derive(Debug)]
pub struct TestServer {
    launch: Launch,
    process: Option<Process>,
    folder: TempDir,
}

impl TestServer {
    /// A server with the demonstration's plans.
    pub fn demo() -> TestServer {
        TestServer::demo_with(|launch, _| launch)
    }

    /// A server with the demonstration's plans, started in a way of the test's own; its files can lie
    /// in the folder given.
    ///
    /// # Panics
    /// When it does not start.
    pub fn demo_with(change: impl FnOnce(Launch, &Path) -> Launch) -> TestServer {
        let folder = TempDir::with_prefix("plenary-e2e-").expect("a folder for the data");
        let launch = Launch::server(&folder.path().join("data")).arg("--demo");
        let launch = change(launch, folder.path());
        let mut server = TestServer { launch, process: None, folder };
        server.start();
        server
    }

    /// Its data directory.
    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// A folder for the test's other files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it serves.
    pub fn base(&self) -> String {
        self.running().base().to_owned()
    }

    /// The running process.
    ///
    /// # Panics
    /// When it does not run.
    pub fn running(&self) -> &Process {
        self.process.as_ref().expect("the server runs")
    }

    /// Starts it again as it was started.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(&mut self) {
        let launch = self.launch.clone();
        self.start_as(&launch);
    }

    /// Starts it in another way.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_as(&mut self, launch: &Launch) {
        assert!(self.process.is_none(), "it runs already");
        let started = launch.start();
        self.process = Some(started.unwrap_or_else(|exit| panic!("the server does not start: {exit:?}")));
    }

    /// Kills it, as a power cut would.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill9(&mut self) -> Exit {
        self.process.take().expect("the server runs").kill9()
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Panics
    /// When it does not run, or does not stop.
    pub fn terminate(&mut self) -> Exit {
        self.process.take().expect("the server runs").terminate()
    }

    /// Stops it cleanly and starts it again.
    ///
    /// # Panics
    /// When it does not end with 0, or does not start.
    pub fn restart(&mut self) {
        let exit = self.terminate();
        assert_eq!(exit.code, Some(0), "a clean stop: {}", exit.stderr);
        self.start();
    }

    /// Runs another command of `plenaryd` over its data.
    pub fn command(&self, arguments: &[&str]) -> Exit {
        Launch::of("plenaryd").args(arguments).arg("--data").arg(self.data()).run()
    }

    /// A token for somebody, through `plenaryd token`.
    ///
    /// # Panics
    /// When none is printed.
    pub fn token(&self, person: &Person) -> String {
        self.token_for(person, "12h")
    }

    /// A token that lives as long as said.
    ///
    /// # Panics
    /// When none is printed.
    pub fn token_for(&self, person: &Person, lifetime: &str) -> String {
        let Person { subject, name, bureau, role } = person;
        let (bureau, role) = (bureau.to_string(), role.to_string());
        let arguments = [
            "token",
            "--subject",
            subject,
            "--name",
            name,
            "--bureau",
            &bureau,
            "--role",
            &role,
            "--ttl",
            lifetime,
        ];
        let exit = self.command(&arguments);
        assert_eq!(exit.code, Some(0), "{}", exit.stderr);
        exit.stdout.trim_end().to_owned()
    }

    /// A client for somebody.
    pub fn client(&self, person: &Person) -> Http {
        Http::new(&self.base(), Some(self.token(person)))
    }
}

/// A server that the tests of a module share for as long as one of them runs.
///
/// A static would never be dropped, and its process would outlive the tests.
#[derive(Debug, Default)]
pub struct Shared(Mutex<Weak<TestServer>>);

impl Shared {
    /// None yet.
    pub const fn new() -> Shared {
        Shared(Mutex::new(Weak::new()))
    }

    /// The server, started if none of the tests that share it runs.
    pub fn get(&self) -> Arc<TestServer> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.upgrade().unwrap_or_else(|| {
            let server = Arc::new(TestServer::demo());
            *held = Arc::downgrade(&server);
            server
        })
    }
}
