//! What the operating system says of this process, under the names that Prometheus clients share.

use std::fs;

/// Bytes of memory and open files; what the system does not tell is zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Process {
    /// Bytes of memory in use.
    pub resident_bytes: u64,
    /// Open files and sockets.
    pub open_files: u64,
    /// How many there may be.
    pub files_max: u64,
}

/// Reads them.
pub(super) fn read() -> Process {
    Process {
        resident_bytes: resident_bytes(&fs::read_to_string("/proc/self/status").unwrap_or_default()),
        open_files: fs::read_dir("/proc/self/fd").map_or(0, |list| list.count() as u64),
        files_max: files_max(&fs::read_to_string("/proc/self/limits").unwrap_or_default()),
    }
}

fn resident_bytes(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn files_max(limits: &str) -> u64 {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_the_system_are_read() {
        assert_eq!(resident_bytes("Name:\tplenaryd\nVmRSS:\t   30720 kB\n"), 30_720 * 1024);
        assert_eq!(
            files_max("Max open files            1024                 524288               files\n"),
            1024
        );
        assert_eq!((resident_bytes(""), files_max("")), (0, 0));
        let here = read();
        assert!(here.resident_bytes > 0 && here.open_files > 0 && here.files_max > 0, "{here:?}");
    }
}
