use super::*;
use crate::unit;
use proptest::prelude::*;
extern crate std;
use std::{format, string::String, vec::Vec};

fn converted(mantissa: i64, exponent: i8, from: &str, to: &str) -> Result<(i64, i8), Refusal> {
    let value = convert(Scaled::new(mantissa, exponent), from, to)?;
    Ok((value.mantissa, value.exponent))
}

fn rounded(mantissa: i64, exponent: i8, from: &str, to: &str, digits: u8) -> (i128, i32) {
    let [from, to] = [from, to].map(|code| Term::parse(code).unwrap());
    let conversion = Conversion::new(&from, &to).unwrap();
    let rounded = conversion.rounded(Scaled::new(mantissa, exponent), digits).unwrap();
    (rounded.mantissa, rounded.exponent)
}

#[test]
fn what_the_grammar_allows() {
    for code in [
        "m",
        "/m",
        "10*3/uL",
        "10*-3/uL",
        "10*+3",
        "10^3",
        "10*",
        "m3.kg-1.s-2",
        "4.[pi].10*-7.N/A2",
        "rad2{a}",
        "{a}.rad2{b}",
        "1{c}",
        "{e}",
        "%",
        "m[H2O]",
        "mm[Hg]",
        "[in_i'H2O]",
        "mg/kg/(24.h)",
        "/(12.h)",
        "((m))",
        "(m/s){a}",
        "B[10.nV]",
        "dB[SPL]",
        "[m/s2/Hz^(1/2)]",
        "%[slope]",
        "KiBy",
        "dar",
        "har",
        "''",
        "m+2",
        "m-1",
        "m0",
        "Cel/min",
        "1.73.m2",
        "99999999999999999999",
        "m999",
        "{~!@#}",
        "{}",
        "cal_[15]2",
    ] {
        assert!(is_valid(code) && Term::parse(code).is_ok(), "{code}");
    }
    for code in [
        "",
        "m/",
        "/",
        "m.",
        "m//s",
        "//m",
        "(/m)",
        "10+3/uL",
        "{a}rad2{b}",
        "{|}1",
        "iU",
        "molv",
        "g/12h",
        "2m",
        "m2m",
        "m+",
        "m^2",
        "m**2",
        "kg[H20]",
        "k%",
        "mmin",
        "k[degF]",
        "kkg",
        "ddL",
        "()",
        "(m",
        "m)",
        "m(s)",
        "{a}(m)",
        "(m/s)2",
        "{a",
        "a}",
        "{a{b}}",
        "{a b}",
        "mg dL",
        " mg",
        "mg ",
        "\u{b5}g",
        "ug{\u{e9}}",
        "MG/DL",
        "mmHg",
        "bpm",
        "-1",
        "m{a}{b}",
        "mm[Hg",
        "mm]Hg[",
        "10**3",
    ] {
        assert!(!is_valid(code), "{code}");
        assert_eq!(Term::parse(code), Err(Refusal::Invalid), "{code}");
    }
    assert!(!is_valid(b"\xff") && !is_valid(b"m{\x00}"));
    let nested = |depth| format!("{}m{}", "(".repeat(depth), ")".repeat(depth));
    assert!(is_valid(nested(32)) && !is_valid(nested(33)) && !is_valid(nested(100_000)));
    // Side by side they are not in each other.
    assert!(is_valid(["(m)"; 100].join(".")));
}

