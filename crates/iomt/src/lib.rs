//! From device messages to validated FHIR: every protocol behind one translator.
