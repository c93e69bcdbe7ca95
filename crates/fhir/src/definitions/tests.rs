use super::*;
use crate::{Tape, json};

/// A resource type of our own: a choice, a place with elements, a reference to it, a slot.
const LAMP: &str = r##"{"resourceType":"StructureDefinition","kind":"resource","type":"Lamp",
"abstract":false,"derivation":"specialization","snapshot":{"element":[
{"path":"Lamp","min":0,"max":"*"},
{"path":"Lamp.id","min":0,"max":"1","base":{"path":"Resource.id","min":0,"max":"1"},
 "type":[{"code":"http://hl7.org/fhirpath/System.String"}]},
{"path":"Lamp.contained","min":0,"max":"*","base":{"path":"D.contained","min":0,"max":"*"},
 "type":[{"code":"Resource"}]},
{"path":"Lamp.shade","min":1,"max":"1","base":{"path":"Lamp.shade","min":1,"max":"1"},
 "type":[{"code":"CodeableConcept"}]},
{"path":"Lamp.light[x]","min":1,"max":"1","base":{"path":"Lamp.light[x]","min":1,"max":"1"},
 "type":[{"code":"boolean"},{"code":"Quantity",
  "profile":["http://hl7.org/fhir/StructureDefinition/SimpleQuantity"]}]},
{"path":"Lamp.bulb","min":0,"max":"*","base":{"path":"Lamp.bulb","min":0,"max":"*"},
 "type":[{"code":"BackboneElement"}]},
{"path":"Lamp.bulb.id","min":0,"max":"1","base":{"path":"Element.id","min":0,"max":"1"},
 "type":[{"code":"http://hl7.org/fhirpath/System.String"}]},
{"path":"Lamp.bulb.watt","min":0,"max":"1","base":{"path":"Lamp.bulb.watt","min":0,"max":"1"},
 "type":[{"code":"decimal"}]},
{"path":"Lamp.bulb.inside","min":0,"max":"*","base":{"path":"Lamp.bulb.inside","min":0,"max":"*"},
 "contentReference":"#Lamp.bulb"},
{"path":"Lamp.room","min":0,"max":"1","base":{"path":"Lamp.room","min":0,"max":"1"},
 "type":[{"code":"Reference",
  "targetProfile":["http://hl7.org/fhir/StructureDefinition/Location"]}]}]}}"##;

fn types(definitions: &[&str]) -> Types {
    let mut all = Definitions::new(Version::R4);
    for definition in definitions {
        all.add(definition.as_bytes()).unwrap();
    }
    all.types()
}

#[test]
fn a_defined_type_is_read_in_canonical_order() {
    let types = types(&[LAMP]);
    assert_eq!((types.len(), types.left_out().count()), (1, 0));
    let root = types.root("Lamp").unwrap();
    let lamp = root.ty();
    let row = |name: &str| lamp.element(name, Version::R4).unwrap().row();
    assert_eq!((root.name(), lamp.name, lamp.kind), ("Lamp", "Lamp", table::Kind::Resource));
    assert_eq!(lamp.element("light", Version::R4), None);
    assert_eq!(lamp.element("id", Version::R5), None);
    assert_eq!((row("id").ty, row("shade").ty), (ty::ID, ty::CODEABLE_CONCEPT));
    assert_eq!(row("lightBoolean").choice, row("lightQuantity").choice);
    assert!(row("lightQuantity").simple.has(Version::R4) && row("bulb").array);
    assert_eq!(row("room").targets.iter().map(|t| t.code).collect::<Vec<_>>(), ["Location"]);
    let bulb = row("bulb").ty.row();
    assert_eq!(bulb.element("inside", Version::R4).unwrap().row().ty, row("bulb").ty);
    assert_eq!(bulb.element("id", Version::R4).unwrap().row().ty, ty::STRING);
    // Of the choice and of `shade`, one each.
    assert_eq!(lamp.missing(0, Version::R4).map(u64::count_ones).sum::<u32>(), 3);

    let mut reader = json::Reader::new().with_types(types);
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    let sent = r#"{"resourceType":"Lamp","bulb":[{"inside":[{"watt":4.50}],"id":"b"}],
        "lightBoolean":true,"contained":[{"id":"1","resourceType":"Lamp"}],"id":"a"}"#;
    let node = reader.read(sent.as_bytes(), &mut tape, &mut issues).unwrap();
    assert!(issues.is_empty(), "{issues:?}");
    let mut text = String::new();
    json::write(&tape, node, &mut text);
    assert_eq!(
        text,
        concat!(
            r#"{"resourceType":"Lamp","id":"a","contained":[{"resourceType":"Lamp","id":"1"}],"#,
            r#""lightBoolean":true,"bulb":[{"id":"b","inside":[{"watt":4.50}]}]}"#
        )
    );
}

#[test]
fn unknown_elements_are_issues() {
    let mut reader = json::Reader::new().with_types(types(&[LAMP]));
    let (mut tape, mut issues) = (Tape::new(), Vec::new());
    let sent = br#"{"resourceType":"Lamp","wick":1}"#;
    assert!(reader.read(sent, &mut tape, &mut issues).is_some());
    assert_eq!(issues.len(), 1);
}

#[test]
fn what_cannot_be_a_type_is_left_out() {
    let lamp = |name: &str, content: &str| {
        LAMP.replace("Lamp", name).replace("\"CodeableConcept\"", &format!("\"{content}\""))
    };
    let (a, b, c) = (lamp("A", "Gone"), lamp("B", "A"), lamp("C", "CodeableConcept"));
    let found = types(&[&a, &b, &c]);
    let left_out: Vec<_> = found.left_out().collect();
    assert_eq!(left_out, [("A", LeftOut::TypeMissing), ("B", LeftOut::TypeMissing)]);
    assert!(found.root("C").is_some() && found.root("B").is_none());

    let many = r#"{"code":"integer"},"#.repeat(64);
    let wide = lamp("Wide", "CodeableConcept").replace(r#"{"code":"boolean"},"#, &many);
    assert_eq!(
        types(&[&wide]).left_out().collect::<Vec<_>>(),
        [("Wide", LeftOut::TooManyElements)]
    );
}

#[test]
fn other_resources_are_passed_over() {
    let observation = LAMP.replace("Lamp", "Observation");
    let profile = LAMP.replace("specialization", "constraint");
    let found = types(&[&observation, &profile, r#"{"resourceType":"ValueSet","type":1}"#]);
    assert!(found.is_empty() && found.left_out().next().is_none());
    let mut all = Definitions::new(Version::R4);
    assert_eq!(all.add(b"{\n]"), Err(DefinitionError::Json { line: 2 }));
    let bare = r#"{"resourceType":"StructureDefinition","kind":"resource","type":"A","derivation":"specialization"}"#;
    assert_eq!(all.add(bare.as_bytes()), Err(DefinitionError::NoSnapshot));
}
