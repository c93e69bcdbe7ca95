//! IHE PCD-01: devices, metrics, facets and waves, written from IHE DEV TF-2 appendix B.

use alloc::{format, string::String, vec::Vec};

use super::facts;
use crate::testing::{Lines, read};

/// The facts of a group, without those of its report, and what is said besides.
fn group(rows: &str) -> (Vec<String>, Vec<String>) {
    let (mut facts, diagnostics) = facts(&format!("OBR|1||||||20260115143000+0100\n{rows}"));
    facts.retain(|fact| !fact.starts_with("report"));
    (facts, diagnostics)
}

const MDS: &str = "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X|||||||M-1^Maker^0011223344556677^EUI-64";
const VMD: &str = "OBX|2||69798^MDC_DEV_ECG_VMD^MDC|1.1.0.0|||||||X";
const CHANNEL: &str = "OBX|3||69799^MDC_DEV_ECG_CHAN^MDC|1.1.1.0|||||||X";
const RATE: &str =
    "OBX|4|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.1|72|264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R";

/// The device of the one measurement, by the key of its fact.
fn device(facts: &[String]) -> Option<&str> {
    let measurement = facts.last().unwrap();
    measurement.split(' ').find_map(|part| part.strip_prefix("device="))
}

#[test]
fn containers_are_devices_in_any_order() {
    let devices = [
        "device 0 at=1.0.0.0 kind=MDC|69965 display=MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS \
         id=Eui64 0011223344556677 id=M-1@Maker",
        "device 1 in=0 at=1.1.0.0 kind=MDC|69798 display=MDC_DEV_ECG_VMD",
        "device 2 in=1 at=1.1.1.0 kind=MDC|69799 display=MDC_DEV_ECG_CHAN",
    ];
    for rows in [[MDS, VMD, CHANNEL, RATE], [RATE, CHANNEL, VMD, MDS]] {
        let (facts, diagnostics) = group(&rows.join("\n"));
        assert_eq!((facts.len(), facts[..3].to_vec()), (4, devices.map(String::from).to_vec()));
        assert_eq!(device(&facts), Some("2"));
        assert!(facts[3].contains(" metric "), "{}", facts[3]);
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
    }
}

#[test]
fn rows_at_a_container_that_are_no_container() {
    // A metric without a value, and a container with a type of value.
    let (facts, _) = group(&RATE.replace("1.1.1.1|72|", "1.1.1.0||").replace("|NM|", "||"));
    assert!(facts[0].starts_with("MDC|147842") && facts.len() == 1, "{facts:?}");
    let (facts, _) = group(&CHANNEL.replace("3||", "3|ST|"));
    assert!(facts[0].starts_with("device 0 at=1.1.1.0") && facts.len() == 1, "{facts:?}");
}

#[test]
fn places_without_devices_are_sub_ids() {
    let row = |code: &str| group(&format!("OBX|1|NM|{code}|1.1.1.1|5")).0.concat();
    assert!(row("150456^MDC_PULS_OXIM_SAT_O2^MDC").contains(" metric"));
    assert!(row("59408-5^SpO2^LN^150456^^MDC").contains(" metric"));
    assert!(row("0002-4bb8^SpO2^MDIL").contains(" metric"));
    assert!(!row("12^MDCK cells^L").contains(" metric"));
    assert!(!row("12^a^99MDC").contains(" metric"));
}

#[test]
fn what_is_left_out_is_not_made_up() {
    // A channel and a VMD are not declared: the metric is in what is.
    let (facts, _) = group(&format!("{MDS}\n{RATE}"));
    assert_eq!((facts.len(), device(&facts)), (2, Some("0")));
    // Nothing is, and nobody says which device it is.
    let (facts, _) = group(RATE);
    assert_eq!((facts.len(), device(&facts)), (1, None));
    // The numbers of another MDS say nothing of this one.
    let (facts, _) = group(&format!("{MDS}\n{}", RATE.replace("1.1.1.1", "2.1.1.1")));
    assert_eq!((facts.len(), device(&facts)), (2, None));
    // Nor do those of another OBR.
    let (facts, _) = group(&format!("{MDS}\nOBR|2\n{RATE}"));
    assert_eq!((facts.len(), device(&facts)), (2, None));
}

