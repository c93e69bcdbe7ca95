//! What values and codes of HL7 v2 become in FHIR: tables and rows of the v2-to-FHIR guide.

use iomt::{Config, Form};
use serde_json::{Value, json};

use super::{Outcome, Pair};
use crate::support;

/// The one resource `kind` of a result with PID-8, OBR-25 and a row.
fn resource(kind: &str, sex: &str, status: &str, obx: &str) -> Outcome {
    let text = format!(
        "MSH|^~\\&|L|H|||20260115143000+0100||ORU^R01^ORU_R01|1|P|2.5.1\r\
         PID|||1^^^H||Muster^Maria|||{sex}\r\
         OBR|1||F1^L|a^b^L|||20260115143000+0100||||||||||||||||||{status}\rOBX|1|{obx}\r"
    );
    let mut config = Config::default();
    config.to = Form::Ndjson;
    let protocol = iomt::protocol("hl7v2").unwrap();
    let record = support::translate(protocol, text.as_bytes(), config);
    let rows = record.documents.iter().map(|row| serde_json::from_str::<Value>(row).unwrap());
    let mut rows = rows.filter(|row| row["resourceType"] == kind);
    match (rows.next(), rows.next()) {
        (Some(row), None) => Ok(row),
        _ => Err(format!("not one {kind}: {}", record.lines())),
    }
}

pub fn obx11_to_observation_status(pair: &Pair) -> Outcome {
    let obx = format!("ST|c^d^L||x||||||{}", pair.text());
    Ok(resource("Observation", "F", "F", &obx)?["status"].clone())
}

pub fn obr25_to_report_status(pair: &Pair) -> Outcome {
    let obx = "ST|c^d^L||x||||||F";
    Ok(resource("DiagnosticReport", "F", pair.text(), obx)?["status"].clone())
}

pub fn pid8_to_gender(pair: &Pair) -> Outcome {
    Ok(resource("Patient", pair.text(), "F", "ST|c^d^L||x||||||F")?["gender"].clone())
}

/// The coding of the guide's table, whatever others stand beside it.
pub fn obx8_to_interpretation(pair: &Pair) -> Outcome {
    let obx = format!("ST|c^d^L||x|||{}|||F", pair.text());
    let row = resource("Observation", "F", "F", &obx)?;
    let coding = &row["interpretation"][0]["coding"][0];
    Ok(json!({ "code": coding["code"], "system": coding["system"] }))
}

/// The members `value[x]`.
pub fn sn_to_fhir(pair: &Pair) -> Outcome {
    let row = resource("Observation", "F", "F", &format!("SN|c^d^L||{}||||||F", pair.text()))?;
    let values = row.as_object().unwrap().iter().filter(|(key, _)| key.starts_with("value"));
    Ok(Value::Object(values.map(|(key, value)| (key.clone(), value.clone())).collect()))
}
