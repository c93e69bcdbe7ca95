use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;
use crate::Index;

/// The places of the segments of a message, a line each; LF stands for CR.
fn places(text: &str) -> Vec<String> {
    let text = text.replace('\n', "\r");
    let (mut index, mut groups) = (Index::new(), Groups::new());
    let message = Message::parse(text.as_bytes(), &mut index).unwrap();
    groups.assemble(&message);
    (0..message.lines()).filter_map(|line| groups.place_of(line)).map(|p| p.to_string()).collect()
}

fn assert_places(text: &str, want: &[&str]) {
    assert_eq!(places(text), want, "{text}");
}

#[test]
fn results_of_several_patients() {
    let text = "MSH|^~\\&|||||||ORU^R01^ORU_R01|1|P|2.5.1\nPID|1\nPD1|\nNTE|1\nPV1|1\nORC|RE\nOBR|1\nNTE|1\n\
                NTE|2\nTQ1|1\nOBX|1\nNTE|1\nOBX|2\nSPM|1\nOBX|3\nOBR|2\nOBX|1\nPID|2\nOBR|1\nOBX|1\nDSC|\n";
    assert_places(
        text,
        &[
            "MSH[1]",
            "PATIENT_RESULT[1]/PATIENT[1]/PID[1]",
            "PATIENT_RESULT[1]/PATIENT[1]/PD1[1]",
            "PATIENT_RESULT[1]/PATIENT[1]/NTE[1]",
            "PATIENT_RESULT[1]/PATIENT[1]/VISIT[1]/PV1[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/ORC[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/OBR[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/NTE[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/NTE[2]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/TIMING_QTY[1]/TQ1[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/OBSERVATION[1]/OBX[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/OBSERVATION[1]/NTE[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/OBSERVATION[2]/OBX[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/SPECIMEN[1]/SPM[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/SPECIMEN[1]/OBX[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[2]/OBR[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[2]/OBSERVATION[1]/OBX[1]",
            "PATIENT_RESULT[2]/PATIENT[1]/PID[1]",
            "PATIENT_RESULT[2]/ORDER_OBSERVATION[1]/OBR[1]",
            "PATIENT_RESULT[2]/ORDER_OBSERVATION[1]/OBSERVATION[1]/OBX[1]",
            "DSC[1]",
        ],
    );
}

#[test]
fn notes_are_about_the_nearest_segment_that_may_have_some() {
    let text = "MSH|^~\\&|||||||ORU^R01|1|P|2.5.1\rPID|1\rPV1|1\rNTE|visit\rOBR|1\rTQ1|1\rNTE|order\rOBX|1\r\
                ZZZ|1\rNTE|row\rCTI|1\rNTE|row\rSPM|1\rNTE|specimen\rOBX|2\rNTE|row\r";
    let (mut index, mut groups) = (Index::new(), Groups::new());
    let message = Message::parse(text.as_bytes(), &mut index).unwrap();
    groups.assemble(&message);
    let about: Vec<_> = (0..message.lines()).filter_map(|n| Some((n, groups.noted(n)?))).collect();
    assert_eq!(about, [(3, 2), (6, 4), (9, 7), (11, 7), (13, 12), (15, 14)]);
    let place = |line| groups.place_of(line).unwrap().to_string();
    assert_eq!(place(6), "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/NTE[1]");
    assert_eq!(place(9), "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/OBSERVATION[1]/NTE[1]");
    assert_eq!(place(11), "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/OBSERVATION[1]/NTE[2]");
    assert_eq!(place(15), "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/SPECIMEN[1]/NTE[2]");
    assert!(groups.is_placed(9) && !groups.is_placed(8) && !groups.is_placed(11));
    assert_eq!(groups.place_of(7).unwrap().group(), Some("OBSERVATION"));
    assert_eq!(groups.place_of(0).unwrap().group(), None);
}

