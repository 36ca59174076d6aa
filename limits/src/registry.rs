//! What is known of a limit besides its number, and the macros that write it down once.

/// A limit as a person reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What part of the program it is of.
    pub area: &'static str,
    /// Its name, which ends in its unit and `MAX`.
    pub name: &'static str,
    /// Its number.
    pub value: u64,
    /// What it bounds and why, one line of the table after the other.
    pub about: &'static [&'static str],
    /// What happens beyond it.
    pub beyond: &'static str,
}

impl Limit {
    /// What it bounds and why, as one text.
    pub fn about(&self) -> String {
        let lines: Vec<&str> = self.about.iter().map(|line| line.trim()).collect();
        lines.join(" ")
    }
}

/// A limit that an operator may set, under `[limits]` in the configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settable {
    /// Its name in the table.
    pub name: &'static str,
    /// Its key in the configuration, and its label in the metrics.
    pub key: &'static str,
    /// What it is unless set.
    pub default: u32,
    /// The least it may be set to.
    pub least: u32,
    /// The most it may be set to.
    pub most: u32,
    /// What it limits, in the words of a refusal.
    pub what: &'static str,
    /// What its number is of, in words.
    pub unit: &'static str,
    /// What it bounds and why, one line of the table after the other.
    pub about: &'static [&'static str],
    /// What happens beyond it.
    pub beyond: &'static str,
}

impl Settable {
    /// What it bounds and why, as one text.
    pub fn about(&self) -> String {
        let lines: Vec<&str> = self.about.iter().map(|line| line.trim()).collect();
        lines.join(" ")
    }
}

/// Constants, and `LIMITS`: all of them with their words.
macro_rules! limits {
    ($($area:literal {
        $($(#[doc = $about:literal])+ $name:ident: $type:ty = $value:expr, $beyond:literal;)+
    })+) => {
        $($(
            $(#[doc = $about])+
            #[doc = ""]
            #[doc = concat!("Beyond it ", $beyond, ".")]
            pub const $name: $type = $value;
        )+)+

        /// All limits that are constants, by area.
        pub static LIMITS: &[Limit] = &[$($(Limit {
            area: $area,
            name: stringify!($name),
            value: $name as u64,
            about: &[$($about),+],
            beyond: $beyond,
        }),+),+];
    };
}

/// Constants, and `SETTABLES`: all of them in the order of the sample configuration.
macro_rules! settables {
    ($(
        $(#[doc = $about:literal])+
        $name:ident: $key:literal = $default:literal in $least:literal..=$most:literal, $what:literal, $unit:literal,
        $beyond:literal;
    )+) => {
        $(
            $(#[doc = $about])+
            #[doc = ""]
            #[doc = concat!("Beyond it ", $beyond, ".")]
            pub const $name: Settable = Settable {
                name: stringify!($name),
                key: $key,
                default: $default,
                least: $least,
                most: $most,
                what: $what,
                unit: $unit,
                about: &[$($about),+],
                beyond: $beyond,
            };
        )+

        /// All limits that an operator may set.
        pub static SETTABLES: &[Settable] = &[$($name),+];
    };
}

pub(crate) use {limits, settables};
