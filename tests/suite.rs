//! What users get, tested through the facade. Inputs are files under `vectors/<protocol>/`.

#[path = "suite/attribution/mod.rs"]
mod attribution;
#[path = "suite/conformance/mod.rs"]
mod conformance;
#[path = "suite/corpora.rs"]
mod corpora;
#[path = "suite/expect.rs"]
mod expect;
#[path = "suite/fhir/mod.rs"]
mod fhir;
#[path = "suite/identity.rs"]
mod identity;
#[path = "suite/leaves.rs"]
mod leaves;
#[path = "suite/mutants.rs"]
mod mutants;
#[path = "suite/no_phi.rs"]
mod no_phi;
#[path = "suite/pcd.rs"]
mod pcd;
#[path = "suite/peers/mod.rs"]
mod peers;
#[path = "suite/properties.rs"]
mod properties;
#[path = "suite/registry.rs"]
mod registry;
#[path = "suite/rows.rs"]
mod rows;
#[path = "suite/seam.rs"]
mod seam;
#[path = "suite/support.rs"]
mod support;
#[path = "suite/ucum.rs"]
mod ucum;
#[path = "suite/vectors.rs"]
mod vectors;
#[path = "suite/versions.rs"]
mod versions;
#[path = "suite/yields.rs"]
mod yields;
