//! The pairs of `corpora/hl7v2/conformance.jsonl`, where `$IOMT_SHARED` or `../shared` has them: what
//! other people's implementations were given, and what they made of it. Every `core` pair passes; a
//! `policy` pair that we do not follow stands in `policy.csv` with our reason.

mod devices;
mod frames;
mod mapping;
pub mod paths;
mod types;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::{Value, json};

use crate::support;

/// What was given, and what is expected.
pub struct Pair {
    pub id: String,
    /// What follows `:` in the operation: a path, a type or a part.
    pub argument: String,
    pub input: Vec<u8>,
    pub expected: Value,
    /// MSH-1 and MSH-2.
    pub delims: String,
    core: bool,
    /// All that the row says.
    pub row: Value,
}

impl Pair {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.input).unwrap()
    }
}

/// What came out; an error where it is refused.
pub type Outcome = Result<Value, String>;

type Operation = fn(&Pair) -> Outcome;

/// The operations, by their names before the colon.
const OPERATIONS: &[(&str, Operation)] = &[
    ("ack_code", paths::ack_code),
    ("ack_ends_with_cr", paths::ack_ends_with_cr),
    ("ack_get", paths::ack_get),
    ("batch_count_messages", frames::batch_count_messages),
    ("batch_recoverable_control_ids", frames::batch_recoverable_control_ids),
    ("canonicalize", paths::canonicalize),
    ("charset_of_msh18", types::charset_of_msh18),
    ("container_kind", paths::container_kind),
    ("count_components", paths::count_components),
    ("count_reps", paths::count_reps),
    ("count_subcomponents", paths::count_subcomponents),
    ("delims", paths::delims),
    ("dtm", types::dtm_part),
    ("dtm_instant_utc", types::dtm_instant_utc),
    ("dtm_iso", types::dtm_iso),
    ("dtm_offset_minutes", types::dtm_offset_minutes),
    ("dtm_precision", types::dtm_precision),
    ("dtm_roundtrip", types::dtm_roundtrip),
    ("dtm_to_fhir_datetime", types::dtm_to_fhir_datetime),
    ("escape", types::escape),
    ("escape_unescape_identity", types::escape_unescape_identity),
    ("file_count_batches", frames::file_count_batches),
    ("get", paths::get),
    ("get_contains", paths::get_contains),
    ("get_first_primitive", paths::get),
    ("get_rep", paths::get),
    ("get_text", types::get_text),
    ("group_get", paths::group_get),
    ("is_null", paths::is_null),
    ("join_add", frames::join_add),
    ("message_structure", paths::message_structure),
    ("mdil_to_mdc", devices::mdil_to_mdc),
    ("mllp_decode_all", frames::mllp_decode_all),
    ("mllp_decode_bytewise", frames::mllp_decode_bytewise),
    ("mllp_decode_chunks", frames::mllp_decode_all),
    ("mllp_decode_lenient", frames::mllp_decode_lenient),
    ("mllp_decode_strict", frames::mllp_decode_strict),
    ("mllp_encode", frames::mllp_encode),
    ("na_to_sampleddata", devices::na_to_sampleddata),
    ("nak_get", paths::nak_get),
    ("nm_decimal", types::nm_decimal),
    ("normalize", types::normalize),
    ("parse", paths::parse),
    ("parse_batch_strict", frames::parse_batch_strict),
    ("parse_lenient", paths::parse),
    ("parse_lenient_diagnostics_contains", frames::parse_lenient_diagnostics_contains),
    ("parse_strict", paths::parse_strict),
    ("parse_strict_no_unexpected_segments", paths::parse_strict_structure),
    ("obr25_to_report_status", mapping::obr25_to_report_status),
    ("obx11_to_observation_status", mapping::obx11_to_observation_status),
    ("obx8_to_interpretation", mapping::obx8_to_interpretation),
    ("path_parse", paths::path_parse),
    ("pcd_expected_obx11", devices::pcd_expected_obx11),
    ("pcd_obx4_level", devices::pcd_obx4_level),
    ("pcd_obx8_to_fhir", devices::pcd_obx8_to_fhir),
    ("pid8_to_gender", mapping::pid8_to_gender),
    ("raw", paths::raw),
    ("raw_segment", paths::raw),
    ("reencode_text", types::reencode_text),
    ("roundtrip", paths::roundtrip),
    ("roundtrip_trim", paths::roundtrip_trim),
    ("segments", paths::segments),
    ("sn_parse", types::sn_parse),
    ("sn_to_fhir", mapping::sn_to_fhir),
    ("split_messages", frames::split_messages),
    ("trim_trailing_delims", paths::trim_trailing_delims),
    ("unescape", types::unescape),
    ("unescape_diagnostics", types::unescape_diagnostics),
    ("validate", types::normalize),
];

