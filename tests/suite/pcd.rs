//! Every `must` statement of `corpora/hl7v2/pcd-synthetic/expected.jsonl` has a check here, under the
//! words that it begins with; a statement without one fails. 07 to 09 are alarms, which are refused.
//! Where `$IOMT_SHARED` or `../shared` has the files; our vectors `pcd-*` say the same with other values.

use std::{collections::BTreeMap, fs};

use iomt::{
    Config, DiagnosticCode, Form, Options, Translator,
    account::{Account, Accounted, Fate},
    hl7v2::{Index, Message, Messages, TextCodec},
    model::Codec,
};
use serde_json::Value;

use crate::support::{self, Record};

/// A file of the corpus, and what it became.
struct File {
    bytes: Vec<u8>,
    record: Record,
    resources: Vec<Value>,
}

impl File {
    fn of(&self, kind: &str) -> Vec<&Value> {
        self.resources.iter().filter(|r| r["resourceType"] == kind).collect()
    }

    /// The Observations of an MDC code, as they were written.
    fn rows(&self, mdc: u32) -> Vec<&str> {
        let code = format!("\"system\":\"urn:iso:std:iso:11073:10101\",\"code\":\"{mdc}\"");
        let written = |row: &&str| {
            row.starts_with("{\"resourceType\":\"Observation\"") && row.contains(&code)
        };
        self.record.documents.iter().map(String::as_str).filter(written).collect()
    }

    fn row(&self, mdc: u32) -> Value {
        serde_json::from_str(self.rows(mdc)[0]).unwrap()
    }

    fn device(&self, identifier: &str) -> &Value {
        let has = |device: &&Value| {
            device["identifier"].as_array().unwrap().iter().any(|i| i["value"] == identifier)
        };
        self.of("Device").into_iter().find(has).unwrap()
    }

    /// The metric of an Observation, and the source of that.
    fn source(&self, observation: &Value) -> &Value {
        let find = |reference: &Value| {
            let reference = reference["reference"].as_str().unwrap();
            let (kind, id) = reference.split_once('/').unwrap();
            self.of(kind).into_iter().find(|r| r["id"] == id).unwrap()
        };
        find(&find(&observation["device"])["source"])
    }

    /// The text of a leaf of its first message.
    fn text(&self, segment: &[u8; 3], field: usize, component: usize) -> String {
        let mut index = Index::new();
        let message = Message::parse(&self.bytes, &mut index).unwrap();
        let field = message.field(segment, field).unwrap();
        let leaf = field.component(component).unwrap();
        let mut out = String::new();
        let codec = TextCodec { delimiters: message.delimiters(), charset: message.charset() };
        codec.decode(leaf.raw(), &mut out).unwrap();
        out
    }
}

/// What a statement says of a file.
type Check = fn(&File);

fn run(name: &str, checks: &[(&str, Check)]) {
    let Some(dir) = support::shared().map(|s| s.join("corpora/hl7v2/pcd-synthetic")) else {
        return println!("{name}: skipped, there is no ../shared");
    };
    let expected = fs::read_to_string(dir.join("expected.jsonl")).unwrap();
    let mut rows = expected.lines().map(|row| serde_json::from_str::<Value>(row).unwrap());
    let row = rows.find(|row| row["file"] == name).unwrap();
    let bytes = fs::read(dir.join(name)).unwrap();
    let mut config = Config::default();
    (config.to, config.provenance) = (Form::Ndjson, false);
    let record = support::translate(iomt::protocol("hl7v2").unwrap(), &bytes, config);
    let resources = record.documents.iter().map(|r| serde_json::from_str(r).unwrap()).collect();
    let file = File { bytes, record, resources };
    let mut left: BTreeMap<&str, Check> = checks.iter().copied().collect();
    for statement in row["must"].as_array().unwrap() {
        let statement = statement.as_str().unwrap();
        let begins = |key: &&&str| statement.starts_with(**key);
        let key =
            *left.keys().find(begins).unwrap_or_else(|| panic!("{name}: no check of {statement}"));
        println!("{name}: {statement}");
        left.remove(key).unwrap()(&file);
    }
    assert!(left.is_empty(), "{name}: no such statements: {:?}", left.keys());
}