#[test]
fn without_containers_the_first_row_or_the_sender_names_the_device() {
    let named = format!("{RATE}|||||||^^0011223344556677^EUI-64");
    let rest = RATE.replace("1.1.1.1", "1.1.1.2");
    let (facts, _) = group(&format!("{named}\n{rest}"));
    assert_eq!(facts[0], "device 0 id=Eui64 0011223344556677");
    assert_eq!((facts.len(), device(&facts)), (3, Some("0")));
    // Where the rows name several, none of them is that of the others.
    let other = format!("{}|||||||^^00112233445566FF^EUI-64", RATE.replace("1.1.1.1", "1.1.1.3"));
    let (facts, _) = group(&format!("{named}\n{other}\n{rest}"));
    assert_eq!(device(&facts), None);
    let msh = |sender| {
        let text = format!("MSH|^~\\&|{sender}|F|||2026||ORU^R01|C|P|2.6\nOBR|1\n{RATE}\n");
        let Lines { facts, .. } = read(&text);
        facts.into_iter().find(|fact| fact.starts_with("device"))
    };
    let sender = Some(String::from("device 0 id=Eui64 0011223344556677"));
    assert_eq!(msh("MON^0011223344556677^EUI-64"), sender);
    assert_eq!(msh("0011223344556677^EUI-64"), sender);
    assert_eq!(msh("MON^1.2.3^ISO"), None);
}

#[test]
fn identifiers_of_devices() {
    let of = |sent: &str| {
        let (facts, diagnostics) = group(&format!("{RATE}|||||||{sent}"));
        let device = facts.iter().find_map(|fact| fact.strip_prefix("device 0 "));
        (device.map(String::from), diagnostics.len())
    };
    let uuid = "123e4567-e89b-12d3-a456-426614174000";
    for (sent, want, said) in [
        ("M^N^0011223344556677^EUI64", "id=Eui64 0011223344556677 id=M@N", 0),
        ("0011223344556677^EUI-64", "id=Eui64 0011223344556677", 0),
        ("00-11-22-33-44-55-66-77^^^EUI-64", "id=Eui64 00-11-22-33-44-55-66-77", 0),
        (&format!("{uuid}^^{uuid}^UUID"), &format!("id=Uuid {uuid}"), 0),
        (&format!("7^A^{uuid}^UUID"), &format!("id=7@A&{uuid}&UUID"), 0),
        ("M-1^N^001122^EUI-64", "id=M-1@N&001122&EUI-64", 0),
        ("M-1^N^1.2.3^ISO", "id=M-1@N&1.2.3&ISO", 0),
        // A name of the namespace has no place where the device has none.
        ("^N^0011223344556677^EUI-64", "id=Eui64 0011223344556677", 1),
    ] {
        assert_eq!(of(sent), (Some(want.into()), said), "{sent}");
    }
    assert_eq!(of("^N"), (None, 1));
}

#[test]
fn the_identifier_of_a_whole_is_not_that_of_its_part() {
    let id = "|||||||M-1^Maker^0011223344556677^EUI-64";
    let (facts, _) = group(&format!("{MDS}\n{VMD}{id}\n{RATE}{id}"));
    assert_eq!(facts[1], "device 1 in=0 at=1.1.0.0 kind=MDC|69798 display=MDC_DEV_ECG_VMD");
    assert_eq!((facts.len(), device(&facts)), (3, Some("1")));
    // A sensor of its own is in what it is plugged into.
    let (facts, _) = group(&format!("{MDS}\n{VMD}\n{RATE}|||||||S-1^Maker"));
    assert_eq!(facts[2], "device 2 in=1 id=S-1@Maker");
    assert_eq!(device(&facts), Some("2"));
}

