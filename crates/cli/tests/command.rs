//! The command as a user runs it: exit status, what goes where, order, files.
#![expect(clippy::unwrap_used, reason = "a test")]

mod support;

use std::fs;

use serde_json::Value;
use support::{Dir, OBSERVATION, oru, reading};

#[test]
fn standard_output_is_data_and_nothing_else() {
    let dir = Dir::new("data");
    dir.write("feed.hl7", &(oru("1", "95") + &oru("2", "96")));
    let run = dir.run(&["translate", "feed.hl7"]);
    assert_eq!(run.status, 0, "{}", run.err);
    assert!(run.out.ends_with('\n'));
    let bundles = run.documents();
    assert_eq!(bundles.len(), 2);
    assert!(bundles.iter().all(|b| b["resourceType"] == "Bundle" && b["type"] == "transaction"));
    assert!(!run.err.contains("95") && !run.err.contains("Muster"), "{}", run.err);

    let run = dir.run(&["translate", "--to", "bundle", "--bundle", "batch", "feed.hl7"]);
    assert!(run.documents().iter().all(|b| b["type"] == "batch"));
    let run = dir.run(&["translate", "--to", "ndjson", "feed.hl7"]);
    let kinds = run.kinds();
    assert_eq!(kinds.iter().filter(|kind| *kind == "Observation").count(), 2);
    assert_eq!(kinds.iter().filter(|kind| *kind == "Patient").count(), 1, "{kinds:?}");
}

#[test]
fn standard_input_is_a_file_too() {
    let dir = Dir::new("stdin");
    let message = oru("1", "95");
    dir.write("a.hl7", &message);
    let file = dir.run(&["translate", "a.hl7"]);
    for arguments in [&["translate"][..], &["translate", "-"], &["translate", "--format", "auto"]] {
        let run = dir.run_with(arguments, message.as_bytes());
        assert_eq!((run.status, &run.out), (0, &file.out), "{}", run.err);
    }
    let run = dir.run_with(&["translate", "--diagnostics", "json", "-v"], b"hello");
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    assert_eq!(run.diagnostics()[0]["file"], "-");
}

#[test]
fn some_input_that_is_rejected_ends_with_1_and_the_rest_is_there() {
    let dir = Dir::new("rejected");
    dir.write("a.hl7", &oru("1", "95"));
    dir.write("b.txt", "Muster, Max");
    let arguments = ["translate", "--diagnostics", "json", "b.txt", "a.hl7", "none.hl7"];
    let run = dir.run(&arguments);
    assert_eq!((run.status, run.documents().len()), (1, 1));
    let found: Vec<(Value, Value, Value)> = run
        .diagnostics()
        .iter()
        .filter(|d| d["severity"] == "error")
        .map(|d| (d["file"].clone(), d["code"].clone(), d["message"].clone()))
        .collect();
    let row = |file: &str, code: &str| (file.into(), code.into(), 0.into());
    assert_eq!(found, [row("b.txt", "FormatUnknown"), row("none.hl7", "FileUnreadable")]);
    assert!(!run.err.contains("Muster"));

    let run = dir.run(&["translate", "b.txt", "none.hl7"]);
    let lines: Vec<&str> = run.err.lines().collect();
    assert_eq!(lines[0], "b.txt: error FormatUnknown file at 0: No protocol knows these bytes.");
    assert!(lines[1].starts_with("none.hl7: error FileUnreadable file: The file cannot be read."));
}

