//! Data types, escapes and character sets.

use iomt::{
    Config, DiagnosticCode, Form,
    hl7v2::{
        Charset, Delimiters, Field, Index, Message, TextCodec,
        types::{Dt, Dtm, Nm, Si, Sn, Tm, Tn},
    },
    model::{Codec, DateTime, Precision},
};
use serde_json::{Map, Value, json};

use super::{Outcome, Pair, refused};
use crate::support;

fn dtm(pair: &Pair) -> Result<Dtm<'_>, String> {
    Dtm::parse(&pair.input).map_err(refused)
}

fn iso(time: &DateTime) -> String {
    let mut out = String::new();
    time.write_iso(&mut out).unwrap();
    out
}

pub fn dtm_part(pair: &Pair) -> Outcome {
    let read = dtm(pair)?;
    let time = read.value();
    let text = |time: &DateTime| format!("0.{:0width$}", time.fraction, width = time.places.into());
    Ok(match pair.argument.as_str() {
        "year" => json!(time.year),
        "month" => json!(time.month),
        "day" => json!(time.day),
        "hour" => json!(time.hour),
        "minute" => json!(time.minute),
        "second" => json!(time.second),
        "fraction" => json!(text(&time)),
        "millis" => json!(time.fraction * 10_u32.pow(3 - u32::from(time.places))),
        "offset" | "offset_minutes" => json!(read.zone().map(|zone| zone.minutes())),
        "utc" => json!(read.utc().map(|utc| iso(&utc))),
        other => panic!("dtm:{other}"),
    })
}

pub fn dtm_instant_utc(pair: &Pair) -> Outcome {
    Ok(json!(dtm(pair)?.utc().map(|utc| iso(&utc))))
}

pub fn dtm_iso(pair: &Pair) -> Outcome {
    let mut out = String::new();
    dtm(pair)?.write_iso(&mut out).unwrap();
    Ok(json!(out))
}

pub fn dtm_offset_minutes(pair: &Pair) -> Outcome {
    Ok(json!(dtm(pair)?.zone().map(|zone| zone.minutes())))
}

pub fn dtm_precision(pair: &Pair) -> Outcome {
    let read = dtm(pair)?;
    Ok(json!(match read.precision() {
        Precision::Year => "year",
        Precision::Month => "month",
        Precision::Day => "day",
        Precision::Hour => "hour",
        Precision::Minute => "minute",
        Precision::Second if read.fraction().is_some() => "fraction",
        Precision::Second => "second",
    }))
}

pub fn dtm_roundtrip(pair: &Pair) -> Outcome {
    Ok(json!(std::str::from_utf8(dtm(pair)?.raw()).unwrap()))
}

/// The time of a row, as it goes out.
pub fn dtm_to_fhir_datetime(pair: &Pair) -> Outcome {
    let text = format!(
        "MSH|^~\\&|L|H|||2023||ORU^R01|1|P|2.5\rPID|||1^^^H\rOBR|1||F1^L|a^b^L\r\
         OBX|1|ST|c^d^L||x||||||F|||{}\r",
        pair.text()
    );
    let mut config = Config::default();
    config.to = Form::Ndjson;
    let protocol = iomt::protocol("hl7v2").unwrap();
    let record = support::translate(protocol, text.as_bytes(), config);
    let rows: Vec<Value> =
        record.documents.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    let row = rows.iter().find(|row| row["resourceType"] == "Observation").unwrap();
    Ok(row.get("effectiveDateTime").cloned().unwrap_or(Value::Null))
}

/// Empty and null are states of a field, which no type reads.
pub fn normalize(pair: &Pair) -> Outcome {
    let raw = &pair.input[..];
    if raw.is_empty() || raw == b"\"\"" {
        return Ok(json!(pair.text()));
    }
    let mut out = pair.text().to_owned();
    match pair.argument.as_str() {
        // "-0000" is written "+0000" where HAPI writes it again; where it only checks, none has it.
        "TS" | "DTM" => {
            out.clear();
            dtm(pair)?.write(&mut out).unwrap();
        }
        "DT" => _ = Dt::parse(raw).map_err(refused)?,
        "TM" => _ = Tm::parse(raw).map_err(refused)?,
        "NM" => _ = Nm::parse(raw).map_err(refused)?,
        "SI" => _ = Si::parse(raw).map_err(refused)?,
        "TN" => _ = Tn::parse(raw).map_err(refused)?,
        other => panic!("type {other}"),
    }
    Ok(json!(out))
}

pub fn nm_decimal(pair: &Pair) -> Outcome {
    let Ok(number) = Nm::parse_lenient(&pair.input) else { return Ok(Value::Null) };
    let mut out = String::new();
    number.value.write(&mut out).unwrap();
    Ok(json!(out))
}

/// The first field of a segment.
fn field(raw: &[u8], take: impl FnOnce(Field<'_>) -> Value) -> Value {
    let text = [b"MSH|^~\\&|\rOBX|", raw, b"\r"].concat();
    let mut index = Index::new();
    let message = Message::parse(&text, &mut index).unwrap();
    take(message.field(b"OBX", 1).unwrap())
}

pub fn sn_parse(pair: &Pair) -> Outcome {
    let number = |number: Nm<'_>| {
        let mut out = String::new();
        number.write(&mut out).unwrap();
        serde_json::from_str::<Value>(&out).unwrap()
    };
    Ok(field(&pair.input, |field| {
        let Ok(read) = Sn::parse_lenient(field.repetition(1).unwrap()) else { return Value::Null };
        let sn = read.value;
        let parts = [
            ("comparator", sn.comparator.map(Value::from)),
            ("num1", sn.num1.map(number)),
            ("sep", sn.separator.map(Value::from)),
            ("num2", sn.num2.map(number)),
        ];
        let known = parts.into_iter().filter_map(|(key, part)| Some((key.to_owned(), part?)));
        Value::Object(known.collect::<Map<_, _>>())
    }))
}

