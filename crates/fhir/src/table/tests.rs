use super::*;

const R4: Version = Version::R4;
const R4B: Version = Version::R4B;
const R5: Version = Version::R5;

#[test]
fn rows_are_as_the_definitions_say() {
    let row = el::OBSERVATION_STATUS.row();
    assert_eq!((row.name, row.max, row.array), ("status", 1, false));
    assert!(Version::ALL.iter().all(|&v| row.required.has(v) && row.versions.has(v)));
    assert_eq!(row.ty, ty::CODE);
    let binding = row.binding.unwrap();
    assert!(Version::ALL.iter().all(|&v| binding.versions("final").has(v)));
    assert!(binding.versions("done").is_empty());
    assert_eq!(binding.codes.len(), 8);
    assert_eq!(binding.value_sets[0].code, "http://hl7.org/fhir/ValueSet/observation-status");
    let status_and_code = [el::OBSERVATION_STATUS.bit(), el::OBSERVATION_CODE.bit()];
    assert_eq!(ty::OBSERVATION.row().missing(0, R4).collect::<Vec<_>>(), status_and_code);
    let choice = ty::USAGE_CONTEXT.row().missing(0, R4).last().unwrap();
    assert_eq!(choice.count_ones(), 4);
    assert_eq!(choice, el::USAGE_CONTEXT_VALUE_RANGE.choice_bits());
    assert_eq!(el::OBSERVATION_CODE.choice_bits(), el::OBSERVATION_CODE.bit());
    assert_ne!(choice & el::USAGE_CONTEXT_VALUE_RANGE.bit(), 0);
    // contentReference, choice, slot, array by base.max, SimpleQuantity, targets.
    assert_eq!(el::OBSERVATION_COMPONENT_REFERENCE_RANGE.row().ty, ty::OBSERVATION_REFERENCE_RANGE);
    assert_eq!(
        el::OBSERVATION_VALUE_QUANTITY.row().choice,
        el::OBSERVATION_VALUE_STRING.row().choice
    );
    assert_ne!(
        el::OBSERVATION_VALUE_QUANTITY.row().choice,
        el::OBSERVATION_EFFECTIVE_PERIOD.row().choice
    );
    assert_eq!(el::BUNDLE_ENTRY_RESOURCE.row().ty, ty::RESOURCE);
    assert!(el::OBSERVATION_CATEGORY.row().array && !el::OBSERVATION_CODE.row().array);
    assert!(
        el::RANGE_LOW.row().simple.has(R4) && !el::OBSERVATION_VALUE_QUANTITY.row().simple.has(R4)
    );
    assert_eq!(targets(el::OBSERVATION_SUBJECT, R4), ["Device", "Group", "Location", "Patient"]);
    assert_eq!(el::OBSERVATION_ID.row().ty, ty::ID);
    assert_eq!(el::CODING_ID.row().ty, ty::STRING);
    assert_eq!(el::EXTENSION_URL.row().ty, ty::URI);
}

fn targets(element: ElementId, version: Version) -> Vec<&'static str> {
    let targets = element.row().targets.iter();
    targets.filter(|target| target.versions.has(version)).map(|target| target.code).collect()
}

