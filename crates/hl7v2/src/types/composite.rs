//! HL7 v2 chapter 2A: composite types, whose parts are read by the names that the standard gives them.

use core::fmt;

use iomt_core::wire::{ParseError, Span};

use super::{Dt, Dtm, Nm, Sn, Tm};
use crate::context::Part;
use crate::field::split;
use crate::{Component, Delimiters, Field, Repetition, Subcomponent};

macro_rules! part {
    ($self:ident $number:literal Component) => {{
        let (raw, offset) = $self.part($number)?;
        Some(Component::new(raw, offset, $self.delimiters))
    }};
    ($self:ident $number:literal $kind:ident) => {{
        let (raw, offset) = $self.part($number)?;
        Some($kind::from(Component::new(raw, offset, $self.delimiters)))
    }};
}

macro_rules! composites {
    ($($(#[$doc:meta])* $name:ident { $($(#[$part:meta])* $number:literal $field:ident: $kind:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy)]
        pub struct $name<'a> {
            raw: &'a [u8],
            offset: usize,
            delimiters: Delimiters,
            /// What stands between its parts: they are subcomponents inside another type.
            separator: u8,
        }

        impl<'a> $name<'a> {
            $(
                $(#[$part])*
                #[must_use]
                pub fn $field(&self) -> Option<$kind<'a>> {
                    part!(self $number $kind)
                }
            )*

            /// The bytes as they stand.
            #[must_use]
            pub const fn raw(&self) -> &'a [u8] {
                self.raw
            }

            /// Where it stands in what the caller gave.
            #[must_use]
            pub fn span(&self) -> Span {
                Span::new(self.offset, self.raw.len())
            }

            /// A part that has bytes.
            fn part(&self, number: usize) -> Option<Part<'a>> {
                let part = split(self.raw, self.offset, self.separator, self.delimiters, number)?;
                (!part.0.is_empty()).then_some(part)
            }
        }

        impl<'a> From<Repetition<'a>> for $name<'a> {
            fn from(whole: Repetition<'a>) -> Self {
                let delimiters = whole.delimiters();
                let (raw, offset) = whole.part();
                Self { raw, offset, delimiters, separator: delimiters.component }
            }
        }

        impl<'a> From<Component<'a>> for $name<'a> {
            fn from(whole: Component<'a>) -> Self {
                let delimiters = whole.delimiters();
                let (raw, offset) = whole.part();
                Self { raw, offset, delimiters, separator: delimiters.subcomponent }
            }
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.span())
            }
        }
    )*};
}

