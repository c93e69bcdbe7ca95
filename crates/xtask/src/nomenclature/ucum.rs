//! UCUM expressions over the atoms of `unit_atoms.csv`: dimension and exact factor.

use crate::support::Result;
use std::collections::BTreeMap;

/// Powers of the base atoms, without those that are zero.
pub type Dimension = BTreeMap<String, i32>;

/// `numerator / denominator × 10^ten`, each number in one form only: the denominator has no factor
/// in common with the numerator nor with 10, and the numerator does not end in 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Fraction {
    pub numerator: i128,
    pub denominator: i128,
    pub ten: i32,
}

impl Fraction {
    pub const ZERO: Self = Self { numerator: 0, denominator: 1, ten: 0 };
    pub const ONE: Self = Self { numerator: 1, denominator: 1, ten: 0 };

    pub fn new(numerator: i128, denominator: i128, ten: i32) -> Result<Self> {
        if denominator <= 0 {
            return Err("a fraction with a denominator below 1".into());
        }
        if numerator == 0 {
            return Ok(Self::ZERO);
        }
        let mut rest = (numerator.unsigned_abs(), denominator.unsigned_abs());
        while rest.1 != 0 {
            rest = (rest.1, rest.0 % rest.1);
        }
        let divisor = i128::try_from(rest.0)?;
        let mut new =
            Self { numerator: numerator / divisor, denominator: denominator / divisor, ten };
        for (factor, other) in [(2, 5), (5, 2)] {
            while new.denominator % factor == 0 {
                new.denominator /= factor;
                new.numerator = new.numerator.checked_mul(other).ok_or("a factor over 128 bits")?;
                new.ten -= 1;
            }
        }
        while new.numerator % 10 == 0 {
            new.numerator /= 10;
            new.ten += 1;
        }
        Ok(new)
    }

    /// Numerator and denominator, without the power of ten.
    pub fn ratio(self) -> Result<(i64, u64)> {
        let ten = |n: i32| 10_i128.checked_pow(n.try_into().unwrap_or(0)).ok_or("a power of ten");
        let (mut numerator, mut denominator) =
            (i64::try_from(self.numerator * ten(self.ten)?)?, self.denominator * ten(-self.ten)?);
        for factor in [2, 5] {
            while numerator % factor == 0 && denominator % i128::from(factor) == 0 && numerator != 0
            {
                (numerator, denominator) = (numerator / factor, denominator / i128::from(factor));
            }
        }
        Ok((numerator, denominator.try_into()?))
    }

    fn times(self, other: Self) -> Result<Self> {
        // Crosswise reduction first keeps the products small.
        let a = Self::new(self.numerator, other.denominator, self.ten)?;
        let b = Self::new(other.numerator, self.denominator, other.ten)?;
        let product = |x: i128, y: i128| x.checked_mul(y).ok_or("a factor over 128 bits");
        Self::new(
            product(a.numerator, b.numerator)?,
            product(a.denominator, b.denominator)?,
            a.ten + b.ten,
        )
    }

    fn inverse(self) -> Result<Self> {
        Self::new(self.denominator, self.numerator, -self.ten)
    }

    /// `7`, `3/4`, `662607015e-42`.
    pub fn parse(text: &str) -> Result<Self> {
        let (digits, ten) = text.split_once('e').unwrap_or((text, "0"));
        let (numerator, denominator) = digits.split_once('/').unwrap_or((digits, "1"));
        Self::new(numerator.parse()?, denominator.parse()?, ten.parse()?)
    }
}

/// What an expression is worth: `value × factor + offset` in base units.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Value {
    pub dimension: Dimension,
    pub factor: Fraction,
    pub offset: Fraction,
}

impl Value {
    fn number(factor: Fraction) -> Self {
        Self { dimension: Dimension::new(), factor, offset: Fraction::ZERO }
    }

    fn power(&self, exponent: i32) -> Result<Self> {
        if exponent == 1 {
            return Ok(self.clone());
        }
        if self.offset != Fraction::ZERO {
            return Err("a power of a unit with an offset".into());
        }
        let base = if exponent < 0 { self.factor.inverse()? } else { self.factor };
        let mut factor = Fraction::ONE;
        for _ in 0..exponent.unsigned_abs() {
            factor = factor.times(base)?;
        }
        let dimension = self.dimension.iter().map(|(k, v)| (k.clone(), v * exponent));
        Ok(Self { dimension: dimension.collect(), factor, offset: Fraction::ZERO })
    }

    fn times(&self, other: &Self) -> Result<Self> {
        if self.offset != Fraction::ZERO || other.offset != Fraction::ZERO {
            return Err("a product with a unit that has an offset".into());
        }
        let mut dimension = self.dimension.clone();
        for (atom, power) in &other.dimension {
            *dimension.entry(atom.clone()).or_default() += power;
        }
        dimension.retain(|_, power| *power != 0);
        let factor = self.factor.times(other.factor)?;
        Ok(Self { dimension, factor, offset: Fraction::ZERO })
    }
}

