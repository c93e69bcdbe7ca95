//! Units against what others say of them: UCUM's functional tests, its list of atoms, and another
//! implementation.

use std::fs;

use iomt::{
    nomenclature::ucum::{self, Conversion, Rounded, Term},
    wire::{Number, Scaled, number},
};
use proptest::prelude::*;

use crate::support;

/// A file of UCUM without its comments.
fn file(name: &str) -> Option<String> {
    let Some(shared) = support::shared() else {
        println!("skipped: {name} is not there");
        return None;
    };
    let text = fs::read_to_string(shared.join("tables/ucum").join(name)).unwrap();
    let mut parts = text.split("<!--");
    let mut plain = parts.next().unwrap().to_owned();
    plain.extend(parts.map(|part| part.split_once("-->").unwrap().1));
    Some(plain)
}

/// The start tags of an element, with what follows each.
fn tags<'a>(text: &'a str, element: &str) -> Vec<&'a str> {
    let (start, end) = (format!("<{element}"), format!("</{element}>"));
    text.split(start.as_str())
        .skip(1)
        .filter(|rest| rest.starts_with(char::is_whitespace))
        .map(|rest| rest.split(end.as_str()).next().unwrap())
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let rest = tag.split_once(&format!(" {name}=\""))?.1;
    Some(rest.split_once('"').unwrap().0)
}

/// `1.057e-18` as digits, their number, and a power of ten.
fn decimal(text: &str) -> (i128, u8, i32) {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mantissa: i128 = format!("{whole}{fraction}").parse().unwrap();
    let places = i32::try_from(fraction.len()).unwrap();
    let count = u8::try_from(mantissa.to_string().len()).unwrap();
    (mantissa, count, exponent.parse::<i32>().unwrap() - places)
}

/// Whether a number is the other one rounded to as many digits as that has.
fn is_rounded(value: Scaled, conversion: &Conversion, expected: &str) -> bool {
    let (mantissa, digits, exponent) = decimal(expected);
    let Rounded { mantissa: got, exponent: ten, .. } =
        conversion.rounded(value, digits.min(30)).unwrap();
    let lowest = exponent.min(ten);
    let at = |m: i128, e: i32| m * 10_i128.pow(u32::try_from(e - lowest).unwrap());
    at(mantissa, exponent) == at(got, ten)
}

fn conversion(from: &str, to: &str) -> Option<Conversion> {
    Conversion::new(&Term::parse(from).ok()?, &Term::parse(to).ok()?).ok()
}

