//! One run of `plenaryd`: started, watched through its pipes, ended by its id.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::{PATIENCE, binary};

/// How `plenaryd` is to be started.
#[derive(Debug, Clone)]
pub struct Launch {
    program: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
}

/// A run that ended by itself.
#[derive(Debug)]
pub struct Exit {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// A running server; it is killed when dropped, also when a test fails.
#[derive(Debug)]
pub struct Process {
    child: Ended,
    base: String,
    metrics: Option<String>,
    stdout: Mutex<Receiver<String>>,
    stderr: Arc<Mutex<String>>,
    stderr_reader: Option<JoinHandle<()>>,
}

impl Launch {
    /// A start of a program of the workspace.
    pub fn of(program: &str) -> Launch {
        Launch::at(binary(program))
    }

    /// A start of any program.
    pub fn at(program: impl Into<PathBuf>) -> Launch {
        Launch { program: program.into(), arguments: Vec::new(), environment: Vec::new(), folder: None }
    }

    /// A start of `plenaryd` as a server over a data directory, on a port that the system chooses.
    pub fn server(data: &Path) -> Launch {
        Launch::of("plenaryd").args(["--listen", "127.0.0.1:0", "--data"]).arg(data)
    }

    /// Another program in the same surroundings, without arguments.
    #[must_use]
    pub fn program(mut self, program: impl Into<PathBuf>) -> Launch {
        self.program = program.into();
        self.arguments.clear();
        self
    }

    /// The same with one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Launch {
        self.arguments.push(argument.into());
        self
    }

    /// The same with more arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Launch {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// The same with a variable of the environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Launch {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The same started in a folder.
    #[must_use]
    pub fn in_folder(mut self, folder: &Path) -> Launch {
        self.folder = Some(folder.to_owned());
        self
    }

    /// The command, with none of the surroundings' settings of ours.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PLENARY_") || name == "RUST_LOG" {
                command.env_remove(name);
            }
        }
        command.args(&self.arguments).envs(self.environment.iter().cloned());
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }

    /// Runs to the end what ends by itself.
    ///
    /// # Panics
    /// When it does not start, or does not end in time.
    pub fn run(&self) -> Exit {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Ended(command.spawn().expect("the program starts"));
        let (sender, whole) = channel();
        let (stdout, stderr) = (child.0.stdout.take(), child.0.stderr.take());
        let errors = std::thread::spawn(move || read_whole(stderr.expect("standard error is a pipe")));
        std::thread::spawn(move || sender.send(read_whole(stdout.expect("standard output is a pipe"))));
        let stdout = whole.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{self:?} does not end"));
        let status = child.0.wait().expect("it has ended");
        let stderr = errors.join().expect("standard error is read");
        Exit { code: status.code(), stdout, stderr }
    }

    /// Starts a server and waits until it says that it is ready.
    ///
    /// # Errors
    /// How it ended, when it ended instead.
    ///
    /// # Panics
    /// When it does neither in time.
    pub fn start(&self) -> Result<Process, Exit> {
        let mut command = self.command();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Ended(command.spawn().expect("the program starts"));
        let (stdout, errors) = (child.0.stdout.take(), child.0.stderr.take());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let stdout = stdout.expect("standard output is a pipe");
            _ = BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line));
        });
        let stderr = Arc::new(Mutex::new(String::new()));
        let kept = stderr.clone();
        let stderr_reader = std::thread::spawn(move || {
            collect(errors.expect("standard error is a pipe"), &kept);
        });
        let mut process = Process {
            child,
            base: String::new(),
            metrics: None,
            stdout: Mutex::new(lines),
            stderr,
            stderr_reader: Some(stderr_reader),
        };
        loop {
            match process.line(PATIENCE) {
                Ok(line) => match line.split_once(' ') {
                    Some(("metrics", address)) => process.metrics = Some(address.to_owned()),
                    Some(("ready", base)) => {
                        process.base = base.to_owned();
                        return Ok(process);
                    }
                    _ => panic!("not the ready line: {line}"),
                },
                Err(RecvTimeoutError::Disconnected) => return Err(process.wait()),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("the server is not ready in time:\n{}", process.stderr())
                }
            }
        }
    }
}

/// A child that is killed when dropped; one that has ended is left in peace.
#[derive(Debug)]
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn read_whole(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).expect("a pipe can be read");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn collect(mut pipe: impl Read, into: &Mutex<String>) {
    let mut bytes = [0; 4_096];
    while let Ok(count @ 1..) = pipe.read(&mut bytes) {
        let text = String::from_utf8_lossy(&bytes[..count]);
        into.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
    }
}

impl Process {
    /// Where it serves, `http://ADDR:PORT`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The address of its metrics.
    ///
    /// # Panics
    /// When they are off.
    pub fn metrics(&self) -> &str {
        self.metrics.as_deref().expect("the metrics are on")
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.0.id()
    }

    fn line(&self, patience: Duration) -> Result<String, RecvTimeoutError> {
        self.stdout.lock().unwrap_or_else(PoisonError::into_inner).recv_timeout(patience)
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Kills it, as a power cut would.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill9(mut self) -> Exit {
        self.child.0.kill().expect("it runs");
        self.wait()
    }

    /// Asks it to stop, without waiting for it.
    ///
    /// # Panics
    /// When it cannot be asked.
    pub fn ask_to_stop(&self) {
        let asked = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.0.id())).status();
        assert!(asked.expect("a shell runs").success(), "the server could not be asked to stop");
    }

    /// Asks it to stop and waits until it has.
    ///
    /// # Panics
    /// When it does not stop in time.
    pub fn terminate(self) -> Exit {
        self.ask_to_stop();
        self.wait()
    }

    /// Waits until it ends by itself; the ready line is not among what it said on standard output.
    ///
    /// # Panics
    /// When it does not end in time.
    pub fn wait(mut self) -> Exit {
        let until = Instant::now() + PATIENCE;
        let mut stdout = String::new();
        // Its end of the pipe closes when it ends.
        loop {
            match self.line(until.saturating_duration_since(Instant::now())) {
                Ok(line) => stdout = stdout + &line + "\n",
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("the server does not end:\n{}", self.stderr())
                }
            }
        }
        let status: ExitStatus = self.child.0.wait().expect("it has ended");
        if let Some(reader) = self.stderr_reader.take() {
            _ = reader.join();
        }
        Exit { code: status.code(), stdout, stderr: self.stderr() }
    }
}