/// A symbol that expressions are made of.
pub struct Atom {
    pub metric: bool,
    pub value: Value,
    display: String,
}

/// The atoms, in the order of the file: one is made of earlier ones only.
pub struct Atoms(BTreeMap<String, Atom>);

/// UCUM's prefixes that devices use: symbol, power of ten, as written for people.
const PREFIXES: [(&str, i32, &str); 14] = [
    ("da", 1, "da"),
    ("h", 2, "h"),
    ("k", 3, "k"),
    ("M", 6, "M"),
    ("G", 9, "G"),
    ("T", 12, "T"),
    ("d", -1, "d"),
    ("c", -2, "c"),
    ("m", -3, "m"),
    ("u", -6, "µ"),
    ("n", -9, "n"),
    ("p", -12, "p"),
    ("f", -15, "f"),
    ("a", -18, "a"),
];

impl Atoms {
    /// Reads rows `symbol, metric, value, of, offset, display, source`.
    pub fn new(rows: &[Vec<String>]) -> Result<Self> {
        let mut atoms = Self(BTreeMap::new());
        for row in rows {
            let [symbol, metric, value, of, offset, display, _] = row.as_slice() else {
                return Err("unit_atoms.csv: columns".into());
            };
            let mut worth = if value.is_empty() {
                Value {
                    dimension: Dimension::from([(symbol.clone(), 1)]),
                    factor: Fraction::ONE,
                    offset: Fraction::ZERO,
                }
            } else {
                Value::number(Fraction::parse(value)?).times(&atoms.value(of)?)?
            };
            if !offset.is_empty() {
                worth.offset = Fraction::parse(offset)?;
            }
            let display = if display.is_empty() { symbol } else { display }.clone();
            let atom = Atom { metric: metric == "y", value: worth, display };
            if atoms.0.insert(symbol.clone(), atom).is_some() {
                return Err(format!("atom {symbol} twice").into());
            }
        }
        Ok(atoms)
    }

    /// The atoms, in the order of their symbol.
    pub fn all(&self) -> impl Iterator<Item = (&str, &Atom)> {
        self.0.iter().map(|(symbol, atom)| (symbol.as_str(), atom))
    }

    /// What `expression` is worth, or why it is no expression.
    pub fn value(&self, expression: &str) -> Result<Value> {
        Ok(self.parse(expression)?.0)
    }

    /// `expression` as people write it: `mm[Hg]` is `mmHg`, `{beat}/min` is `beat/min`.
    pub fn display(&self, expression: &str) -> Result<String> {
        Ok(self.parse(expression)?.1)
    }

    fn parse(&self, expression: &str) -> Result<(Value, String)> {
        let mut parser = Parser { atoms: self, rest: expression, display: String::new() };
        let value = parser
            .term()
            .and_then(|v| if parser.rest.is_empty() { Ok(v) } else { Err("text after it".into()) })
            .map_err(|e| format!("UCUM {expression:?}: {e}"))?;
        Ok((value, parser.display))
    }
}

struct Parser<'a> {
    atoms: &'a Atoms,
    rest: &'a str,
    display: String,
}

impl<'a> Parser<'a> {
    /// `["/"] component { ("." | "/") component }`, from left to right.
    fn term(&mut self) -> Result<Value> {
        let mut value = if self.rest.starts_with('/') {
            Value::number(Fraction::ONE)
        } else {
            self.component()?
        };
        while let Some(operator) = self.rest.chars().next().filter(|c| matches!(c, '.' | '/')) {
            self.rest = &self.rest[1..];
            self.display.push(if operator == '.' { '·' } else { '/' });
            let right = self.component()?;
            value = value.times(&right.power(if operator == '/' { -1 } else { 1 })?)?;
        }
        Ok(value)
    }

    /// `"(" term ")"`, or a unit with an annotation, or one of them.
    fn component(&mut self) -> Result<Value> {
        if let Some(inner) = self.rest.strip_prefix('(') {
            self.rest = inner;
            self.display.push('(');
            let value = self.term()?;
            self.rest = self.rest.strip_prefix(')').ok_or("no closing parenthesis")?;
            self.display.push(')');
            return Ok(value);
        }
        let (unit, rest) = split_unit(self.rest);
        self.rest = rest;
        let value = if unit.is_empty() { None } else { Some(self.unit(unit)?) };
        let annotation = self.rest.strip_prefix('{');
        if let Some(inner) = annotation {
            let (text, rest) = inner.split_once('}').ok_or("no closing brace")?;
            let printable = |b: u8| (0x21..0x7f).contains(&b) && b != b'{';
            if text.is_empty() || !text.bytes().all(printable) {
                return Err("an annotation that is empty or not ASCII".into());
            }
            self.rest = rest;
            self.display.push_str(if value.is_some() { " " } else { "" });
            self.display.push_str(&text.replace('_', " "));
        }
        match value {
            Some(value) => Ok(value),
            None if annotation.is_some() => Ok(Value::number(Fraction::ONE)),
            None => Err("a component is empty".into()),
        }
    }