#[test]
fn attributes_are_of_the_container_that_they_stand_under() {
    let rows = "OBX|5|ST|531972^MDC_ID_PROD_SPEC_SERIAL^MDC|1.0.0.1|S-9||||||F\n\
                OBX|6|ST|531976^MDC_ID_PROD_SPEC_FW^MDC|1.0.0.2|2.1||||||F\n\
                OBX|7|ST|0^MDC_ATTR_ID_MODEL^MDC|1.1.0.1|ECG 3||||||F\n\
                OBX|8|ST|531970^^MDC|1.1.0.2|Maker||||||F";
    let (facts, diagnostics) = group(&format!("{RATE}\n{rows}\n{MDS}"));
    assert_eq!(
        facts[..2],
        [
            "device 0 at=1.0.0.0 kind=MDC|69965 display=MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS \
             id=Eui64 0011223344556677 id=M-1@Maker serial=S-9 version=531976:2.1",
            // Nothing declares it, but it is there.
            "device 1 in=0 at=1.1.0.1 maker=Maker model=ECG 3",
        ]
    );
    assert_eq!((facts.len(), device(&facts)), (3, Some("1")));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
}

#[test]
fn participants_say_more_of_a_device() {
    let prt = "PRT||||||||||M-2^^0011223344556688^EUI-64||||||DI-1|20240101|20290101|L-1|S-1";
    let facts_of = "udi=DI-1 made=2024-01-01 expires=2029-01-01";
    // Of the group, of a container, of a metric.
    let (facts, _) = group(&format!("{prt}\n{MDS}\n{RATE}"));
    assert!(facts[1].starts_with("device 1 id=Eui64 0011223344556688 id=M-2 serial=S-1 lot=L-1"));
    assert!(facts[1].ends_with(facts_of));
    assert_eq!(device(&facts), Some("0"));
    let (facts, _) = group(&format!("{VMD}\n{prt}\n{RATE}"));
    assert!(facts[0].starts_with("device 0 at=1.1.0.0 kind=MDC|69798") && facts.len() == 2);
    assert!(facts[0].contains("id=Eui64 0011223344556688") && facts[0].ends_with(facts_of));
    let (facts, _) = group(&format!("{VMD}\n{RATE}\n{prt}"));
    assert!(facts[1].starts_with("device 1 in=0 id=Eui64 0011223344556688"));
    assert_eq!(device(&facts), Some("1"));
    // The equipment of the group that is a container says more of that.
    let (facts, _) = group(&format!("{}\n{MDS}\n{RATE}", prt.replace("6688", "6677")));
    assert!(facts[0].starts_with("device 0 at=1.0.0.0 kind=MDC|69965") && facts.len() == 2);
    assert!(facts[0].ends_with(facts_of) && facts[0].matches("Eui64").count() == 1, "{facts:?}");
    // A person is none.
    let (facts, diagnostics) = group(&format!("{RATE}\nPRT|1|AD||AP|D1^DOE"));
    assert_eq!((facts.len(), device(&facts)), (1, None));
    assert_eq!(diagnostics, ["FieldNotMapped PRT-1", "FieldNotMapped PRT-2"]);
}

#[test]
fn facets_are_read_before_their_metric() {
    let wave = "OBX|1|NA|131330^MDC_ECG_ELEC_POTL_II^MDC|1.1.1.1|0^12^^-3|266418^MDC_DIM_MILLI_VOLT^MDC|||||R";
    let rate = "OBX|2|NM|0^MDC_ATTR_SAMP_RATE^MDC|1.1.1.1.1|500|264640^MDC_DIM_HZ^MDC|||||R";
    let step =
        "OBX|3|NM|2327^MDC_ATTR_NU_MSMT_RES^MDC|1.1.1.1.2|2.5|266419^MDC_DIM_MICRO_VOLT^MDC|||||R";
    let range = "OBX|4|NR|0^MDC_ATTR_DATA_RANGE^MDC|1.1.1.1.3|-100^100||||||R";
    let none = "OBX|5|NM|262196^MDC_EVT_INOP^MDC|1.1.1.1.4|32767||||||R";
    for rows in [[wave, rate, step, range, none], [none, range, step, rate, wave]] {
        let (facts, diagnostics) = group(&rows.join("\n"));
        let want = "MDC|131330 display=MDC_ECG_ELEC_POTL_II: samples \"0^12^^-3\" x1 mdc=266418 \
                    period=2 factor=0.0025 lower=-100 upper=100 none=[32767]";
        assert!(facts[0].starts_with(want) && facts.len() == 1, "{facts:?}");
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
    }
    // A rate that no decimal has exactly stays what it is.
    let (facts, _) = group(&format!("{wave}\n{}", rate.replace("500", "300")));
    assert!(facts[0].contains("x1 mdc=266418 none=[]"), "{facts:?}");
    assert!(facts[0].contains(" facet=\"MDC_ATTR_SAMP_RATE\": 300 mdc=264640"), "{facts:?}");
    // Points of time with a value a channel.
    let (facts, _) = group("OBX|1|NA|1^a^L||1^2~3^4^5~6");
    assert!(facts[0].contains("samples \"1^2\\n3^4^5\\n6\" x3"), "{facts:?}");
}

