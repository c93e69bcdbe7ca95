//! Where the output goes: files that are whole or not there, directories that mirror.
#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    process::Stdio,
};

use support::{Dir, oru};

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let dir = Dir::new("whole");
    dir.write("a.hl7", &oru("1", "95"));
    dir.write("b.hl7", &oru("2", "96"));
    let run = dir.run(&["translate", "-o", "out.ndjson", "a.hl7", "b.hl7"]);
    assert_eq!((run.status, run.out.as_str()), (0, ""));
    let both = dir.read("out.ndjson");
    assert_eq!(both, dir.run(&["translate", "a.hl7", "b.hl7"]).out);

    // What cannot be written leaves what was there.
    let run = dir.run(&["translate", "-o", "no-such-directory/out.ndjson", "a.hl7"]);
    assert_eq!(run.status, 1);
    let run = dir.run(&["translate", "-o", "out.ndjson", "--config", "none.json", "a.hl7"]);
    assert_eq!((run.status, dir.read("out.ndjson")), (2, both));
    // An input that is rejected does not keep the rest from being written.
    dir.write("c.txt", "?");
    let run = dir.run(&["translate", "-o", "out.ndjson", "c.txt", "a.hl7"]);
    assert_eq!((run.status, dir.read("out.ndjson").lines().count()), (1, 1));
    assert_eq!(dir.names(""), ["a.hl7", "b.hl7", "c.txt", "out.ndjson"], "nothing else is left");
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay_and_devices_are_written_as_they_are() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = Dir::new("links");
    dir.write("a.hl7", &oru("1", "95"));
    dir.write("real.ndjson", "old");
    fs::set_permissions(dir.path("real.ndjson"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("real.ndjson", dir.path("link.ndjson")).unwrap();
    assert_eq!(dir.run(&["translate", "-o", "link.ndjson", "a.hl7"]).status, 0);
    assert!(fs::symlink_metadata(dir.path("link.ndjson")).unwrap().is_symlink());
    assert!(dir.read("real.ndjson").starts_with('{'));
    let mode = fs::metadata(dir.path("real.ndjson")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(dir.run(&["translate", "-o", "/dev/null", "a.hl7"]).status, 0);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_directory_mirrors_the_inputs() {
    let dir = Dir::new("mirror");
    dir.write("in/a.hl7", &oru("1", "95"));
    dir.write("in/deep/b.hl7", &oru("2", "96"));
    dir.write("in/note.txt", "?");
    dir.write("in/.hidden.hl7", &oru("3", "97"));
    for jobs in ["1", "3"] {
        let run = dir.run(&["translate", "--to", "ndjson", "-o", "out", "--jobs", jobs, "in"]);
        assert_eq!((run.status, run.out.as_str()), (1, ""));
        assert_eq!(dir.names("out"), ["a.ndjson", "deep"]);
        assert_eq!(dir.names("out/deep"), ["b.ndjson"]);
        for name in ["out/a.ndjson", "out/deep/b.ndjson"] {
            // Each file stands for itself, with the patient.
            assert!(dir.read(name).contains("\"resourceType\":\"Patient\""), "{name}");
        }
    }
    let run = dir.run(&["translate", "-o", "bundles/", "in/a.hl7"]);
    assert_eq!((run.status, dir.names("bundles")), (0, vec!["a.json".to_owned()]));
    assert_eq!(dir.read("bundles/a.json"), dir.run(&["translate", "in/a.hl7"]).out);
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let dir = Dir::new("pipe");
    let feed: String = (0..2000).map(|n| oru(&n.to_string(), "95")).collect();
    dir.write("feed.hl7", &feed);
    let mut child = dir
        .command(&["translate", "--jobs", "2", "feed.hl7", "feed.hl7", "feed.hl7"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 16];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(&first[..2], b"{\"");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success());
}

#[test]
fn documents_go_out_as_messages_come() {
    let dir = Dir::new("live");
    let mut child = dir
        .command(&["translate", "--to", "ndjson"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut lines = BufReader::new(stdout).lines();
    let mut observation = |value: &str| {
        let of = |line: String| line.contains(&format!("\"valueQuantity\":{{\"value\":{value},"));
        assert!(lines.any(|line| of(line.unwrap())));
    };
    stdin.write_all(oru("1", "95").as_bytes()).unwrap();
    for (next, value) in [("96", "95"), ("97", "96"), ("98", "97")] {
        stdin.write_all(oru(next, next).as_bytes()).unwrap();
        observation(value);
    }
    drop(stdin);
    observation("98");
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_file_that_offsets_cannot_count_exceeds_a_limit() {
    let dir = Dir::new("long");
    let long = fs::File::create(dir.path("long.hl7")).unwrap();
    long.set_len(u64::from(u32::MAX) + 1).unwrap();
    let run = dir.run(&["translate", "--diagnostics", "json", "long.hl7"]);
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    let line = r#"{"file":"long.hl7","message":0,"code":"LimitExceeded","severity":"error","#;
    assert!(run.err.starts_with(line), "{}", run.err);
    let run = dir.run(&["validate", "long.hl7"]);
    assert!(run.status == 1 && run.out.contains("limit-bytes"), "{}", run.out);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let dir = Dir::new("full");
    dir.write("a.hl7", &oru("1", "95"));
    let run = dir.run(&["translate", "-o", "/dev/full", "a.hl7"]);
    assert!(run.status == 1 && run.err.contains("/dev/full cannot be written"), "{}", run.err);
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = dir.command(&["translate", "a.hl7"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}
