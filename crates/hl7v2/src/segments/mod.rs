//! HL7 v2 chapters 2, 3, 4, 7: segments, read into facts.

pub(crate) mod msh;
pub(crate) mod nte;
pub(crate) mod obr;
pub(crate) mod obx;
pub(crate) mod orc;
pub(crate) mod pd1;
pub(crate) mod pid;
pub(crate) mod prt;
pub(crate) mod pv1;
pub(crate) mod pv2;
pub(crate) mod sft;
pub(crate) mod spm;
