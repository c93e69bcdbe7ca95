//! Messages to measure on, made here: no byte of them is anybody's, and they never change.

use std::fmt::Write;

/// ADT^A01, seven segments, 0.7 kB.
#[must_use]
pub fn adt() -> String {
    [
        "MSH|^~\\&|REGISTER|NORTH^1.2.276.0.76.3.1.99.1^ISO|GATEWAY|NORTH|20261124081500+0100||ADT^A01^ADT_A01|A000017|P|2.6|||AL|NE||UNICODE UTF-8",
        "EVN||20261124081500+0100||||20261124081200+0100",
        "PID|1||800417^^^NORTH&1.2.276.0.76.3.1.99.2&ISO^MR~55120031^^^REGION^NI||Sample^Alexandra^Maria^^Dr.^^L~Specimen^^^^^^M||19710203|F|||12 Example Road^Flat 3^Testham^^TS1 4XX^GBR^H||+44 20 5550 0100^PRN^PH~alex@example.org^NET^Internet||en|M|||||||||||||||N",
        "NK1|1|Sample^Benedict|SPO^Spouse^HL70063|12 Example Road^^Testham^^TS1 4XX^GBR|+44 20 5550 0101",
        "PV1|1|I|ICU^2^7^NORTH||||3301^Person^Clara^^^Dr.|3302^Person^Daniel|||||||||||V000291^^^NORTH^VN|||||||||||||||||||||||||20261124080000+0100",
        "AL1|1|DA|70618^Penicillin^LOCAL|SV|Rash",
        "DG1|1||J18.9^Pneumonia, unspecified^I10||20261124|W",
        "",
    ]
    .join("\r")
}

/// What each OBX of [`oru`] says, in turn: MDC code and name, unit, values, limits.
const VITAL_SIGNS: [(&str, &str, &[&str], &str); 10] = [
    ("147842^MDC_ECG_HEART_RATE", BEATS, &["72", "71", "74"], "50-120"),
    ("149530^MDC_PULS_OXIM_PULS_RATE", BEATS, &["73", "70"], "50-120"),
    ("150456^MDC_PULS_OXIM_SAT_O2", "262688^MDC_DIM_PERCENT", &["97", "98", "96.5"], "90-100"),
    ("151562^MDC_RESP_RATE", "264928^MDC_DIM_RESP_PER_MIN", &["16", "15"], "8-30"),
    ("150344^MDC_TEMP", "268192^MDC_DIM_DEGC", &["36.8", "36.9", "37.0"], "36.0-38.5"),
    ("150021^MDC_PRESS_BLD_NONINV_SYS", MMHG, &["120", "118"], "90-160"),
    ("150022^MDC_PRESS_BLD_NONINV_DIA", MMHG, &["80", "78"], "50-90"),
    ("150023^MDC_PRESS_BLD_NONINV_MEAN", MMHG, &["93", "91"], "60-110"),
    ("150037^MDC_PRESS_BLD_ART_ABP_SYS", MMHG, &["124", "122", "121"], "90-160"),
    ("150038^MDC_PRESS_BLD_ART_ABP_DIA", MMHG, &["82", "81"], "50-90"),
];
const BEATS: &str = "264864^MDC_DIM_BEAT_PER_MIN";
const MMHG: &str = "266016^MDC_DIM_MMHG";

/// ORU^R01 as a bedside monitor sends it (IHE PCD-01): `rows` OBX, ten vital signs a minute. With
/// ten rows 2 kB.
#[must_use]
pub fn oru(rows: usize) -> String {
    let mut text = [
        "MSH|^~\\&|MONITORS^0012210000AB0000^EUI-64|NORTH^1.2.276.0.76.3.1.99.1^ISO|GATEWAY|NORTH|20261124083005+0100||ORU^R01^ORU_R01|B000042|P|2.6|||NE|AL||UNICODE UTF-8|||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO",
        "PID|1||800417^^^NORTH&1.2.276.0.76.3.1.99.2&ISO^MR||Sample^Alexandra^^^^^L||19710203|F",
        "PV1|1|I|ICU^2^7^NORTH",
        "OBR|1|P7001^NORTH|F9001^MONITORS^0012210000AB0000^EUI-64|182777000^Monitoring of patient^SCT|||20261124083000+0100|20261124083000+0100",
        "",
    ]
    .join("\r");
    for row in 0..rows {
        let (sign, minute) = (row % VITAL_SIGNS.len(), row / VITAL_SIGNS.len());
        let (code, unit, values, limits) = VITAL_SIGNS[sign];
        let (number, value, part) = (row + 1, values[minute % values.len()], sign + 1);
        let (hour, minute) = (8 + (30 + minute) / 60, (30 + minute) % 60);
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "OBX|{number}|NM|{code}^MDC|1.1.1.{part}|{value}|{unit}^MDC|{limits}||||F|||\
             20261124{hour:02}{minute:02}00+0100||||MON7^^0012210000AB0107^EUI-64\r"
        );
    }
    text
}