    /// A number, or an atom with prefix and exponent.
    fn unit(&mut self, text: &'a str) -> Result<Value> {
        if text.bytes().all(|b| b.is_ascii_digit()) {
            self.display.push_str(text);
            return Ok(Value::number(Fraction::parse(text)?));
        }
        if let Some(exponent) = text.strip_prefix("10*").or_else(|| text.strip_prefix("10^")) {
            self.display.push_str("10^");
            self.display.push_str(exponent);
            return Ok(Value::number(Fraction::new(1, 1, exponent.parse()?)?));
        }
        let body = text.trim_end_matches(|c: char| c.is_ascii_digit());
        let body = body.strip_suffix(['-', '+']).unwrap_or(body);
        let exponent = &text[body.len()..];
        let value = self.symbol(body)?;
        self.display.push_str(exponent);
        value.power(if exponent.is_empty() { 1 } else { exponent.parse()? })
    }

    fn symbol(&mut self, symbol: &str) -> Result<Value> {
        if let Some(atom) = self.atoms.0.get(symbol) {
            self.display.push_str(&atom.display);
            return Ok(atom.value.clone());
        }
        for (prefix, power, shown) in PREFIXES {
            let atom = symbol.strip_prefix(prefix).and_then(|s| self.atoms.0.get(s));
            if let Some(atom) = atom.filter(|a| a.metric) {
                self.display.push_str(shown);
                self.display.push_str(&atom.display);
                return Value::number(Fraction::new(1, 1, power)?).times(&atom.value);
            }
        }
        Err(format!("{symbol:?} is no atom").into())
    }
}

/// The unit at the start: to the next operator, parenthesis or brace outside square brackets.
fn split_unit(text: &str) -> (&str, &str) {
    let mut bracket = false;
    let end = text.find(|c| {
        match c {
            '[' => bracket = true,
            ']' => bracket = false,
            _ => {}
        }
        !bracket && matches!(c, '.' | '/' | '(' | ')' | '{' | '}')
    });
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nomenclature::table;

    fn atoms() -> Atoms {
        Atoms::new(&table("unit_atoms").unwrap()).unwrap()
    }

    #[test]
    fn factors_are_those_of_ucum() {
        let atoms = atoms();
        let factor = |text| atoms.value(text).unwrap().factor.ratio().unwrap();
        // Grams, metres and seconds are the base.
        assert_eq!(factor("kg"), (1000, 1));
        assert_eq!(factor("mm[Hg]"), (133_322, 1)); // 133.322 Pa
        assert_eq!(factor("{beat}/min"), (1, 60));
        assert_eq!(factor("10*3/uL"), (1_000_000_000_000, 1));
        assert_eq!(factor("kg/m2"), (1000, 1));
        assert_eq!(factor("mg/(24.h)"), (1, 86_400_000));
        assert_eq!(factor("mL/min/{1.73_m2}"), (1, 60_000_000));
        // UCUM reads from left to right: this is no rate.
        assert_ne!(
            atoms.value("mg/24.h").unwrap().dimension,
            atoms.value("mg/h").unwrap().dimension
        );
    }

    #[test]
    fn what_the_grammar_refuses() {
        let atoms = atoms();
        for text in
            ["", "mmHg", "mg//dL", "mg/", "(mg", "mg)", "mg dL", "{}", "{a", "Cel/min", "k%"]
        {
            assert!(atoms.value(text).is_err(), "{text}");
        }
    }

    #[test]
    fn displays() {
        let atoms = atoms();
        let shown = [
            ("mm[Hg]", "mmHg"),
            ("{beat}/min", "beat/min"),
            ("ug/dL", "µg/dL"),
            ("Cel", "°C"),
            ("m[IU]/L", "mIU/L"),
            ("%{vol}", "% vol"),
        ];
        for (text, display) in shown {
            assert_eq!(atoms.display(text).unwrap(), display);
        }
    }

    /// Another implementation of the specification agrees on grammar, dimension and factor.
    #[test]
    fn octofhir_agrees() {
        let atoms = atoms();
        let units: Vec<String> =
            crate::nomenclature::units(&atoms).unwrap().into_iter().map(|u| u.ucum).collect();
        let mut compared = 0;
        for unit in &units {
            octofhir_ucum::validate(unit).unwrap_or_else(|e| panic!("{unit}: {e:?}"));
            let ours = atoms.value(unit).unwrap();
            for other in &units {
                let theirs = atoms.value(other).unwrap();
                let scaled = ours.offset == Fraction::ZERO && theirs.offset == Fraction::ZERO;
                if ours.dimension == theirs.dimension && scaled && unit != other {
                    let number = |f: Fraction| {
                        f.numerator as f64 / f.denominator as f64 * 10_f64.powi(f.ten)
                    };
                    let expected = number(ours.factor) / number(theirs.factor);
                    let got = octofhir_ucum::convert(1.0, unit, other)
                        .unwrap_or_else(|e| panic!("{unit} {other}: {e:?}"));
                    assert!((got / expected - 1.0).abs() < 1e-9, "{unit} {other}");
                    compared += 1;
                }
            }
        }
        assert!(compared > 1000, "{compared}");
    }
}