#[test]
fn what_is_out_of_order_is_kept() {
    let text = "MSH|^~\\&|||||||ORU^R01|1|P|2.4\nZPI|1\nOBX|1\nPID|1\nPID|2\nOBX|2\nCTI|1\nOBX|3\n\
                PV1|late\nOBX|4\nDSC|\nPID|3\nnone\nOBR|9\n";
    assert_places(
        text,
        &[
            "MSH[1]",
            "ZPI[1]",
            "PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/OBSERVATION[1]/OBX[1]",
            "PATIENT_RESULT[2]/PATIENT[1]/PID[1]",
            "PATIENT_RESULT[3]/PATIENT[1]/PID[1]",
            "PATIENT_RESULT[3]/ORDER_OBSERVATION[1]/OBSERVATION[1]/OBX[1]",
            "PATIENT_RESULT[3]/ORDER_OBSERVATION[1]/CTI[1]",
            "PATIENT_RESULT[3]/ORDER_OBSERVATION[1]/OBSERVATION[2]/OBX[1]",
            "PATIENT_RESULT[3]/ORDER_OBSERVATION[1]/OBSERVATION[2]/PV1[1]",
            "PATIENT_RESULT[3]/ORDER_OBSERVATION[1]/OBSERVATION[3]/OBX[1]",
            "DSC[1]",
            "PID[1]",
            "OBR[1]",
        ],
    );
}

#[test]
fn specimens_admissions_and_appointments() {
    assert_places(
        "MSH|^~\\&|||||||OUL^R22^OUL_R22|1|P|2.5.1\nNTE|1\nPID|1\nPV1|1\nSPM|1\nOBX|1\nSAC|1\nOBR|1\nORC|1\n\
         OBX|1\nTCD|1\nNTE|1\nOBX|2\nOBR|2\nOBR|3\nSPM|2\nORC|1\nOBR|1\nORC|2\nOBR|2\n",
        &[
            "MSH[1]",
            "NTE[1]",
            "PATIENT[1]/PID[1]",
            "VISIT[1]/PV1[1]",
            "SPECIMEN[1]/SPM[1]",
            "SPECIMEN[1]/OBX[1]",
            "SPECIMEN[1]/CONTAINER[1]/SAC[1]",
            "SPECIMEN[1]/ORDER[1]/OBR[1]",
            "SPECIMEN[1]/ORDER[1]/ORC[1]",
            "SPECIMEN[1]/ORDER[1]/RESULT[1]/OBX[1]",
            "SPECIMEN[1]/ORDER[1]/RESULT[1]/TCD[1]",
            "SPECIMEN[1]/ORDER[1]/RESULT[1]/NTE[1]",
            "SPECIMEN[1]/ORDER[1]/RESULT[2]/OBX[1]",
            "SPECIMEN[1]/ORDER[2]/OBR[1]",
            "SPECIMEN[1]/ORDER[3]/OBR[1]",
            "SPECIMEN[2]/SPM[1]",
            "SPECIMEN[2]/ORDER[1]/ORC[1]",
            "SPECIMEN[2]/ORDER[1]/OBR[1]",
            "SPECIMEN[2]/ORDER[2]/ORC[1]",
            "SPECIMEN[2]/ORDER[2]/OBR[1]",
        ],
    );
    assert_places(
        "MSH|^~\\&|||||||ORU^R30^ORU_R30|1|P|2.5.1\nPID|1\nPV1|1\nORC|1\nOBR|1\nNTE|1\nOBX|1\nNTE|1\nOBX|2\n",
        &[
            "MSH[1]",
            "PID[1]",
            "VISIT[1]/PV1[1]",
            "ORC[1]",
            "OBR[1]",
            "NTE[1]",
            "OBSERVATION[1]/OBX[1]",
            "OBSERVATION[1]/NTE[1]",
            "OBSERVATION[2]/OBX[1]",
        ],
    );
    assert_places(
        "MSH|^~\\&|||||||ADT^A04|1|P|2.5\nEVN|A04\nPID|1\nNK1|1\nNK1|2\nPV1|1\nAL1|1\nDG1|1\nPR1|1\nROL|1\nPR1|2\n\
         GT1|1\nIN1|1\nIN2|1\nIN1|2\nZIN|1\n",
        &[
            "MSH[1]",
            "EVN[1]",
            "PID[1]",
            "NK1[1]",
            "NK1[2]",
            "PV1[1]",
            "AL1[1]",
            "DG1[1]",
            "PROCEDURE[1]/PR1[1]",
            "PROCEDURE[1]/ROL[1]",
            "PROCEDURE[2]/PR1[1]",
            "GT1[1]",
            "INSURANCE[1]/IN1[1]",
            "INSURANCE[1]/IN2[1]",
            "INSURANCE[2]/IN1[1]",
            "INSURANCE[2]/ZIN[1]",
        ],
    );
    assert_places(
        "MSH|^~\\&|||||||SIU^S14|1|P|2.3\nSCH|1\nNTE|1\nPID|1\nRGS|1\nAIS|1\nAIP|1\nNTE|1\nAIS|2\nRGS|2\nAIL|1\n",
        &[
            "MSH[1]",
            "SCH[1]",
            "NTE[1]",
            "PATIENT[1]/PID[1]",
            "RESOURCES[1]/RGS[1]",
            "RESOURCES[1]/SERVICE[1]/AIS[1]",
            "RESOURCES[1]/PERSONNEL_RESOURCE[1]/AIP[1]",
            "RESOURCES[1]/PERSONNEL_RESOURCE[1]/NTE[1]",
            "RESOURCES[1]/SERVICE[2]/AIS[1]",
            "RESOURCES[2]/RGS[1]",
            "RESOURCES[2]/LOCATION_RESOURCE[1]/AIL[1]",
        ],
    );
    assert_places("MSH|^~\\&|||||||ORM^O01|1\nPID|1\nPID|2\n", &["MSH[1]", "PID[1]", "PID[2]"]);
}

