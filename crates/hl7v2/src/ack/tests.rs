use alloc::string::String;

use proptest::prelude::*;

use super::*;
use crate::Index;

const ERROR: AckError =
    AckError { fault: Fault::DataType, location: None, severity: FaultSeverity::Error };

const ERR: &str = "ERR||MSH^1^2^1|102^Data type error^HL70357|E";

fn lines(out: &[u8]) -> Vec<String> {
    assert!(out.ends_with(b"\r"));
    let all = String::from_utf8_lossy(out);
    all.strip_suffix('\r').unwrap().split('\r').map(Into::into).collect()
}

fn ack(text: &str, code: AckCode, errors: &[AckError]) -> Vec<String> {
    let mut index = Index::new();
    let message = Message::parse(text.as_bytes(), &mut index).unwrap();
    let mut out = Vec::new();
    Ack { code, control_id: "A|1", time: "2026", errors }.write(&message, &mut out);
    let mut again = Vec::new();
    Ack { code, control_id: "A|1", time: "2026", errors }.write_unread(text.as_bytes(), &mut again);
    assert_eq!(out, again);
    lines(&out)
}

#[test]
fn faults_are_those_of_table_0357() {
    for (fault, number) in [
        (Fault::SegmentSequence, "100"),
        (Fault::RequiredFieldMissing, "101"),
        (Fault::DataType, "102"),
        (Fault::TableValueNotFound, "103"),
        (Fault::UnsupportedMessageType, "200"),
        (Fault::UnsupportedEventCode, "201"),
        (Fault::UnsupportedProcessingId, "202"),
        (Fault::UnsupportedVersionId, "203"),
        (Fault::UnknownKeyIdentifier, "204"),
        (Fault::DuplicateKeyIdentifier, "205"),
        (Fault::ApplicationRecordLocked, "206"),
        (Fault::ApplicationInternalError, "207"),
    ] {
        let error = AckError { fault, location: None, severity: FaultSeverity::Error };
        let all = ack("MSH|^~\\&|A|||||||1|P|2.5\r", AckCode::AE, &[error]);
        let (code, _) = all[2].split_once('^').unwrap();
        assert_eq!(code, alloc::format!("ERR|||{number}"));
    }
}

fn nak(bytes: &[u8]) -> Vec<String> {
    let error = Message::parse(bytes, &mut Index::new()).unwrap_err();
    let errors = [error.into()];
    let mut out = Vec::new();
    Ack { code: AckCode::AR, control_id: "9", time: "2026", errors: &errors }
        .write_unread(bytes, &mut out);
    assert!(Message::parse(&out, &mut Index::new()).is_ok());
    lines(&out)
}

#[test]
fn an_acknowledgement_answers_its_message() {
    let text = "MSH|^~\\&|APP^1.2^ISO|FAC~2|RAPP^EUI|RFAC|20260101||ADT^A04^ADT_A01|id\\T\\^7|P^T|2.5.1||||||UNICODE UTF-8\rPID|1\r";
    assert_eq!(
        ack(text, AckCode::AA, &[]),
        [
            "MSH|^~\\&|RAPP^EUI|RFAC|APP^1.2^ISO|FAC~2|2026||ACK^A04^ACK|A\\F\\1|P^T|2.5.1||||||UNICODE UTF-8",
            "MSA|AA|id\\T\\^7",
        ]
    );
    // No trigger, no character set, other delimiters.
    assert_eq!(
        ack("MSH#!*?@%#A!1#B#C#D###ORU#x#D#2.4\n", AckCode::AA, &[]),
        ["MSH#!*?@%#C#D#A!1#B#2026##ACK#A|1#D#2.4", "MSA#AA#x"]
    );
}

#[test]
fn errors_are_told_as_the_version_has_it() {
    let place = |path: &str| Path::parse(path).ok();
    let errors = [
        AckError { location: place("OBX[2]-5[1].2"), ..ERROR },
        AckError {
            fault: Fault::SegmentSequence,
            location: place("PV1"),
            severity: FaultSeverity::Warning,
        },
        AckError {
            fault: Fault::ApplicationInternalError,
            severity: FaultSeverity::Information,
            ..ERROR
        },
    ];
    let text = |version: &str| alloc::format!("MSH|^~\\&|A|B|C|D|||ORU^R01|7|P|{version}\r");
    for version in ["2.5", "2.5.1", "2.8.2", "2.10", "2.6^DEU", ""] {
        let all = ack(&text(version), AckCode::AE, &errors);
        let want = [
            "MSA|AE|7",
            "ERR||OBX^2^5^1^2|102^Data type error^HL70357|E",
            "ERR||PV1^1|100^Segment sequence error^HL70357|W",
            "ERR|||207^Application internal error^HL70357|I",
        ];
        assert_eq!(all[1..], want, "{version}");
    }
    for version in ["2.1", "2.3.1", "2.4", "x"] {
        let all = ack(&text(version), AckCode::AE, &errors);
        assert_eq!(all[1..], ["MSA|AE|7|Data type error: OBX[2]-5[1].2"], "{version}");
    }
}