#[test]
fn other_facets_qualify_their_metric_or_are_observations() {
    let facet = "OBX|5|NM|0^MDCX_FILTER^MDC|1.1.1.1.1|40|264640^MDC_DIM_HZ^MDC|||||R";
    let (facts, diagnostics) = group(&format!("{facet}\n{RATE}"));
    assert!(facts[0].contains(" facet=\"MDCX_FILTER\": 40 mdc=264640") && facts.len() == 1);
    assert_eq!(diagnostics, ["CodeNotMapped OBX[1]-3", "FieldNotMapped OBX[1]-3"]);
    // Of a metric that is not there, or with a status of its own.
    assert_eq!(group(facet).0.len(), 1);
    let own = facet.replace("|||||R", "||QUES|||R");
    assert_eq!(group(&format!("{own}\n{RATE}")).0.len(), 2);
    assert_eq!(group(&format!("{}\n{RATE}", facet.replace("|R", "|F"))).0.len(), 2);
    assert_eq!(group(&format!("{facet}\nNTE|1||x\n{RATE}")).0.len(), 2);
    // Of several metrics at one place, of the one before it.
    let (facts, _) = group(&format!("{RATE}\n{facet}\n{RATE}"));
    assert!(facts[0].contains("facet=") && !facts[1].contains("facet="), "{facts:?}");
}

#[test]
fn five_numbers_without_a_metric_are_an_observation() {
    let (facts, _) = group(&RATE.replace("1.1.1.1", "70000.1.0.0.1"));
    assert_eq!(facts.len(), 1);
    assert!(facts[0].contains("sub=70000.1.0.0.1"));
}

#[test]
fn codes_by_number_by_name_and_as_mdil() {
    let code = |sent: &str| {
        let (facts, diagnostics) = group(&format!("OBX|1|NM|{sent}|0|5"));
        let (code, _) = facts[0].split_once(": 5").unwrap();
        (String::from(code), diagnostics)
    };
    for (sent, want, said) in [
        ("150456^MDC_PULS_OXIM_SAT_O2^MDC", "MDC|150456 display=MDC_PULS_OXIM_SAT_O2", None),
        ("147842^MDC_ECG_CARD_BEAT_RATE^MDC", "MDC|147842 display=MDC_ECG_CARD_BEAT_RATE", None),
        (
            "0^MDC_ECG_HEART_RATE^MDC",
            "MDC|0=147842 display=MDC_ECG_HEART_RATE",
            Some("CodeByReferenceId"),
        ),
        // The term without its partition: 147842 is 2 << 16 | 16770.
        (
            "16770^MDC_ECG_HEART_RATE^MDC",
            "MDC|16770=147842 display=MDC_ECG_HEART_RATE",
            Some("CodeByReferenceId"),
        ),
        (
            "1^MDC_ECG_HEART_RATE^MDC",
            "MDC|1=147842 display=MDC_ECG_HEART_RATE",
            Some("CodeConflict"),
        ),
        (
            "68165^MDC_ATTR_EVENT_PHASE^MDC",
            "MDC|68165=68481 display=MDC_ATTR_EVENT_PHASE",
            Some("CodeConflict"),
        ),
        ("^MDC_ECG_HEART_RATE^MDC", "MDC|MDC_ECG_HEART_RATE=147842", Some("CodeByReferenceId")),
        ("MDC_ECG_HEART_RATE^^MDC", "MDC|MDC_ECG_HEART_RATE=147842", Some("CodeByReferenceId")),
        ("0002-4bb8^SpO2^MDIL", "MDC|0002-4bb8=150456 / \"SpO2\"", None),
        ("0002-f081^SD NN^MDIL", "named MDIL|0002-f081 display=SD NN", None),
        ("0^MDCX_PULSE^MDC", "\"MDCX_PULSE\"", Some("CodeNotMapped")),
        ("192513^MDCX_PULSE^MDC", "MDC|192513 display=MDCX_PULSE", None),
        ("69001^X^99MAKER", "named 99MAKER|69001 display=X", None),
    ] {
        let mut said: Vec<_> = said.iter().map(|code| format!("{code} OBX-3")).collect();
        if said == ["CodeNotMapped OBX-3"] {
            // Nor is the system of what is no code.
            said.push("FieldNotMapped OBX-3".into());
        }
        assert_eq!(code(sent), (want.into(), said), "{sent}");
    }
}

