//! Devices at the point of care: IHE PCD-01 and the PoCD guide.

use iomt::{
    Config, Form,
    hl7v2::{Containment, types},
    model::Level,
};
use serde_json::{Value, json};

use super::{Outcome, Pair};
use crate::support;

/// The one Observation of a row of a monitor.
fn observation(row: &str) -> Value {
    let text = format!(
        "MSH|^~\\&|MON|H|||20260115143000+0100||ORU^R01|1|P|2.6|||||||||IHE_PCD_001\r\
         PID|||1^^^H\rOBR|1||F1^MON|a^b^L|||20260115143000+0100\r{row}\r"
    );
    let mut config = Config::default();
    config.to = Form::Ndjson;
    let protocol = iomt::protocol("hl7v2").unwrap();
    let record = support::translate(protocol, text.as_bytes(), config);
    let rows = record.documents.iter().map(|row| serde_json::from_str::<Value>(row).unwrap());
    let mut rows = rows.filter(|row| row["resourceType"] == "Observation");
    let row = rows.next().unwrap_or_else(|| panic!("{}", record.lines()));
    assert!(rows.next().is_none());
    row
}

/// What OBX-8 means, with the value and the status that the guide has beside it.
pub fn pcd_obx8_to_fhir(pair: &Pair) -> Outcome {
    let flag = pair.text();
    let (value, status) = match flag {
        "INV" | "NAV" | "BUSY" | "NI" | "OFF" => ("", "X"),
        "VAL" => ("72", "F"),
        _ => ("72", "R"),
    };
    let row = observation(&format!(
        "OBX|1|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|{value}|264864^MDC_DIM_BEAT_PER_MIN^MDC||{flag}|||{status}"
    ));
    let code = |concept: &Value| concept["coding"][0]["code"].clone();
    Ok(json!({
        "security": row["meta"]["security"][0]["code"],
        "dataAbsentReason": code(&row["dataAbsentReason"]),
        "interpretation": code(&row["interpretation"][0]),
    }))
}

/// OBX-11 beside OBX-8 as a sender writes it.
pub fn pcd_expected_obx11(_: &Pair) -> Outcome {
    Err("no message of devices is written".into())
}

pub fn pcd_obx4_level(pair: &Pair) -> Outcome {
    let place = Containment::parse(&pair.input).ok_or("no place in a device")?;
    Ok(json!(match place.level().ok_or("no level")? {
        Level::Mds => "MDS",
        Level::Vmd => "VMD",
        Level::Channel => "CHAN",
        Level::Metric => "METRIC",
        Level::Facet => "FACET",
    }))
}

pub fn mdil_to_mdc(pair: &Pair) -> Outcome {
    Ok(json!(types::mdil(&pair.input).ok_or("no MDIL")?.code()))
}

pub fn na_to_sampleddata(pair: &Pair) -> Outcome {
    let row = observation(&format!("OBX|1|NA|a^b^L||{}||||||F", pair.text()));
    let data = &row["valueSampledData"];
    Ok(json!({ "dimensions": data["dimensions"], "data": data["data"] }))
}
