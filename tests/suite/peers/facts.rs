//! What a Bundle says, reduced to facts that can be compared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A value, as far as two programs can agree on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    Nothing,
    /// With a reason.
    Absent,
    /// Number, and the code and the text of its unit.
    Quantity(Option<f64>, BTreeSet<String>),
    Text(String),
    /// Codes, text.
    Concept(BTreeSet<String>, String),
    Time(String),
    /// Of another type.
    Other(String),
}

impl Said {
    pub fn kind(&self) -> &str {
        match self {
            Self::Nothing => "nothing",
            Self::Absent => "absent",
            Self::Quantity(None, _) => "unit",
            Self::Quantity(..) => "number",
            Self::Text(_) => "text",
            Self::Concept(..) => "concept",
            Self::Time(_) => "time",
            Self::Other(name) => name,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Observation {
    /// Systems by code.
    pub codes: BTreeMap<String, String>,
    /// What it is called, where a code stands in it that its profile does not allow.
    pub called: String,
    pub status: String,
    pub value: Said,
    pub effective: String,
    /// The identifiers of the subject.
    pub subject: BTreeSet<String>,
}

#[derive(Clone, Debug)]
pub struct Patient {
    pub identifiers: BTreeSet<String>,
    pub birth: String,
    pub gender: String,
}

/// What is said in one message.
#[derive(Default)]
pub struct Facts {
    pub observations: Vec<Observation>,
    pub patients: Vec<Patient>,
    /// OBX-19 of the message.
    pub analysed: Vec<String>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// As `(code, system)`.
fn codings(concept: &Value) -> Vec<(String, String)> {
    let coding = |coding: &Value| (text(&coding["code"]), text(&coding["system"]));
    list(&concept["coding"]).iter().map(coding).filter(|(code, _)| !code.is_empty()).collect()
}

fn value_of(resource: &Value) -> Said {
    let Some(object) = resource.as_object() else { return Said::Nothing };
    let found = object.iter().find(|(key, _)| key.starts_with("value"));
    let Some((key, value)) = found else {
        return match () {
            () if object.contains_key("dataAbsentReason") => Said::Absent,
            () if object.contains_key("component") => Said::Other("components".into()),
            () => Said::Nothing,
        };
    };
    match key.as_str() {
        "valueQuantity" => {
            let unit = ["code", "unit"].iter().map(|key| text(&value[key]));
            let unit = unit.filter(|unit| !unit.is_empty()).collect();
            Said::Quantity(value["value"].as_f64(), unit)
        }
        "valueString" => Said::Text(text(value)),
        "valueCodeableConcept" => {
            let codes: BTreeSet<_> = codings(value).into_iter().map(|(code, _)| code).collect();
            let display = list(&value["coding"]).iter().map(|c| text(&c["display"]));
            let said = text(&value["text"]);
            let said = [said].into_iter().chain(display).find(|text| !text.is_empty());
            Said::Concept(codes, said.unwrap_or_default())
        }
        "valueDateTime" | "valueTime" => Said::Time(text(value)),
        other => Said::Other(other["value".len()..].to_lowercase()),
    }
}

fn identifiers(resource: &Value) -> BTreeSet<String> {
    let own = |i: &&Value| i["system"] != "urn:ietf:rfc:3986";
    let all = list(&resource["identifier"]).iter().filter(own).map(|i| text(&i["value"]));
    all.filter(|value| !value.is_empty()).collect()
}

/// Those of a Bundle.
pub fn of_bundle(bundle: &Value) -> Facts {
    let mut people: BTreeMap<String, &Value> = BTreeMap::new();
    let resources = || list(&bundle["entry"]).iter().map(|entry| &entry["resource"]);
    for entry in list(&bundle["entry"]) {
        if entry["resource"]["resourceType"] == "Patient" {
            people.insert(text(&entry["fullUrl"]), &entry["resource"]);
            people
                .insert(format!("Patient/{}", text(&entry["resource"]["id"])), &entry["resource"]);
        }
    }
    let mut facts = Facts::default();
    for resource in resources() {
        match resource["resourceType"].as_str() {
            Some("Observation") => {
                let subject = people.get(&text(&resource["subject"]["reference"]));
                let effective = ["effectiveDateTime", "effectiveInstant"];
                let effective = effective.iter().map(|key| text(&resource[key]));
                let period = text(&resource["effectivePeriod"]["start"]);
                facts.observations.push(Observation {
                    codes: codings(&resource["code"]).into_iter().collect(),
                    called: text(&resource["code"]["text"]),
                    status: text(&resource["status"]),
                    value: value_of(resource),
                    effective: effective
                        .chain([period])
                        .find(|t| !t.is_empty())
                        .unwrap_or_default(),
                    subject: subject.map(|patient| identifiers(patient)).unwrap_or_default(),
                });
            }
            Some("Patient") => facts.patients.push(Patient {
                identifiers: identifiers(resource),
                birth: text(&resource["birthDate"]),
                gender: text(&resource["gender"]),
            }),
            _ => {}
        }
    }
    facts
}

/// `system|code` as `(code, system)`.
fn split(pair: &Value) -> (String, String) {
    let pair = text(pair);
    let (system, code) = pair.split_once('|').unwrap_or(("", &pair));
    (code.to_owned(), system.to_owned())
}

/// Those of a line of `linuxforhealth_out.jsonl`.
pub fn of_linuxforhealth(row: &Value) -> Facts {
    let patients: Vec<Patient> = list(&row["patients"])
        .iter()
        .map(|patient| Patient {
            identifiers: list(&patient["identifier"]).iter().map(|pair| split(pair).0).collect(),
            birth: text(&patient["birthDate"]),
            gender: text(&patient["gender"]),
        })
        .collect();
    let observation = |row: &Value| {
        let value = match row["value"].as_object().and_then(|value| value.iter().next()) {
            None => Said::Nothing,
            Some((kind, value)) => match kind.as_str() {
                "Quantity" => {
                    let number = value["value"].as_str().and_then(|number| number.parse().ok());
                    let code = split(&value["code"]).0;
                    let unit = [code, text(&value["unit"])].into_iter().filter(|u| !u.is_empty());
                    Said::Quantity(number, unit.collect())
                }
                "String" => Said::Text(text(value)),
                "CodeableConcept" => {
                    let codes = list(&value["codings"]).iter().map(|pair| split(pair).0);
                    Said::Concept(codes.collect(), text(&value["text"]))
                }
                "DateTime" => Said::Time(text(value)),
                other => Said::Other(other.to_lowercase()),
            },
        };
        let codes = list(&row["code"]).iter().filter(|code| !text(code).starts_with("text:"));
        let subject = text(&row["subject"]);
        let number = subject.strip_prefix("Patient/").and_then(|n| n.parse::<usize>().ok());
        Observation {
            codes: codes.map(split).collect(),
            called: String::new(),
            status: text(&row["status"]),
            value,
            effective: text(&row["effective"]),
            subject: number.map(|n| patients[n - 1].identifiers.clone()).unwrap_or_default(),
        }
    };
    let observations = list(&row["observations"]).iter().map(observation).collect();
    Facts { observations, patients, analysed: Vec::new() }
}
