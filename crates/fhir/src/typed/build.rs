//! Writing resources by the names of their elements.
//!
//! ```
//! use iomt_fhir::{Tape, Version, build, json};
//! use iomt_core::wire::Scaled;
//!
//! let mut tape = Tape::new();
//! build::Resource::new(&mut tape, Version::R4).observation(|observation| {
//!     observation.value_quantity(|value| {
//!         value.value(Scaled::new(366, -1)).unit("°C").code("Cel");
//!     });
//!     observation.status("final");
//!     observation.code(|code| {
//!         code.coding(|coding| {
//!             coding.system("http://loinc.org").code("8310-5");
//!         });
//!     });
//! });
//! let mut text = String::new();
//! json::write(&tape, tape.root().unwrap(), &mut text);
//! assert_eq!(
//!     text,
//!     "{\"resourceType\":\"Observation\",\"status\":\"final\",\
//!      \"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"8310-5\"}]},\
//!      \"valueQuantity\":{\"value\":36.6,\"unit\":\"°C\",\"code\":\"Cel\"}}"
//! );
//! ```
//!
//! What may be set in any order stands in canonical order in the end; what may repeat repeats by
//! being set again. Empty texts, and elements in which nothing is set, are not written. Numbers are
//! exact: there is no `f64`. Whether the result is valid is for `iomt_validate` to say.

use super::generated::types;
use crate::{
    Tape, Version,
    table::{ElementId, el},
    tape::Mark,
};
use core::fmt;
use iomt_core::wire::{Scaled, Span};

/// The element that is being written.
#[derive(Debug)]
struct Open<'b> {
    tape: &'b mut Tape,
    version: Version,
    mark: Mark,
}

impl Open<'_> {
    fn text(&mut self, element: ElementId, text: &str) {
        self.tape.str(element, text, Span::NONE);
    }

    fn number(&mut self, element: ElementId, number: impl fmt::Display) {
        self.tape.write(element, Span::NONE, |out| write!(out, "{number}"));
    }

    /// Writes an element with what `inside` writes in it.
    fn inside(&mut self, element: ElementId, inside: impl FnOnce(Open<'_>)) {
        let mark = self.tape.open(element, Span::NONE);
        inside(Open { tape: self.tape, version: self.version, mark });
        self.tape.arrange(mark, self.version);
        self.tape.close(mark);
    }
}

/// A number without loss: no `f64` is one.
pub trait Exact {
    /// As FHIR writes it.
    fn exact(&self) -> impl fmt::Display;
}

macro_rules! exact {
    ($($number:ty),*) => {
        $(
            impl Exact for $number {
                fn exact(&self) -> impl fmt::Display {
                    *self
                }
            }
        )*
    };
}

exact!(i32, u32, i64, u64, Scaled, &str);

/// An element of a primitive type with its id and extensions.
#[derive(Debug)]
pub struct Primitive<'b>(Open<'b>);

impl Primitive<'_> {
    /// Its text, as it stands.
    pub fn value(&mut self, text: &str) -> &mut Self {
        self.0.tape.value_str(self.0.mark, text);
        self
    }

    /// `Element.id`
    pub fn id(&mut self, id: &str) -> &mut Self {
        self.0.text(el::ELEMENT_ID, id);
        self
    }

    /// `Element.extension`
    pub fn extension(&mut self, inside: impl FnOnce(&mut Extension<'_>)) -> &mut Self {
        self.0.inside(el::ELEMENT_EXTENSION, |open| inside(&mut Extension(open)));
        self
    }
}

/// A place for a resource of any type.
#[derive(Debug)]
pub struct Resource<'b>(Open<'b>);

impl<'b> Resource<'b> {
    /// Resources after what is on `tape`. The canonical order is that of `version`.
    pub fn new(tape: &'b mut Tape, version: Version) -> Self {
        let mark = tape.mark();
        Self(Open { tape, version, mark })
    }
}

