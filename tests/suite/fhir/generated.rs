//! Resources made up from the element table: any elements, with texts that their types allow.

use iomt::fhir::table::{ElementId, Kind, Lexical, Type, el, ty};
use iomt::fhir::{Format, Tape, Version, definitions::Types, json::Layout};
use iomt::wire::Span;
use proptest::prelude::*;

use super::Read;

/// Numbers that follow from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((x ^ (x >> 31)) % n as u64).unwrap()
    }

    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
}

struct Maker<'a> {
    dice: Dice,
    version: Version,
    tape: &'a mut Tape,
}

impl Maker<'_> {
    fn resource(&mut self, depth: usize) {
        let roots: Vec<ElementId> =
            ty::RESOURCE.row().elements().filter(|root| *root != el::ROOT_UNCHECKED).collect();
        let root = roots[self.dice.below(roots.len())];
        let mark = self.tape.open(root, Span::NONE);
        self.members(root.ty(), depth + 1);
        self.tape.close(mark);
    }

    fn members(&mut self, of: &Type, depth: usize) {
        let order = of.order(self.version);
        let mut elements: Vec<_> =
            of.elements().filter(|e| e.row().versions.has(self.version)).collect();
        elements.sort_by_key(|element| order.place(element.row()));
        for element in elements {
            if self.dice.below(2 + 2 * depth) > 0 {
                continue;
            }
            let most = if element.row().array { 3 } else { 1 };
            for _ in 0..=self.dice.below(most) {
                self.element(element, depth);
            }
        }
    }

    fn element(&mut self, element: ElementId, depth: usize) {
        let mark = self.tape.open(element, Span::NONE);
        match element.kind() {
            Kind::Primitive(lexical) => {
                // What is an attribute in XML, and a narrative, has a text and nothing else.
                let in_type = element.parent().kind != Kind::Resource;
                let alone = lexical == Lexical::Xhtml
                    || element == el::EXTENSION_URL
                    || (element.name() == "id" && in_type);
                if alone || self.dice.below(8) > 0 {
                    let text = self.text(lexical);
                    self.tape.value_str(mark, &text);
                }
                if !alone && self.dice.below(4) == 0 {
                    self.members(ty::ELEMENT.row(), depth + 1);
                }
            }
            Kind::Complex | Kind::Backbone => self.members(element.ty(), depth + 1),
            Kind::Slot if depth < 4 => self.resource(depth),
            Kind::Slot | Kind::Resource | Kind::Unchecked => {}
        }
        self.tape.close(mark);
    }

    fn text(&mut self, lexical: Lexical) -> String {
        let fixed: &[&str] = match lexical {
            Lexical::Boolean => &["true", "false"],
            Lexical::Decimal => {
                &["0", "-0.0", "72.00", "1e5", "1.5E-30", "123456789012345678901234567890.1"]
            }
            Lexical::Integer64 => &["9223372036854775807", "-1"],
            Lexical::Integer => &["0", "-1", "2147483647"],
            Lexical::PositiveInt | Lexical::UnsignedInt => &["1", "2147483647"],
            Lexical::Date => &["2026", "2026-11", "2026-11-24"],
            Lexical::DateTime => &["2026", "2026-11-24T08:30:00.500+02:00"],
            Lexical::Instant => &["2026-11-24T08:30:00.00Z"],
            Lexical::Time => &["08:30:00.0"],
            Lexical::Id => &["a", "A-1.b"],
            Lexical::Oid => &["urn:oid:1.2.3"],
            Lexical::Uuid => &["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
            Lexical::Base64Binary => &["AA==", "A A =="],
            Lexical::Xhtml => &[
                "<div xmlns=\"http://www.w3.org/1999/xhtml\"/>",
                "<div xmlns='http://www.w3.org/1999/xhtml' lang=\"é\"><p>a &lt;&amp; b\r\n</p>&#160;<br /><!-- c --></div>",
                "<div xmlns:a=\"b\" xmlns=\"http://www.w3.org/1999/xhtml\"><a:b a:c='>'/><![CDATA[<]]></div>",
            ],
            _ => {
                const PARTS: &[&str] = &[
                    "a", " ", "  ", "\n", "\r\n", "\t", "\"", "'", "&", "&amp;", "<", ">", "]]>",
                    "<!--", "é", "\u{7f}", "\u{85}", "\u{2028}", "\u{fffd}", "\u{fdd0}", "😀",
                    "\\", "\\u0041", "{", "%",
                ];
                let some = |dice: &mut Dice| dice.pick(PARTS);
                return (0..=self.dice.below(6)).map(|_| some(&mut self.dice)).collect();
            }
        };
        self.dice.pick(fixed).into()
    }
}

fn made(seed: u64, version: Version) -> Read {
    let mut tape = Tape::new();
    Maker { dice: Dice(seed), version, tape: &mut tape }.resource(0);
    let root = tape.root();
    assert!(!tape.is_incomplete());
    Read { tape, root, issues: Vec::new(), version, types: Types::default() }
}

/// What is made up is worth it: every type that is not empty comes, and every kind of content.
#[test]
fn the_maker_makes_all() {
    let (mut seen, mut extended) = (std::collections::HashSet::new(), 0);
    for seed in 0..3000 {
        let version = Version::ALL[usize::try_from(seed % 3).unwrap()];
        let made = made(seed, version);
        for node in made.tape.nodes() {
            seen.insert(node.element());
            let primitive = matches!(node.element().kind(), Kind::Primitive(_));
            extended += usize::from(primitive && node.size() > 1);
        }
    }
    let roots = ty::RESOURCE.row().elements();
    let missing: Vec<_> = roots.filter(|root| !seen.contains(root)).collect();
    assert_eq!(missing, [el::ROOT_UNCHECKED]);
    for element in [el::NARRATIVE_DIV, el::EXTENSION_URL, el::BUNDLE_ENTRY_RESOURCE, el::CODING_ID]
    {
        assert!(seen.contains(&element), "{element:?}");
    }
    assert!(extended > 500 && seen.len() > 800, "{extended} {}", seen.len());
}

proptest! {
    #[test]
    fn writing_and_reading_is_the_identity(
        seed in any::<u64>(),
        version in prop::sample::select(&Version::ALL[..]),
    ) {
        let made = made(seed, version);
        let (json, nodes) = (made.to_json(), made.nodes());
        let read = made.again(Format::Json, &json);
        prop_assert_eq!(read.lines(), "");
        prop_assert_eq!(&read.nodes(), &nodes);
        for layout in [Layout::Compact, Layout::Pretty] {
            let xml = made.to_xml(layout).unwrap();
            let read = made.again(Format::Xml, &xml);
            prop_assert_eq!(read.lines(), "", "{}", xml);
            prop_assert_eq!(&read.nodes(), &nodes);
        }
    }
}