composites! {
    /// HD, hierarchic designator.
    Hd {
        /// HD.1, if it has bytes.
        1 namespace_id: Component,
        /// HD.2, if it has bytes.
        2 universal_id: Component,
        /// HD.3, if it has bytes.
        3 universal_id_type: Component,
    }

    /// EI, entity identifier.
    Ei {
        /// EI.1, if it has bytes.
        1 entity_identifier: Component,
        /// EI.2, if it has bytes.
        2 namespace_id: Component,
        /// EI.3, if it has bytes.
        3 universal_id: Component,
        /// EI.4, if it has bytes.
        4 universal_id_type: Component,
    }

    /// CE, coded element.
    Ce {
        /// CE.1, if it has bytes.
        1 identifier: Component,
        /// CE.2, if it has bytes.
        2 text: Component,
        /// CE.3, if it has bytes.
        3 name_of_coding_system: Component,
        /// CE.4, if it has bytes.
        4 alternate_identifier: Component,
        /// CE.5, if it has bytes.
        5 alternate_text: Component,
        /// CE.6, if it has bytes.
        6 name_of_alternate_coding_system: Component,
    }

    /// CWE, coded with exceptions.
    Cwe {
        /// CWE.1, if it has bytes.
        1 identifier: Component,
        /// CWE.2, if it has bytes.
        2 text: Component,
        /// CWE.3, if it has bytes.
        3 name_of_coding_system: Component,
        /// CWE.4, if it has bytes.
        4 alternate_identifier: Component,
        /// CWE.5, if it has bytes.
        5 alternate_text: Component,
        /// CWE.6, if it has bytes.
        6 name_of_alternate_coding_system: Component,
        /// CWE.7, if it has bytes.
        7 coding_system_version_id: Component,
        /// CWE.8, if it has bytes.
        8 alternate_coding_system_version_id: Component,
        /// CWE.9, if it has bytes.
        9 original_text: Component,
        /// CWE.10, if it has bytes.
        10 second_alternate_identifier: Component,
        /// CWE.11, if it has bytes.
        11 second_alternate_text: Component,
        /// CWE.12, if it has bytes.
        12 name_of_second_alternate_coding_system: Component,
        /// CWE.13, if it has bytes.
        13 second_alternate_coding_system_version_id: Component,
    }

    /// CNE, coded with no exceptions.
    Cne {
        /// CNE.1, if it has bytes.
        1 identifier: Component,
        /// CNE.2, if it has bytes.
        2 text: Component,
        /// CNE.3, if it has bytes.
        3 name_of_coding_system: Component,
        /// CNE.4, if it has bytes.
        4 alternate_identifier: Component,
        /// CNE.5, if it has bytes.
        5 alternate_text: Component,
        /// CNE.6, if it has bytes.
        6 name_of_alternate_coding_system: Component,
        /// CNE.7, if it has bytes.
        7 coding_system_version_id: Component,
        /// CNE.8, if it has bytes.
        8 alternate_coding_system_version_id: Component,
        /// CNE.9, if it has bytes.
        9 original_text: Component,
        /// CNE.10, if it has bytes.
        10 second_alternate_identifier: Component,
        /// CNE.11, if it has bytes.
        11 second_alternate_text: Component,
        /// CNE.12, if it has bytes.
        12 name_of_second_alternate_coding_system: Component,
        /// CNE.13, if it has bytes.
        13 second_alternate_coding_system_version_id: Component,
    }

    /// CX, extended composite id with check digit.
    Cx {
        /// CX.1, if it has bytes.
        1 id_number: Component,
        /// CX.2, if it has bytes.
        2 check_digit: Component,
        /// CX.3, if it has bytes.
        3 check_digit_scheme: Component,
        /// CX.4, if it has bytes.
        4 assigning_authority: Hd,
        /// CX.5, if it has bytes.
        5 identifier_type_code: Component,
        /// CX.6, if it has bytes.
        6 assigning_facility: Hd,
        /// CX.7, if it has bytes.
        7 effective_date: Component,
        /// CX.8, if it has bytes.
        8 expiration_date: Component,
        /// CX.9, if it has bytes.
        9 assigning_jurisdiction: Cwe,
        /// CX.10, if it has bytes.
        10 assigning_agency: Cwe,
    }

    /// XPN, extended person name.
    Xpn {
        /// XPN.1, if it has bytes.
        1 family_name: Component,
        /// XPN.2, if it has bytes.
        2 given_name: Component,
        /// XPN.3, if it has bytes.
        3 second_and_further_given_names: Component,
        /// XPN.4, if it has bytes.
        4 suffix: Component,
        /// XPN.5, if it has bytes.
        5 prefix: Component,
        /// XPN.6, if it has bytes.
        6 degree: Component,
        /// XPN.7, if it has bytes.
        7 name_type_code: Component,
        /// XPN.8, if it has bytes.
        8 name_representation_code: Component,
        /// XPN.9, if it has bytes.
        9 name_context: Cwe,
        /// XPN.10, if it has bytes.
        10 name_validity_range: Component,
        /// XPN.11, if it has bytes.
        11 name_assembly_order: Component,
        /// XPN.12, if it has bytes.
        12 effective_date: Component,
        /// XPN.13, if it has bytes.
        13 expiration_date: Component,
        /// XPN.14, if it has bytes.
        14 professional_suffix: Component,
    }

    /// XAD, extended address.
    Xad {
        /// XAD.1, if it has bytes.
        1 street_address: Component,
        /// XAD.2, if it has bytes.
        2 other_designation: Component,
        /// XAD.3, if it has bytes.
        3 city: Component,
        /// XAD.4, if it has bytes.
        4 state_or_province: Component,
        /// XAD.5, if it has bytes.
        5 zip_or_postal_code: Component,
        /// XAD.6, if it has bytes.
        6 country: Component,
        /// XAD.7, if it has bytes.
        7 address_type: Component,
        /// XAD.8, if it has bytes.
        8 other_geographic_designation: Component,
        /// XAD.9, if it has bytes.
        9 county_parish_code: Component,
        /// XAD.10, if it has bytes.
        10 census_tract: Component,
        /// XAD.11, if it has bytes.
        11 address_representation_code: Component,
        /// XAD.12, if it has bytes.
        12 address_validity_range: Component,
        /// XAD.13, if it has bytes.
        13 effective_date: Component,
        /// XAD.14, if it has bytes.
        14 expiration_date: Component,
    }

    /// XTN, extended telecommunication number.
    Xtn {
        /// XTN.1, if it has bytes.
        1 telephone_number: Component,
        /// XTN.2, if it has bytes.
        2 telecommunication_use_code: Component,
        /// XTN.3, if it has bytes.
        3 telecommunication_equipment_type: Component,
        /// XTN.4, if it has bytes.
        4 email_address: Component,
        /// XTN.5, if it has bytes.
        5 country_code: Component,
        /// XTN.6, if it has bytes.
        6 area_city_code: Component,
        /// XTN.7, if it has bytes.
        7 local_number: Component,
        /// XTN.8, if it has bytes.
        8 extension: Component,
        /// XTN.9, if it has bytes.
        9 any_text: Component,
        /// XTN.10, if it has bytes.
        10 extension_prefix: Component,
        /// XTN.11, if it has bytes.
        11 speed_dial_code: Component,
        /// XTN.12, if it has bytes.
        12 unformatted_telephone_number: Component,
    }

    /// XCN, extended composite id number and name for persons.
    Xcn {
        /// XCN.1, if it has bytes.
        1 id_number: Component,
        /// XCN.2, if it has bytes.
        2 family_name: Component,
        /// XCN.3, if it has bytes.
        3 given_name: Component,
        /// XCN.4, if it has bytes.
        4 second_and_further_given_names: Component,
        /// XCN.5, if it has bytes.
        5 suffix: Component,
        /// XCN.6, if it has bytes.
        6 prefix: Component,
        /// XCN.7, if it has bytes.
        7 degree: Component,
        /// XCN.8, if it has bytes.
        8 source_table: Component,
        /// XCN.9, if it has bytes.
        9 assigning_authority: Hd,
        /// XCN.10, if it has bytes.
        10 name_type_code: Component,
        /// XCN.11, if it has bytes.
        11 identifier_check_digit: Component,
        /// XCN.12, if it has bytes.
        12 check_digit_scheme: Component,
        /// XCN.13, if it has bytes.
        13 identifier_type_code: Component,
        /// XCN.14, if it has bytes.
        14 assigning_facility: Hd,
        /// XCN.15, if it has bytes.
        15 name_representation_code: Component,
        /// XCN.16, if it has bytes.
        16 name_context: Cwe,
        /// XCN.17, if it has bytes.
        17 name_validity_range: Component,
        /// XCN.18, if it has bytes.
        18 name_assembly_order: Component,
        /// XCN.19, if it has bytes.
        19 effective_date: Component,
        /// XCN.20, if it has bytes.
        20 expiration_date: Component,
        /// XCN.21, if it has bytes.
        21 professional_suffix: Component,
        /// XCN.22, if it has bytes.
        22 assigning_jurisdiction: Cwe,
        /// XCN.23, if it has bytes.
        23 assigning_agency: Cwe,
    }

    /// XON, extended composite name and identification number for organizations.
    Xon {
        /// XON.1, if it has bytes.
        1 organization_name: Component,
        /// XON.2, if it has bytes.
        2 organization_name_type_code: Component,
        /// XON.3, if it has bytes.
        3 id_number: Component,
        /// XON.4, if it has bytes.
        4 check_digit: Component,
        /// XON.5, if it has bytes.
        5 check_digit_scheme: Component,
        /// XON.6, if it has bytes.
        6 assigning_authority: Hd,
        /// XON.7, if it has bytes.
        7 identifier_type_code: Component,
        /// XON.8, if it has bytes.
        8 assigning_facility: Hd,
        /// XON.9, if it has bytes.
        9 name_representation_code: Component,
        /// XON.10, if it has bytes.
        10 organization_identifier: Component,
    }

    /// ED, encapsulated data.
    Ed {
        /// ED.1, if it has bytes.
        1 source_application: Hd,
        /// ED.2, if it has bytes.
        2 type_of_data: Component,
        /// ED.3, if it has bytes.
        3 data_subtype: Component,
        /// ED.4, if it has bytes.
        4 encoding: Component,
        /// ED.5, if it has bytes.
        5 data: Component,
    }

    /// RP, reference pointer.
    Rp {
        /// RP.1, if it has bytes.
        1 pointer: Component,
        /// RP.2, if it has bytes.
        2 application_id: Hd,
        /// RP.3, if it has bytes.
        3 type_of_data: Component,
        /// RP.4, if it has bytes.
        4 subtype: Component,
    }

    /// PL, person location.
    Pl {
        /// PL.1, if it has bytes.
        1 point_of_care: Component,
        /// PL.2, if it has bytes.
        2 room: Component,
        /// PL.3, if it has bytes.
        3 bed: Component,
        /// PL.4, if it has bytes.
        4 facility: Hd,
        /// PL.5, if it has bytes.
        5 location_status: Component,
        /// PL.6, if it has bytes.
        6 person_location_type: Component,
        /// PL.7, if it has bytes.
        7 building: Component,
        /// PL.8, if it has bytes.
        8 floor: Component,
        /// PL.9, if it has bytes.
        9 location_description: Component,
        /// PL.10, if it has bytes.
        10 comprehensive_location_identifier: Ei,
        /// PL.11, if it has bytes.
        11 assigning_authority_for_location: Hd,
    }
}