/// Operations that are none of ours, and why.
const OTHERS: &[(&str, &str)] =
    &[("ft_to_html", "optional: one library renders HTML; we give text, with `.br` as a line end")];

/// Why an input is refused.
fn refused(error: impl ToString) -> String {
    error.to_string()
}

fn read(line: &str) -> (String, Pair) {
    let row: Value = serde_json::from_str(line).unwrap();
    let text = |key: &str| row[key].as_str().unwrap_or_default();
    let (name, argument) = text("op").split_once(':').unwrap_or((text("op"), ""));
    let input = match &row["input"] {
        Value::Array(pieces) => pieces.iter().map(|piece| piece.as_str().unwrap()).collect(),
        whole => whole.as_str().unwrap().to_owned(),
    };
    let input = match text("input_encoding") {
        "latin1" => input.chars().map(|c| u8::try_from(c).unwrap()).collect(),
        _ => input.into_bytes(),
    };
    let delims = Some(text("delims")).filter(|d| !d.is_empty()).unwrap_or("|^~\\&").to_owned();
    let (id, argument) = (text("id").to_owned(), argument.to_owned());
    let (core, expected) = (text("tier") == "core", row.get("expected").unwrap().clone());
    (name.to_owned(), Pair { id, argument, input, expected, delims, core, row })
}

/// Whether an outcome is the expected one.
fn fits(outcome: &Outcome, expected: &Value) -> bool {
    match outcome {
        Ok(got) => got == expected,
        Err(_) => expected.get("error").is_some(),
    }
}

/// The pairs that we do not follow, and why.
fn policy() -> BTreeMap<String, String> {
    let rows = include_str!("policy.csv").lines().skip(1);
    let row = |line: &str| {
        let (id, reason) = line.split_once(',').unwrap();
        assert!(reason.len() > 10, "{id}: no reason");
        (id.into(), reason.into())
    };
    rows.map(row).collect()
}

#[test]
fn every_pair_passes_or_stands_in_the_list() {
    let Some(shared) = support::shared() else {
        println!("conformance: skipped, there is no ../shared");
        return;
    };
    let file = fs::read_to_string(shared.join("corpora/hl7v2/conformance.jsonl")).unwrap();
    let policy = policy();
    let (mut failed, mut seen) = (Vec::new(), BTreeSet::new());
    let (mut passed, mut not_followed) = (0_usize, 0_usize);
    let mut others = 0_usize;
    for (name, pair) in file.lines().map(read) {
        let Some((_, run)) = OPERATIONS.iter().find(|(known, _)| *known == name) else {
            assert!(!pair.core, "{name} is not run");
            assert!(OTHERS.iter().any(|(known, _)| *known == name), "{name} is unknown");
            others += 1;
            continue;
        };
        let outcome = run(&pair);
        let listed = policy.contains_key(&pair.id);
        seen.insert(pair.id.clone());
        match (fits(&outcome, &pair.expected), listed) {
            (true, false) => passed += 1,
            (false, true) if !pair.core => not_followed += 1,
            (passes, _) => {
                let got = outcome.unwrap_or_else(|error| json!({ "error": error }));
                let why = if passes { "passes, but stands in policy.csv" } else { "fails" };
                let Pair { id, argument, expected, .. } = &pair;
                let input = pair.input.escape_ascii();
                failed.push(format!(
                    "{id} {name}:{argument} {why}: {input}\n    {got}\n    {expected}"
                ));
            }
        }
    }
    let unknown = policy.keys().filter(|id| !seen.contains(*id));
    failed.extend(unknown.map(|id| format!("{id} stands in policy.csv, but is not run")));
    println!(
        "{passed} pairs pass, {not_followed} are not followed, {others} are of no operation of ours"
    );
    assert!(failed.is_empty(), "{} faults\n{}", failed.len(), failed.join("\n"));
}
