//! Narrative: XHTML that only formats (R4, "Narrative"; txt-1, txt-2).
//!
//! Elements are those of chapters 7 to 11 and 15 of HTML 4.0 without section 9.4, links and
//! images. Attributes are looked at by name alone: none that runs something is among them.

/// What a narrative turned out to be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Narrative {
    Sound,
    /// Not well-formed, another root than `div`, or an element or attribute that is not allowed.
    Unsound,
    /// Nothing to read in it.
    Empty,
}

const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "b",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "kbd",
    "li",
    "map",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
];

const ATTRIBUTES: &[&str] = &[
    "abbr",
    "accesskey",
    "align",
    "alt",
    "axis",
    "border",
    "cellpadding",
    "cellspacing",
    "char",
    "charoff",
    "charset",
    "cite",
    "class",
    "colspan",
    "coords",
    "dir",
    "frame",
    "headers",
    "height",
    "href",
    "hreflang",
    "id",
    "ismap",
    "lang",
    "longdesc",
    "name",
    "nohref",
    "rel",
    "rev",
    "rowspan",
    "rules",
    "scope",
    "shape",
    "span",
    "src",
    "start",
    "style",
    "summary",
    "tabindex",
    "target",
    "title",
    "type",
    "usemap",
    "valign",
    "value",
    "width",
    "xml:lang",
    "xml:space",
    "xmlns",
];

const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// Looks at the text of `Narrative.div`. `open` is scratch: the names of open elements, as places
/// in the text.
pub(crate) fn check(text: &str, open: &mut Vec<(u32, u32)>) -> Narrative {
    open.clear();
    let mut scan = Scan { text, at: 0, open, content: false };
    match scan.run() {
        Some(()) if scan.content => Narrative::Sound,
        Some(()) => Narrative::Empty,
        None => Narrative::Unsound,
    }
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    open: &'a mut Vec<(u32, u32)>,
    content: bool,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at = self.at.saturating_add(prefix.len());
        }
        found
    }

    fn space(&mut self) {
        let rest = self.rest();
        let left = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.at = self.at.saturating_add(rest.len().saturating_sub(left.len()));
    }

    /// Takes everything up to `end`, and `end`.
    fn until(&mut self, end: &str) -> Option<&'a str> {
        let (before, _) = self.rest().split_once(end)?;
        self.at = self.at.saturating_add(before.len()).saturating_add(end.len());
        Some(before)
    }

    fn name(&mut self) -> Option<&'a str> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.');
        let rest = self.rest();
        let len = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        let (name, _) = rest.split_at_checked(len).filter(|_| len > 0)?;
        self.at = self.at.saturating_add(len);
        Some(name)
    }

    fn run(&mut self) -> Option<()> {
        self.space();
        if !self.rest().starts_with("<div") {
            return None;
        }
        self.tag(true)?;
        while !self.open.is_empty() {
            let rest = self.rest();
            let text = rest.split_once('<')?.0;
            self.at = self.at.saturating_add(text.len());
            self.content |= !text.trim().is_empty();
            check_references(text)?;
            if self.eat("<!--") {
                let comment = self.until("-->")?;
                if comment.contains("--") || comment.ends_with('-') {
                    return None;
                }
            } else if self.eat("</") {
                let name = self.name()?;
                self.space();
                let closed = self.eat(">");
                let (start, end) = self.open.pop()?;
                let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
                if !closed || self.text.get(range) != Some(name) {
                    return None;
                }
            } else {
                self.tag(false)?;
            }
        }
        self.space();
        self.rest().is_empty().then_some(())
    }

    /// A start tag, or an empty element.
    fn tag(&mut self, root: bool) -> Option<()> {
        if !self.eat("<") {
            return None;
        }
        let start = self.at;
        let name = self.name()?;
        let place = (u32::try_from(start).ok()?, u32::try_from(self.at).ok()?);
        if ELEMENTS.binary_search(&name).is_err() {
            return None;
        }
        self.content |= name == "img";
        let mut namespace = !root;
        loop {
            let before = self.at;
            self.space();
            if self.eat("/>") {
                break;
            }
            if self.eat(">") {
                self.open.push(place);
                break;
            }
            if before == self.at {
                return None;
            }
            let attribute = self.name()?;
            self.space();
            if !self.eat("=") {
                return None;
            }
            self.space();
            let quote = if self.eat("\"") {
                "\""
            } else if self.eat("'") {
                "'"
            } else {
                return None;
            };
            let value = self.until(quote)?;
            if value.contains('<') || ATTRIBUTES.binary_search(&attribute).is_err() {
                return None;
            }
            check_references(value)?;
            match attribute {
                "xmlns" if value == XHTML => namespace = true,
                "xmlns" => return None,
                "href" | "src" if is_script(value) => return None,
                _ => {}
            }
        }
        namespace.then_some(())
    }
}

fn is_script(url: &str) -> bool {
    let scheme = url.trim_start().split(':').next().unwrap_or_default();
    scheme.eq_ignore_ascii_case("javascript") || scheme.eq_ignore_ascii_case("vbscript")
}

/// Every `&` begins a reference: `&amp;`, `&nbsp;`, `&#160;`, `&#xA0;`.
fn check_references(text: &str) -> Option<()> {
    for part in text.split('&').skip(1) {
        let (name, _) = part.split_once(';')?;
        let good = match name.strip_prefix('#').map(|n| (n, n.strip_prefix('x'))) {
            Some((_, Some(hex))) => !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()),
            Some((digits, None)) => {
                !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
            }
            None => !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()),
        };
        if !good {
            return None;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(inside: &str) -> Narrative {
        check(&format!("<div xmlns=\"{XHTML}\">{inside}</div>"), &mut Vec::new())
    }

    #[test]
    fn tables_are_sorted() {
        assert!(ELEMENTS.is_sorted() && ATTRIBUTES.is_sorted());
    }

    #[test]
    fn formatting_is_allowed_and_nothing_else() {
        for good in [
            "a",
            "<p class='x'>a &amp; b &#160;&#xA0;&nbsp;</p><br/><br />",
            "<a href=\"http://x.org?a=1&amp;b=2\" title = 'x'>y</a>",
            "<img src='a.png' alt='b'/>",
            "<!-- note --><table><tr><td>1</td></tr></table>",
        ] {
            assert_eq!(of(good), Narrative::Sound, "{good}");
        }
        for bad in [
            "<script>x</script>",
            "<p onclick='x()'>a</p>",
            "<a href='javascript:x()'>a</a>",
            "<form>a</form>",
            "<ins>a</ins>",
            "<p>a",
            "<p>a</b>",
            "<b><i>a</b></i>",
            "a & b",
            "a &lt b",
            "<p a>b</p>",
            "<p class=x>b</p>",
            "<!DOCTYPE x>a",
            "<?x?>a",
            "<p xmlns='other'>a</p>",
            "</div><div>a",
        ] {
            assert_eq!(of(bad), Narrative::Unsound, "{bad}");
        }
        for empty in ["", " \n", "<p> </p>", "<!-- a -->"] {
            assert_eq!(of(empty), Narrative::Empty, "{empty}");
        }
        let mut open = Vec::new();
        assert_eq!(check("<div>a</div>", &mut open), Narrative::Unsound, "namespace");
        assert_eq!(check("a", &mut open), Narrative::Unsound);
        assert_eq!(check("", &mut open), Narrative::Unsound);
    }

    proptest! {
        #[test]
        fn never_panics(text in "(<div xmlns=\"http://www.w3.org/1999/xhtml\">)?[<>a/&;#x =\"'é!-]{0,40}") {
            check(&text, &mut Vec::new());
        }
    }
}
