//! Whole messages: facts and diagnostics, written from the standard.

use alloc::{format, string::String, vec::Vec};

use iomt_core::{Confidence, Limits, Options};

use crate::PROTOCOL;
use crate::testing::{Lines, read, read_bytes};

mod corpora;
mod devices;
mod laws;
mod streams;

const MSH: &str = r"MSH|^~\&|APP^1.2^ISO|FAC|||20260115143000+0100||ORU^R01^ORU_R01|C1|P|2.5.1";

/// The facts of a message after its own, and its diagnostics.
fn facts(segments: &str) -> (Vec<String>, Vec<String>) {
    let Lines { mut facts, diagnostics, .. } = read(&format!("{MSH}\n{segments}\n"));
    assert_eq!(
        facts.remove(0),
        "message from=APP&1.2&ISO/FAC id=C1 sent=2026-01-15T14:30:00+01:00"
    );
    assert_eq!(facts.pop().as_deref(), Some("complete"));
    (facts, diagnostics)
}

/// The value of one OBX, and the diagnostics besides that of the missing OBR.
fn value(obx: &str) -> (String, Vec<String>) {
    let (facts, mut diagnostics) = facts(obx);
    assert_eq!(diagnostics.remove(0), "SegmentOutOfOrder OBX");
    let [measurement] = facts.as_slice() else { panic!("{facts:?}") };
    (measurement.split_once(": ").unwrap().1.into(), diagnostics)
}

/// A segment by the numbers of its fields.
fn segment(id: &str, fields: &[(usize, &str)]) -> String {
    let mut segment = String::from(id);
    let mut last = 0;
    for (number, field) in fields {
        segment += &"|".repeat(number - last);
        segment += field;
        last = *number;
    }
    segment
}

fn nm(value: &str) -> String {
    format!("OBX|1|NM|a||{value}")
}

#[test]
fn numbers() {
    for (sent, want) in [
        ("72", "72"),
        ("-7.50", "-7.50"),
        ("0", "0"),
        ("72.0", "72.0"),
        ("999999999999999999", "999999999999999999"),
    ] {
        assert_eq!(value(&nm(sent)), (want.into(), Vec::new()), "{sent}");
    }
    for (sent, want) in [("+5", "5"), ("007", "7"), (".5", "0.5"), ("5.", "5"), (" 72 ", "72")] {
        assert_eq!(value(&nm(sent)), (want.into(), Vec::from(["NumberTolerated OBX-5".into()])));
    }
    let long = "1234567890123456789.5";
    assert_eq!(value(&nm(long)), (format!("long {long}"), Vec::from(["NumberLong OBX-5".into()])));
    for sent in ["---", "NULL", "hemolyzed", "12,5", "1.2.3", "1.2E3", "<5", "72 bpm", "+", "0x10"]
    {
        let want = format!("absent sent={sent}");
        assert_eq!(value(&nm(sent)), (want, Vec::from(["ValueMalformed OBX-5".into()])));
    }
    assert_eq!(value(&nm("5^6")), ("5".into(), Vec::from(["ComponentsIgnored OBX-5".into()])));
    assert_eq!(value(&nm("5~6~~7")), ("[5; 6; 7]".into(), Vec::new()));
    assert_eq!(value(&nm("5~")), ("5".into(), Vec::new()));
}

#[test]
fn empty_and_null_are_absent() {
    for kind in ["NM", "ST", "TX", "CWE", "SN", "DTM", "TM", "NR", "", "XX"] {
        for sent in ["", "\"\"", "^^", " "] {
            let absent = (String::from("absent"), Vec::new());
            assert_eq!(value(&format!("OBX|1|{kind}|a||{sent}")), absent, "{kind} {sent}");
        }
    }
    assert_eq!(value("OBX|1|NM|a"), ("absent".into(), Vec::new()));
    assert_eq!(value("OBX|1|NM|a||5~\"\""), ("[5; absent]".into(), Vec::new()));
}

