//! IEEE 11073 codes, units with exact factors, LOINC selection: tables and look-ups.