#[test]
fn structures_by_event() {
    let structure = |field: &str| {
        let text = alloc::format!("MSH|^~\\&|||||||{field}|1\r");
        let mut index = Index::new();
        let message = Message::parse(text.as_bytes(), &mut index).unwrap();
        message.structure().map(|structure| structure.to_string())
    };
    for (field, want) in [
        ("ADT^A04", "ADT_A01"),
        ("ADT^A01^ADT_A01", "ADT_A01"),
        ("ADT^A04^ADT_A04", "ADT_A04"),
        ("SIU^S26", "SIU_S12"),
        ("ADT^A51", "ADT_A50"),
        ("ADT^A53", "ADT_A52"),
        ("ADT^A55", "ADT_A54"),
        ("ADT^A62", "ADT_A61"),
        ("ORM^O01", "ORM_O01"),
        ("ACK", "ACK"),
        ("ACK^A01", "ACK"),
        ("ACK^A01^ACK", "ACK"),
    ] {
        assert_eq!(structure(field).as_deref(), Some(want), "{field}");
    }
    assert_eq!(structure(""), None);
}

#[test]
fn segments_are_found_by_their_groups() {
    let text = b"MSH|^~\\&|||||||ORU^R01|1|P|2.4\rPID|1\rORC|\rOBR|1\rNTE|a\rOBX|1\rOBX|2\rOBR|2\rOBX|3\rNTE|b\rNTE|c\r";
    let (mut index, mut groups) = (Index::new(), Groups::new());
    let message = Message::parse(text, &mut index).unwrap();
    groups.assemble(&message);
    let line = |path: &str| groups.line(&GroupPath::parse(path).unwrap());
    assert_eq!(line("PATIENT_RESULT[1]/ORDER_OBSERVATION[1]/NTE-1"), Some(4));
    assert_eq!(line("/PATIENT_RESULT(0)/ORDER_OBSERVATION(1)/OBSERVATION/OBX(0)-1(0)-1"), Some(8));
    assert_eq!(line("PATIENT_RESULT/ORDER_OBSERVATION[2]/OBSERVATION[1]/NTE[2]-1"), Some(10));
    assert_eq!(line("MSH-3"), Some(0));
    for none in [
        "PATIENT_RESULT[1]/ORDER_OBSERVATION[3]/NTE-1",
        "PATIENT_RESULT[1]/NTE-1",
        "PATIENT_RESULT[1]/ORDER_OBSERVATION[2]/OBSERVATION[1]/NTE[3]",
        "NTE-1",
        "OTHER[1]/NTE-1",
    ] {
        assert_eq!(line(none), None, "{none}");
    }
    let path = GroupPath::parse("PATIENT_RESULT/ORDER_OBSERVATION[2]/OBR-1").unwrap();
    let found = groups.line(&path).and_then(|n| message.line(n)?.at(path.path()));
    assert_eq!(found.unwrap().raw(), b"2");
    for (text, at) in [("", 0), ("A[0]/PID", 2), ("/A[1]PID/PID", 5), ("//PID", 1), ("A/PID-1/", 5)]
    {
        assert_eq!(GroupPath::parse(text).unwrap_err().offset(), at, "{text}");
    }
}

#[test]
fn debug_shows_no_content() {
    let (mut index, mut groups) = (Index::new(), Groups::new());
    let text = b"MSH|^~\\&|||||||ORU^R01^ORU_R01|1|P|2.5.1\rPID|1||DOE\r";
    let message = Message::parse(text, &mut index).unwrap();
    groups.assemble(&message);
    let shown = alloc::format!("{:?}", groups.place_of(1).unwrap());
    assert!(shown.contains("Line(group 2, number 1)") && !shown.contains("DOE"), "{shown}");
}
