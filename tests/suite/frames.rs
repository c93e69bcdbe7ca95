//! The pairs of conformance.jsonl about frames, batches and continuations.

use std::{collections::BTreeSet, env, fs, path::Path};

use iomt::hl7v2::{Index, Message};
use serde_json::Value;

use crate::conformance_frames::{DEVIATIONS, OPS, joined};

fn pairs() -> Option<Vec<Value>> {
    let shared = env::var_os("IOMT_SHARED").map_or("../../shared".into(), std::path::PathBuf::from);
    let path = Path::new(&shared).join("corpora/hl7v2/conformance.jsonl");
    let text = fs::read_to_string(path).ok()?;
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
fn conformance() {
    let Some(pairs) = pairs() else {
        println!("skipped: there is no conformance.jsonl");
        return;
    };
    let (mut failed, mut passed, mut count) = (Vec::new(), BTreeSet::new(), 0);
    for pair in &pairs {
        let (id, op) = (pair["id"].as_str().unwrap(), pair["op"].as_str().unwrap());
        let Some((_, op)) = OPS.iter().find(|(name, _)| *name == op) else { continue };
        count += 1;
        let want = &pair["expected"];
        let got = op(pair);
        let same = match &got {
            Ok(got) => got == want,
            Err(_) => want.get("error").is_some(),
        };
        if same {
            passed.insert(id);
        } else if pair["tier"] == "core" || !DEVIATIONS.iter().any(|(known, _)| *known == id) {
            failed.push(format!("{id}: {want} is {got:?}"));
        }
    }
    println!("{count} pairs, {} as expected", passed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let stale: Vec<_> = DEVIATIONS.iter().filter(|(id, _)| passed.contains(id)).collect();
    assert!(stale.is_empty(), "these pass: {stale:?}");
}

#[test]
fn fields_of_what_is_joined() {
    for pair in pairs().unwrap_or_default().iter().filter(|pair| pair["option"] == "join_add") {
        let Some(path) = pair["op"].as_str().unwrap().strip_prefix("get:MSH-") else { continue };
        let (field, component) = path.split_once('.').unwrap_or((path, "1"));
        let (bytes, mut index) = (joined(pair), Index::new());
        let message = Message::parse(&bytes, &mut index).unwrap();
        let field = message.field(b"MSH", field.parse().unwrap()).unwrap();
        let component = field.component(component.parse().unwrap()).unwrap();
        assert_eq!(component.raw(), pair["expected"].as_str().unwrap().as_bytes(), "{path}");
    }
}