#[test]
fn exact_or_refused() {
    for (mantissa, exponent, from, to, wanted) in [
        (63, -1, "mm", "m", Ok((63, -4))),
        (63, -1, "s.mm-2", "s.m-2", Ok((63, 5))),
        (63, -1, "s/m.mg", "s.m-1.g", Ok((63, -4))),
        (630, -2, "4.s/m", "s/m", Ok((2520, -2))),
        (1, 0, "[ly]", "cm", Ok((94_607_304_725_808, 4))),
        (1, 0, "m[Hg]", "g.s-2.m-1", Ok((133_322, 3))),
        (1, 0, "S", "g-1.m-2.C2.s", Ok((1, -3))),
        (1, 0, "[degF]", "K", Err(Refusal::Inexact)),
        (986, -1, "[degF]", "Cel", Ok((370, -1))),
        (80, 0, "[degRe]", "Cel", Ok((100, 0))),
        (366, -1, "Cel", "[degF]", Ok((9788, -2))),
        (366, -1, "Cel{oral}", "K", Ok((30975, -2))),
        (36600, 0, "mCel", "Cel", Ok((36600, -3))),
        (18, 0, "[degR]", "K", Ok((10, 0))),
        (1, 0, "deg", "''", Ok((36, 2))),
        (1, 0, "deg", "rad", Err(Refusal::Inexact)),
        (25, 0, "dB", "B", Ok((25, -1))),
        (1, 0, "B", "Np", Err(Refusal::Dimension)),
        (1, 0, "KiBy", "bit", Ok((8192, 0))),
        (16, 0, "kPa", "mm[Hg]", Err(Refusal::Inexact)),
        (5, 0, "10*9/L", "/nL", Ok((5, 0))),
        (60, 0, "{beat}/min", "/s", Ok((10, -1))),
        // Mass, amount, equivalents and arbitrary units stay apart.
        (1, 0, "mg/dL", "mmol/L", Err(Refusal::Dimension)),
        (1, 0, "mmol/L", "meq/L", Err(Refusal::Dimension)),
        (1, 0, "[iU]/L", "U/L", Err(Refusal::Dimension)),
        (1, 0, "[iU]/L", "/L", Err(Refusal::Dimension)),
        (1, 0, "k[iU]", "[IU]", Ok((1, 3))),
        (1, 0, "[drp]", "mL", Err(Refusal::Dimension)),
        // Valid, and worth nothing.
        (1, 0, "Cel/min", "K/min", Err(Refusal::Unit)),
        (1, 0, "Cel2", "K2", Err(Refusal::Unit)),
        (1, 0, "mL/min/1.73.m2", "mL/min/m2", Err(Refusal::Unit)),
        (1, 0, "0.m", "m", Err(Refusal::Unit)),
        (1, 0, "m200", "m200", Err(Refusal::Unit)),
        (1, 0, "99999999999999999999.m", "m", Err(Refusal::Unit)),
        (1, 0, "[G]9", "[G]9", Err(Refusal::Unit)),
        (1, 0, "nonsense", "m", Err(Refusal::Invalid)),
        (1, 0, "m", "nonsense", Err(Refusal::Invalid)),
        (i64::MAX, 127, "km", "mm", Err(Refusal::Inexact)),
        (i64::MAX, 0, "km", "mm", Ok((i64::MAX, 6))),
    ] {
        assert_eq!(converted(mantissa, exponent, from, to), wanted, "{mantissa} {from} {to}");
    }
}

#[test]
fn rounded_where_asked() {
    assert_eq!(rounded(1, 0, "kPa", "mm[Hg]", 4), (7501, -3));
    assert_eq!(rounded(-1, 0, "kPa", "mm[Hg]", 4), (-7501, -3));
    assert_eq!(rounded(100, 0, "[degF]", "Cel", 4), (3778, -2));
    assert_eq!(rounded(0, 0, "[degF]", "Cel", 4), (-1778, -2));
    assert_eq!(rounded(32, 0, "[degF]", "Cel", 4), (0, 0));
    assert_eq!(rounded(0, -2, "kPa", "mm[Hg]", 4), (0, -2));
    // π to 30 digits.
    assert_eq!(rounded(180, 0, "deg", "rad", 30), (314_159_265_358_979_323_846_264_338_328, -29));
    assert_eq!(rounded(1, 0, "rad", "deg", 20), (57_295_779_513_082_320_877, -18));
    assert_eq!(rounded(1, 0, "sr", "deg2", 12), (328_280_635_001, -8));
    // A half goes away from zero.
    assert_eq!(rounded(25, 0, "mm", "cm", 1), (3, 0));
    assert_eq!(rounded(-25, 0, "mm", "cm", 1), (-3, 0));
    let [from, to] = ["m", "cm"].map(|code| Term::parse(code).unwrap());
    let conversion = Conversion::new(&from, &to).unwrap();
    assert_eq!(conversion.rounded(Scaled::new(1, 0), 0), None);
    assert_eq!(conversion.rounded(Scaled::new(1, 0), 31), None);
}