#[test]
fn a_diagnostic_as_json_has_these_members_in_this_order() {
    let dir = Dir::new("shape");
    dir.write("a.hl7", &(oru("1", "95") + &oru("2", "many")));
    let run = dir.run(&["translate", "--diagnostics", "json", "a.hl7"]);
    let line = run.err.lines().find(|line| line.contains("ValueMalformed")).unwrap();
    let offset = oru("1", "95").len() + oru("2", "many").find("many").unwrap();
    assert_eq!(
        line,
        format!(
            "{{\"file\":\"a.hl7\",\"message\":2,\"code\":\"ValueMalformed\",\
             \"severity\":\"warning\",\"offset\":{offset},\"len\":4,\"path\":\"OBX-5\"}}"
        )
    );
    assert!(run.diagnostics().iter().any(|d| d["severity"] == "information"));

    let quiet = dir.run(&["translate", "a.hl7"]);
    assert!(quiet.err.starts_with("a.hl7:2: warning ValueMalformed OBX-5 at "), "{}", quiet.err);
    assert!(!quiet.err.contains("information"));
    assert!(dir.run(&["translate", "-v", "a.hl7"]).err.contains(" information "));
}

#[test]
fn outputs_are_in_the_order_of_the_inputs_however_many_work() {
    let dir = Dir::new("jobs");
    for n in 0..40 {
        let messages = if n % 7 == 0 { 30 } else { 1 };
        let id = |m| format!("{n}-{m}");
        let text: String = (0..messages).map(|m| oru(&id(m), &n.to_string())).collect();
        dir.write(&format!("in/{n:02}.hl7"), &text);
    }
    dir.write("in/20.txt", "?");
    for form in ["bundle", "ndjson"] {
        let one = dir.run(&["translate", "--to", form, "--diagnostics", "json", "in"]);
        assert_eq!(one.status, 1);
        for jobs in ["2", "3", "64"] {
            let arguments =
                ["translate", "--to", form, "--diagnostics", "json", "--jobs", jobs, "in"];
            let many = dir.run(&arguments);
            assert!(many.out == one.out && many.err == one.err && many.status == 1, "{jobs}");
        }
    }
    let run = dir.run(&["translate", "--to", "ndjson", "--jobs", "4", "in"]);
    let values: Vec<u64> = run
        .documents()
        .iter()
        .filter(|r| r["resourceType"] == "Observation")
        .map(|r| r["valueQuantity"]["value"].as_u64().unwrap())
        .collect();
    assert!(values.is_sorted() && values.len() == 34 + 6 * 30, "{values:?}");
    // One person in forty files: said once.
    assert_eq!(run.kinds().iter().filter(|kind| *kind == "Patient").count(), 1);
}

#[test]
fn readings_take_subject_persons_device_and_zone_from_options() {
    let dir = Dir::new("readings");
    // 120/80/93 mmHg of 2026-11-24 08:30:00, user 2; and 73/min.
    let pressure = r#"{"characteristic":"2A35","value":"0a780050005d00ea070b18081e0002"}"#;
    dir.write("r.jsonl", &format!("{pressure}\n{}", reading("0049", 0)));
    let options = ["--subject", "Patient/1", "--person", "2=Patient/2", "--timezone", "-05:00"];
    let device = ["--device", "Device/9"];
    let run =
        dir.run(&[&["translate", "--to", "ndjson", "r.jsonl"], &options[..], &device].concat());
    assert_eq!(run.status, 0, "{}", run.err);
    let documents = run.documents();
    let observations: Vec<&Value> =
        documents.iter().filter(|r| r["resourceType"] == "Observation").collect();
    assert_eq!(observations.len(), 2);
    let [pressure, rate] = [observations[0], observations[1]];
    assert_eq!(pressure["effectiveDateTime"], "2026-11-24T08:30:00-05:00");
    assert_eq!(pressure["subject"]["reference"], "Patient/2");
    assert_eq!(pressure["device"]["reference"], "Device/9", "the line names none");
    assert_eq!(rate["subject"]["reference"], "Patient/1");
    assert_ne!(rate["device"]["reference"], "Device/9", "the line names one");
    assert_eq!(dir.run(&["translate", "--format", "hl7v2", "r.jsonl"]).status, 1);
}