macro_rules! build {
    ($doc:literal Resource $ty:ident [$($path:literal $name:ident $element:ident $id:ident $many:ident $kind:ident)*]) => {
        impl Resource<'_> {
            $( setter!($path $name $element $id $kind); )*
        }
    };
    ($doc:literal $type:ident $ty:ident [$($path:literal $name:ident $element:ident $id:ident $many:ident $kind:ident)*]) => {
        #[doc = $doc]
        #[derive(Debug)]
        pub struct $type<'b>(Open<'b>);

        impl $type<'_> {
            $( setter!($path $name $element $id $kind); )*
        }
    };
}

macro_rules! setter {
    ($path:literal $name:ident $element:ident $id:ident text) => {
        setter!(@primitive $path $name $element $id (text: &str) |open| open.text(el::$id, text));
    };
    ($path:literal $name:ident $element:ident $id:ident boolean) => {
        setter!(@primitive $path $name $element $id (value: bool) |open| open.number(el::$id, value));
    };
    ($path:literal $name:ident $element:ident $id:ident integer) => {
        setter!(@primitive $path $name $element $id (value: i32) |open| open.number(el::$id, value));
    };
    ($path:literal $name:ident $element:ident $id:ident unsigned) => {
        setter!(@primitive $path $name $element $id (value: u32) |open| open.number(el::$id, value));
    };
    ($path:literal $name:ident $element:ident $id:ident long) => {
        setter!(@primitive $path $name $element $id (value: i64) |open| open.number(el::$id, value));
    };
    ($path:literal $name:ident $element:ident $id:ident decimal) => {
        setter!(@primitive $path $name $element $id (value: impl Exact) |open| open.number(el::$id, value.exact()));
    };
    (@primitive $path:literal $name:ident $element:ident $id:ident ($value:ident: $of:ty) |$open:ident| $write:expr) => {
        #[doc = $path]
        pub fn $name(&mut self, $value: $of) -> &mut Self {
            let $open = &mut self.0;
            $write;
            self
        }

        #[doc = $path]
        ///
        /// With an id or extensions.
        pub fn $element(&mut self, inside: impl FnOnce(&mut Primitive<'_>)) -> &mut Self {
            self.0.inside(el::$id, |open| inside(&mut Primitive(open)));
            self
        }
    };
    ($path:literal $name:ident $element:ident $id:ident $kind:ident) => {
        #[doc = $path]
        pub fn $name(&mut self, inside: impl FnOnce(&mut $kind<'_>)) -> &mut Self {
            self.0.inside(el::$id, |open| inside(&mut $kind(open)));
            self
        }
    };
}

types!(build);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{json, view};

    fn written(version: Version, build: impl FnOnce(&mut Resource<'_>)) -> (Tape, String) {
        let mut tape = Tape::new();
        build(&mut Resource::new(&mut tape, version));
        let mut text = String::new();
        json::write(&tape, tape.root().unwrap(), &mut text);
        (tape, text)
    }

    #[test]
    fn any_order_becomes_the_canonical_one() {
        let (tape, text) = written(Version::R4, |resource| {
            resource.patient(|patient| {
                patient.birth_date_element(|date| {
                    date.extension(|extension| {
                        extension.value_string("a").url("urn:x");
                    });
                    date.value("1971-02-03");
                });
                patient.name(|name| {
                    name.given("A").family("F").given_element(|given| {
                        given.id("g").value("B");
                    });
                });
                patient.identifier(|identifier| {
                    identifier.value("1").system("urn:a");
                });
                patient.name(|name| {
                    name.text("second");
                });
                patient.identifier(|identifier| {
                    identifier.value("2");
                });
                patient.active(true).language("").id("p");
                patient.photo(|_| {}).address(|address| {
                    address.period(|_| {});
                });
                patient.multiple_birth_integer(2);
            });
        });
        assert_eq!(
            text,
            concat!(
                r#"{"resourceType":"Patient","id":"p","#,
                r#""identifier":[{"system":"urn:a","value":"1"},{"value":"2"}],"active":true,"#,
                r#""name":[{"family":"F","given":["A","B"],"_given":[null,{"id":"g"}]},{"text":"second"}],"#,
                r#""birthDate":"1971-02-03","_birthDate":{"extension":[{"url":"urn:x","valueString":"a"}]},"#,
                r#""multipleBirthInteger":2}"#
            )
        );
        let patient = view::Resource::of(&tape).and_then(view::Resource::patient).unwrap();
        let given: Vec<_> = patient.name().flat_map(view::HumanName::given).collect();
        assert_eq!(given, ["A", "B"]);
        assert_eq!(given[1].id().unwrap(), "g");
        let date = patient.birth_date().unwrap();
        let extension = date.extension().next().unwrap();
        assert_eq!((extension.url().unwrap().as_str(), date.as_str()), ("urn:x", "1971-02-03"));
        assert_eq!(extension.value_string().unwrap(), "a");
        assert_eq!(patient.active().unwrap().boolean(), Some(true));
        assert_eq!(patient.multiple_birth_integer().unwrap().integer(), Some(2));
        assert!(patient.photo().next().is_none() && patient.gender().is_none());
        assert_eq!(patient.identifier().count(), 2);
        assert!(!format!("{patient:?} {given:?} {date:?}").contains("1971"));
    }

    #[test]
    fn each_version_has_its_order_and_its_types() {
        let build = |resource: &mut Resource<'_>| {
            resource.encounter(|encounter| {
                encounter.priority(|priority| {
                    priority.text("p");
                });
                encounter.status("planned");
                encounter.class_r5(|class| {
                    class.text("c");
                });
            });
        };
        let text = written(Version::R5, build).1;
        assert_eq!(
            text,
            r#"{"resourceType":"Encounter","status":"planned","class":[{"text":"c"}],"priority":{"text":"p"}}"#
        );
    }

    #[test]
    fn resources_in_resources() {
        let (tape, text) = written(Version::R4, |resource| {
            resource.bundle(|bundle| {
                bundle.r#type("collection").entry(|entry| {
                    entry.full_url("urn:uuid:1").resource(|resource| {
                        resource.observation(|observation| {
                            observation.value_quantity(|value| {
                                value.value("6.30").unit("kPa");
                            });
                            observation.contained(|contained| {
                                contained.device(|device| {
                                    device.id("d");
                                });
                            });
                        });
                    });
                });
            });
        });
        assert!(text.contains(r#""contained":[{"resourceType":"Device","id":"d"}]"#), "{text}");
        let bundle = view::Resource::of(&tape).and_then(view::Resource::bundle).unwrap();
        let resource = bundle.entry().find_map(view::BundleEntry::resource).unwrap();
        assert_eq!(resource.resource_type(), "Observation");
        assert!(resource.patient().is_none());
        let observation = resource.observation().unwrap();
        let value = observation.value_quantity().and_then(view::Quantity::value).unwrap();
        assert_eq!(value.scaled(), Some(Scaled::new(630, -2)));
        let inside = observation.contained().next().unwrap();
        assert_eq!(inside.device().and_then(view::Device::id).unwrap(), "d");
    }

    #[test]
    fn numbers_are_exact() {
        let text = |number: &dyn Fn(&mut Quantity<'_>)| {
            written(Version::R4, |resource| {
                resource.observation(|observation| {
                    observation.value_quantity(|value| number(value));
                });
            })
        };
        for (written, scaled) in [
            ("72.0", Some(Scaled::new(720, -1))),
            ("1E2", Some(Scaled::new(1, 2))),
            ("1.50e-3", Some(Scaled::new(150, -5))),
            ("1234567890123456789.5", None),
            ("1e200", None),
        ] {
            let (tape, json) = text(&|value| {
                value.value(written);
            });
            assert!(json.contains(&format!(":{written}}}")), "{json}");
            let value = view::Resource::of(&tape).and_then(view::Resource::observation).unwrap();
            let value = value.value_quantity().and_then(view::Quantity::value).unwrap();
            assert_eq!(value.scaled(), scaled, "{written}");
        }
        let json = text(&|value| {
            value.value(Scaled::new(i64::MIN, -3));
        });
        assert!(json.1.contains("-9223372036854775.808"));
    }
}