/// The error of a part that begins at `offset`.
fn moved(error: &ParseError, offset: usize) -> ParseError {
    ParseError::new(error.kind(), error.field(), offset.saturating_add(error.offset()))
}

macro_rules! primitives {
    ($($view:ident)*) => {$(
        impl<'a> $view<'a> {
            /// The bytes as a time (DTM, TS).
            ///
            /// # Errors
            /// `DTM` where they are none.
            pub fn dtm(&self) -> Result<Dtm<'a>, ParseError> {
                Dtm::parse(self.raw()).map_err(|error| moved(&error, self.offset()))
            }

            /// The bytes as a date (DT).
            ///
            /// # Errors
            /// `DT` where they are none.
            pub fn dt(&self) -> Result<Dt, ParseError> {
                Dt::parse(self.raw()).map_err(|error| moved(&error, self.offset()))
            }

            /// The bytes as a time of day (TM).
            ///
            /// # Errors
            /// `TM` where they are none.
            pub fn tm(&self) -> Result<Tm, ParseError> {
                Tm::parse(self.raw()).map_err(|error| moved(&error, self.offset()))
            }

            /// The bytes as a number (NM).
            ///
            /// # Errors
            /// `NM` where they are none.
            pub fn nm(&self) -> Result<Nm<'a>, ParseError> {
                Nm::parse(self.raw()).map_err(|error| moved(&error, self.offset()))
            }
        }
    )*};
}

