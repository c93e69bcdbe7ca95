//! MDC codes (ISO/IEEE 11073-10101) and their reference ids.
//!
//! Codes that a vendor owns (term 0xF000 and above) have none here.

pub use crate::generated::constants::*;
use crate::generated::mdc::{BY_NAME, CODES, ENDS, NAMES};
use iomt_core::model::Mdc;

/// The reference id of `code`, as FHIR displays it. Of synonyms the one that personal-device
/// specifications use, else that of most sources.
#[must_use]
pub fn refid(code: Mdc) -> Option<&'static str> {
    let place = CODES.partition_point(|c| *c < code.code());
    if CODES.get(place) == Some(&code.code()) { name(place) } else { None }
}

/// The code whose reference id is `refid`; case matters.
#[must_use]
pub fn by_refid(refid: impl AsRef<[u8]>) -> Option<Mdc> {
    let refid = refid.as_ref();
    let key = |place: &u16| name(usize::from(*place)).unwrap_or_default().as_bytes();
    let found = BY_NAME.binary_search_by(|place| key(place).cmp(refid)).ok()?;
    CODES.get(usize::from(*BY_NAME.get(found)?)).copied().map(Mdc::new)
}

fn name(place: usize) -> Option<&'static str> {
    let start = match place.checked_sub(1) {
        Some(before) => *ENDS.get(before)?,
        None => 0,
    };
    let end = *ENDS.get(place)?;
    NAMES.get(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_codes() {
        for (code, id) in [
            (150_456, "MDC_PULS_OXIM_SAT_O2"),
            (150_020, "MDC_PRESS_BLD_NONINV"),
            (147_842, "MDC_ECG_HEART_RATE"),
            (262_688, "MDC_DIM_PERCENT"),
            (8_410_608, "MDC_BLOOD_PRESSURE_MEASUREMENT_STATUS"),
            (8_417_908, "MDC_CTXT_GLU_MEAL_BEDTIME"),
            (65_537, "MDC_MOC_VMO"),
        ] {
            assert_eq!(refid(Mdc::new(code)), Some(id));
            assert_eq!(by_refid(id), Some(Mdc::new(code)));
        }
        assert_eq!(MDC_PULS_OXIM_SAT_O2, Mdc::new(150_456));
        assert_eq!(MDC_ECG_TIME_PD_RR_GL.code(), 147_240);
        assert_eq!(MDC_DIM_MMHG.code(), 266_016);
    }

    #[test]
    fn synonyms_are_found_and_one_is_written() {
        assert_eq!(by_refid("MDC_ECG_CARD_BEAT_RATE"), Some(Mdc::new(147_842)));
        assert_eq!(refid(Mdc::new(150_452)), Some("MDC_PULS_OXIM_PLETH"));
        assert_eq!(by_refid("MDC_PLETH"), Some(Mdc::new(150_452)));
    }

    #[test]
    fn what_is_uncertain_is_not_there() {
        assert_eq!(refid(Mdc::from_parts(2, 0xF000)), None);
        assert_eq!(refid(Mdc::new(0)), None);
        assert_eq!(refid(Mdc::new(u32::MAX)), None);
        // Two codes in public tables, settled by none; and two that are settled.
        assert_eq!(by_refid("MDC_VOL_AWAY"), None);
        assert_eq!(by_refid("MDC_PULS_OXIM_PULS_CHAR"), Some(Mdc::new(150_605)));
        assert_eq!(by_refid("MDC_TEMP_AXIL"), Some(Mdc::new(188_496)));
        assert_eq!(by_refid("mdc_dim_percent"), None);
        assert_eq!(by_refid(b"MDC_DIM_PERCENT\xff"), None);
        assert_eq!(by_refid(""), None);
    }

    #[test]
    fn every_row_is_found_again() {
        assert!(CODES.is_sorted());
        assert_eq!(ENDS.last().map(|e| usize::try_from(*e).unwrap()), Some(NAMES.len()));
        for (place, code) in CODES.iter().enumerate() {
            let code = Mdc::new(*code);
            assert_eq!(by_refid(name(place).unwrap()), Some(code));
            assert_eq!(by_refid(refid(code).unwrap()), Some(code));
            assert!(code.term() < 0xF000);
        }
    }
}