#[test]
fn options_override_a_configuration() {
    let dir = Dir::new("config");
    dir.write("a.hl7", &oru("1", "95"));
    dir.write("site.json", r#"{"to":"ndjson","bundle":"collection","provenance":false}"#);
    let run = dir.run(&["translate", "--config", "site.json", "a.hl7"]);
    assert!(run.kinds().contains(&"Observation".into()) && !run.out.contains("Provenance"));
    let run = dir.run(&["translate", "--config", "site.json", "--to", "bundle", "a.hl7"]);
    assert_eq!(run.documents()[0]["type"], "collection");

    let defaults = dir.run(&["config", "--print-defaults"]);
    assert_eq!(defaults.status, 0);
    let reasons =
        "\"strict\": \"A diagnostic of class error rejects its message. Default: off, for";
    assert!(defaults.out.contains(reasons), "{}", defaults.out);
    dir.write("defaults.json", &defaults.out);
    let check = dir.run(&["config", "--check", "defaults.json"]);
    assert_eq!((check.status, check.out.as_str(), check.err.as_str()), (0, "", ""));
    dir.write("typo.json", r#"{"too":"ndjson"}"#);
    assert_eq!(dir.run(&["config", "--check", "typo.json"]).status, 1);
    assert_eq!(dir.run(&["config", "--check", "none.json"]).status, 1);
    assert_eq!(dir.run(&["translate", "--config", "typo.json", "a.hl7"]).status, 2);
}

#[test]
fn code_maps_are_files_beside_the_configuration_or_given() {
    let dir = Dir::new("code-maps");
    dir.write("a.hl7", &oru("1", "95"));
    let columns = "source_system,source_code,target_system,target_code\n";
    dir.write("site/codes.csv", &format!("{columns}LN,2345-7,http://a.example/codes,A\n"));
    dir.write("site/site.json", r#"{"to":"ndjson","code-maps":["codes.csv"]}"#);
    let run = dir.run(&["translate", "--config", "site/site.json", "a.hl7"]);
    let mapped = r#"{"system":"http://a.example/codes","code":"A"}"#;
    assert!(run.status == 0 && run.out.contains(mapped), "{}{}", run.out, run.err);
    let run = dir.run(&["translate", "--code-map", "site/codes.csv", "a.hl7"]);
    assert!(run.status == 0 && run.out.contains(mapped));
    assert!(!dir.run(&["translate", "a.hl7"]).out.contains(mapped));

    dir.write("bad.csv", &format!("{columns}LN,2345-7,http://a.example/codes,\n"));
    let run = dir.run(&["translate", "--code-map", "bad.csv", "a.hl7"]);
    let said = "bad.csv is no code map: line 2, column 1: a code or system is missing";
    assert!(run.status == 2 && run.err.contains(said), "{}", run.err);
    assert_eq!(dir.run(&["translate", "--code-map", "none.csv", "a.hl7"]).status, 2);
    dir.write("none.json", r#"{"code-maps":["none.csv"]}"#);
    assert_eq!(dir.run(&["config", "--check", "none.json"]).status, 1);

    let wider = r#"{"resourceType":"ConceptMap","group":[{"source":"LN","target":"urn:oid:1.2.3",
        "element":[{"code":"2345-7","target":[{"code":"B","equivalence":"wider"}]}]}]}"#;
    dir.write("wider.json", wider);
    let run = dir.run(&["translate", "--code-map", "wider.json", "a.hl7"]);
    assert!(run.status == 0 && !run.out.contains(r#""B""#));
    assert!(run.err.contains("wider.json: warning CodeNotMapped ConceptMap"), "{}", run.err);
    dir.write("wider-site.json", r#"{"code-maps":["wider.json"]}"#);
    let run = dir.run(&["config", "--check", "wider-site.json"]);
    assert!(run.status == 0 && run.err.contains("at line 2, column"), "{}", run.err);
}

#[test]
fn what_is_rejected_has_an_operation_outcome() {
    let dir = Dir::new("outcomes");
    dir.write("a.hl7", &(oru("1", "95") + "MSH|^^\\&|\r" + &oru("2", "96")));
    let run = dir.run(&["translate", "--outcomes", "o.ndjson", "a.hl7"]);
    assert_eq!((run.status, run.documents().len()), (1, 2));
    let outcomes = dir.read("o.ndjson");
    let outcome: Value = serde_json::from_str(outcomes.strip_suffix('\n').unwrap()).unwrap();
    assert_eq!(outcome["resourceType"], "OperationOutcome");
    assert_eq!(outcome["issue"][0]["severity"], "fatal");
}

#[test]
fn usage_errors_end_with_2() {
    let dir = Dir::new("usage");
    dir.write("a.hl7", &oru("1", "95"));
    dir.write("x/a.hl7", &oru("1", "95"));
    fs::create_dir(dir.path("out")).unwrap();
    for arguments in [
        &[][..],
        &["no-such-command"],
        &["translate", "--no-such-option"],
        &["translate", "--format", "fax", "a.hl7"],
        &["translate", "--to", "turtle", "a.hl7"],
        &["convert", "a.hl7"],
        &["convert", "--to", "ndjson", "--pretty", "a.hl7"],
        &["translate", "--jobs", "0", "a.hl7"],
        &["translate", "--person", "1", "a.hl7"],
        &["translate", "--person", "256=Patient/1", "a.hl7"],
        &["translate", "--subject", "", "a.hl7"],
        &["translate", "--timezone", "Mars/Olympus", "a.hl7"],
        &["translate", "--validate", "maybe", "a.hl7"],
        &["translate", "--terminators", "crlf", "a.hl7"],
        &["inspect", "--terminators", "", "a.hl7"],
        &["translate", "-o", "a.hl7", "a.hl7"],
        &["translate", "-o", "out", "a.hl7", "x/a.hl7"],
        &["validate"],
        &["config"],
        &["inspect", "a.hl7", "a.hl7"],
    ] {
        let run = dir.run(arguments);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{arguments:?}: {}", run.err);
        assert!(!run.err.is_empty());
    }
    assert_eq!(dir.read("a.hl7"), oru("1", "95"), "no input is overwritten");
    for arguments in [&["--help"][..], &["--version"], &["translate", "--help"]] {
        assert_eq!(dir.run(arguments).status, 0);
    }
    assert_eq!(dir.run(&["--version"]).out, format!("iomt {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn formats_and_completions() {
    let dir = Dir::new("formats");
    let run = dir.run(&["formats", "--json"]);
    let formats: Value = serde_json::from_str(&run.out).unwrap();
    let names: Vec<&str> =
        formats.as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["gatt", "hl7v2"]);
    assert!(formats[1]["specs"].is_array() && formats[1]["inputs"] == "messages");
    let table = dir.run(&["formats"]).out;
    assert!(names.iter().all(|name| table.lines().any(|line| line.starts_with(name))), "{table}");
    for shell in ["bash", "zsh", "fish"] {
        let run = dir.run(&["completions", shell]);
        assert!(run.status == 0 && run.out.contains("on-invalid"), "{shell}");
    }
}

#[test]
fn inspect_shows_parts_with_their_offsets() {
    let dir = Dir::new("inspect");
    let text = format!("\x0b{}\x1c\r", oru("1", "95").replace("4711", "47\u{1b}11~0815"));
    dir.write("a.hl7", &text);
    let run = dir.run(&["inspect", "a.hl7"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    let line = |path: &str| {
        let mut lines = run.out.lines().map(str::trim_start);
        lines.find(|line| line.split_whitespace().nth(1) == Some(path)).unwrap().to_owned()
    };
    let at = |part: &str| text.find(part).unwrap();
    assert!(run.out.starts_with("message 1 at 1, "), "{}", run.out);
    assert_eq!(line("MSH-2"), format!("{}    MSH-2  ^~\\&", at("^~")));
    assert_eq!(line("PID-3[2]"), format!("{}      PID-3[2]", at("0815")));
    assert_eq!(line("PID-3[2].1"), format!("{}        PID-3[2].1  0815", at("0815")));
    assert!(line("PID-3[1]").contains("47\\u{1b}11"), "no escape reaches the terminal");
    assert_eq!(line("OBX-5"), format!("{}    OBX-5  95", at("|95|") + 1));

    // Text in its own set; escapes as sent; what stands around messages; what is cut short.
    let greek =
        b"BHS|^~\\&|LAB\rMSH|^~\\&|A|||||||||||||||8859/7\rPID|\xC1\\T\\\x9B\xE2\x80\rBTS|1\r";
    let run = dir.run_with(&["inspect"], greek);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert!(run.out.starts_with("       0  BHS\n") && run.out.contains("  BTS-1  1\n"));
    assert!(run.out.contains("PID-1  Α\\T\\\\u{9b}β\\u{80}"), "{}", run.out);
    let run = dir.run_with(&["inspect"], "MSH|^~\\&|\u{202e}A\r".as_bytes());
    assert!(run.out.contains("MSH-3  \\u{202e}A"), "{}", run.out);
    let run = dir.run_with(&["inspect"], b"\x0bMSH|^~\\&|A\rPID|1");
    assert!(run.status == 1 && run.out.contains("      16    PID-1  1\n"), "{}", run.out);

    dir.write("r.jsonl", &reading("0449", 0));
    let run = dir.run(&["inspect", "r.jsonl"]);
    let place = reading("0449", 0).find("0449").unwrap() + 2;
    assert!(
        run.out.contains(&format!("{place}  MDC 147842 quantity 73 {{beat}}/min")),
        "{}",
        run.out
    );
    dir.write("b.txt", "?");
    assert_eq!(dir.run(&["inspect", "b.txt"]).status, 1);
}

#[test]
fn lines_are_read_as_the_options_say() {
    let dir = Dir::new("lines");
    let text = "MSH|^~\\&|A|B\nC\rADD|D\nPID|1\r";
    for (options, want) in [
        (&[][..], &["A", "B\\x0aC", "D", "1"][..]),
        (&["--terminators", "lf"], &["A", "B", "D", "1"]),
        (&["--terminators", "cr"], &["A", "B\\x0aC", "D\\x0aPID", "1"]),
        (&["--terminators", "cr", "--continuations"], &["A", "B\\x0aCD\\x0aPID", "1"]),
        (&["--continuations"], &["A", "B\\x0aCD", "1"]),
    ] {
        let arguments = [&["inspect", "--leaves"], options].concat();
        let run = dir.run_with(&arguments, text.as_bytes());
        let values = run.out.lines().map(|line| line.split_once('\t').unwrap().1);
        assert_eq!(values.collect::<Vec<_>>(), want, "{options:?}");
    }
    let message = oru("1", "95").replace("Muster^Max", "Mus\rADD|ter^Max");
    for arguments in
        [&["translate", "--continuations"][..], &["translate", "--config", "site.json"]]
    {
        dir.write("site.json", r#"{"continuations":true,"terminators":"cr"}"#);
        let run = dir.run_with(arguments, message.as_bytes());
        assert!(run.status == 0 && run.out.contains("\"Muster\""), "{}", run.err);
    }
    let message = oru("1", "95").replace("Muster^Max", "Mus\nPV1|ter^Max");
    let run = dir.run_with(&["translate", "--terminators", "cr"], message.as_bytes());
    assert!(run.out.contains("Mus\\nPV1"), "{}", run.out);
}

#[test]
fn leaves_are_a_line_each() {
    let dir = Dir::new("leaves");
    let one = "MSH|^~\\&|A^B||||||ORU^R01|1|P|2.5\rPID|1||x~y^&\\T\\\\.br\\|\"\"||\rOBX|1\rOBX|2||||a\tb\r";
    dir.write("one.hl7", one);
    let run = dir.run(&["inspect", "--leaves", "one.hl7"]);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    let want = [
        "MSH[1]-3[1].1.1\tA",
        "MSH[1]-3[1].2.1\tB",
        "MSH[1]-9[1].1.1\tORU",
        "MSH[1]-9[1].2.1\tR01",
        "MSH[1]-10[1].1.1\t1",
        "MSH[1]-11[1].1.1\tP",
        "MSH[1]-12[1].1.1\t2.5",
        "PID[1]-1[1].1.1\t1",
        "PID[1]-3[1].1.1\tx",
        "PID[1]-3[2].1.1\ty",
        "PID[1]-3[2].2.2\t&\\x5c.br\\x5c",
        "PID[1]-4[1].1.1\t\"\"",
        "OBX[1]-1[1].1.1\t1",
        "OBX[2]-1[1].1.1\t2",
        "OBX[2]-5[1].1.1\ta\\x09b",
    ];
    assert_eq!(run.out.lines().collect::<Vec<_>>(), want);

    dir.write("two.hl7", "MSH|^~\\&|A\rFHS|^~\\&|F\rMSH|?\rMSH#!*?@#B!C\r");
    let run = dir.run(&["inspect", "--leaves", "two.hl7"]);
    assert_eq!(run.out, "1:MSH[1]-3[1].1.1\tA\n3:MSH[1]-3[1].1.1\tB\n3:MSH[1]-3[1].2.1\tC\n");
    assert_eq!(
        dir.run_with(&["inspect", "--leaves", "-"], reading("0449", 0).as_bytes()).status,
        1
    );
}

#[test]
fn validate_says_what_is_wrong_and_where() {
    let dir = Dir::new("validate");
    dir.write("good.json", OBSERVATION);
    let pretty = serde_json::to_string_pretty(&OBSERVATION.parse::<Value>().unwrap()).unwrap();
    dir.write("pretty.json", &format!("\n{pretty}"));
    let bad = OBSERVATION.replace("final", "finished");
    dir.write("bad.ndjson", &format!("{OBSERVATION}\n\n{bad}\n{{\n"));
    dir.write("x.xml", "<Observation xmlns=\"http://hl7.org/fhir\"/>");
    let run = dir.run(&["validate", "--output", "json", "good.json", "pretty.json", "bad.ndjson"]);
    assert_eq!((run.status, run.err.as_str()), (1, ""));
    let first = run.out.lines().next().unwrap();
    assert_eq!(
        first,
        r#"{"file":"good.json","line":1,"resourceType":"Observation","valid":true,"issues":[]}"#
    );
    let found: Vec<(Value, Value, Value)> = run
        .documents()
        .iter()
        .map(|d| (d["file"].clone(), d["line"].clone(), d["valid"].clone()))
        .collect();
    let row = |file: &str, line: u64, valid: bool| (file.into(), line.into(), valid.into());
    assert_eq!(
        found,
        [
            row("good.json", 1, true),
            row("pretty.json", 2, true),
            row("bad.ndjson", 1, true),
            row("bad.ndjson", 3, false),
            row("bad.ndjson", 4, false),
        ]
    );
    let issue = &run.documents()[3]["issues"][0];
    let keys: Vec<&String> = issue.as_object().unwrap().keys().collect();
    assert_eq!(keys.len(), 6);
    assert_eq!((&issue["severity"], &issue["code"]), (&"error".into(), &"code-invalid".into()));
    assert_eq!(issue["expression"], "Observation.status");
    let offset = dir.read("bad.ndjson").find("\"finished\"").unwrap();
    assert_eq!((&issue["offset"], &issue["len"]), (&offset.into(), &10.into()));

    let run = dir.run(&["validate", "bad.ndjson"]);
    assert!(run.out.contains("bad.ndjson:3: error ") && run.out.contains(": not valid"));
    assert!(!run.out.contains("finished"), "no content: {}", run.out);
    for (input, code) in [("x.xml", "required"), ("none.json", "not-found")] {
        let run = dir.run(&["validate", "--output", "json", input]);
        assert_eq!((run.status, &run.documents()[0]["issues"][0]["code"]), (1, &code.into()));
    }
    let run = dir.run_with(&["validate", "-"], OBSERVATION.as_bytes());
    assert_eq!((run.status, run.out.as_str()), (0, "-:1: Observation: valid\n"));
    assert_eq!(dir.run(&["validate", "--output", "json", "."]).documents().len(), 6);
}