/// The numbers of the OBX rows of [`oru`], added up in tenths.
#[must_use]
pub fn oru_sum(rows: usize) -> i64 {
    let value = |row: usize| {
        let values = VITAL_SIGNS[row % VITAL_SIGNS.len()].2;
        values[row / VITAL_SIGNS.len() % values.len()]
    };
    (0..rows).filter_map(|row| tenths(value(row).as_bytes())).sum()
}

/// `36.8` as 368, `72` as 720. No sign, at most one digit after the point.
#[must_use]
pub fn tenths(text: &[u8]) -> Option<i64> {
    let (mut all, mut places) = (0_i64, None);
    for byte in text {
        match byte {
            b'0'..=b'9' => all = all.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?,
            b'.' if places.is_none() => places = Some(0),
            _ => return None,
        }
        places = if *byte == b'.' { places } else { places.map(|n: u8| n + 1) };
    }
    match places {
        None => all.checked_mul(10),
        Some(1) => Some(all),
        Some(_) => None,
    }
}

/// One message again and again, each time under another control id: a message that is the same in
/// all is a replay, and is not translated again.
#[derive(Clone, Debug)]
pub struct Feed {
    message: Vec<u8>,
    /// Where the digits of MSH-10 stand.
    digits: std::ops::Range<usize>,
    number: usize,
}

impl Feed {
    /// Of a message whose MSH-10 is a letter and six digits, as those here are.
    ///
    /// # Panics
    /// If it is not.
    #[must_use]
    pub fn new(message: &str) -> Self {
        let before: usize = message.split('|').take(9).map(|field| field.len() + 1).sum();
        let digits = before + 1..before + 7;
        let control_id = &message[digits.clone()];
        assert!(control_id.bytes().all(|byte| byte.is_ascii_digit()));
        Self { message: message.into(), digits, number: 0 }
    }

    /// The next message.
    #[expect(clippy::should_implement_trait, reason = "it lends the message")]
    pub fn next(&mut self) -> &[u8] {
        self.number += 1;
        let mut number = self.number;
        for digit in self.message[self.digits.clone()].iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            number /= 10;
        }
        &self.message
    }
}

/// Blood Pressure Measurement, 2A35: 120/80 mean 93 mmHg, pulse 72, on 2026-11-24 after midnight;
/// each `second` of the day is another reading.
#[must_use]
pub fn blood_pressure(second: u32) -> [u8; 16] {
    let (hour, minute, second) = time_of_day(second);
    [0x06, 0x78, 0, 0x50, 0, 0x5D, 0, 0xEA, 0x07, 11, 24, hour, minute, second, 0x48, 0]
}

/// Heart Rate Measurement, 2A37: 72 beats a minute, in contact with the skin.
pub const HEART_RATE: [u8; 2] = [0x06, 72];

/// Hour, minute and second of a day.
#[must_use]
pub fn time_of_day(second: u32) -> (u8, u8, u8) {
    let part = |unit: u32, of: u32| (second / unit % of) as u8;
    (part(3600, 24), part(60, 60), part(1, 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_as_announced() {
        assert!((700..1100).contains(&adt().len()), "{}", adt().len());
        assert!((1900..2600).contains(&oru(10).len()), "{}", oru(10).len());
        assert_eq!(oru(1000).matches("\rOBX|").count(), 1000);
    }

    #[test]
    fn each_message_has_its_own_control_id() {
        let mut feed = Feed::new(&oru(1));
        feed.next();
        let text = String::from_utf8(feed.next().to_vec()).unwrap();
        assert_eq!(text, oru(1).replace("|B000042|", "|B000002|"));
        let _ = Feed::new(&adt());
    }

    #[test]
    fn each_second_is_a_reading() {
        assert_eq!(blood_pressure(3 * 3600 + 4 * 60 + 5)[11..14], [3, 4, 5]);
    }

    #[test]
    fn numbers_in_tenths() {
        assert_eq!(tenths(b"36.8"), Some(368));
        assert_eq!(tenths(b"72"), Some(720));
        assert_eq!((tenths(b"7.25"), tenths(b"-1"), tenths(b"1..2")), (None, None, None));
        assert_eq!(oru_sum(10), 720 + 730 + 970 + 160 + 368 + 1200 + 800 + 930 + 1240 + 820);
    }
}