fn scaled(text: &str) -> Scaled {
    match number(text.as_bytes()) {
        Some(Number::Scaled(scaled)) => scaled,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn functional_tests() {
    let Some(text) = file("UcumFunctionalTests.xml") else { return };
    let (mut valid, mut converted, mut wrong) = ((0, 0), (0, 0), Vec::new());
    for case in tags(&text, "case") {
        if let (Some(unit), Some(wanted)) = (attribute(case, "unit"), attribute(case, "valid")) {
            valid.1 += 1;
            let good = ucum::is_valid(unit).to_string() == wanted
                && Term::parse(unit).is_ok().to_string() == wanted;
            if good { valid.0 += 1 } else { wrong.push(unit.to_owned()) }
        }
        if let (Some(from), Some(to)) = (attribute(case, "srcUnit"), attribute(case, "dstUnit")) {
            converted.1 += 1;
            let value = scaled(attribute(case, "value").unwrap());
            let outcome = attribute(case, "outcome").unwrap();
            let good = conversion(from, to).is_some_and(|c| is_rounded(value, &c, outcome));
            if good { converted.0 += 1 } else { wrong.push(format!("{value} {from} {to}")) }
        }
    }
    println!("validations {}/{}, conversions {}/{}", valid.0, valid.1, converted.0, converted.1);
    assert_eq!((valid, converted, wrong), ((530, 530), (30, 30), Vec::new()));
}

/// UCUM makes these of others or of 1; here they are dimensions of their own.
const OWN: [&str; 9] =
    ["mol", "eq", "osm", "[HPF]", "[LPF]", "[drp]", "[NTU]", "[FNU]", "[hnsf'U]"];

#[test]
fn atoms_and_prefixes_are_those_of_ucum() {
    let Some(text) = file("ucum-essence.xml") else { return };
    let (mut same, mut own) = (0, 0);
    for tag in tags(&text, "prefix") {
        let (code, value) = (attribute(tag, "Code").unwrap(), attribute(tag, "value").unwrap());
        let conversion = conversion(&format!("{code}m"), "m").unwrap();
        assert!(is_rounded(Scaled::new(1, 0), &conversion, value), "{code}");
        same += 1;
    }
    let units = tags(&text, "unit");
    for tag in &units {
        let code = attribute(tag, "Code").unwrap();
        assert!(ucum::is_valid(code), "{code}");
        let metric = attribute(tag, "isMetric") == Some("yes");
        assert_eq!(ucum::is_valid(format!("m{code}")), metric, "{code}");
        let value = tag.split_once("<value").unwrap().1;
        let unit = attribute(value, "Unit").unwrap();
        if attribute(tag, "isSpecial") == Some("yes")
            || attribute(tag, "isArbitrary") == Some("yes") && unit == "1"
            || OWN.contains(&code)
        {
            if let Some(base) = conversion(code, unit) {
                panic!("{code} is {base:?} {unit}");
            }
            own += 1;
            continue;
        }
        let conversion = conversion(code, unit).unwrap_or_else(|| panic!("{code} {unit}"));
        let value = attribute(value, "value").unwrap();
        // Of π there are 64 digits, of which some are compared.
        let value = value.get(..26).unwrap_or(value);
        assert!(is_rounded(Scaled::new(1, 0), &conversion, value), "{code} is {value} {unit}");
        same += 1;
    }
    println!(
        "{same} atoms and prefixes are worth the same, {own} of {} are their own",
        units.len()
    );
}

/// Terms that the grammar makes of common atoms, most of them.
fn term() -> impl Strategy<Value = String> {
    let symbols = vec![
        "m", "km", "s", "g", "mg", "L", "dL", "mm[Hg]", "kPa", "h", "min", "10*3", "%", "[in_i]",
        "[lb_av]", "V", "deg", "rad", "[pi]", "[degR]", "[gal_us]", "[c]", "J", "[iU]", "{x}", "4",
        "(m)", "mmHg", "k%", "",
    ];
    let unit =
        (prop::sample::select(symbols), prop::option::of(-3_i8..=3)).prop_map(|(symbol, power)| {
            match power {
                Some(power) if !symbol.is_empty() && !symbol.ends_with(['}', '3', '4', ')']) => {
                    format!("{symbol}{power}")
                }
                _ => symbol.into(),
            }
        });
    unit.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}/{b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}.({b})")),
            inner.prop_map(|a| format!("/{a}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// octofhir-ucum takes the same terms, and where we convert, it gives the same number.
    #[test]
    fn octofhir_agrees(from in term(), to in term()) {
        for code in [&from, &to] {
            let theirs = octofhir_ucum::validate(code).is_ok();
            prop_assert_eq!(ucum::is_valid(code), theirs, "{}", code);
        }
        // Against another unit, and against one that is the same but for a factor.
        for to in [to, format!("({from}).12.10*-2")] {
            let Some(conversion) = conversion(&from, &to) else { continue };
            let ours = conversion.rounded(Scaled::new(1, 0), 18).unwrap();
            let ours = ours.mantissa as f64 * 10_f64.powi(ours.exponent);
            let theirs = octofhir_ucum::convert(1.0, &from, &to);
            prop_assert!(theirs.as_ref().is_ok_and(|n| (n / ours - 1.0).abs() < 1e-9), "{} {} {} {:?}", from, to, ours, theirs);
        }
    }
}
