//! JSON compared without regard to the order of members, and with every number by its text.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

#[derive(Debug, PartialEq)]
pub enum Tree {
    Object(BTreeMap<String, Self>),
    Array(Vec<Self>),
    String(String),
    /// A number as it stands, `true`, `false` or `null`.
    Bare(String),
}

pub fn tree(text: &str) -> Tree {
    of(serde_json::from_str(text).unwrap())
}

fn of(raw: &RawValue) -> Tree {
    let text = raw.get();
    match text.as_bytes()[0] {
        b'{' => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap();
            Tree::Object(members.into_iter().map(|(key, value)| (key, of(value))).collect())
        }
        b'[' => {
            let items: Vec<&RawValue> = serde_json::from_str(text).unwrap();
            Tree::Array(items.into_iter().map(of).collect())
        }
        b'"' => Tree::String(serde_json::from_str(text).unwrap()),
        _ => Tree::Bare(text.into()),
    }
}

#[test]
fn order_is_nothing_and_digits_are_all() {
    assert_eq!(tree(r#"{"a":[1.0,"\u0041"],"b":null}"#), tree(r#" {"b":null, "a":[1.0,"A"]}"#));
    for other in ["[1]", "[1.00]", "[\"1.0\"]", "[1.0,1.0]", "[1.0e0]"] {
        assert_ne!(tree("[1.0]"), tree(other));
    }
    assert_ne!(tree("[1,2]"), tree("[2,1]"));
}