#[test]
fn versions_differ_in_rows() {
    let in_all = |element: ElementId| Version::ALL.map(|v| element.row().versions.has(v));
    // Only one has it; all have it, with another content.
    assert_eq!(in_all(el::SAMPLED_DATA_PERIOD), [true, true, false]);
    assert_eq!(in_all(el::SAMPLED_DATA_INTERVAL_UNIT), [false, false, true]);
    assert_eq!(in_all(el::DEVICE_TYPE), [true, true, false]);
    assert_eq!(in_all(el::DEVICE_TYPE_R5), [false, false, true]);
    let device = ty::DEVICE.row();
    assert_eq!(device.element("type", R4B), Some(el::DEVICE_TYPE));
    assert_eq!(device.element("type", R5), Some(el::DEVICE_TYPE_R5));
    assert!(!el::DEVICE_TYPE.row().array && el::DEVICE_TYPE_R5.row().array);
    assert_eq!(ty::ENCOUNTER.row().element("class", R5), Some(el::ENCOUNTER_CLASS_R5));
    assert_eq!(device.element("deviceName", R5), None);
    // What must stand, and where a Quantity is simple.
    let required = |v| ty::SIGNATURE.row().missing(0, v).count();
    assert_eq!(Version::ALL.map(required), [3, 3, 0]);
    assert!(el::PROVENANCE_RECORDED.row().required.has(R4));
    assert!(!el::PROVENANCE_RECORDED.row().required.has(R5));
    assert!(!el::RATIO_DENOMINATOR.row().simple.has(R4));
    assert!(el::RATIO_DENOMINATOR.row().simple.has(R5));
    // What a reference points to.
    assert_eq!(targets(el::OBSERVATION_SUBJECT, R4B).len(), 9);
    assert_eq!(targets(el::BUNDLE_ISSUES, R5), ["OperationOutcome"]);
    assert_eq!(targets(el::SPECIMEN_COLLECTION_BODY_SITE_R5, R5), ["BodyStructure"]);
    // Codes.
    let status = el::ENCOUNTER_STATUS.row().binding.unwrap();
    assert!(status.versions("finished").has(R4B) && !status.versions("finished").has(R5));
    assert!(status.versions("completed").has(R5) && !status.versions("completed").has(R4));
    let color = el::DEVICE_METRIC_COLOR.row().binding.unwrap();
    assert!(color.applies(R4) && !color.applies(R5));
    let types = el::DATA_REQUIREMENT_TYPE.row().binding.unwrap();
    assert_eq!(types.value_sets.len(), 2);
    assert!(types.versions("CodeableReference").has(R5) && !types.versions("Media").has(R5));
    // Types.
    for (name, versions) in [
        ("ImagingStudy", [true, true, true]),
        ("Media", [true, true, false]),
        ("NutritionProduct", [false, true, true]),
        ("DeviceAssociation", [false, false, true]),
        ("Observations", [false, false, false]),
        ("DomainResource", [false, false, false]),
    ] {
        assert_eq!(Version::ALL.map(|v| resource_type(name, v)), versions, "{name}");
    }
    // Order.
    let place = |element: ElementId, v| element.parent().order(v).place(element.row());
    for (first, second) in [
        (el::PRACTITIONER_ADDRESS, el::PRACTITIONER_BIRTH_DATE),
        (el::ENCOUNTER_TYPE, el::ENCOUNTER_PRIORITY),
        (el::ENCOUNTER_ACCOUNT, el::ENCOUNTER_PART_OF),
        (el::ENCOUNTER_SERVICE_PROVIDER, el::ENCOUNTER_PART_OF),
    ] {
        assert!(place(first, R4) < place(second, R4));
        assert!(place(first, R4B) < place(second, R4B));
        assert!(place(first, R5) > place(second, R5));
    }
}

#[test]
fn every_type_is_whole_and_every_name_is_found() {
    for (i, row) in TYPES.iter().enumerate() {
        let id = TypeId(u16::try_from(i).unwrap());
        for element in row.elements() {
            let (name, own) = (element.name(), element.row());
            for version in Version::ALL {
                let found = row.element(name, version);
                assert_eq!(
                    found == Some(element),
                    own.versions.has(version),
                    "{}.{name}",
                    row.name
                );
                assert!(own.versions.has(version) || !own.required.has(version));
            }
            assert_eq!(own.parent, id);
            assert!(row.has(element));
            assert_eq!(own.key, format!("\",\"{name}\":\""));
            assert_eq!(element.kind(), element.ty().kind);
            assert_eq!(row.first_of(element.bit()), Some(element));
            assert!(usize::from(own.ty.0) < TYPES.len());
            assert!(!own.versions.is_empty() && own.max > 0 && own.array == (own.max > 1));
        }
        assert_eq!(row.element("nothing of this name", R4), None);
        for version in Version::ALL {
            // Every element has a place of its own, and what must stand is there.
            let places = row.elements().map(|e| row.order(version).place(e.row()));
            let mut places: Vec<u8> = places.collect();
            assert!(version != R4 || places.is_sorted());
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), row.elements().len(), "{} {version}", row.name);
            for bits in row.missing(0, version) {
                let some = row.elements().filter(|e| e.bit() & bits != 0);
                assert!(some.into_iter().any(|e| e.row().versions.has(version)), "{}", row.name);
            }
        }
    }
    assert_eq!(root("Observation"), Some(el::ROOT_OBSERVATION));
    assert_eq!(root("ImagingStudy"), None);
    assert_eq!(root("Resource"), None);
    assert!(!ty::CODING.row().has(el::QUANTITY_VALUE));
    assert!(!ty::QUANTITY.row().has(el::CODING_CODE));
}

#[test]
fn codes_and_targets_are_sorted_and_of_some_version() {
    for element in &ELEMENTS {
        let sorted = |codes: &[Code]| {
            codes.is_sorted_by(|a, b| a.code < b.code)
                && codes.iter().all(|code| !code.versions.is_empty())
        };
        assert!(sorted(element.targets), "{}", element.name);
        assert!(element.binding.is_none_or(|b| sorted(b.codes) && sorted(b.value_sets)));
    }
    assert!(RESOURCE_TYPES.is_sorted_by(|a, b| a.code < b.code));
}
