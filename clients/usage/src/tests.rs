use clap::{Arg, Command};

use super::*;

fn program() -> Command {
    let show = Command::new("show")
        .about("Show it")
        .arg(Arg::new("what").help("What"))
        .after_help("Examples:\n  tool show 'a' | head -n 1\n      One.");
    Command::new("tool").version("1").subcommand(show).subcommand(Command::new("hidden").hide(true))
}

fn text(page: &Page) -> String {
    String::from_utf8_lossy(&page.text).into_owned()
}

#[test]
fn every_command_has_a_page_and_hidden_ones_have_none() {
    let all = pages(program(), 1).unwrap();
    let files: Vec<&str> = all.iter().map(|page| page.file.as_str()).collect();
    assert_eq!(files, ["tool.1", "tool-show.1"]);
    assert!(text(&all[0]).contains("tool\\-show(1)"), "{}", text(&all[0]));
}

#[test]
fn examples_are_a_section_and_stand_as_typed() {
    let all = pages(program(), 1).unwrap();
    let show = text(&all[1]);
    let wanted = ".SH \"EXAMPLES\"\n.nf\n  tool show \\(aqa\\(aq | head \\-n 1\n      One.\n.fi\n";
    assert!(show.ends_with(wanted), "{show}");
}

#[test]
fn every_shell_has_a_script() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
        let script = String::from_utf8(completions(program(), shell)).unwrap();
        assert!(script.contains("show"), "{shell}");
    }
}