#[test]
fn structured_numbers() {
    let sn = |sent: &str| value(&format!("OBX|1|SN|a||{sent}"));
    for (sent, want) in [
        (">^100", "Greater 100"),
        ("<^0.5", "Less 0.5"),
        (">=^5", "GreaterOrEqual 5"),
        ("<=^5", "LessOrEqual 5"),
        ("=^5", "5"),
        ("^60", "60"),
        ("^0^-^1", "range 0 to 1"),
        ("^1^:^128", "ratio 1 to 128"),
        ("^1^/^2", "ratio 1 to 2"),
        ("<>^5", r#"text "<>^5""#),
        ("^2^+", r#"text "^2^+""#),
    ] {
        assert_eq!(sn(sent), (want.into(), Vec::new()), "{sent}");
    }
    for sent in ["120", ">^abc", "^1^2", "^1^-", ">^1^-^2", "x^5", "<^", "^^-^5"] {
        let malformed = Vec::from(["ValueMalformed OBX-5".into()]);
        assert_eq!(sn(sent), (format!("absent sent={sent}"), malformed), "{sent}");
    }
}

#[test]
fn ranges_texts_codes_and_times() {
    for (obx, want) in [
        ("NR|a||3^5.5", "range 3 to 5.5"),
        ("NR|a||^5", "range  to 5"),
        ("ST|a||Smith & Wesson^x", r#"text "Smith & Wesson^x""#),
        (r"TX|a||one \T\ two~three", r#"text "one & two\nthree""#),
        (r"FT|a||a\.br\b \H\c\N\", r#"text "a\nb c""#),
        ("DT|a||20260115", "time 2026-01-15"),
        ("DTM|a||202601151430+0100", "time 2026-01-15T14:30:00+01:00"),
        ("TS|a||2026", "time 2026"),
        ("TM|a||1430", "clock 14:30 sent=1430"),
        ("TM|a||143015.5", "clock 14:30:15 sent=143015.5"),
        ("TM|a||14", r#"text "14""#),
        ("IS|a||POS", "coded ?|POS"),
        ("CE|a||1^x^L^2^y^SCT", "coded named L|1 display=x / SCT|2 display=y"),
        (
            "CWE|a||1^x^LN^2^y^99A^2.7^3^words^4^z^HL70078^9",
            r#"coded LN|1 display=x version=2.7 / named 99A|2 display=y version=3 / HL70078|4 display=z version=9 / "words""#,
        ),
        ("ED|a||^TEXT^^A^a & b^c", r#"attachment Text a & b^c kind=TEXT"#),
        ("CNE|a||^only words", r#"coded "only words""#),
        ("CWE|a||1^^SNM3~2", "[coded named SNM3|1; coded ?|2]"),
    ] {
        assert_eq!(value(&format!("OBX|1|{obx}")), (want.into(), Vec::new()), "{obx}");
    }
    for (obx, want, code) in [
        ("NR|a||3^x", "absent sent=3^x", "ValueMalformed OBX-5"),
        ("DT|a||20260230", "absent sent=20260230", "ValueMalformed OBX-5"),
        ("TM|a||2400", "absent sent=2400", "ValueMalformed OBX-5"),
        ("|a||words", r#"text "words""#, "ValueTypeMissing OBX-2"),
        ("FN|a||^x^y~z", r#"text "^x^y\nz""#, "ValueTypeUnknown OBX-2"),
        (
            "ED|a||LAB^im^GIF^hex^00 ff",
            r#"attachment Hexadecimal 00 ff kind=im subtype=GIF"#,
            "FieldNotMapped OBX-5",
        ),
        (
            "RP|a||http://a.example/^^IM^GIF^x",
            r#"attachment at http://a.example/ kind=IM subtype=GIF"#,
            "FieldNotMapped OBX-5",
        ),
        ("DTM|a||2026^Y", "time 2026", "ComponentsIgnored OBX-5"),
        (r"ST|a||a\Z9\b", r#"text "a\\Z9\\b""#, "EscapeUnknown OBX-5"),
        (r"ST|a||C:\x", r#"text "C:\\x""#, "EscapeUnterminated OBX-5"),
        ("ST|a||a\u{1}b", r#"text "ab""#, "ControlCharacter OBX-5"),
        ("CWE|a||1^x^LN^^^^^^^^^^^1.2", "coded LN|1 display=x", "FieldNotMapped OBX-5"),
    ] {
        let mut found = value(&format!("OBX|1|{obx}"));
        found.1.sort();
        assert_eq!(found, (want.into(), Vec::from([code.into()])), "{obx}");
    }
}

#[test]
fn units() {
    for (unit, want) in [
        ("mg/dL^mg/dL^UCUM", "5 ucum=mg/dL unit=mg/dL"),
        ("264864^MDC_DIM_BEAT_PER_MIN^MDC^{beat}/min^^UCUM", "5 ucum={beat}/min mdc=264864"),
        ("/min^bpm^UCUM^264864^MDC_DIM_BEAT_PER_MIN^MDC", "5 ucum=/min mdc=264864 unit=bpm"),
        ("mmol/L", "5 unit=mmol/L"),
        ("^milligram", "5 unit=milligram"),
        (r"10*3/uL^10\S\3/uL^UCUM", "5 ucum=10*3/uL unit=10^3/uL"),
        ("\"\"", "5"),
    ] {
        assert_eq!(value(&format!("OBX|1|NM|a||5|{unit}")), (want.into(), Vec::new()), "{unit}");
    }
    // The name of a system, and another name, that have no place.
    for (unit, want) in [
        ("0^MDC_DIM_X^MDC", "5 unit=MDC_DIM_X"),
        ("mg^milligram^L", "5 unit=mg"),
        ("mg^^L^mg^^UCUM^^^Milligramm", "5 ucum=mg unit=Milligramm"),
    ] {
        let lost = Vec::from(["FieldNotMapped OBX-6".into(), "FieldNotMapped OBX-6".into()]);
        assert_eq!(value(&format!("OBX|1|NM|a||5|{unit}")), (want.into(), lost), "{unit}");
    }
    let (text, diagnostics) = value("OBX|1|ST|a||word|mg");
    assert_eq!(
        (text.as_str(), diagnostics.join("")),
        (r#"text "word""#, "FieldNotMapped OBX-6".into())
    );
}

#[test]
fn all_fields_of_an_observation() {
    let obx = segment(
        "OBX",
        &[
            (1, "1"),
            (2, "NM"),
            (3, "2339-0^Glucose^LN"),
            (4, "1.2"),
            (5, "5.4"),
            (6, "mmol/L^^UCUM"),
            (7, "3.9-5.6"),
            (8, "H~A^^L"),
            (9, "0.9"),
            (10, "S"),
            (11, "F"),
            (12, "20260101"),
            (13, "x"),
            (14, "20260115143000+0100"),
            (15, "ID"),
            (16, "D1^DOE^JO^^^DR^^^HOSP&1.2&ISO^L^^^NPI"),
            (17, "M1^m^99M"),
            (18, "DEV^NS^001122^EUI-64"),
            (19, "2026"),
            (20, "SITE^s^SCT"),
            (21, "OID^NS"),
            (23, "LAB^L^7^^^AUTH&2.3&ISO^XX^^^ID10"),
            (24, "1 Street"),
        ],
    );
    let (facts, mut diagnostics) = facts(&format!("OBR|1\n{obx}"));
    assert_eq!(facts[..2], ["report 0", "device 0 id=DEV@NS&001122&EUI-64"]);
    let want = "LN|2339-0 display=Glucose: 5.4 ucum=mmol/L status=F at=2026-01-15T14:30:00+01:00 \
                device=0 report=0 sub=1.2 id=OID@NS method=named 99M|M1 display=m \
                site=SCT|SITE display=s flag=HL70078|H flag=named L|A range=\"3.9-5.6\"(3.9,5.6) \
                Performer org(ID ) ResponsibleObserver(D1@HOSP&1.2&ISO:NPI DOE^JO^^^DR^^L) \
                Performer org(ID10@AUTH&2.3&ISO:XX LAB)";
    assert_eq!(facts[2], want);
    diagnostics.sort();
    // Of OBX-23 the kind of the name, and the number that ID10 stands for since 2.5.
    let places = ["10", "12", "13", "19", "23", "23", "9"];
    assert_eq!(diagnostics, places.map(|field| format!("FieldNotMapped OBX-{field}")));
}

#[test]
fn a_patient_and_a_visit() {
    let pid = segment(
        "PID",
        &[
            (1, "1"),
            (2, "OLD"),
            (3, "MRN1^5^M11^HOSP&1.2&ISO^MR^^2026~SSN"),
            (5, "DOE&VAN&DER^JANE^Q^JR^DR^MD^L~\"\""),
            (6, "MAIDEN"),
            (7, "19700101"),
            (8, "F^Female"),
            (10, "X"),
            (11, "1 Street&Street&1^Flat 2^Town^ST^12345^USA^H^^County"),
            (13, "(555)555-0100^ORN^PH~^NET^Internet^jo@example.org"),
            (14, "^^PH^^1^555^5550101"),
            (29, "20260101"),
            (30, "Y"),
        ],
    );
    let pv1 = segment(
        "PV1",
        &[
            (1, "1"),
            (2, "I"),
            (3, "W^1"),
            (7, "D1^HOUSE^G~D2"),
            (19, "V1^^^HOSP^VN"),
            (44, "2026"),
            (45, "2027"),
        ],
    );
    let (facts, diagnostics) = facts(&format!("{pid}\n{pv1}"));
    let want = "patient 0 id=OLD id=MRN1@HOSP&1.2&ISO:MR id=SSN name=DOE^JANE^Q^JR^DR^MD^L \
                born=1970-01-01 sex=F address=1 Street^Flat 2^Town^ST^12345^USA^H^County \
                telecom=(555)555-0100 by=PH use=ORN telecom=jo@example.org by=Internet use=NET \
                telecom=1 555 5550101 by=PH use=WPN died=2026-01-01 dead=Y";
    assert_eq!(facts[0], want);
    let want = "encounter 0 of=0 class=I id=V1@HOSP:VN Attender(D1 HOUSE^G) Attender(D2 ) \
                start=2026 end=2027";
    assert_eq!(facts[1..], [want]);
    // The scheme of the check digit.
    let want = ["FieldNotMapped PID-3", "ComponentsIgnored PID-8", "FieldNotMapped PID-10"];
    assert_eq!(diagnostics, want);
}

#[test]
fn a_report_with_specimens_and_notes() {
    let obr = segment(
        "OBR",
        &[
            (1, "1"),
            (3, "FIL1^NS"),
            (4, "24323-8^Panel^LN"),
            (7, "20260101"),
            (8, "20260102"),
            (16, "O1^ORD"),
            (22, "20260103"),
            (24, "LAB"),
            (25, "F"),
            (32, "R1&READ&ER^2026"),
        ],
    );
    let spm = segment(
        "SPM",
        &[
            (1, "1"),
            (2, "P1&NS^F1"),
            (4, "BLD^Blood^HL70487"),
            (7, "VEN"),
            (8, "ARM^^SCT"),
            (17, "20260101^20260102"),
            (18, "20260103"),
        ],
    );
    let timed = segment("OBX", &[(2, "ST"), (3, "b"), (5, "y"), (11, "F"), (14, "20260105")]);
    let text = format!(
        "PID|1||P1\nORC|RE|ORD9|FIL9\nNTE|1||lost\n{obr}\nTQ1|1\nNTE|1||of the report~second line\n\
         OBX|1|ST|a||x\nNTE|1|L|of a\nNTE|2||more of a\n{timed}\n{spm}\nNTE|1||of the specimen\n\
         OBX|3|ST|c||z\nOBR|2\nOBX|1|ST|d||w"
    );
    let (facts, mut diagnostics) = facts(&text);
    let want = [
        "patient 0 id=P1",
        "specimen 0 of=0 kind=HL70487|BLD display=Blood placer=P1@NS filler=F1 method=?|VEN \
         site=SCT|ARM from=2026-01-01 to=2026-01-02 received=2026-01-03 note=\"of the specimen\"",
        "order 0 ORD9 FIL9 control=RE Orderer(O1 ORD) note=\"of the report\\nsecond line\"",
        "report 0 of=0 code=LN|24323-8 display=Panel placer=ORD9 filler=FIL1@NS status=F category=LAB \
         from=2026-01-01 to=2026-01-02 issued=2026-01-03 Interpreter(R1 READ^ER) specimen=0",
        "?|a: text \"x\" from=2026-01-01 to=2026-01-02 of=0 specimen=0 report=0 note=\"of a\" \
         note=\"more of a\"",
        "?|b: text \"y\" status=F at=2026-01-05 of=0 specimen=0 report=0",
        "?|c: text \"z\" from=2026-01-01 to=2026-01-02 of=0 specimen=0 report=0",
        "report 1 of=0",
        "?|d: text \"w\" of=0 report=1",
    ];
    assert_eq!(facts, want);
    let want = ["FieldNotMapped NTE[1]-3", "FieldNotMapped NTE[3]-2", "SegmentNotMapped TQ1"];
    diagnostics.sort();
    assert_eq!(diagnostics, want);
}

#[test]
fn of_several_specimens_each_has_what_follows() {
    let (facts, _) = facts("OBR|1\nOBX|1|ST|a||x\nSPM|1\nOBX|1|ST|b||x\nSPM|2\nOBX|1|ST|c||x");
    assert_eq!(facts[2], "report 0 specimen=0 specimen=1");
    let specimens = ["report=0", "specimen=0 report=0", "specimen=1 report=0"];
    for (fact, (code, specimen)) in facts[3..].iter().zip(["a", "b", "c"].iter().zip(specimens)) {
        assert_eq!(fact, &format!("?|{code}: text \"x\" {specimen}"));
    }
}

#[test]
fn no_patient_gets_what_is_of_another() {
    let (facts, diagnostics) = facts(
        "OBX|1|ST|a||x\nPID|1||P1\nPV1|1|I\nOBR|1\nOBX|1|ST|b||x\nPID|1||P2\nOBX|1|ST|c||x\nPID|1||P2\n\
         OBX|1|ST|d||x\nPV1|1|O\nOBX|1|ST|e||x",
    );
    let want = [
        "?|a: text \"x\"",
        "patient 0 id=P1",
        "encounter 0 of=0 class=I",
        "report 0 of=0 encounter=0",
        "?|b: text \"x\" of=0 report=0 encounter=0",
        "patient 1 id=P2",
        "?|c: text \"x\" of=1",
        "?|d: text \"x\" of=1",
        "encounter 1 of=1 class=O",
        "?|e: text \"x\" of=1 encounter=1",
    ];
    assert_eq!(facts, want);
    let want = ["OBX[1]", "PID[1]", "OBX[3]", "OBX[4]", "PV1[2]", "OBX[5]"];
    assert_eq!(diagnostics, want.map(|place| format!("SegmentOutOfOrder {place}")));
}

#[test]
fn devices_are_declared_once_and_the_lowest_level_measures() {
    let row = |device: &str| format!("OBX|1|ST|a||x{}{device}\n", "|".repeat(13));
    let text =
        [row("M1^N~I1^N"), row("M1^N~I1^N"), row("M2~I1^N"), row(""), row("^^X"), row("I1^N~M2")];
    let (facts, diagnostics) = facts(&format!("OBR|1\n{}", text.concat()));
    let want = [
        "report 0",
        "device 0 id=I1@N",
        "device 1 in=0 id=M1@N",
        "?|a: text \"x\" device=1 report=0",
        "?|a: text \"x\" device=1 report=0",
        "device 2 in=0 id=M2",
        "?|a: text \"x\" device=2 report=0",
        "?|a: text \"x\" report=0",
        "?|a: text \"x\" report=0",
        "?|a: text \"x\" device=0 report=0",
    ];
    assert_eq!(facts, want);
    assert_eq!(diagnostics, ["FieldNotMapped OBX[5]-18"]);
}

#[test]
fn many_devices_are_told_apart() {
    let row =
        |n: usize| segment("OBX", &[(2, "ST"), (3, "a"), (5, "x"), (18, &format!("D{}", n % 40))]);
    let rows: Vec<_> = (0..80).map(row).collect();
    let (facts, _) = facts(&format!("OBR|1\n{}", rows.join("\n")));
    assert_eq!(facts.iter().filter(|f| f.starts_with("device")).count(), 40);
    let last = facts.last().unwrap();
    assert_eq!(last, "?|a: text \"x\" device=39 report=0");
    assert!(facts.contains(&"device 39 id=D39".into()));
}

#[test]
fn rows_that_stand_for_devices_are_no_observations() {
    let (facts, diagnostics) =
        facts("OBR|1\nOBX|1||69965^^MDC|1.0.0.0|||||||X\nOBX|2||2339-0^^LN|1|||||||X");
    let want = [
        "device 0 at=1.0.0.0 kind=MDC|69965",
        "report 0",
        "LN|2339-0: absent status=X report=0 sub=1",
    ];
    assert_eq!(facts, want);
    assert!(diagnostics.is_empty());
}

#[test]
fn times_that_cannot_be_read_are_kept() {
    let (facts, diagnostics) =
        facts("PID|1||||||0000\nOBR|1||||||2026-01-01\nOBX|1|ST|a||x|||||||||99");
    let want = [
        "patient 0 born=no time 0000",
        "report 0 of=0 at=no time 2026-01-01",
        "?|a: text \"x\" at=no time 99 of=0 report=0",
    ];
    assert_eq!(facts, want);
    assert_eq!(diagnostics, ["PID-7", "OBR-7", "OBX-14"].map(|at| format!("TimeMalformed {at}")));
}

#[test]
fn what_is_not_mapped_is_said() {
    let (facts, diagnostics) =
        facts("UAC|x\nPID|1||P1\nPD1|y\nZZZ|1\nobx|1\nOBXX|1\n1BX|1\n|x\nOBR|1\nPRT|z\nQQ\nSFT|z");
    assert_eq!(facts, ["patient 0 id=P1", "report 0 of=0"]);
    let want = [
        "SegmentNotMapped UAC",
        "FieldNotMapped PD1-1",
        "SegmentNotMapped segment[5]",
        "SegmentNotMapped segment[6]",
        "MalformedSegment segment[7]",
        "MalformedSegment segment[8]",
        "MalformedSegment segment[9]",
        "SegmentNotMapped PRT",
        "MalformedSegment segment[12]",
        "SegmentNotMapped SFT",
    ];
    assert_eq!(diagnostics, want);
}

#[test]
fn the_header() {
    let read = |text: &str| {
        let Lines { facts, diagnostics, .. } = read(text);
        (facts, diagnostics)
    };
    let (facts, diagnostics) =
        read("MSH|^~\\&|A|B|C|D|2026-01-01|S|ORU^W01|9|P|2.6|1|2|AL|NE|CH|UTF-8|en\n");
    let header = "header W01 to=C at=D security=S language=en";
    assert_eq!(facts, ["message from=A/B id=9 sent=no time 2026-01-01", header, "complete"]);
    let want = [
        "TriggerNotMapped MSH-9",
        "TimeMalformed MSH-7",
        "FieldNotMapped MSH-13",
        "FieldNotMapped MSH-14",
        "FieldNotMapped MSH-17",
    ];
    assert_eq!(diagnostics, want);
    // Of 2.7 and later, and the software, which follows at once.
    let (facts, diagnostics) = read(
        "MSH|^~\\&|A|B|^^ISO||||ORU^R01|9|T^A|2.9||||||||||N1^^7~N2|R1|^h^DNS|u|R^r^HL70952|H1~H2\n\
         SFT|M^^8|1.0|S|b|n~n|2025\nSFT|M\nPID|\nSFT|late\n",
    );
    let said = "header R01 processing=T mode=A responsible=N1/7 receiver=R1/ source=&h&DNS \
                destination=u classification=HL70952|R display=r handling=?|H1 handling=?|H2 \
                software=M/1.0/S/b/n\nn software=M////";
    assert_eq!(facts[1], said);
    let want = [
        "FieldNotMapped MSH-5",
        "RepetitionsIgnored MSH-22",
        "FieldNotMapped SFT[1]-1",
        "FieldNotMapped SFT[1]-6",
        "SegmentNotMapped SFT[3]",
    ];
    assert_eq!(diagnostics, want);
    let (facts, diagnostics) = read("MSH|^~|A||||||ORU^R01\n");
    assert_eq!(facts, ["message from=A/", "complete"]);
    assert_eq!(diagnostics, ["ShortEncodingCharacters MSH-2"]);
    let (facts, diagnostics) = read("MSH|^~\\&|||||||ADT^A40\nPID|1\n");
    assert_eq!(diagnostics, ["EventRefused MSH-9"]);
    assert_eq!(facts[1..], ["rejected: unsupported code 0x0000 in `MSH-9` at byte 15"]);
    let (facts, _) = read("MSH|^~\\&|A\n");
    assert_eq!(facts[1..], ["rejected: missing in `MSH-9` at byte 0"]);
    let (facts, _) = read("MSH#!*?@#A######ORU!R01\nPID#1##X?F?!!!H@1\n");
    assert_eq!(facts[1], "patient 0 id=X#@H&1");
}

#[test]
fn messages_of_an_input_are_each_its_own() {
    let one = |id: &str| format!("MSH|^~\\&|||||||ORU^R01|{id}\nPID|1||{id}\nOBX|1|ST|a||x\n");
    let bad = "MSH|^^^^|||||||ORU^R01|bad\nPID|1||bad\n";
    let text = format!("FHS|^~\\&\n{}BTS|1\nlost\n{bad}{}", one("1"), one("2"));
    let Lines { facts, diagnostics, .. } = read(&text);
    let want = [
        "message from=/ id=1",
        "patient 0 id=1",
        "?|a: text \"x\" of=0",
        "complete",
        "message from=/",
        "rejected: malformed in `MSH-2` at byte 72",
        "message from=/ id=2",
        "patient 0 id=2",
        "?|a: text \"x\" of=0",
        "complete",
    ];
    assert_eq!(facts, want);
    let want = [
        "SegmentNotMapped FHS",
        "SegmentOutOfOrder OBX",
        "SegmentNotMapped BTS",
        "EnvelopeIncomplete BTS",
        "Junk message",
        "SeveralMessages MSH",
        "SegmentOutOfOrder OBX",
        "EnvelopeIncomplete FTS",
    ];
    assert_eq!(diagnostics, want);
}

#[test]
fn terminators_marks_and_frames() {
    let read = |bytes: &[u8]| {
        let (lines, result) = read_bytes(bytes, &Options::default());
        assert!(result.is_ok());
        (lines.facts.iter().filter(|f| f.starts_with("patient")).count(), lines.diagnostics)
    };
    let header = "MSH|^~\\&|||||||ORU^R01";
    let one = |text: &str| read(text.as_bytes());
    let no: [&str; 0] = [];
    assert_eq!(one(&format!("{header}\rPID|1\r")), (1, no.map(String::from).to_vec()));
    let said =
        |codes: &[&str]| codes.iter().map(|code| format!("{code} message")).collect::<Vec<_>>();
    assert_eq!(one(&format!("{header}\nPID|1\n")), (1, said(&["LineTerminator"])));
    assert_eq!(one(&format!("{header}\r\nPID|1\r\n")), (1, said(&["LineTerminator"])));
    assert_eq!(one(&format!("{header}\rPID|1")), (1, said(&["UnterminatedSegment"])));
    assert_eq!(one(&format!("\u{FEFF}{header}\rPID|1\r")), (1, said(&["ByteOrderMark"])));
    assert_eq!(one(&format!("\x0b{header}\rPID|1\r\x1c\r")), (1, said(&["Junk", "Junk"])));
    let text = format!("\x0b{header}\rPID|1\x1c\r");
    assert_eq!(one(&text), (1, said(&["Junk", "UnterminatedSegment", "Junk"])));
    // A frame that begins within a line ends the message: never are two messages one.
    let (patients, diagnostics) = one(&format!("{header}\x0b{header}\rPID|1\r\x1c\r"));
    assert_eq!((patients, diagnostics[0].as_str()), (1, "UnterminatedSegment message"));
    assert!(diagnostics.contains(&"SeveralMessages MSH".into()));
    assert_eq!(one(&format!("{header}\r\x1c\rPID|1\r")), (1, said(&["Junk"])));
}

#[test]
fn a_frame_that_is_cut_short_is_rejected() {
    let message = "MSH|^~\\&|||||||ORU^R01\rPID|1\r";
    let cut = |text: String| {
        let (lines, result) = read_bytes(text.as_bytes(), &Options::default());
        let rejected = lines.facts.iter().filter(|f| f.starts_with("rejected")).count();
        (rejected, result.map_err(|error| error.field()))
    };
    assert_eq!(cut(format!("\x0b{message}")).0, 1);
    assert_eq!(cut(format!("\x0b{message}\x1c")).1, Err("frame"));
    assert_eq!(cut(format!("\x0b{message}\x1c\r")).1, Ok(()));
    assert_eq!(cut(format!("\x0b{message}\x1c\x0b{message}\x1c\r")).1, Ok(()));
    assert_eq!(cut(format!("\x0b{message}\x0b{message}\x1c\r")).0, 1);
}

#[test]
fn character_sets() {
    let read = |set: &str, name: &[u8]| {
        let header = format!("MSH|^~\\&|||||||ORU^R01|||||||||{set}\rPID|1||||");
        let bytes = [header.as_bytes(), name, b"\r"].concat();
        let (Lines { mut facts, diagnostics, .. }, _) = read_bytes(&bytes, &Options::default());
        (facts.swap_remove(1), diagnostics.join(" "))
    };
    let of = |name: &str, said: &str| (format!("patient 0{name}"), String::from(said));
    assert_eq!(read("UNICODE UTF-8", "Müller".as_bytes()), of(" name=Müller", ""));
    assert_eq!(read("8859/1", b"M\xFCller"), of(" name=Müller", ""));
    assert_eq!(read("", "中文".as_bytes()), of(" name=中文", "CharacterSetAssumed MSH-18"));
    assert_eq!(read("", b"M\xFCller"), of(" name=Müller", "CharacterSetMismatch MSH-18"));
    assert_eq!(read("UTF-8", b"M\xFCller"), of(" name=Müller", "CharacterSetMismatch PID-5"));
    assert_eq!(read("8859/7", b"M\xFCller"), of(" name=Mόller", ""));
    assert_eq!(read("8859/12", b"Muller"), of(" name=Muller", "CharacterSetUnknown MSH-18"));
    assert_eq!(
        read("8859/1", "Müller".as_bytes()),
        of(" name=MÃ¼ller", "CharacterSetDoubtful MSH-18")
    );
    assert_eq!(read("BIG-5", b"\xB3\x5C"), of(" name=許", ""));
    assert_eq!(read("BIG-5", b"\xA8|"), of(" name=育", ""));
    assert_eq!(read("BIG-5", b"\xB3"), of(" name=³", "CharacterSetMismatch PID-5"));
    assert_eq!(read("BIG-5", "王小".as_bytes()), of(" name=王小", "CharacterSetMismatch MSH-18"));
    assert_eq!(read("GB 18030-2000", b"\xB2\xE2\xCA\xD4"), of(" name=测试", ""));
    assert_eq!(read("KS X 1001", b"\xB1\xE8"), of(" name=김", ""));
    assert_eq!(read("~ISO IR87", b"\x1B$B;n83\x1B(B"), of(" name=試験", ""));
    assert_eq!(read("~ISO IR87", b"\x1B$B%\\\x1B(B"), of(" name=ボ", ""));
    assert_eq!(read("~ISO IR87", b"\x1B$B;n"), of(" name=試", "CharacterSetMismatch PID-5"));
}

#[test]
fn limits_are_named() {
    let mut limits = Limits::DEFAULT;
    (limits.message_bytes, limits.segments, limits.fields, limits.repetitions) = (200, 5, 50, 4);
    let end = |segments: &str| {
        let text = format!("MSH|^~\\&|||||||ORU^R01\r{segments}\rMSH|^~\\&|||||||ORU^R01\r");
        let (lines, result) = read_bytes(text.as_bytes(), &Options::with_limits(limits));
        assert_eq!(lines.facts[lines.facts.len() - 1], "complete");
        let first = lines.facts.iter().find(|f| f.starts_with("rejected") || *f == "complete");
        let first = first.cloned().unwrap();
        assert_eq!(result.is_err(), first.starts_with("rejected"), "{first}");
        first
    };
    assert_eq!(end("PID|1"), "complete");
    assert_eq!(end("PID|a~b~c~d"), "complete");
    let limit =
        |which: &str, at| format!("rejected: limit of {which} exceeded in `message` at byte {at}");
    assert_eq!(end("PID|a~b~c~d~e"), limit("repetitions", 27));
    assert_eq!(end(&"|".repeat(42)), "complete");
    assert_eq!(end(&"|".repeat(43)), limit("fields", 0));
    assert_eq!(end("PV1\rPV1\rPV1\rPV1"), "complete");
    assert_eq!(end("PV1\rPV1\rPV1\rPV1\rPV1"), limit("segments", 0));
    assert_eq!(end(&"x".repeat(176)), "complete");
    assert_eq!(end(&"x".repeat(177)), limit("message-bytes", 0));
    let (lines, _) = read_bytes(
        format!("MSH|^~\\&|||||||ORU^R01\rOBX{}\r", "|".repeat(1_000_000)).as_bytes(),
        &Options::default(),
    );
    assert_eq!(lines.facts[1], limit("fields", 23));
}

#[test]
fn an_input_without_a_message_is_rejected() {
    for text in ["", "GET / HTTP/1.1\r\n\r\n", "MSHH0\r", "PID|1\r"] {
        let (lines, result) = read_bytes(text.as_bytes(), &Options::default());
        assert_eq!((lines.facts.len(), result.unwrap_err().field()), (2, "MSH"));
    }
    let (lines, _) = read_bytes(b"MSH", &Options::default());
    assert!(lines.facts[1].contains("in `MSH-1` at byte 3"), "{:?}", lines.facts);
}

#[test]
fn files_are_known_by_their_header() {
    for (text, want) in [
        (&b"MSH|^~\\&|"[..], Confidence::Yes),
        (b"\xEF\xBB\xBF\r\n\x0bMSH#", Confidence::Yes),
        (b"FHS|^~\\&|", Confidence::Yes),
        (b"BHS|", Confidence::Yes),
        (b"# comment\nMSH|^~\\&|", Confidence::Maybe),
        (b"BTS|1\rMSH|", Confidence::Maybe),
        (b"MSH", Confidence::No),
        (b"MSHA|", Confidence::No),
        (b"H|\\^&|||", Confidence::No),
        (b"{\"a\": \"MSH|\"}", Confidence::No),
        (b"", Confidence::No),
    ] {
        assert_eq!((PROTOCOL.detect)(text), want, "{:?}", core::str::from_utf8(text));
    }
}
