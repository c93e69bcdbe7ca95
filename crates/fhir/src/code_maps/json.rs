//! Maps as they stand in a configuration.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, SerializeSeq, Serializer};
use serde_json::{Value, json};

use super::{CodeMaps, Limits};
use crate::policy::UCUM;

impl<'de> Deserialize<'de> for CodeMaps {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut maps = Self::new();
        for entry in Vec::<Value>::deserialize(from)? {
            let text = match entry {
                Value::String(file) => {
                    maps.unread.push(file);
                    continue;
                }
                Value::Object(mut csv) if csv.len() == 1 && csv.contains_key("csv") => {
                    match csv.remove("csv") {
                        Some(Value::String(text)) => text,
                        _ => return Err(Error::custom("a code map: csv is no text")),
                    }
                }
                other => other.to_string(),
            };
            let added = maps.add(text.as_bytes(), &Limits::DEFAULT);
            added.map_err(|error| Error::custom(format_args!("a code map: {}", error.kind)))?;
        }
        Ok(maps)
    }
}

impl Serialize for CodeMaps {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut entries = to.serialize_seq(None)?;
        for file in &self.unread {
            entries.serialize_element(file)?;
        }
        if !self.is_empty() {
            entries.serialize_element(&self.concept_map())?;
        }
        entries.end()
    }
}

impl CodeMaps {
    /// All that is mapped, as one ConceptMap.
    fn concept_map(&self) -> Value {
        let group = |source: String, target: &str, code: &str, to: &str, display: Option<&str>| {
            let mut target = json!({
                "target": target,
                "element": [{"code": code, "target": [{"code": to, "equivalence": "equivalent"}]}],
            });
            if let (false, Some(group)) = (source.is_empty(), target.as_object_mut()) {
                group.insert("source".into(), source.into());
            }
            if let (Some(display), Some(to)) =
                (display, target.pointer_mut("/element/0/target/0").and_then(Value::as_object_mut))
            {
                to.insert("display".into(), display.into());
            }
            target
        };
        let codes = self.rows.iter().map(|row| {
            group(row.source.name(), &row.uri, &row.code, &row.to, row.display.as_deref())
        });
        let units =
            self.units.iter().map(|(text, unit)| group(String::new(), UCUM, text, unit.ucum, None));
        let groups: Vec<_> = codes.chain(units).collect();
        json!({"resourceType": "ConceptMap", "status": "active", "group": groups})
    }
}