macro_rules! files {
    ($($test:ident: $name:literal { $($statement:literal => $check:expr,)* })*) => {$(
        #[test]
        fn $test() {
            run($name, &[$(($statement, $check)),*]);
        }
    )*};
}

fn code(concept: &Value) -> &str {
    concept["coding"][0]["code"].as_str().unwrap_or_default()
}

fn refused(file: &File) {
    assert!(file.record.documents.is_empty());
    assert!(file.record.has(DiagnosticCode::AlertRefused));
    assert!(file.record.has(DiagnosticCode::Rejected));
}

files! {
    f01_full_containment: "01_pcd01_full_containment.hl7" {
        "Devices: MDS 1" => |f| {
            let all: Vec<_> = f.of("Device").iter().map(|d| code(&d["type"])).collect();
            assert_eq!(all, ["69965", "69798", "69799", "69854", "69855"]);
            let reference = |device: &Value| format!("Device/{}", device["id"].as_str().unwrap());
            let (mds, vmd) = (f.device("AC-DE-48-23-45-67-AB-01"), f.device("AC-DE-48-23-45-67-AB-02"));
            assert_eq!((code(&mds["type"]), code(&vmd["type"])), ("69965", "69798"));
            assert_eq!(vmd["parent"]["reference"], reference(mds));
            assert_eq!(f.of("Device")[2]["parent"]["reference"], reference(vmd));
            assert_eq!(f.of("Device")[4]["parent"]["reference"], reference(f.of("Device")[3]));
        },
        "4 metrics" => |f| {
            assert_eq!((f.of("DeviceMetric").len(), f.of("Observation").len()), (4, 4));
        },
        "HR effective" => |f| {
            assert_eq!(f.row(147_842)["effectiveDateTime"], "2024-03-15T10:30:00+01:00");
            for part in [150_021, 150_022, 150_023] {
                assert_eq!(f.row(part)["effectiveDateTime"], "2024-03-15T10:27:12+01:00");
            }
        },
        "HR source device" => |f| {
            assert_eq!(f.source(&f.row(147_842)), f.device("AC-DE-48-23-45-67-AB-02"));
            assert_eq!(f.source(&f.row(150_021)), f.device("AC-DE-48-23-45-67-AB-01"));
        },
        "alarm limits" => |f| {
            for (mdc, low, high) in [(147_842, 50, 120), (150_021, 90, 160)] {
                let range = &f.row(mdc)["referenceRange"][0];
                assert_eq!((&range["low"]["value"], &range["high"]["value"]), (&low.into(), &high.into()));
                assert_eq!(code(&range["type"]), "alarm-limits");
            }
        },
        "unit UCUM code" => |f| {
            let value = &f.row(147_842)["valueQuantity"];
            assert_eq!(value["code"], "/min");
            assert_eq!(value["extension"][0]["valueQuantity"]["code"], "{beat}/min");
            assert_eq!(f.row(150_021)["valueQuantity"]["code"], "mm[Hg]");
        },
        "OBX-8 N" => |f| assert_eq!(code(&f.row(147_842)["interpretation"][0]), "N"),
        "OBX-20 body site" => |f| assert_eq!(code(&f.row(150_021)["bodySite"]), "368209003"),
        // `Config::observation_status` has the reason.
        "status R" => |f| assert_eq!(f.row(147_842)["status"], "preliminary"),
    }
    f02_ordinal_is_code: "02_pcd01_ordinal_is_code.hl7" {
        "4 observations" => |f| assert_eq!(f.of("Observation").len(), 4),
        "PID-3 without id" => |f| {
            assert!(f.of("Patient").is_empty());
            assert!(f.record.documents.iter().all(|d| !d.contains("{}") && !d.contains("[]")));
        },
        "unit only as MDC" => |f| {
            assert_eq!(f.row(150_456)["valueQuantity"]["code"], "%");
            assert_eq!(f.row(150_301)["valueQuantity"]["code"], "mm[Hg]");
        },
        "device from MSH-3/OBX-18" => |f| {
            assert_eq!(f.of("Device").len(), 1);
            let device = f.device("00-A0-DE-00-00-00-BE-EF");
            assert!(f.of("Observation").iter().all(|row| f.source(row) == device));
        },
    }
    f03_mdil: "03_mdil_v23.hl7" {
        "150456 SpO2" => |f| {
            for (mdc, value, unit) in [(150_456, 96, "%"), (147_842, 64, "/min"), (150_021, 122, "mm[Hg]")] {
                let quantity = &f.row(mdc)["valueQuantity"];
                assert_eq!((&quantity["value"], &quantity["code"]), (&value.into(), &unit.into()));
            }
        },
        "1.91x10^-7" => |f| {
            let absent = f.of("Observation").into_iter().find(|row| !row["dataAbsentReason"].is_null());
            assert_eq!(absent.unwrap()["dataAbsentReason"]["text"], "1.91x10^-7");
            assert!(f.record.has(DiagnosticCode::ValueMalformed));
        },
        "f081 is in the private" => |f| {
            let row = f.of("Observation")[4];
            assert_eq!(row["code"]["coding"][0]["code"], "0002-f081");
            assert!(row["code"]["coding"][0]["system"].is_null());
        },
        "value 4.00" => |f| assert!(f.record.documents.iter().any(|d| d.contains("\"value\":4.00,"))),
        "PID-7 null" => |f| assert!(f.of("Patient")[0]["birthDate"].is_null()),
    }
    f04_waveform: "04_waveform_na.hl7" {
        "one Observation with valueSampledData" => |f| {
            assert_eq!(f.of("Observation").len(), 1);
            let data = &f.of("Observation")[0]["valueSampledData"];
            assert_eq!((&data["origin"]["value"], &data["origin"]["code"]), (&0.into(), &"mV".into()));
            let exactly = "\"period\":4,\"factor\":0.00244,\"lowerLimit\":-2048,\"upperLimit\":2047,\
                           \"dimensions\":1,\"data\":\"0 12 25 E -3\"}";
            assert!(f.rows(131_330)[0].contains(exactly));
        },
        "effectivePeriod" => |f| {
            let period = &f.of("Observation")[0]["effectivePeriod"];
            assert_eq!(period["start"], "2024-03-15T10:30:00.000+01:00");
            assert_eq!(period["end"], "2024-03-15T10:30:01.000+01:00");
        },
        "attribute rows" => |f| assert_eq!(f.of("Observation").len(), 1),
    }
    f05_flags: "05_obx8_flags.hl7" {
        "one Observation per metric row" => |f| {
            let all: Vec<_> = f.of("Observation").iter().map(|row| {
                let interpretation: Vec<_> =
                    row["interpretation"].as_array().into_iter().flatten().map(code).collect();
                let label = row["meta"]["security"][0]["code"].as_str().unwrap_or("");
                (label, code(&row["dataAbsentReason"]), interpretation.join("~"))
            }).collect();
            let want = [
                ("RELIABLE", "", ""), ("UNRELIABLE", "error", ""), ("UNCERTREL", "", "questionable"),
                ("", "temp-unknown", ""), ("UNCERTREL", "", "calibration-ongoing"), ("HTEST", "", ""),
                ("HTEST", "", ""), ("HRELIABLE", "", "validated-data"), ("", "", "early-indication"),
                ("", "temp-unknown", ""), ("", "", "in-alarm"), ("", "", "alarm-inhibited"),
                ("", "unknown", ""), ("", "not-performed", ""), ("", "", ">"), ("", "", "<"),
                ("", "", "L~in-alarm"), ("", "", "HH~in-alarm"),
            ];
            assert_eq!(all, want.map(|(a, b, c)| (a, b, c.to_owned())));
        },
        "INV row has a value" => |f| {
            let row = f.of("Observation")[1];
            assert!(row["valueQuantity"].is_null());
            assert!(f.record.has(DiagnosticCode::ValueInvalid));
        },
        "no dataAbsentReason together" => |f| {
            assert!(f.of("Observation").iter().all(|row| {
                row["valueQuantity"].is_null() != row["dataAbsentReason"].is_null()
            }));
        },
    }
    f06_sentinels: "06_sentinels.hl7" {
        "non-numeric NM" => |f| {
            assert_eq!(f.row(188_736)["dataAbsentReason"]["text"], "NULL");
            let rows: Vec<Value> =
                f.rows(150_344).iter().map(|row| serde_json::from_str(row).unwrap()).collect();
            assert_eq!(rows[1]["dataAbsentReason"]["text"], "---");
            assert!(f.record.has(DiagnosticCode::ValueMalformed));
        },
        "sentinels are device-profile dependent" => |f| {
            assert!(f.rows(150_021)[0].contains("\"value\":-100,"));
            assert!(f.rows(150_456)[0].contains("\"value\":-1000,"));
            assert!(f.rows(150_344)[0].contains("\"value\":-0.1,"));
        },
        "36.60 keeps" => |f| assert!(f.rows(150_344)[2].contains("\"value\":36.60,")),
        "OBX-11 empty" => |f| {
            assert!(f.of("Observation").iter().all(|row| row["status"] == "unknown"));
            assert!(f.record.has(DiagnosticCode::StatusMissing));
        },
        "no zone" => |f| {
            assert!(f.of("Observation").iter().all(|row| row["effectiveDateTime"] == "2024-03-15"));
        },
    }
    f10_pump: "10_pump_pcd01.hl7" {
        "flow 0 mL/h" => |f| assert!(f.rows(157_784)[0].contains("\"valueQuantity\":{\"value\":0,")),
        "MDC_ATTR_ID_MODEL" => |f| {
            assert!(f.rows(67_880).is_empty());
            assert_eq!(f.of("Device")[1]["modelNumber"], "Acme Syringe 3");
        },
        "CWE with text only" => |f| {
            assert_eq!(f.row(184_508)["valueCodeableConcept"]["text"], "pump-status-infusing");
        },
        "escape" => |f| assert_eq!(f.row(184_330)["valueString"], "Norepinephrine & NaCl"),
        "volume keeps" => |f| assert!(f.rows(157_864)[0].contains("\"value\":12.50,")),
    }
    f11_uuid_and_participant: "11_uuid_equipment_prt.hl7" {
        "device identifier urn:uuid" => |f| {
            let device = f.device("urn:uuid:123e4567-e89b-12d3-a456-426614174000");
            assert_eq!(code(&device["type"]), "69965");
        },
        "PRT-10 EUI-64" => |f| {
            let device = f.device("AC-DE-48-23-45-67-AB-09");
            assert_eq!(device["udiCarrier"][0]["deviceIdentifier"], "00844588003288");
            assert_eq!(device["manufactureDate"], "2023-01-01");
            assert_eq!(device["expirationDate"], "2026-01-01");
            assert_eq!((&device["lotNumber"], &device["serialNumber"]), (&"LOT7".into(), &"SN-42".into()));
        },
    }
    f12_two_groups: "12_two_obr_groups.hl7" {
        "2 Observations" => |f| {
            let times: Vec<_> = f.of("Observation").iter().map(|r| r["effectiveDateTime"].clone()).collect();
            assert_eq!(times, ["2024-03-15T10:30:00+01:00", "2024-03-15T10:31:00+01:00"]);
        },
        "NTE attaches" => |f| {
            assert!(f.of("Observation")[0]["note"].is_null());
            assert_eq!(f.of("Observation")[1]["note"][0]["text"], "second minute");
        },
    }
    f13_batch: "13_batch.hl7" {
        "3 messages" => |f| {
            let mut messages = Messages::new(&f.bytes);
            let (mut index, mut count, mut said) = (Index::new(), 0, Vec::new());
            while messages.next(&mut index, |between| said.push(format!("{between:?}"))).is_some() {
                count += 1;
            }
            assert_eq!(count, 3);
            assert!(!f.record.has(DiagnosticCode::CountMismatch));
            assert_eq!(f.of("Observation").len(), 3);
        },
    }
    f14_latin_1: "14_latin1_micro.hl7" {
        "patient given name" => |f| assert_eq!(f.of("Patient")[0]["name"][0]["given"][0], "Zoë"),
        "unit µg/L" => |f| {
            let value = &f.of("Observation")[0]["valueQuantity"];
            assert_eq!((&value["unit"], &value["code"]), (&"\u{b5}g/L".into(), &"ug/L".into()));
        },
    }
    f15_utf_8: "15_utf8_declared.hl7" {
        "given name" => |f| assert_eq!(f.of("Patient")[0]["name"][0]["given"][0], "Žofie"),
    }
    f16_iso_2022_jp: "16_iso2022jp.hl7" {
        "name" => |f| {
            let name = &f.of("Patient")[0]["name"][0];
            assert_eq!((&name["family"], &name["given"][0]), (&"試験".into(), &"花子".into()));
        },
        "the ISO-2022 two-byte text" => |f| {
            // Read by bytes, ^ in the text would be a third component before the type of the name.
            assert_eq!(f.text(b"PID", 5, 7), "L");
        },
        "escape ESC ( B" => |f| {
            let mut index = Index::new();
            let message = Message::parse(&f.bytes, &mut index).unwrap();
            let family = message.component(b"PID", 5, 1).unwrap();
            assert!(family.raw().ends_with(b"\x1b(B"));
        },
    }
    f17_gb_18030: "17_gb18030.hl7" {
        "name" => |f| {
            let name = &f.of("Patient")[0]["name"][0];
            assert_eq!((&name["family"], &name["given"][0]), (&"测试".into(), &"病人".into()));
        },
        "GB18030/Big5" => |f| assert_eq!(f.text(b"PID", 7, 1), "19700203"),
    }
    f18_big_5: "18_big5_trail_byte_5c.hl7" {
        "許功蓋" => |f| {
            let name = &f.of("Patient")[0]["name"][0];
            assert_eq!((&name["family"], &name["given"][0]), (&"許".into(), &"功蓋".into()));
            assert!(!f.record.has(DiagnosticCode::EscapeUnknown));
        },
    }
    f19_commit_ack: "19_commit_ack.hl7" {
        "commit accept" => |f| {
            assert_eq!((f.text(b"MSA", 1, 1), f.text(b"MSA", 2, 1)), ("CA".into(), "S01".into()));
            assert!(f.record.documents.is_empty());
        },
    }
    f20_nak: "20_nak_err.hl7" {
        "application error" => |f| {
            assert_eq!((f.text(b"MSA", 1, 1), f.text(b"MSA", 2, 1)), ("AE".into(), "S02".into()));
            let location = [1, 2, 3].map(|part| f.text(b"ERR", 2, part));
            assert_eq!(location, ["OBX", "4", "5"]);
        },
    }
    // Alarms come later: refused with a code of their own, nothing silent.
    f07_alarm_starts: "07_pcd04_start.hl7" { "1 alert" => refused, "alert id" => refused, }
    f08_alarm_ends: "08_pcd04_end_latched.hl7" { "links to" => refused, "two inactivation" => refused, }
    f09_alarm_of_old_numbers: "09_pcd04_legacy_codes.hl7" { "facets identified" => refused, }
}

