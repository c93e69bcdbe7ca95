//! A map as FHIR R4 has it: ConceptMap, in JSON.

use super::CodeMapErrorKind;
use super::table::{At, Pair, Problem, Table};
use crate::json::lex::{Lexer, Token, TokenKind, index};
use crate::json::{rules, write_unescaped};

pub(super) fn read(bytes: &[u8], depth: usize, table: &mut Table) -> Result<(), Problem> {
    let text = match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err((CodeMapErrorKind::Utf8, At::Byte(error.valid_up_to()))),
    };
    let mut lexer = Lexer::new(depth);
    if let Err((rule, place)) = lexer.run(bytes) {
        let too_deep = core::ptr::eq(rule, &raw const rules::DEPTH);
        let kind = if too_deep { CodeMapErrorKind::Limit } else { CodeMapErrorKind::Syntax };
        return Err((kind, At::Byte(place)));
    }
    Map { text, tokens: &lexer.tokens }.read(table)
}

struct Map<'a> {
    text: &'a str,
    tokens: &'a [Token],
}

impl<'a> Map<'a> {
    fn read(&self, table: &mut Table) -> Result<(), Problem> {
        self.plain(0)?;
        let kind = self.text_of(0, "resourceType")?;
        if kind.as_deref() != Some("ConceptMap") {
            return Err(self.no_map(0));
        }
        for group in self.items(0, "group")? {
            self.plain(group)?;
            let source = self.text_of(group, "source")?.unwrap_or_default();
            let target = self.text_of(group, "target")?.unwrap_or_default();
            if let Some(unmapped) = self.property(group, "unmapped")? {
                // To keep the code as sent is what is done without it.
                if self.text_of(unmapped, "mode")?.as_deref() != Some("provided") {
                    table.leave_out(self.at(unmapped));
                }
            }
            for element in self.items(group, "element")? {
                self.element(element, &source, &target, table)?;
            }
        }
        Ok(())
    }

    fn element(
        &self,
        element: u32,
        source: &str,
        system: &str,
        table: &mut Table,
    ) -> Result<(), Problem> {
        self.plain(element)?;
        let code = self.text_of(element, "code")?.unwrap_or_default();
        for target in self.items(element, "target")? {
            self.plain(target)?;
            let at = self.at(target);
            // Of targets that depend on other facts, none is known to hold.
            let conditional = self.property(target, "dependsOn")?.is_some()
                || self.property(target, "product")?.is_some();
            match self.text_of(target, "equivalence")?.as_deref() {
                Some("equal" | "equivalent") if !conditional => {}
                // These say that there is no target.
                Some("unmatched" | "disjoint") => continue,
                Some(_) => {
                    table.leave_out(at);
                    continue;
                }
                None => return Err((CodeMapErrorKind::NoEquivalence, at)),
            }
            let to = self.text_of(target, "code")?.unwrap_or_default();
            let display = self.text_of(target, "display")?.unwrap_or_default();
            let pair = Pair { source, code: &code, target: system, to: &to, display: &display };
            table.push(&pair, at)?;
        }
        Ok(())
    }

    /// Refuses what is no object, and what has a modifier.
    fn plain(&self, object: u32) -> Result<(), Problem> {
        match self.property(object, "modifierExtension")? {
            Some(found) => Err((CodeMapErrorKind::Modified, self.at(found))),
            None => Ok(()),
        }
    }

    fn no_map(&self, token: u32) -> Problem {
        (CodeMapErrorKind::NoConceptMap, self.at(token))
    }

    fn token(&self, token: u32) -> Option<Token> {
        self.tokens.get(index(token)).copied()
    }

    /// The items of an array; or the keys of an object, each followed by its value.
    fn inside(&self, token: u32) -> impl Iterator<Item = u32> + use<'a> {
        let (tokens, end) = (self.tokens, self.token(token).map_or(0, |token| token.next));
        let mut next = token.saturating_add(1);
        core::iter::from_fn(move || {
            let found = tokens.get(index(next)).filter(|_| next < end)?;
            Some(core::mem::replace(&mut next, found.next))
        })
    }

    /// The only value of a name.
    fn property(&self, object: u32, name: &str) -> Result<Option<u32>, Problem> {
        if self.token(object).is_none_or(|token| token.kind != TokenKind::Object) {
            return Err(self.no_map(object));
        }
        let (mut inside, mut found) = (self.inside(object), None);
        while let (Some(key), Some(value)) = (inside.next(), inside.next()) {
            if self.string(key).as_deref() == Some(name) && found.replace(value).is_some() {
                return Err(self.no_map(key));
            }
        }
        Ok(found)
    }

    fn items(&self, object: u32, name: &str) -> Result<Vec<u32>, Problem> {
        let Some(array) = self.property(object, name)? else { return Ok(Vec::new()) };
        match self.token(array).map(|token| token.kind) {
            Some(TokenKind::Array) => Ok(self.inside(array).collect()),
            _ => Err(self.no_map(array)),
        }
    }

    fn text_of(&self, object: u32, name: &str) -> Result<Option<String>, Problem> {
        let Some(value) = self.property(object, name)? else { return Ok(None) };
        match self.string(value) {
            Some(text) => Ok(Some(text)),
            None => Err(self.no_map(value)),
        }
    }

    /// A string without its escapes.
    fn string(&self, token: u32) -> Option<String> {
        let token = self.token(token)?;
        let raw = self.text.get(index(token.start)..index(token.end))?;
        match token.kind {
            TokenKind::Text | TokenKind::Escaped => {
                let mut text = String::new();
                // Writing to a String does not fail.
                let _ = write_unescaped(raw.strip_prefix('"')?.strip_suffix('"')?, &mut text);
                Some(text)
            }
            _ => None,
        }
    }

    fn at(&self, token: u32) -> At {
        At::Byte(self.token(token).map_or(0, |token| index(token.start)))
    }
}
