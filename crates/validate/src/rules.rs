//! The rules, by key.

use iomt_fhir::{
    issue::{
        IssueCode::{
            BusinessRule, CodeInvalid, Duplicate, Extension, Invariant, NotFound, Required,
            Structure, TooLong, Value,
        },
        Rule,
    },
    table::Lexical,
};

macro_rules! rules {
    ($all:ident: $($name:ident = $key:literal, $code:ident, $text:literal;)*) => {
        $(pub(crate) static $name: Rule = Rule::error($key, $code, $text);)*
        #[cfg(test)]
        pub(crate) const $all: &[&str] = &[$($key),*];
    };
}

// Structure: what the element table says.
rules! { STRUCTURE:
    INCOMPLETE = "incomplete", TooLong, "the resource nests too deeply or is too large";
    NO_RESOURCE = "resource", Structure, "there is no resource";
    UNKNOWN = "unknown-element", Structure, "the type has no such element";
    VERSION = "element-version", Structure, "this version of FHIR has no such element";
    ORDER = "element-order", Structure, "the element stands out of order";
    MIN = "element-min", Required, "the element must be there";
    MAX = "element-max", Structure, "the element stands too often";
    CHOICE = "element-choice", Structure, "two types of one choice stand together";
    NO_TEXT = "element-text", Structure, "the element is no primitive and has a text";
    CODE = "binding-required", CodeInvalid, "the code is none of the value set";
    TARGET = "reference-target", Structure, "the reference points to a type that is not allowed";
    RESOURCE_MISSING = "resource-missing", Required, "the place of a resource is empty";
}

// Every element, reference, extension.
rules! { ELEMENTS:
    ELE_1 = "ele-1", Invariant, "an element has neither value nor children";
    EXT_1 = "ext-1", Invariant, "an extension has a value or extensions, not both and not none";
    EXT_URL = "extension-url", Extension, "the URL of an extension is absolute";
    REF_1 = "ref-1", NotFound, "there is no contained resource of this id";
    SYSTEM = "system-absolute", Value, "a system is an absolute URI";
    RFC_3986 = "identifier-uri", Value, "the value of a urn:ietf:rfc:3986 identifier is a URI";
}

// Data types.
rules! { TYPES:
    AGE_1 = "age-1", Invariant, "an age has a unit of time from UCUM, and is greater than 0";
    ATT_1 = "att-1", Invariant, "data stands without contentType";
    CNT_3 = "cnt-3", Invariant, "a count has the code 1 of UCUM and is a whole number";
    CPT_2 = "cpt-2", Invariant, "a value stands without system";
    DIS_1 = "dis-1", Invariant, "a distance has a unit of length from UCUM";
    DRQ_1 = "drq-1", Invariant, "one of path and searchParam must stand";
    DRQ_2 = "drq-2", Invariant, "one of path and searchParam must stand";
    DRT_1 = "drt-1", Invariant, "the code of a duration is of UCUM and stands with a value";
    EXP_1 = "exp-1", Invariant, "neither expression nor reference stands";
    PER_1 = "per-1", Invariant, "a period ends before it starts";
    QTY_3 = "qty-3", Invariant, "the code of a unit stands without system";
    RAT_1 = "rat-1", Invariant, "numerator and denominator stand together, or an extension alone";
    RNG_2 = "rng-2", Invariant, "the low end of a range is above the high end";
    SQTY_1 = "sqty-1", Invariant, "a comparator stands where none is allowed";
    TIM_1 = "tim-1", Invariant, "a duration stands without unit";
    TIM_2 = "tim-2", Invariant, "a period stands without unit";
    TIM_4 = "tim-4", Invariant, "a duration is negative";
    TIM_5 = "tim-5", Invariant, "a period is negative";
    TIM_6 = "tim-6", Invariant, "periodMax stands without period";
    TIM_7 = "tim-7", Invariant, "durationMax stands without duration";
    TIM_8 = "tim-8", Invariant, "countMax stands without count";
    TIM_9 = "tim-9", Invariant, "an offset needs an event that is no meal";
    TIM_10 = "tim-10", Invariant, "timeOfDay and when stand together";
    TRD_1 = "trd-1", Invariant, "data and timing stand together";
    TRD_2 = "trd-2", Invariant, "a condition stands without data";
    TRD_3 = "trd-3", Invariant, "what the type of the trigger needs is missing";
    TXT_1 = "txt-1", Invariant, "the narrative is not well-formed, or has what is not allowed";
    TXT_2 = "txt-2", Invariant, "the narrative says nothing";
    UCUM = "ucum-code", CodeInvalid, "the code is no unit of UCUM";
}

