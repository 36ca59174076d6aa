//! What is read of a bundle in a folder, and what is not.

use std::fs;

use super::files::{Unread, read};

#[test]
fn a_folder_is_read_by_its_names_and_nothing_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("entries")).unwrap();
    fs::write(folder.path().join("entries/4.cbor"), b"four").unwrap();
    fs::write(folder.path().join("checkpoint"), b"note").unwrap();
    let files = read(folder.path()).unwrap();
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["checkpoint", "entries/4.cbor"]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc/passwd", folder.path().join("keys.txt")).unwrap();
        assert!(matches!(read(folder.path()), Err(Unread::Fault(says)) if says.contains("keys.txt")));
    }
    assert!(matches!(read(&folder.path().join("missing")), Err(Unread::Failure(_))));
    assert!(matches!(read(&folder.path().join("checkpoint")), Err(Unread::Fault(_))), "no zip");
}
