//! A server in a process of its own, so that the load generator is not counted with it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::Failure;

/// Clock ticks a second in which the system accounts processor time to user space.
const TICKS_PER_S: u64 = 100;

/// The server's settings.  The default mailbox holds the edits of 4 writers that send as much as they
/// may; the other limits are those of one person, and the load is many in the name of a few.
const CONFIG: &str = "\
[issuer]
local = true
[limits]
plan_mailbox = 1024
subject_requests_per_minute = 1000000
subject_tickets_per_minute = 100000
subject_sockets_per_minute = 100000
subject_sockets = 10000
subject_mib_per_minute = 4000
socket_messages_per_second = 100000
address_sockets_per_minute = 1000000
address_sockets = 10000
plan_sockets = 10000
";

/// The settings under which a flood is met: the server's own.
const CONFIG_STRICT: &str = "[issuer]\nlocal = true\n";

/// A running server with a fresh data directory, ended and removed when dropped.
pub struct Served {
    child: Child,
    address: SocketAddr,
    data: PathBuf,
    program: PathBuf,
    _root: TempDir,
}

/// The program of this name beside this one.
pub fn beside(name: &str) -> Result<PathBuf, Failure> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.exists() {
        return Ok(path);
    }
    Err(format!("{} is not there: build it with cargo build --release -p {name}", path.display()).into())
}

/// A fresh directory below `dir`, or where the system has temporary files.
pub fn fresh(dir: Option<&Path>) -> Result<TempDir, Failure> {
    Ok(match dir {
        Some(dir) => tempfile::tempdir_in(dir)?,
        None => tempfile::tempdir()?,
    })
}

impl Served {
    /// Starts a server with its data below `dir` and waits until it listens.
    pub fn start(dir: Option<&Path>) -> Result<Served, Failure> {
        let root = fresh(dir)?;
        let data = root.path().join("data");
        Served::with(root, data, CONFIG)
    }

    /// Starts a server with the limits that it has by itself.
    pub fn strict(dir: Option<&Path>) -> Result<Served, Failure> {
        let root = fresh(dir)?;
        let data = root.path().join("data");
        Served::with(root, data, CONFIG_STRICT)
    }

    /// Starts a server over data that is there, and stays.
    pub fn over(data: &Path) -> Result<Served, Failure> {
        Served::with(fresh(None)?, data.to_owned(), CONFIG)
    }

    fn with(root: TempDir, data: PathBuf, settings: &str) -> Result<Served, Failure> {
        let config = root.path().join("bench.toml");
        std::fs::write(&config, settings)?;
        let program = beside("plenaryd")?;
        let mut command = Command::new(&program);
        command.args(["--listen", "127.0.0.1:0", "--config"]).arg(config).arg("--data").arg(&data);
        let log = File::create(root.path().join("server.log"))?;
        let (child, address) = spawn(command.stderr(log))?;
        Ok(Served { child, address, data, program, _root: root })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The process, for profilers.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A token for somebody who may write everything.
    pub fn token(&self, subject: &str) -> Result<String, Failure> {
        self.token_of(subject, "GS", "chair")
    }

    /// A token of somebody of a Bureau, in a role.
    pub fn token_of(&self, subject: &str, bureau: &str, role: &str) -> Result<String, Failure> {
        let out = Command::new(&self.program)
            .arg("token")
            .arg("--data")
            .arg(&self.data)
            .args(["--subject", subject, "--name", subject, "--bureau", bureau, "--role", role])
            .output()?;
        if !out.status.success() {
            return Err(format!("no token: {}", String::from_utf8_lossy(&out.stderr)).into());
        }
        Ok(String::from_utf8(out.stdout)?.trim().to_owned())
    }

    /// What it holds in memory, KiB.
    pub fn resident_kib(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        Ok(kib.ok_or("the system does not tell the memory of a process")?)
    }

    /// Processor time it has used.
    pub fn cpu(&self) -> Result<Duration, Failure> {
        cpu_of(&self.pid().to_string())
    }
}

/// Processor time that this process has used.
pub fn own_cpu() -> Result<Duration, Failure> {
    cpu_of("self")
}

/// Processor time of those that this process has started and that have ended.
pub fn children_cpu() -> Result<Duration, Failure> {
    ticks_of("self", 13)
}

fn cpu_of(process: &str) -> Result<Duration, Failure> {
    ticks_of(process, 11)
}

fn ticks_of(process: &str, field: usize) -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = stat.rsplit_once(") ").map_or("", |(_, rest)| rest).split(' ');
    let ticks: u64 = fields.skip(field).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_S))
}

/// Starts a program that prints `ready http://ADDRESS` once it listens.
pub fn spawn(command: &mut Command) -> Result<(Child, SocketAddr), Failure> {
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    if let Some(out) = child.stdout.take() {
        BufReader::new(out).read_line(&mut line)?;
    }
    match line.trim().strip_prefix("ready http://").and_then(|address| address.parse().ok()) {
        Some(address) => Ok((child, address)),
        None => {
            _ = child.kill();
            Err("a server did not start".into())
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