// Resources.
rules! { RESOURCES:
    DOM_2 = "dom-2", Invariant, "a contained resource contains resources";
    DOM_3 = "dom-3", Invariant, "nothing refers to a contained resource";
    DOM_4 = "dom-4", Invariant, "a contained resource has a version or a time of update";
    DOM_5 = "dom-5", Invariant, "a contained resource has a security label";
    OBS_3 = "obs-3", Invariant, "a reference range has neither low nor high nor text";
    OBS_6 = "obs-6", Invariant, "dataAbsentReason stands beside a value";
    OBS_7 = "obs-7", Invariant, "a component has the code of the observation, which has a value";
    ORG_1 = "org-1", Invariant, "an organization has neither name nor identifier";
    ORG_2 = "org-2", Invariant, "an organization has a home address";
    ORG_3 = "org-3", Invariant, "an organization has a home telecom";
    PAT_1 = "pat-1", Invariant, "a contact has no details";
    PRR_1 = "prr-1", Invariant, "orderDetail stands without code";
}

// Bundles.
rules! { BUNDLES:
    BDL_1 = "bdl-1", Invariant, "total stands and the bundle is neither search nor history";
    BDL_2 = "bdl-2", Invariant, "search stands and the bundle is no search";
    BDL_3 = "bdl-3", Invariant, "a request must stand in a batch, transaction or history alone";
    BDL_4 = "bdl-4", Invariant, "a response must stand in a response or history alone";
    BDL_5 = "bdl-5", Invariant, "an entry has neither resource nor request nor response";
    BDL_7 = "bdl-7", Invariant, "two entries have the same fullUrl and version";
    BDL_8 = "bdl-8", Invariant, "a fullUrl names a version";
    BDL_9 = "bdl-9", Invariant, "a document has no identifier with system and value";
    BDL_10 = "bdl-10", Invariant, "a document has no date";
    BDL_11 = "bdl-11", Invariant, "a document does not begin with a Composition";
    BDL_12 = "bdl-12", Invariant, "a message does not begin with a MessageHeader";
    FULL_URL = "bundle-full-url", Value, "a fullUrl is an absolute URI";
    FULL_URL_MISSING = "bundle-full-url-missing", Required, "the entry needs a fullUrl";
    FULL_URL_ID = "bundle-full-url-id", BusinessRule, "the fullUrl is not that of the resource";
}