fn codec(pair: &Pair) -> TextCodec {
    let header = format!("MSH{}{}", pair.delims, &pair.delims[..1]);
    let (delimiters, _) = Delimiters::parse(header.as_bytes(), 0).unwrap();
    TextCodec { delimiters, charset: Charset::Utf8 }
}

fn escaped(codec: &TextCodec, text: &str) -> String {
    let mut out = String::new();
    codec.escape(text, &mut out).unwrap();
    out
}

fn unescaped(codec: &TextCodec, raw: &[u8]) -> String {
    let mut out = String::new();
    codec.unescape(raw, &mut out).unwrap();
    out
}

pub fn escape(pair: &Pair) -> Outcome {
    Ok(json!(escaped(&codec(pair), pair.text())))
}

pub fn unescape(pair: &Pair) -> Outcome {
    Ok(json!(unescaped(&codec(pair), &pair.input)))
}

pub fn escape_unescape_identity(pair: &Pair) -> Outcome {
    let codec = codec(pair);
    Ok(json!(unescaped(&codec, escaped(&codec, pair.text()).as_bytes())))
}

/// The text of a row that has it, and what is said of it.
pub fn unescape_diagnostics(pair: &Pair) -> Outcome {
    let text = format!(
        "MSH|^~\\&|L|H|||2023||ORU^R01|1|P|2.5\rOBR|1||F1^L|a^b^L\rOBX|1|ST|c^d^L||{}||||||F\r",
        pair.text()
    );
    let mut config = Config::default();
    config.to = Form::Ndjson;
    let protocol = iomt::protocol("hl7v2").unwrap();
    let record = support::translate(protocol, text.as_bytes(), config);
    let said = [
        (DiagnosticCode::EscapeUnknown, "UNKNOWN_ESCAPE"),
        (DiagnosticCode::EscapeUnterminated, "UNTERMINATED_ESCAPE"),
    ];
    let names = said.iter().filter(|(code, _)| record.has(*code)).map(|(_, name)| *name);
    Ok(json!(names.collect::<Vec<_>>()))
}

/// `IN1[1]-5.2`: segment, number, field, component.
fn part<'a>(message: &Message<'a>, path: &str) -> (Option<Field<'a>>, Option<usize>) {
    let (segment, parts) = path.split_once('-').unwrap();
    let (id, number) = segment.split_once('[').unwrap_or((segment, "1]"));
    let number = number.trim_end_matches(']').parse().unwrap();
    let (field, component) = parts.split_once('.').map_or((parts, None), |(f, c)| (f, Some(c)));
    let id: &[u8; 3] = id.as_bytes().try_into().unwrap();
    let field = message.nth(id, number).unwrap().field(field.parse().unwrap());
    (field, component.map(|component| component.parse().unwrap()))
}

/// All of a field of text, whose delimiters are text.
pub fn get_text(pair: &Pair) -> Outcome {
    let mut index = Index::new();
    let message = Message::parse(&pair.input, &mut index).map_err(refused)?;
    let mut out = String::new();
    message.codec().decode(part(&message, &pair.argument).0.unwrap().raw(), &mut out).unwrap();
    Ok(json!(out))
}

/// The same in its place, with the delimiters escaped.
pub fn reencode_text(pair: &Pair) -> Outcome {
    let mut index = Index::new();
    let message = Message::parse(&pair.input, &mut index).map_err(refused)?;
    let field = message.field(b"OBX", 5).unwrap();
    let text = escaped(&message.codec(), &unescaped(&message.codec(), field.raw()));
    let (before, after) = pair.text().split_at(field.offset());
    let whole = format!("{before}{text}{}", &after[field.raw().len()..]);
    Ok(json!(whole.trim_end_matches('\r')))
}

/// The name in Java of the set in which a message is read that declares `input`.
pub fn charset_of_msh18(pair: &Pair) -> Outcome {
    let text = format!("MSH|^~\\&||||||||||||||||{}\r", pair.text());
    let mut index = Index::new();
    let message = Message::parse(text.as_bytes(), &mut index).map_err(refused)?;
    Ok(json!(match message.charset() {
        Charset::Utf8 => "UTF-8",
        Charset::Latin1 => "ISO-8859-1",
        Charset::Iso8859_2 => "ISO-8859-2",
        Charset::Iso8859_3 => "ISO-8859-3",
        Charset::Iso8859_4 => "ISO-8859-4",
        Charset::Iso8859_5 => "ISO-8859-5",
        Charset::Iso8859_6 => "ISO-8859-6",
        Charset::Iso8859_7 => "ISO-8859-7",
        Charset::Iso8859_8 => "ISO-8859-8",
        Charset::Iso8859_9 => "ISO-8859-9",
        Charset::Iso8859_15 => "ISO-8859-15",
        Charset::Big5 => "Big5",
        Charset::Gb18030 => "GB18030",
        Charset::EucKr => "EUC-KR",
        Charset::Iso2022 => "ISO-2022-JP",
        other => panic!("{other:?}"),
    }))
}