#[test]
fn a_message_that_was_not_read_is_answered_too() {
    // MSH-2 is none: MSH-1 holds.
    let all = nak(b"\xEF\xBB\xBF\x0bMSH|^^^^|A^B|C|D|E|||ORU^R01|4&7\x1c1|T|2.3\rPID|1");
    assert_eq!(all, ["MSH|^~\\&|D|E|A^B|C|2026||ACK|9|P|2.5.1", "MSA|AR|4&7", ERR]);
    let all = nak(b"MSH|^^^^|A^B|C|D|E|||ORU^R01|4&7|T|2.3\x1c\rPID|1");
    let msa = "MSA|AR|4&7|Data type error: MSH-2";
    assert_eq!(all, ["MSH|^~\\&|D|E|A^B|C|2026||ACK|9|T|2.3", msa]);
    // MSH-1 would be another delimiter of the answer.
    let all = nak(b"MSH^~~^A|B^C^D^E^^^ORU^4&7^T^2.5\r");
    let want = ["MSH|^~\\&|D|E|A\\F\\B|C|2026||ACK|9|T|2.5", "MSA|AR|4\\T\\7", ERR];
    assert_eq!(all, want);
    // No header at all.
    for bytes in [&b""[..], b"PID|1||SECRET\r", b"\r\n\0"] {
        let all = nak(bytes);
        let err = "ERR||MSH^1|100^Segment sequence error^HL70357|E";
        assert_eq!(all, ["MSH|^~\\&|||||2026||ACK|9|P|2.5.1", "MSA|AR|", err]);
    }
}

#[test]
fn nothing_quoted_ends_a_line_or_a_frame() {
    let text = b"MSH|^~\\&|A\nB|\x0b|C|D|||ORU^R01|x\x1c|P|2.5\rPID|1\r";
    let mut index = Index::new();
    let message = Message::parse(text, &mut index).unwrap();
    let mut out = Vec::new();
    let ack = Ack { code: AckCode::AA, control_id: "1\r", time: "", errors: &[] };
    ack.write(&message, &mut out);
    let header = "MSH|^~\\&|C|D|A\\X0A\\B|\\X0B\\|||ACK^R01^ACK|1\\X0D\\|P|2.5";
    assert_eq!(lines(&out), [header, "MSA|AA|x\\X1C\\"]);
}

#[test]
fn who_wants_which_acknowledgement() {
    use Disposition::{Accepted, Error, Rejected};
    let codes = |accept: &str, application: &str| {
        let text = alloc::format!("MSH|^~\\&|||||||ORU^R01|1|P|2.5|||{accept}|{application}\r");
        let mut index = Index::new();
        let message = Message::parse(text.as_bytes(), &mut index).unwrap();
        [Accepted, Error, Rejected].map(|disposition| {
            let code = |code: Option<AckCode>| code.map_or("-", AckCode::as_str);
            let first = message.ack_code(disposition);
            let accept = message.accept_code(disposition);
            let application = message.application_code(disposition);
            assert_eq!(first, accept.or(application));
            (code(accept), code(application))
        })
    };
    let original = [("-", "AA"), ("-", "AE"), ("-", "AR")];
    assert_eq!(codes("", ""), original);
    assert_eq!(codes("VENDOR", ""), original);
    assert_eq!(codes("NE", "AL"), original);
    assert_eq!(codes("NE", "NE"), [("-", "-"); 3]);
    assert_eq!(codes("AL", "NE"), [("CA", "-"), ("CE", "-"), ("CR", "-")]);
    assert_eq!(codes("AL", "AL"), [("CA", "AA"), ("CE", "AE"), ("CR", "AR")]);
    assert_eq!(codes("ER", "SU"), [("-", "AA"), ("CE", "-"), ("CR", "-")]);
    assert_eq!(codes("SU", "ER"), [("CA", "-"), ("-", "AE"), ("-", "AR")]);
    let mut index = Index::new();
    let own = Message::parse(b"MSH|^~\\&|||||||ACK^A01|1|P|2.5|||AL\r", &mut index).unwrap();
    assert_eq!(own.application_code(Accepted), None);
    assert_eq!(own.accept_code(Accepted), Some(AckCode::CA));
}

proptest! {
    /// Whatever comes is answered with a message that can be read and that has no more of it than
    /// its header.
    #[test]
    fn every_input_has_an_answer(bytes in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80),
        "MSH[|^#A][ -~]{0,40}\\rPID\\|SECRET".prop_map(String::into_bytes),
    ]) {
        let errors = [ERROR];
        let mut out = Vec::new();
        Ack { code: AckCode::AR, control_id: "9", time: "2026", errors: &errors }
            .write_unread(&bytes, &mut out);
        prop_assert!(out.ends_with(b"\r"));
        let mut index = Index::new();
        let answer = Message::parse(&out, &mut index).unwrap();
        prop_assert_eq!(answer.field(b"MSA", 1).unwrap().raw(), b"AR");
        prop_assert_eq!(answer.count(b"MSH"), 1);
        prop_assert!(!out.windows(6).any(|part| part == b"SECRET"));
    }
}