/// The table of device units was made by another reader of the same atoms.
#[test]
fn the_table_of_units_says_the_same() {
    let mut converted = 0;
    for from in unit::all() {
        let term = Term::parse(from.ucum).unwrap();
        assert!(
            is_valid(from.ucum) && (term.worth.is_some() || from.ucum.contains("1.73")),
            "{}",
            from.ucum
        );
        for to in unit::all() {
            let other = Term::parse(to.ucum).unwrap();
            // The table has no irrational factor.
            let angles = [from, to].iter().all(|unit| matches!(unit.ucum, "deg" | "rad"));
            assert_eq!(
                from.dimension == to.dimension || angles,
                term.is_commensurable(&other),
                "{} {}",
                from.ucum,
                to.ucum
            );
            let value = Scaled::new(1_234_500, -3);
            let ours = unit::convert(value, from, to);
            let theirs = Conversion::new(&term, &other).ok().and_then(|c| c.exact(value));
            if ours.is_some() {
                assert_eq!(theirs, ours, "{} {}", from.ucum, to.ucum);
                converted += 1;
            }
        }
    }
    assert!(converted > 3000, "{converted}");
}

/// A term that the grammar makes of common atoms.
fn term() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(std::vec![
        "m", "s", "g", "L", "mm[Hg]", "Pa", "kg", "h", "10*3", "%", "min", "[in_i]", "V", "deg",
        "[iU]", "mol", "{x}", "4"
    ]);
    let unit = (atom, prop::option::of(-3_i8..=3)).prop_map(|(atom, power)| match power {
        Some(power) if !atom.ends_with(|c: char| c.is_ascii_digit() || c == '}') => {
            format!("{atom}{power}")
        }
        _ => atom.into(),
    });
    unit.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}/{b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}.({b})")),
            inner.prop_map(|a| format!("({a})")),
        ]
    })
}

/// Whether two decimals are the same number.
fn equal(a: Scaled, b: Scaled) -> bool {
    let lowest = a.exponent.min(b.exponent);
    let digits = |x: Scaled| {
        let places = u32::from(x.exponent.abs_diff(lowest));
        i128::from(x.mantissa).checked_mul(10_i128.checked_pow(places)?)
    };
    a.mantissa == 0 && b.mantissa == 0 || digits(a).is_some() && digits(a) == digits(b)
}

proptest! {
    #[test]
    fn any_text_is_answered(text: Vec<u8>) {
        prop_assert_eq!(is_valid(&text), Term::parse(&text).is_ok());
    }

    #[test]
    fn any_symbols_are_answered(text in "[mgs2L0-9./(){}\\[\\]*^+-]{0,12}") {
        prop_assert_eq!(is_valid(&text), Term::parse(&text).is_ok());
    }

    #[test]
    fn there_and_back_is_the_same_or_nothing(
        mantissa in -1_000_000_i64..1_000_000, exponent in -6_i8..6, from in term(), factor in 1_u16..1000, ten in -9_i8..9,
    ) {
        // Another unit of the same dimension.
        let to = format!("({from}).{factor}.10*{ten}");
        let value = Scaled::new(mantissa, exponent);
        let [a, b] = [&from, &to].map(|code| Term::parse(code).unwrap());
        if let (Ok(there), Ok(back)) = (Conversion::new(&a, &b), Conversion::new(&b, &a)) {
            if let Some(back) = there.exact(value).and_then(|there| back.exact(there)) {
                prop_assert!(equal(value, back), "{} {} {}", value, from, to);
            }
            // Rounded to more digits than there are, it is the exact one.
            if let (Some(exact), Some(rounded)) = (there.exact(value), there.rounded(value, 18)) {
                prop_assert!(equal(exact, rounded.scaled().unwrap()), "{} {} {}", value, from, to);
            }
        }
    }
}
