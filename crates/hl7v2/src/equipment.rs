//! Rows that say something of a device, or of a metric, instead of a measurement: by their code.

use crate::Field;

/// What rows say of the device that they stand under (PoCD IG, ISO/IEEE 11073-10201).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Attribute {
    Manufacturer,
    Model,
    PartNumber,
    SerialNumber,
    SystemId,
    /// A version of what the code says.
    Version(u32),
}

/// Reference id, number, meaning.
const ATTRIBUTES: &[(&str, u32, Attribute)] = &[
    ("MDC_ATTR_ID_MODEL", 67_880, Attribute::Model),
    ("MDC_ATTR_SYS_ID", 67_972, Attribute::SystemId),
    ("MDC_ID_MODEL_NUMBER", 531_969, Attribute::Model),
    ("MDC_ID_MODEL_MANUFACTURER", 531_970, Attribute::Manufacturer),
    ("MDC_ID_PROD_SPEC_UNSPECIFIED", 531_971, Attribute::Version(531_971)),
    ("MDC_ID_PROD_SPEC_SERIAL", 531_972, Attribute::SerialNumber),
    ("MDC_ID_PROD_SPEC_PART", 531_973, Attribute::PartNumber),
    ("MDC_ID_PROD_SPEC_HW", 531_974, Attribute::Version(531_974)),
    ("MDC_ID_PROD_SPEC_SW", 531_975, Attribute::Version(531_975)),
    ("MDC_ID_PROD_SPEC_FW", 531_976, Attribute::Version(531_976)),
    ("MDC_ID_PROD_SPEC_PROTOCOL", 531_977, Attribute::Version(531_977)),
    ("MDC_ID_PROD_SPEC_GMDN", 531_978, Attribute::Version(531_978)),
];

impl Attribute {
    /// What OBX-3 says: by its reference id, else by its number.
    pub(crate) fn of(code: Field<'_>) -> Option<Self> {
        // A metric is known by the number that begins it and the name that follows.
        let raw = code.raw();
        let digits = raw.iter().take_while(|b| b.is_ascii_digit()).count();
        let (number, rest) = raw.split_at_checked(digits)?;
        let name = rest.get(1..).unwrap_or_default();
        let metric = matches!(number, [b'1', _, _, _, _, _]) && name.starts_with(b"MDC_");
        if metric && !name.starts_with(b"MDC_ATTR_") && !name.starts_with(b"MDC_ID_") {
            return None;
        }
        named(code, ATTRIBUTES)
    }
}

/// The meaning of a coded field in a table: by the reference id, where one stands there.
pub(crate) fn named<T: Copy>(code: Field<'_>, table: &[(&str, u32, T)]) -> Option<T> {
    let repetition = code.repetition(1)?;
    let mut parts = repetition.components().map(|part| part.raw().trim_ascii());
    for _ in 0..2 {
        let (number, name) = (parts.next()?, parts.next().unwrap_or_default());
        parts.next();
        let name = if name.starts_with(b"MDC_") { name } else { number };
        let found = match name.starts_with(b"MDC_") {
            true => table.iter().find(|(refid, _, _)| refid.as_bytes() == name),
            false => {
                let number: Option<u32> =
                    core::str::from_utf8(number).ok().and_then(|number| number.parse().ok());
                table.iter().find(|(_, code, _)| number == Some(*code))
            }
        };
        if let Some((_, _, meaning)) = found {
            return Some(*meaning);
        }
    }
    None
}