// What R5 added.
rules! { R5:
    REF_2 = "ref-2", Invariant, "a reference says nothing";
    SDD_1 = "sdd-1", Invariant, "one of interval and offsets must stand";
    RATRNG_1 = "ratrng-1", Invariant, "numerator and denominator stand together, or an extension alone";
    ENC_1 = "enc-1", Invariant, "a participant has neither actor nor type";
    AV_1 = "av-1", Invariant, "times stand beside allDay";
    DOS_1 = "dos-1", Invariant, "asNeededFor stands where asNeeded is false";
    EXP_2 = "exp-2", Invariant, "the name of an expression is no identifier";
    ORG_4 = "org-4", Invariant, "an organization has a home address";
    OBS_8 = "obs-8", Invariant, "bodySite and bodyStructure stand together";
    BDYSTR_1 = "bdystr-1", Invariant, "bodySite and bodyStructure stand together";
    DEV_1 = "dev-1", Invariant, "two names of a device are the one to display";
    BDL_3A = "bdl-3a", Invariant, "an entry has no resource";
    BDL_3B = "bdl-3b", Invariant, "a POST, PATCH or PUT has a resource, and nothing else has";
    BDL_3C = "bdl-3c", Invariant, "a POST, PATCH or PUT has a resource, and nothing else has";
    BDL_13 = "bdl-13", Invariant, "a notification does not begin with a SubscriptionStatus";
    BDL_14 = "bdl-14", Invariant, "a PATCH stands in a history";
    BDL_15 = "bdl-15", Invariant, "an entry has neither fullUrl nor POST";
    BDL_16 = "bdl-16", Invariant, "the issues of a bundle are errors";
    BDL_17 = "bdl-17", Invariant, "issues stand in a document";
    BDL_18 = "bdl-18", Invariant, "a search has no link to itself";
}

// Vital signs.
rules! { VITAL_SIGNS:
    VS_1 = "vs-1", Invariant, "the time of a vital sign is not known to the day";
    VS_2 = "vs-2", Invariant, "a vital sign has no value, and no reason for that";
    VS_3 = "vs-3", Invariant, "a component of a vital sign has no value, and no reason for that";
    VS_CATEGORY = "vital-category", Required, "a vital sign has one category vital-signs";
    VS_CATEGORY_CODE = "vital-category-code", Value, "another code stands in that category";
    VS_CODE = "vital-code", Required, "the LOINC code of the vital sign must stand once";
    VS_SUBJECT = "vital-subject", Required, "a vital sign has a subject";
    VS_PATIENT = "vital-patient", Value, "the subject of a vital sign is a patient";
    VS_EFFECTIVE = "vital-effective", Required, "a vital sign has a time";
    VS_TIME_TYPE = "vital-time-type", Value, "the time of a vital sign is a dateTime or a period";
    VS_VALUE = "vital-value", Required, "the vital sign has a value";
    VS_VALUE_TYPE = "vital-value-type", Value, "the value of the vital sign is no quantity";
    VS_NO_VALUE = "vital-no-value", Structure, "the vital sign has components, and no value";
    VS_PART = "vital-quantity", Required, "value, unit, system and code of the quantity must stand";
    VS_SYSTEM = "vital-unit-system", Value, "the unit of the vital sign is not of UCUM";
    VS_UNIT = "vital-unit", Value, "the unit of the vital sign is another than its profile allows";
    VS_COMMON_UNIT = "vital-common-unit", Value, "a component has a unit that is none of the common ones";
    VS_COMPONENT = "vital-component", Required, "a component of the vital sign is missing";
    VS_COMPONENT_TWICE = "vital-component-twice", Duplicate, "a component of the vital sign stands twice";
    VS_MEMBER = "vital-member", Required, "the panel of vital signs has no member";
}

macro_rules! forms {
    ($($variant:ident $name:literal,)*) => {
        /// The rule of a primitive type's form.
        pub(crate) fn form(lexical: Lexical) -> &'static Rule {
            match lexical {
                $(Lexical::$variant => {
                    static RULE: Rule = Rule::error(
                        concat!("form-", $name), Value, concat!("the text is no ", $name),
                    );
                    &RULE
                })*
            }
        }
    };
}

forms! {
    Base64Binary "base64Binary", Boolean "boolean", Canonical "canonical", Code "code", Date "date",
    DateTime "dateTime", Decimal "decimal", Id "id", Instant "instant", Integer "integer",
    Integer64 "integer64",     Markdown "markdown", Oid "oid", PositiveInt "positiveInt", String "string", Time "time",
    UnsignedInt "unsignedInt", Uri "uri", Url "url", Uuid "uuid", Xhtml "xhtml",
}