/// No byte of a row or of a participant is in neither the output nor a diagnostic, and no rule has
/// it.
#[test]
fn nothing_of_a_device_is_silent() {
    let protocol = iomt::protocol("hl7v2").unwrap();
    let mut files: Vec<(String, Vec<u8>)> = support::vectors("hl7v2")
        .into_iter()
        .map(|vector| (vector.path.display().to_string(), vector.bytes))
        .filter(|(name, _)| name.contains("pcd-") || name.contains("obx-"))
        .collect();
    let shared = support::shared().map(|s| s.join("corpora/hl7v2/pcd-synthetic"));
    for entry in shared.into_iter().flat_map(|dir| fs::read_dir(dir).unwrap()) {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "hl7") {
            files.push((path.display().to_string(), fs::read(path).unwrap()));
        }
    }
    for (name, bytes) in files {
        let mut record = Record::default();
        let mut account = Account::new(&mut record);
        Translator::new(Config::default()).file(protocol, &bytes, &mut account);
        let parts = account.parts(protocol, &Options::default(), &bytes).unwrap();
        let silent = |part: &&Accounted| part.fate == Fate::Silent;
        let of_devices = |path: &str| path.starts_with("OBX") || path.starts_with("PRT");
        let silent: Vec<_> = parts
            .iter()
            .filter(silent)
            .map(|part| part.path.as_str())
            .filter(|path| of_devices(path))
            .collect();
        assert!(silent.is_empty(), "{name}: {silent:?}");
    }
}