primitives!(Field Repetition Component Subcomponent);

impl<'a> Repetition<'a> {
    /// The components as a structured number (SN).
    ///
    /// # Errors
    /// `SN` where they are none.
    pub fn sn(&self) -> Result<Sn<'a>, ParseError> {
        Sn::parse(*self)
    }

    /// The components as a composite type: `repetition.composite::<Cx>()`.
    #[must_use]
    pub fn composite<T: From<Self>>(&self) -> T {
        T::from(*self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_their_names_at_either_level() {
        let field = Field::new(b"4711^^^H&1.2.3&ISO^MR^^20260101", 10, Delimiters::DEFAULT);
        let cx: Cx<'_> = field.repetition(1).unwrap().composite();
        assert_eq!(cx.id_number().unwrap().raw(), b"4711");
        assert_eq!(cx.raw(), b"4711^^^H&1.2.3&ISO^MR^^20260101");
        assert!(cx.check_digit().is_none() && cx.assigning_agency().is_none());
        let authority = cx.assigning_authority().unwrap();
        assert_eq!(authority.universal_id().unwrap().raw(), b"1.2.3");
        assert_eq!(authority.universal_id().unwrap().offset(), 19);
        assert_eq!(authority.span(), Span::new(17, 11));
        assert_eq!(cx.effective_date().unwrap().dt().unwrap().value().year, 2026);
        let hd: Hd<'_> =
            Field::new(b"H^1.2^ISO", 0, Delimiters::DEFAULT).repetition(1).unwrap().into();
        assert_eq!(hd.universal_id_type().unwrap().raw(), b"ISO");
        let pl: Pl<'_> =
            Field::new(b"ICU^^2^W&X", 0, Delimiters::DEFAULT).repetition(1).unwrap().into();
        assert_eq!(pl.facility().unwrap().namespace_id().unwrap().raw(), b"W");
        assert_eq!(alloc::format!("{pl:?}"), "Pl(Span { offset: 0, len: 10 })");
    }

    #[test]
    fn errors_say_where() {
        let field = Field::new(b"2026-01", 7, Delimiters::DEFAULT);
        let error = field.dtm().unwrap_err();
        assert_eq!((error.field(), error.offset()), ("DTM", 7));
        assert_eq!(field.nm().unwrap_err().offset(), 7);
        assert!(field.dt().is_err() && field.tm().is_err());
        let sn = Field::new(b">^5", 0, Delimiters::DEFAULT).repetition(1).unwrap().sn().unwrap();
        assert_eq!((sn.comparator, sn.num1.unwrap().raw()), (Some(">"), &b"5"[..]));
    }
}
