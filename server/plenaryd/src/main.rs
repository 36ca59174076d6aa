//! `plenaryd`: parses, builds, runs.

use std::error::Error;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use clap::Parser;
use plenaryd::app::Application;
use plenaryd::args::{Args, Command, ServeArgs};
use plenaryd::config::Config;
use plenaryd::{commands, demo, telemetry};
use tokio::signal::unix::{SignalKind, signal};

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.command {
        None => return serve(&args.serve),
        Some(Command::Token(args)) => commands::token(args),
        Some(Command::Rebuild(args)) => commands::rebuild(args),
        Some(Command::Repair(args)) => commands::repair(args),
        Some(Command::Verify(args)) => commands::verify(args),
        Some(Command::Backup(args)) => commands::backup(args),
        Some(Command::Restore(args)) => commands::restore(args),
        Some(Command::Limits(args)) => commands::limits(args),
        Some(Command::Completions(args)) => Ok(commands::completions(args)),
        Some(Command::Man(args)) => commands::man(args),
    };
    match done {
        Ok(text) => match writeln!(std::io::stdout(), "{text}") {
            // A reader who has seen enough is no failure.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::FAILURE,
            _ => ExitCode::SUCCESS,
        },
        Err(error) => fail(&error, error.exit_code()),
    }
}

/// Says what went wrong, with its causes, on standard error.
fn fail(error: &dyn Error, code: u8) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    _ = writeln!(std::io::stderr(), "plenaryd: {text}");
    ExitCode::from(code)
}

fn serve(args: &ServeArgs) -> ExitCode {
    let config = match Config::load(args) {
        Ok(config) => config,
        Err(error) => return fail(&error, 78),
    };
    if let Err(error) = telemetry::init(config.log) {
        return fail(&error, 70);
    }
    let run = async {
        let app = Application::build(&config)?;
        if config.demo {
            let exe = std::env::current_exe().unwrap_or_default();
            let bin_dir = exe.parent().unwrap_or(std::path::Path::new("target/release"));
            _ = writeln!(std::io::stderr(), "{}", demo::guide(app.address(), &config.data_dir, bin_dir));
        }
        // Heard from here on: whoever reads the line may ask to stop at once.
        let stop = stop_signal();
        if let Some(address) = app.metrics_address() {
            _ = writeln!(std::io::stdout(), "metrics http://{address}/metrics");
        }
        _ = writeln!(std::io::stdout(), "ready http://{}", app.address());
        app.run_until_stopped(stop).await
    };
    match actix_web::rt::System::new().block_on(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, error.exit_code()),
    }
}

/// Done at SIGTERM or SIGINT, which are heard from the call on, not only from the first poll.
fn stop_signal() -> impl Future<Output = ()> {
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async {
        let (Ok(mut term), Ok(mut int)) = signals else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    }
}
