//! A StructureDefinition, as far as rows are made of it.

use super::{DefinitionError, LeftOut};
use serde::Deserialize;

/// Marks a type that FHIRPath names: `http://hl7.org/fhirpath/System.String`.
const FHIRPATH: &str = "http://hl7.org/fhirpath/";

/// Elements that a set of bits holds.
const MOST: usize = 64;

#[derive(Debug, Deserialize)]
struct AnyResource {
    #[serde(rename = "resourceType", default)]
    resource_type: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct StructureDefinition {
    kind: String,
    #[serde(rename = "type")]
    name: String,
    #[serde(rename = "abstract", default)]
    is_abstract: bool,
    derivation: Option<String>,
    snapshot: Option<Snapshot>,
}

#[derive(Debug, Deserialize)]
struct Snapshot {
    element: Vec<ElementDefinition>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ElementDefinition {
    path: String,
    #[serde(default)]
    min: u32,
    #[serde(default)]
    max: String,
    base: Option<Base>,
    content_reference: Option<String>,
    #[serde(rename = "type", default)]
    types: Vec<TypeDefinition>,
}

#[derive(Debug, Deserialize)]
struct Base {
    path: String,
    max: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TypeDefinition {
    code: String,
    #[serde(default)]
    profile: Vec<String>,
    #[serde(default)]
    target_profile: Vec<String>,
    #[serde(default)]
    extension: Vec<FhirType>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FhirType {
    value_url: Option<String>,
    value_uri: Option<String>,
}

/// A type: a resource or data type, or a place in one that has elements of its own.
#[derive(Debug)]
pub(super) struct Place<'d> {
    /// `MedicationRequest.dispenseRequest`.
    pub(super) name: &'d str,
    pub(super) kind: PlaceKind,
    pub(super) members: Vec<Member<'d>>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum PlaceKind {
    Resource,
    Complex,
    Backbone,
}

/// An element; of a choice, one for each type.
#[derive(Debug)]
pub(super) struct Member<'d> {
    pub(super) name: String,
    /// The name of its type.
    pub(super) content: &'d str,
    pub(super) required: bool,
    pub(super) max: u8,
    pub(super) array: bool,
    /// The name of its choice, without `[x]`.
    pub(super) choice: Option<&'d str>,
    pub(super) simple: bool,
    /// The resource types that a reference may point to; empty: any.
    pub(super) targets: Vec<&'d str>,
}

/// The definition of a type, if `json` is one.
pub(super) fn definition(json: &[u8]) -> Result<Option<StructureDefinition>, DefinitionError> {
    let wrong = |error: serde_json::Error| DefinitionError::Json { line: error.line() };
    let any: AnyResource = serde_json::from_slice(json).map_err(wrong)?;
    if any.resource_type != "StructureDefinition" {
        return Ok(None);
    }
    let definition: StructureDefinition = serde_json::from_slice(json).map_err(wrong)?;
    let is_type = matches!(definition.kind.as_str(), "resource" | "complex-type")
        && !definition.is_abstract
        && definition.derivation.as_deref() == Some("specialization");
    match definition.snapshot {
        _ if !is_type => Ok(None),
        None => Err(DefinitionError::NoSnapshot),
        Some(_) => Ok(Some(definition)),
    }
}

impl StructureDefinition {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The type and the places in it, each with its elements in canonical order.
    pub(super) fn places(&self) -> Vec<Place<'_>> {
        let all = self.snapshot.as_ref().map_or(&[][..], |snapshot| &snapshot.element);
        let kind = if self.kind == "resource" { PlaceKind::Resource } else { PlaceKind::Complex };
        let mut places = vec![Place { name: &self.name, kind, members: Vec::new() }];
        for (at, element) in all.iter().enumerate() {
            let Some((parent, name)) = element.path.rsplit_once('.') else { continue };
            // What is in an element follows it.
            let next = all
                .get(at.saturating_add(1))
                .and_then(|next| next.path.strip_prefix(&element.path));
            let has_children = next.is_some_and(|rest| rest.starts_with('.'));
            if has_children {
                let kind = PlaceKind::Backbone;
                places.push(Place { name: &element.path, kind, members: Vec::new() });
            }
            if let Some(place) = places.iter_mut().find(|place| place.name == parent) {
                element.members(name, has_children, &mut place.members);
            }
        }
        places
    }
}

impl ElementDefinition {
    fn members<'d>(&'d self, name: &'d str, has_children: bool, out: &mut Vec<Member<'d>>) {
        let base_max = self.base.as_ref().map_or(&self.max, |base| &base.max);
        let member = |name: String, content, choice| Member {
            name,
            content,
            required: self.min > 0,
            max: if self.max == "*" { u8::MAX } else { self.max.parse().unwrap_or(u8::MAX) },
            array: base_max != "1",
            choice,
            simple: false,
            targets: Vec::new(),
        };
        if let Some(reference) = &self.content_reference {
            let path = reference.rsplit_once('#').map_or("", |(_, path)| path);
            return out.push(member(name.to_owned(), path, None));
        }
        let choice = name.strip_suffix("[x]");
        for ty in &self.types {
            let content = self.content(ty, has_children);
            let mut suffix = content.chars();
            let name = match (choice, suffix.next()) {
                (Some(choice), Some(first)) => {
                    format!("{choice}{}{}", first.to_ascii_uppercase(), suffix.as_str())
                }
                _ => name.to_owned(),
            };
            let last = |url: &'d String| url.rsplit('/').next().unwrap_or_default();
            // A slot is narrowed by profile, a reference by its target.
            let targets = if content == "Resource" { &ty.profile } else { &ty.target_profile };
            let mut targets: Vec<&str> = targets.iter().map(last).collect();
            targets.sort_unstable();
            if targets.contains(&"Resource") {
                targets.clear();
            }
            let simple = ty.profile.iter().any(|profile| last(profile) == "SimpleQuantity");
            out.push(Member { simple, targets, ..member(name, content, choice) });
        }
    }

    /// The name of the type of its content.
    fn content<'d>(&'d self, ty: &'d TypeDefinition, has_children: bool) -> &'d str {
        match ty.code.as_str() {
            "BackboneElement" | "Element" if has_children => &self.path,
            // R4 has `string` in one of both, later versions `id` in the other: prose has these.
            code if code.starts_with(FHIRPATH) => {
                match self.base.as_ref().map(|base| base.path.as_str()) {
                    Some("Resource.id") => "id",
                    Some("Element.id") => "string",
                    _ => {
                        let mut own = ty.extension.iter();
                        let own = own.find_map(|e| e.value_url.as_ref().or(e.value_uri.as_ref()));
                        own.map_or("string", String::as_str)
                    }
                }
            }
            code => code,
        }
    }
}

impl Place<'_> {
    pub(super) fn is_resource(&self) -> bool {
        self.kind == PlaceKind::Resource
    }

    /// Why it cannot be a type of the table.
    pub(super) fn wrong(&self, is_known: impl Fn(&str) -> bool) -> Option<LeftOut> {
        // Places of the same definition are there with it.
        let known = |member: &Member<'_>| member.content.contains('.') || is_known(member.content);
        if self.members.len() > MOST {
            Some(LeftOut::TooManyElements)
        } else if !self.members.iter().all(known) {
            Some(LeftOut::TypeMissing)
        } else {
            None
        }
    }
}