#[test]
fn units_by_number_by_name_and_as_mdil() {
    let unit = |sent: &str| {
        let (facts, diagnostics) = group(&format!("OBX|1|NM|1^a^L|0|5|{sent}"));
        let (_, value) = facts[0].split_once(": 5").unwrap();
        let (unit, _) = value.split_once(" at=").unwrap();
        (String::from(unit.trim()), diagnostics)
    };
    for (sent, want, said) in [
        ("0^MDC_DIM_PER_SEC^MDC", "mdc=264608", Some("CodeByReferenceId")),
        ("^MDC_DIM_MMHG^MDC", "mdc=266016", None),
        ("0004-0aa0^bpm^MDIL", "mdc=264864 unit=bpm", None),
        ("266016^MDC_DIM_MMHG^MDC^mm[Hg]^mm[Hg]^UCUM", "ucum=mm[Hg] mdc=266016 unit=mm[Hg]", None),
        (
            "266016^MDC_DIM_MMHG^MDC^kPa^kPa^UCUM",
            "ucum=kPa mdc=266016 unit=kPa",
            Some("CodeConflict"),
        ),
        ("262688^MDC_DIM_MMHG^MDC", "mdc=266016", Some("CodeConflict")),
    ] {
        let said: Vec<_> = said.iter().map(|code| format!("{code} OBX-6")).collect();
        assert_eq!(unit(sent), (want.into(), said), "{sent}");
    }
}

#[test]
fn methods_and_categories() {
    let of = |sent: &str| {
        let (facts, diagnostics) = group(&format!("{RATE}||||||{sent}"));
        let words = facts[0].split(' ');
        let category = words.clone().find_map(|word| word.strip_prefix("category="));
        (category.map(String::from), diagnostics)
    };
    assert_eq!(of("AMEAS^auto^MDC"), (Some("AMEAS".into()), Vec::new()));
    // The system of the category has no place.
    let said = ["FieldNotMapped OBX-17".into()].into();
    assert_eq!(of("69123^MDC_OBS_CTS^MDC~MSET^^MDC"), (Some("MSET".into()), said));
    assert_eq!(of("^APERIODIC"), (None, Vec::new()));
    assert_eq!(of("a^b^L~c^d^L"), (None, ["RepetitionsIgnored OBX-17".into()].into()));
}

#[test]
fn commands_and_alerts_are_refused() {
    let said = |kind: &str| {
        let text =
            format!("MSH|^~\\&|A|F|||2026||{kind}|C|P|2.6|||||||||IHE_PCD_003\nOBR|1\n{RATE}\n");
        let Lines { facts, diagnostics, .. } = read(&text);
        assert!(facts.len() == 2 && facts[1].starts_with("rejected"), "{facts:?}");
        diagnostics
    };
    assert_eq!(said("RGV^O15^RGV_O15"), ["CommandRefused MSH-9"]);
    for kind in ["ORU^R40^ORU_R40", "ORU^R42^ORU_R42", "ORA^R41^ORA_R41"] {
        assert_eq!(said(kind), ["AlertRefused MSH-9"]);
    }
    assert!(said("SIU^S12").is_empty());
}
