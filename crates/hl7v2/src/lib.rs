//! HL7 v2 messages (ER7): zero-copy views, and the facts of ORU^R01.
